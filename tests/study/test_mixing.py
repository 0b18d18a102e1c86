"""Tasks learnt together, and rows of other tasks replayed."""

from collections import Counter
from pathlib import Path
from typing import cast

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from farfield.errors import SpecError
from farfield.models import load_tokenizer
from farfield.prompts import Prompter
from farfield.spec import load_study
from farfield.study.cells import EvaluateCell, TrainCell
from farfield.study.lessons import lessons_of
from farfield.study.mixing import in_shares
from farfield.study.plan import Plan, make_plan
from tests.small import (
    mood_rows,
    rewrite_study,
    run_fake,
    small_study,
    study_parts,
    title_rows,
    write_rows,
    write_study,
)


def _trained(folder: Path, model: Path, arm: dict[str, object], **changes: object) -> tuple[Plan, list[TrainCell]]:
    arms = {"base": {}, "mine": {"trained": True, **arm}}
    plan = make_plan(small_study(folder, model, arms=arms, **changes), load_tokenizer(model), "weights")
    return plan, [cell for cell in plan.cells if isinstance(cell, TrainCell)]


def _counts(cell: TrainCell) -> dict[str, int]:
    return {share.task.name: len(share.rows) for share in cell.shares}


@given(st.integers(0, 1000), st.lists(st.floats(0.01, 100), min_size=1, max_size=6))
def test_shares_are_whole_complete_and_off_by_less_than_one(total: int, weights: list[float]) -> None:
    counts = in_shares(total, weights)
    assert sum(counts) == total
    for count, weight in zip(counts, weights, strict=True):
        assert abs(count - total * weight / sum(weights)) < 1


def test_tasks_together_are_one_training_for_both(tmp_path: Path, tiny_folder: Path) -> None:
    plan, (cell,) = _trained(tmp_path, tiny_folder, {"tasks": ["title", "mood"]}, cross_task=True)
    assert _counts(cell) == {"mood": 8, "title": 8}
    lines = [entry.keys for entry in plan.entries if entry.keys.arm == "mine"]
    assert {(k.trained_on, k.task, k.tier) for k in lines} == {
        ("mood", "mood", "in_domain"), ("mood", "mood", "out_of_domain"),
        ("title", "title", "in_domain"), ("title", "title", "out_of_domain"),
    }  # fmt: skip
    assert {k.train_rows for k in lines} == {8}
    results, engine = run_fake(plan.study)
    assert engine.done.count("train") == 1
    assert set(results.frame.filter(pl.col("arm") == "mine")["task"]) == {"mood", "title"}


@pytest.mark.parametrize(("temperature", "expected"), [(1.0, (18, 2)), (2.0, (15, 5)), (1e9, (10, 10))])
def test_a_temperature_evens_out_the_shares(
    tmp_path: Path, tiny_folder: Path, temperature: float, expected: tuple[int, int]
) -> None:
    write_study(tmp_path, tiny_folder)
    write_rows(tmp_path / "mood" / "a_train.jsonl", mood_rows("train", 22))
    write_rows(tmp_path / "title" / "a_train.jsonl", title_rows("train", 2))
    parts = study_parts(tiny_folder)
    parts["arms"] = {"base": {}, "mine": {"trained": True, "tasks": ["mood", "title"], "temperature": temperature}}
    parts["training"]["train_rows"] = [18]  # type: ignore[index]
    plan = make_plan(load_study(rewrite_study(tmp_path, parts)), load_tokenizer(tiny_folder), "weights")
    (cell,) = [cell for cell in plan.cells if isinstance(cell, TrainCell)]
    assert tuple(_counts(cell).values()) == expected
    shown = Counter(row.row for row in cell.shares[1].rows)
    assert max(shown.values()) - min(shown.values()) <= 1  # the small task's rows come round in turn


def test_an_arm_for_one_task_is_the_plain_one_there_and_nowhere_else(tmp_path: Path, tiny_folder: Path) -> None:
    _, both = _trained(tmp_path, tiny_folder, {})
    plan, one = _trained(tmp_path, tiny_folder, {"tasks": ["title"]}, cross_task=True)
    assert [cell.address for cell in one] == [cell.address for cell in both if cell.task.name == "title"]
    tiers = {(e.keys.task, e.keys.tier) for e in plan.entries if e.keys.arm == "mine"}
    assert tiers == {("title", "in_domain"), ("title", "out_of_domain"), ("mood", "cross_task")}


