"""What to mind about the rows of a study: each check a small function from examples to issues.

An issue is a value without words: `report.worded` says it in the reader's language.
"""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

from farfield.data.examples import Example, Left, key
from farfield.spec import TaskSpec

__all__ = ["ISSUES", "Issue", "Place", "Value", "balance", "conflicts", "duplicates", "leaks"]

Severity = Literal["error", "warning", "note"]
Part = Literal["", "train", "dev", "demos", "domain"]

ISSUES: Mapping[str, Severity] = {
    "no_rows": "error",
    "prompt_too_long": "error",
    "leak": "warning",
    "duplicates": "warning",
    "conflicting_labels": "warning",
    "label_absent": "warning",
    "imbalance": "warning",
    "long_reference": "warning",
    "mojibake": "warning",
    "lost_characters": "warning",
    "control_characters": "warning",
    "invisible_characters": "warning",
    "control_tokens": "warning",
    "empty_field": "warning",
    "personal_data": "warning",
    "near_duplicates": "warning",
    "near_leak": "warning",
    "group_straddles": "warning",
    "day_straddles": "warning",
    "truncated_target": "warning",
    "label_in_input": "warning",
    "label_errors": "warning",
    "near_conflicts": "note",
    "shared_by_domains": "note",
    "far_longer": "note",
    "other_language": "note",
    "answer_in_input": "note",
    "demo_in_training": "note",
    "dropped_label": "note",
    "power": "note",
    "power_of_scores": "note",
    "rows": "note",
}
"""Every issue's code, and how bad it is; the catalogues have the same codes."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where rows stand: a task, and which part of its rows.

    Attributes:
        task: its name; empty where the part is meant by itself.
        part: what the rows are for; empty: all of the task.
        name: of the domain that is tested.
        beyond: where something stands that is in no part, in words.
    """

    task: str = ""
    part: Part = ""
    name: str = ""
    beyond: str = ""


Value: TypeAlias = "str | int | Place | Mapping[str, int]"


@dataclass(frozen=True, slots=True)
class Issue:
    """One thing to mind.

    Attributes:
        code: one of `ISSUES`.
        where: the part of which task.
        rows: their numbers in the part's file, from 0; of several files, in the order in which the study names them.
        values: what its sentences name beside how many rows there are.
        error: whether it is worse than its code says.
    """

    code: str
    where: Place
    rows: tuple[int, ...] = ()
    values: Mapping[str, Value] = field(default_factory=dict)
    error: bool = False

    @property
    def severity(self) -> Severity:
        """How bad it is."""
        return "error" if self.error else ISSUES[self.code]


def duplicates(examples: Sequence[Example], task: TaskSpec, where: Place) -> list[Issue]:
    """Rows that ask what an earlier row asks, with the same answer."""
    seen: set[tuple[str, str]] = set()
    again: list[int] = []
    for example in examples:
        this = (key(example, task), example.target)
        if this in seen:
            again.append(example.row)
        seen.add(this)
    return [Issue("duplicates", where, tuple(again), {"of": len(examples)})] if again else []


def conflicts(examples: Sequence[Example], task: TaskSpec, where: Place) -> list[Issue]:
    """Rows that ask the same and are labelled differently; for classification only."""
    if task.kind != "classification":
        return []
    answers: dict[str, set[str]] = defaultdict(set)
    for example in examples:
        answers[key(example, task)].add(example.target)
    rows = tuple(e.row for e in examples if len(answers[key(e, task)]) > 1)
    return [Issue("conflicting_labels", where, rows)] if rows else []


def balance(examples: Sequence[Example], task: TaskSpec, where: Place) -> list[Issue]:
    """A label that no row has, or one that nearly all have."""
    if not task.labels or not examples:
        return []
    counts = Counter(example.target for example in examples)
    absent = [label for label in task.labels if not counts[label]]
    label, most = counts.most_common(1)[0]
    issues = []
    if absent:
        issues.append(Issue("label_absent", where, (), {"labels": ", ".join(absent)}))
    if most / len(examples) > 0.8:
        issues.append(Issue("imbalance", where, (), {"share": f"{most / len(examples):.0%}", "label": label}))
    return issues


def leaks(left_out: Sequence[Left], total: int, where: Place) -> list[Issue]:
    """Test rows that a demo or a training row gives away; an error above 5 % of the domain."""
    rows = tuple(left.row for left in left_out if left.reason.startswith("equals_"))
    return [Issue("leak", where, rows, {"of": total}, error=len(rows) > 0.05 * total)] if rows else []
