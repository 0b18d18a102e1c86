"""Each check finds what it is for, and nothing in clean rows."""

import pytest

from farfield.data import Example, Left, Place, balance, conflicts, duplicates, leaks
from farfield.spec import TaskSpec

TASK = TaskSpec.model_validate({
    "kind": "classification", "labels": ["good", "bad"], "prompts": ["{text}"], "target": "{mood}",
    "in_domain": {"a": {"path": "a"}},
})  # fmt: skip


def _rows(*pairs: tuple[str, str]) -> list[Example]:
    return [Example({"text": text}, mood, "a", n, "f") for n, (text, mood) in enumerate(pairs)]


def test_clean_rows_raise_nothing() -> None:
    clean = _rows(("x", "good"), ("y", "bad"), ("z", "good"))
    assert not [*duplicates(clean, TASK, Place()), *conflicts(clean, TASK, Place()), *balance(clean, TASK, Place())]
    assert not leaks([], 100, Place())


def test_duplicates_and_conflicts_name_their_rows() -> None:
    rows = _rows(("x", "good"), ("x ", "good"), ("y", "bad"), ("y", "good"))
    assert [issue.rows for issue in duplicates(rows, TASK, Place())] == [(1,)]
    assert [issue.rows for issue in conflicts(rows, TASK, Place())] == [(2, 3)]


def test_balance_names_what_is_absent_and_what_rules() -> None:
    rows = _rows(*((str(n), "good") for n in range(9)))
    assert [issue.code for issue in balance(rows, TASK, Place())] == ["label_absent", "imbalance"]


@pytest.mark.parametrize(("rows", "severity"), [(5, "warning"), (6, "error")])
def test_leaks_above_five_percent_are_errors(rows: int, severity: str) -> None:
    left = [Left("f", n, "equals_demo") for n in range(rows)] + [Left("f", 99, "dropped_label")]
    (issue,) = leaks(left, 100, Place())
    assert (issue.severity, issue.rows) == (severity, tuple(range(rows)))