def test_replay_takes_its_share_from_the_other_tasks(tmp_path: Path, tiny_folder: Path) -> None:
    _, cells = _trained(tmp_path, tiny_folder, {"replay": 0.2})
    assert [_counts(cell) for cell in cells] == [{"mood": 8, "title": 2}, {"title": 8, "mood": 2}]
    tokenizer = load_tokenizer(tiny_folder)
    spec, protocol = cells[0].shares[1].task.spec, cells[0].shares[1].task.protocol
    rows = cells[0].shares[1].rows
    expected = [Prompter(tokenizer, spec, protocol).lesson(row) for row in rows]
    assert [(lesson.ids, lesson.start) for lesson in lessons_of(cells[0], tokenizer)[8:]] == expected


def test_without_mixing_an_arm_is_the_plain_one(tmp_path: Path, tiny_folder: Path) -> None:
    _, plain = _trained(tmp_path, tiny_folder, {})
    _, off = _trained(tmp_path, tiny_folder, {"replay": 0.0, "tasks": []})
    assert [cell.address for cell in plain] == [cell.address for cell in off]
    _, on = _trained(tmp_path, tiny_folder, {"replay": 0.2})
    assert not {cell.address for cell in plain} & {cell.address for cell in on}


def test_replayed_rows_may_be_taught_by_the_base_model(tmp_path: Path, tiny_folder: Path) -> None:
    plan, cells = _trained(tmp_path, tiny_folder, {"replay": 0.2, "replay_answers": "base"})
    kinds = [type(cell) for cell in plan.cells]
    asked = [share.answers for cell in cells for share in cell.shares if share.answers]
    assert [cell.task.name for cell in asked] == ["title", "mood"]
    for cell in asked:
        assert plan.cells.index(cell) < len(kinds) - 1 - kinds[::-1].index(TrainCell)
        assert cell.trained is None
    results, engine = run_fake(plan.study)
    entries = cast("list[dict[str, str]]", results.run.manifest()["entries"])
    told = {entry["address"] for entry in entries}
    silent = [r.address for r in results.run.records() if r.kind == "evaluate" and r.address not in told]
    assert [results.run.predictions(address).height for address in silent] == [2, 2]
    lines = {(k["task"], k["domain"]) for k in results.frame.to_dicts()}
    assert lines == {("mood", "a"), ("mood", "b"), ("title", "a"), ("title", "b")}
    assert engine.done.count("train") == 2


def test_lessons_teach_what_was_answered_and_leave_out_silence(tmp_path: Path, tiny_folder: Path) -> None:
    _, cells = _trained(tmp_path, tiny_folder, {"replay": 0.2, "replay_answers": "base"})
    tokenizer = load_tokenizer(tiny_folder)

    def said(cell: EvaluateCell) -> list[str]:
        return ["", "fine"][: len(cell.domain.examples)]

    lessons = lessons_of(cells[0], tokenizer, said)
    assert len(lessons) == 9
    assert tokenizer.decode(lessons[8].ids[lessons[8].start : -1]) == "fine"


@pytest.mark.parametrize(
    ("arm", "expected"),
    [
        ({"tasks": ["mood", "moood"]}, "names the task 'moood'; the tasks are mood, title"),
        ({"tasks": ["mood", "mood"]}, "a task stands twice"),
        ({"temperature": 2.0}, "temperature needs `tasks:`"),
        ({"replay_answers": "base"}, "replay_answers needs `replay:`"),
        ({"replay": 0.1, "tasks": ["mood", "title"]}, "there is no other task"),
        ({"replay": 0.1, "trained": False}, "replay needs `trained: true`"),
    ],
)
def test_what_cannot_be_mixed_is_refused(
    tmp_path: Path, tiny_folder: Path, arm: dict[str, object], expected: str
) -> None:
    with pytest.raises(SpecError, match=expected):
        _trained(tmp_path, tiny_folder, arm)
