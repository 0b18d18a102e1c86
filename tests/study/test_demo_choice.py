"""Demos drawn at random or near to each row, through a whole study."""

from pathlib import Path

import polars as pl
import pytest

from farfield.data import key
from farfield.engine import FakeEngine
from farfield.errors import DataError, SpecError
from farfield.models import load_tokenizer
from farfield.spec import load_study
from farfield.study.cells import EvaluateCell, TrainCell
from farfield.study.lessons import lessons_of
from farfield.study.plan import Plan, make_plan
from tests.small import mood_rows, rewrite_study, run_fake, small_study, study_parts, write_rows, write_study


def _plan(folder: Path, model: Path, **changes: object) -> Plan:
    return make_plan(small_study(folder, model, **changes), load_tokenizer(model), "weights")


def _addresses(plan: Plan, shots: int) -> set[str]:
    return {c.address for c in plan.cells if isinstance(c, EvaluateCell) and c.shots == shots and c.trained is None}


def test_a_choice_is_part_of_an_address_only_where_demos_are_shown(tmp_path: Path, tiny_folder: Path) -> None:
    fixed = _plan(tmp_path, tiny_folder)
    for changes in ({"demo_choice": "random"}, {"balance_demos": True}):
        other = _plan(tmp_path, tiny_folder, **changes)
        assert _addresses(fixed, 0) == _addresses(other, 0)
        assert _addresses(fixed, 2) != _addresses(other, 2) or changes == {"balance_demos": True}
    near = _plan(tmp_path, tiny_folder, demo_choice="nearest")
    assert not _addresses(fixed, 2) & _addresses(near, 2)


def test_random_demos_run_and_are_told_in_the_results(tmp_path: Path, tiny_folder: Path) -> None:
    results, _ = run_fake(small_study(tmp_path, tiny_folder, demo_choice="random"))
    models = results.frame.filter(pl.col("backend") != "baseline")
    assert set(models.select("demo_choice", "n").rows()) == {("random", 10)}


def test_nearest_demos_are_training_rows_and_no_row_is_its_own(tmp_path: Path, tiny_folder: Path) -> None:
    plan = _plan(tmp_path, tiny_folder, demo_choice="nearest")
    for cell in plan.cells:
        if isinstance(cell, TrainCell) and cell.shots:
            spec, train = cell.task.spec, {key(row, cell.task.spec) for row in cell.task.split.train}
            for row in cell.rows:
                shown = {key(demo, spec) for demo in cell.task.train_demos[row.domain].shown(row, cell.shots)}
                assert len(shown) == cell.shots
                assert shown <= train - {key(row, spec)}
    results, engine = run_fake(plan.study)
    assert "train" in engine.done
    assert "nearest" in set(results.frame["demo_choice"])


def test_nearest_demos_leave_out_rows_that_become_too_long(tmp_path: Path, tiny_folder: Path) -> None:
    write_study(tmp_path, tiny_folder)
    rows = mood_rows("train", 30)
    for number in (3, 9):
        rows[number]["text"] += " and again" * 20  # near to each other, and too long together
    write_rows(tmp_path / "mood" / "a_train.jsonl", rows)
    parts = study_parts(tiny_folder) | {"demo_choice": "nearest"}
    parts["tasks"] = {"mood": parts["tasks"]["mood"]}  # type: ignore[index]
    tokenizer = load_tokenizer(tiny_folder)
    plan = make_plan(load_study(rewrite_study(tmp_path, parts)), tokenizer, "weights")
    limit = 400
    trained = [cell for cell in plan.cells if isinstance(cell, TrainCell)]
    assert max(len(row.ids) for cell in trained for row in lessons_of(cell, tokenizer)) <= limit
    left = {gone.row for gone in plan.tasks["mood"].split.left_out if gone.reason == "too_long"}
    assert left
    assert left <= {3, 9}
    assert all(len(cell.rows) == 8 for cell in trained)


def test_nearest_demos_serve_studies_that_train_nothing(tmp_path: Path, tiny_folder: Path) -> None:
    parts = study_parts(tiny_folder) | {"arms": {"base": {}}, "demo_choice": "nearest"}
    parts.pop("training")
    write_study(tmp_path, tiny_folder)
    results, engine = run_fake(load_study(rewrite_study(tmp_path, parts)))
    assert "train" not in engine.done
    assert set(results.frame["n"]) == {10}


def test_nearest_demos_without_training_rows_are_refused(tmp_path: Path, tiny_folder: Path) -> None:
    parts = study_parts(tiny_folder) | {"arms": {"base": {}}, "demo_choice": "nearest"}
    parts["tasks"]["mood"].pop("train")  # type: ignore[index]
    with pytest.raises(SpecError, match="nearest training rows as demos, and has no `train:` rows"):
        load_study(rewrite_study(tmp_path, parts))


def test_more_nearest_demos_than_training_rows_are_refused(tmp_path: Path, tiny_folder: Path) -> None:
    parts = study_parts(tiny_folder) | {"demo_choice": "nearest"}
    parts["tasks"]["mood"]["shots"] = [8]  # type: ignore[index]
    write_study(tmp_path, tiny_folder)
    with pytest.raises(DataError, match="8 shots are asked for, and the domain has 8 training rows to choose them"):
        run_fake(load_study(rewrite_study(tmp_path, parts)), engine=FakeEngine())


def test_balancing_labels_needs_labels(tmp_path: Path, tiny_folder: Path) -> None:
    parts = study_parts(tiny_folder)
    parts["tasks"]["title"]["balance_demos"] = True  # type: ignore[index]
    with pytest.raises(SpecError, match="a generation task has none"):
        load_study(rewrite_study(tmp_path, parts))
