"""What the pages under docs/ show works as it stands."""

import re
from pathlib import Path

import pytest
import yaml

from farfield.spec import load_study
from farfield.spec.arms import ArmSpec, Remedies
from tests.small import rewrite_study, run_fake, study_parts, write_study

DOCS = Path(__file__).parent.parent / "docs"


def _shown(page: str) -> list[str]:
    return re.findall(r"^```yaml\n(.*?)^```", (DOCS / page).read_text(encoding="utf-8"), re.DOTALL | re.MULTILINE)


def test_every_arm_of_the_page_runs(tmp_path: Path, tiny_folder: Path) -> None:
    arms, demos = _shown("arms.md")
    write_study(tmp_path, tiny_folder)
    rewrite_study(tmp_path, study_parts(tiny_folder))
    text = (tmp_path / "study.yaml").read_text(encoding="utf-8")
    (tmp_path / "study.yaml").write_text(re.sub(r"^arms:\n(  .*\n)+", arms, text, flags=re.MULTILINE) + demos, "utf-8")
    study = load_study(tmp_path / "study.yaml")
    results, _ = run_fake(study)
    assert set(results.frame["arm"]) >= set(study.arms)


@pytest.mark.parametrize("key", sorted({*ArmSpec.model_fields, *Remedies.model_fields} - {"lora_alpha"}))
def test_the_page_shows_every_key_of_an_arm(key: str) -> None:
    (arms, _) = _shown("arms.md")
    assert any(key in arm for arm in yaml.safe_load(arms)["arms"].values())
