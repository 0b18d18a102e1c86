"""Rows that are too long: left out for all, cut as the original study cut them, or cut alike for all."""

from dataclasses import replace
from pathlib import Path

import pytest

from farfield.errors import SpecError
from farfield.models import load_tokenizer
from farfield.prompts import Prompter
from farfield.spec import load_study
from farfield.study import Plan, make_plan
from farfield.study.cells import MoveCell, TrainCell
from farfield.study.lessons import lessons_of
from tests.small import run_fake, small_study, title_rows, write_rows

LONG = 3
"""The row that is made too long for a prompt with two demos, and not without."""
ARMS = {
    "ft": {"trained": True},
    "fticl": {"trained": True, "train_shots": 2},
    "ft_cut": {"trained": True, "too_long": "cut"},
    "fticl_cut": {"trained": True, "train_shots": 2, "too_long": "cut"},
    "ft_alike": {"trained": True, "too_long": "cut_alike"},
}


def _plan(folder: Path, model: Path, max_length: int, arms: object = ARMS) -> Plan:
    training = {"train_rows": [8], "epochs": 1, "batch_size": 4, "max_length": max_length}
    study = small_study(folder, model, arms={"base": {}, **arms}, training=training)  # type: ignore[dict-item]
    rows = title_rows("train", 20)
    rows[LONG] |= {"title": "Pump 3 leaks, and this title goes on and on for a while"}
    write_rows(folder / "title" / "a_train.jsonl", rows)
    return make_plan(study, load_tokenizer(model), "weights")


def _trained(plan: Plan) -> dict[str, TrainCell]:
    """The trainings of the task `title` by arm."""
    cells = {cell.address: cell for cell in plan.cells if isinstance(cell, TrainCell) and cell.task.name == "title"}
    by_move = {cell.address: cell.trained.address for cell in plan.cells if isinstance(cell, MoveCell)}
    return {move.arm: cells[by_move[move.address]] for move in plan.moves if move.trained_on == "title"}


def _max_length(folder: Path, model: Path) -> int:
    """A length that cuts six tokens off the long row with its demos, and leaves all others whole."""
    cell = _trained(_plan(folder, model, 400))["fticl"]
    lengths = [len(row.ids) for row in lessons_of(cell, load_tokenizer(model))]
    assert max(lengths) == lengths[LONG]
    return lengths[LONG] - 6


def test_cut_rows_lose_their_end_and_all_others_stay(tmp_path: Path, tiny_folder: Path) -> None:
    tokenizer, most = load_tokenizer(tiny_folder), _max_length(tmp_path, tiny_folder)
    plan = _plan(tmp_path, tiny_folder, most)
    cells = _trained(plan)
    lessons = {arm: lessons_of(cell, tokenizer) for arm, cell in cells.items()}
    assert [e.row for e in cells["ft"].rows] == [e.row for e in cells["fticl"].rows] == [0, 1, 2, 4, 5, 6, 7, 8]
    for arm in ("ft_cut", "fticl_cut", "ft_alike"):
        assert [e.row for e in cells[arm].rows] == list(range(8))
    # By hand: the row with its demos, its last six tokens cut off.
    example, task = cells["fticl_cut"].rows[LONG], plan.tasks["title"]
    shown = task.train_demos["a"].shown(example, 2)
    whole, start = Prompter(tokenizer, task.spec, task.protocol).lesson(example, shown)
    cut = lessons["fticl_cut"][LONG]
    assert (cut.ids, cut.start) == (whole[:-6], start)
    assert tokenizer.eos_id not in cut.ids[start:]
    # Without demos the row fits: the original's plain fine-tuning learns more target tokens than its FTICL did ...
    counts = {arm: sum(len(row.ids) - row.start for row in rows) for arm, rows in lessons.items()}
    assert counts["ft_cut"] == counts["fticl_cut"] + 6
    # ... unless it is cut alike; and where such rows are left out, both learn the same anyway.
    assert counts["ft_alike"] == counts["fticl_cut"]
    assert counts["ft"] == counts["fticl"]
    plain, _ = Prompter(tokenizer, task.spec, task.protocol).lesson(example)
    assert lessons["ft_alike"][LONG].ids == plain[:-6]
    assert [note.values for note in plan.notes if note.code == "cut"] == [{"task": "title", "rows": 1}]


def test_a_target_that_is_cut_off_whole_teaches_nothing(tmp_path: Path, tiny_folder: Path) -> None:
    tokenizer = load_tokenizer(tiny_folder)
    cell = _trained(_plan(tmp_path, tiny_folder, _max_length(tmp_path, tiny_folder)))["fticl_cut"]
    short = cell.recipe.model_copy(update={"max_length": lessons_of(cell, tokenizer)[LONG].start})
    assert len(lessons_of(replace(cell, recipe=short), tokenizer)) < len(cell.rows)


def test_where_all_rows_fit_a_cutting_arm_is_the_plain_one(tmp_path: Path, tiny_folder: Path) -> None:
    cells = _trained(_plan(tmp_path, tiny_folder, 400))
    assert cells["ft"].address == cells["ft_cut"].address == cells["ft_alike"].address
    assert cells["fticl"].address == cells["fticl_cut"].address


def test_a_row_that_only_cutting_arms_train_on_is_no_test_row(tmp_path: Path, tiny_folder: Path) -> None:
    most = _max_length(tmp_path, tiny_folder)
    for arms, left in ((ARMS, 1), ({"fticl": ARMS["fticl"]}, 0)):
        _plan(tmp_path, tiny_folder, most, arms)  # writes the rows
        write_rows(tmp_path / "title" / "b_test.jsonl", [*title_rows("b", 5), title_rows("train", 20)[LONG]])
        plan = make_plan(load_study(tmp_path / "study.yaml"), load_tokenizer(tiny_folder), "weights")
        assert [len(d.left_out) for d in plan.tasks["title"].domains if d.name == "b"] == [left]


def test_the_run_trains_them_all(tmp_path: Path, tiny_folder: Path) -> None:
    plan = _plan(tmp_path, tiny_folder, _max_length(tmp_path, tiny_folder))
    results, engine = run_fake(plan.study)
    assert {"ft_cut", "fticl_cut", "ft_alike"} <= set(results.frame["arm"])
    assert "train" in engine.done


def test_an_untrained_arm_cuts_nothing(tmp_path: Path, tiny_folder: Path) -> None:
    with pytest.raises(SpecError, match="too_long needs `trained: true`"):
        small_study(tmp_path, tiny_folder, arms={"base": {"too_long": "cut"}})
