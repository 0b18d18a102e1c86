"""What the pages under docs/ show works as it stands."""

import re
from pathlib import Path
from typing import cast

import pytest
import yaml

from farfield.report import write_report
from farfield.spec import load_study, parse_study
from farfield.spec.arms import ArmSpec, Remedies
from farfield.spec.reading import Loader
from tests.small import (
    MOODS,
    mood_rows,
    rewrite_study,
    run_fake,
    small_study,
    study_parts,
    write_rows,
    write_study,
)

DOCS = Path(__file__).parent.parent / "docs"


def _shown(page: str) -> list[str]:
    return re.findall(r"^```yaml\n(.*?)^```", (DOCS / page).read_text(encoding="utf-8"), re.DOTALL | re.MULTILINE)


def test_every_arm_of_the_page_runs(tmp_path: Path, tiny_folder: Path) -> None:
    arms, *_ = _shown("arms.md")
    write_study(tmp_path, tiny_folder)
    study = load_study(rewrite_study(tmp_path, study_parts(tiny_folder) | yaml.load(arms, Loader)))
    results, _ = run_fake(study)
    assert set(results.frame["arm"]) >= set(study.arms)


def test_the_demos_of_the_page_are_shown(tmp_path: Path, tiny_folder: Path) -> None:
    _, demos, *_ = _shown("arms.md")
    results, _ = run_fake(small_study(tmp_path, tiny_folder, **yaml.load(demos, Loader)))
    assert "nearest" in set(results.frame["demo_choice"])


def test_the_other_ways_to_ask_of_the_page_are_asked(tmp_path: Path, tiny_folder: Path) -> None:
    _, _, others, _ = _shown("arms.md")
    results, _ = run_fake(small_study(tmp_path, tiny_folder, **yaml.load(others, Loader)))
    page = write_report(results, language="en").read_text(encoding="utf-8")
    assert 'id="multiverse"' in page


def test_what_else_the_page_asks_is_answered(tmp_path: Path, tiny_folder: Path) -> None:
    *_, shown = _shown("arms.md")
    more, parts = yaml.load(shown, Loader), study_parts(tiny_folder)
    tasks, training = (cast("dict[str, dict[str, object]]", parts[key]) for key in ("tasks", "training"))
    tasks["mood"] |= more.pop("tasks")["mood"] | {"shots": [0]}
    arms = {"base": {}, "ft": {"trained": True, "strengths": [0, 1]}}
    changes = {"tasks": tasks, "arms": arms, "training": training | {"train_rows": [4, 8]}, **more}
    path = write_study(tmp_path, tiny_folder, **changes)
    for name, labelled in (("osaka", True), ("sendai", False)):
        rows = [f"{row['text']},{row['mood'] if labelled else ''},{MOODS[0]}" for row in mood_rows(name, 6)]
        (tmp_path / f"{name}.csv").write_text("\n".join(["text,mood,second_label", *rows]), encoding="utf-8")
    write_rows(
        tmp_path / "mood" / "a_train.jsonl", [{**row, "second_label": row["mood"]} for row in mood_rows("train", 20)]
    )
    results, _ = run_fake(load_study(path))
    page = write_report(results, language="en").read_text(encoding="utf-8")
    assert all(f'id="{section}"' in page for section in ("sureness", "foreseen", "learned"))
    assert [note.code for note in results.notes] == ["agreement"]


@pytest.mark.parametrize("key", sorted({*ArmSpec.model_fields, *Remedies.model_fields} - {"lora_alpha"}))
def test_the_page_shows_every_key_of_an_arm(key: str) -> None:
    arms, *_ = _shown("arms.md")
    assert any(key in arm for arm in yaml.load(arms, Loader)["arms"].values())


def test_the_study_of_the_worked_example_is_one() -> None:
    (text,) = _shown("worked-example.md")
    study = parse_study(text, folder=DOCS)
    assert {task.kind for task in study.tasks.values()} == {"classification", "generation"}
    assert sum(arm.trained for arm in study.arms.values()) >= 5
