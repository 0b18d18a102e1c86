"""Exported models: what Transformers and PEFT make of the folder, and what stands beside the weights."""

import json
from pathlib import Path

import pytest
import torch
from peft import PeftModel
from transformers import AutoModelForCausalLM

from farfield.engine import FakeEngine, LocalEngine, Settings
from farfield.errors import RunError, UsageError
from farfield.models import load_model, load_tokenizer, resolve
from farfield.spec import StudySpec, Template, load_study
from farfield.study import Results, Wanted, chosen_of, export_model, prepare, run, shown
from farfield.study.cells import TrainCell
from tests.small import rewrite_study, run_fake, small_study, study_parts, write_study

IDS = torch.tensor([[9, 40, 41, 80, 7, 120, 33, 64]])
ARMS: dict[str, dict[str, object]] = {
    "base": {},
    "ft": {"trained": True, "strengths": [0.6], "learning_rate": 0.05},
    "whole": {"trained": True, "method": "full", "learning_rate": 0.01},
}
FTICL = {"fticl": {"trained": True, "train_shots": 2}}


def _mood_study(folder: Path, model: Path, **changes: object) -> StudySpec:
    """The small study with its classification task alone."""
    parts = study_parts(model) | changes
    parts["tasks"] = {"mood": parts["tasks"]["mood"]}  # type: ignore[index]
    write_study(folder, model)
    return load_study(rewrite_study(folder, parts))


@pytest.fixture(scope="module")
def done(tmp_path_factory: pytest.TempPathFactory, tiny_folder: Path) -> Results:
    """A finished run of one task on a tiny model."""
    return run(_mood_study(tmp_path_factory.mktemp("exporting"), tiny_folder, arms=ARMS))


@pytest.fixture
def faked(tmp_path: Path, tiny_folder: Path) -> tuple[Results, FakeEngine]:
    """A run of one task through the fake engine, with demos in one arm and two seeds."""
    return run_fake(_mood_study(tmp_path / "study", tiny_folder, arms=ARMS | FTICL, seeds=[3, 4]))


def _weights(results: Results, arm: str) -> Path:
    """The folder of the arm's weights in the run, found by what was trained."""
    recipes = results.study.recipes(arm)
    (cell,) = (c for c in prepare(results.study).plan.cells if isinstance(c, TrainCell) and c.recipe in recipes)
    return results.run.cell(cell.address)


@torch.no_grad()
def _logits(folder: Path) -> torch.Tensor:
    model = AutoModelForCausalLM.from_pretrained(folder)
    logits: torch.Tensor = model.eval()(IDS).logits
    return logits


@pytest.mark.parametrize("arm", ["ft", "whole"])
@pytest.mark.parametrize("strength", [1.0, 0.6])
def test_transformers_alone_loads_the_very_model_that_was_asked(
    done: Results, tiny_folder: Path, tmp_path: Path, arm: str, strength: float
) -> None:
    exported = export_model(done, Wanted(arm), strength=strength, out=tmp_path / "model")
    engine = LocalEngine(resolve(str(tiny_folder)), Settings(1 << 28, 1))
    asked = engine.open(_weights(done, arm), strength=strength, plain=True).backend
    with torch.no_grad():
        expected = asked.model(IDS).logits  # type: ignore[attr-defined]
    found = _logits(exported.folder)
    torch.testing.assert_close(found, expected, atol=1e-5, rtol=0)
    assert (found - _logits(tiny_folder)).abs().max() > 1e-3
    assert {"README.md", "config.json", "model.safetensors", "prompt.json", "tokenizer.json"} <= set(exported.files)
    assert load_tokenizer(exported.folder).encode("a pump") == load_tokenizer(tiny_folder).encode("a pump")
    assert list(tmp_path.iterdir()) == [exported.folder]


@pytest.mark.filterwarnings("ignore:`is_gradient_checkpointing`:FutureWarning")  # PEFT asks by the old name
def test_an_adapter_is_the_one_that_was_trained(done: Results, tiny_folder: Path, tmp_path: Path) -> None:
    exported = export_model(done, Wanted("ft"), adapter=True, out=tmp_path / "adapter")
    assert exported.files == ("README.md", "adapter_config.json", "adapter_model.safetensors", "prompt.json")
    adapted = PeftModel.from_pretrained(load_model(resolve(str(tiny_folder))), exported.folder)
    merged = export_model(done, Wanted("ft"), out=tmp_path / "merged")
    with torch.no_grad():
        torch.testing.assert_close(adapted.eval()(IDS).logits, _logits(merged.folder), atol=1e-4, rtol=0)


@pytest.mark.parametrize(("arm", "shots"), [("ft", 0), ("fticl", 2)])
def test_its_prompt_rebuilds_the_one_that_is_shown(
    faked: tuple[Results, FakeEngine], tmp_path: Path, arm: str, shots: int
) -> None:
    done, engine = faked
    folder = export_model(done, Wanted(arm), out=tmp_path / "model", make_engine=lambda *_: engine).folder
    prompt = json.loads((folder / "prompt.json").read_text(encoding="utf-8"))
    prepared = prepare(done.study)
    expected = shown(prepared.plan, prepared.tokenizer, "mood", "a", 4, (shots, 0)).text
    fields = next(e.fields for e in prepared.plan.tasks["mood"].domains[0].examples if e.row == 4)
    demos = "".join(demo["text"] for demo in prompt["demos"]["a"])
    assert demos + Template(prompt["template"]).render(fields) == expected
    assert (prompt["shots"], prompt["labels"], prompt["scoring"]) == (shots, ["good", "bad"], "first_token")


def test_its_card_has_the_scores_of_this_very_model(faked: tuple[Results, FakeEngine], tmp_path: Path) -> None:
    done, engine = faked

    def card(name: str, wanted: Wanted, strength: float) -> str:
        out = tmp_path / name
        folder = export_model(done, wanted, strength=strength, out=out, make_engine=lambda *_: engine).folder
        return (folder / "README.md").read_text(encoding="utf-8")

    frame = done.frame.filter(arm="ft", seed=4, strength=1.0)
    text = card("whole", Wanted("ft", seed=4), 1.0)
    lines = [line for line in text.splitlines() if line.startswith("| mood |")]
    assert len(lines) == frame.height == 4  # two test sets, two numbers of shots
    for line, row in zip(lines, frame.iter_rows(named=True), strict=True):
        told = f"{row['value']:.3f} | {row['low']:.3f} to {row['high']:.3f} | {row['n']}"
        assert f"| {row['domain']} | {row['tier']} | {row['shots']} |" in line
        assert told in line
    assert "| seed | 4 |" in text
    assert '"learning_rate": 0.05' in text
    assert resolve(str(done.study.model)).fingerprint in text
    assert card("part", Wanted("ft"), 0.6).count("| mood |") == 2 + 1  # the primary form alone; the task's own line
    assert "Nothing: the run has not asked it" in card("other", Wanted("ft"), 0.3)


@pytest.mark.parametrize(
    ("wanted", "options", "expected"),
    [
        (Wanted("fitcl"), {}, "did you mean 'fticl'? trained arms: ft, whole, fticl"),
        (Wanted("base"), {}, "'base' is not trained"),
        (Wanted("ft", task="moods"), {}, "known: mood"),
        (Wanted("ft", train_rows=9), {}, "known: 8"),
        (Wanted("ft", seed=0), {}, "known: 3, 4"),
        (Wanted("ft"), {"strength": 1.2}, "from 0, the base model, to 1"),
        (Wanted("ft"), {"strength": 0.5, "adapter": True}, "as it was trained, at strength 1"),
        (Wanted("whole"), {"adapter": True}, "has no adapter"),
    ],
)
def test_what_can_not_be_exported_is_told(
    faked: tuple[Results, FakeEngine], wanted: Wanted, options: dict[str, float | bool], expected: str
) -> None:
    with pytest.raises(UsageError) as caught:
        export_model(faked[0], wanted, **options)  # type: ignore[arg-type]
    assert expected in str(caught.value)


def test_the_most_rows_by_default_and_a_task_where_there_are_several(tmp_path: Path, tiny_folder: Path) -> None:
    training = {"train_rows": [4, 8], "epochs": 1}
    results, engine = run_fake(small_study(tmp_path, tiny_folder, training=training))
    with pytest.raises(UsageError, match="name one with --task: mood, title"):
        export_model(results, Wanted("ft"))
    exported = export_model(results, Wanted("ft", "title"), strength=0.5, make_engine=lambda *_: engine)
    assert exported.folder == results.folder / "export" / "ft-title-8-seed0-strength0.5"
    assert (exported.folder / "fake.txt").read_text().startswith("8 rows")
    assert (exported.folder / "fake.txt").read_text().endswith("strength 0.5\n")
    with pytest.raises(UsageError, match="give another one with --out"):
        export_model(results, Wanted("ft", "title"), strength=0.5, make_engine=lambda *_: engine)
    less = export_model(results, Wanted("ft", "title", 4), make_engine=lambda *_: engine)
    assert (less.folder / "fake.txt").read_text().startswith("4 rows")


def test_of_several_recipes_the_chosen_one_is_exported(tmp_path: Path, tiny_folder: Path) -> None:
    arms = {"base": {}, "ft": {"trained": True, "learning_rate": [0.001, 0.002]}}
    results, engine = run_fake(_mood_study(tmp_path, tiny_folder, arms=arms))
    (choice,) = chosen_of(results.run)
    folder = export_model(results, Wanted("ft"), make_engine=lambda *_: engine).folder
    rate = choice.tried[choice.taken].learning_rate
    assert f'"learning_rate": {rate}' in (folder / "README.md").read_text(encoding="utf-8")


def test_demos_of_each_rows_own_come_with_all_they_are_picked_from(tmp_path: Path, tiny_folder: Path) -> None:
    study = _mood_study(tmp_path, tiny_folder, arms={"base": {}} | FTICL, demo_choice="nearest")
    results, engine = run_fake(study)
    folder = export_model(results, Wanted("fticl"), make_engine=lambda *_: engine).folder
    prompt = json.loads((folder / "prompt.json").read_text(encoding="utf-8"))
    assert (prompt["demo_choice"], prompt["shots"]) == ("nearest", 2)
    prepared = prepare(study)
    text = shown(prepared.plan, prepared.tokenizer, "mood", "a", 4, (2, 0)).text
    assert len(prompt["demos"]["a"]) == 8  # the training rows
    assert sum(demo["text"] in text for demo in prompt["demos"]["a"]) == 2


def test_a_training_that_is_not_finished_is_told(tmp_path: Path, tiny_folder: Path) -> None:
    results, engine = run_fake(small_study(tmp_path, tiny_folder))
    for record in results.run.records():
        if record.kind == "train":
            (results.run.cell(record.address) / "record.json").unlink()
    with pytest.raises(RunError, match="has not finished this training"):
        export_model(results, Wanted("ft", "mood"), make_engine=lambda *_: engine)
    assert not (results.folder / "export").exists()
