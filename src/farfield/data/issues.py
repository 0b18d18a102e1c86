"""What to mind about the rows of a study: each check a small function from examples to issues."""

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from farfield.data.examples import Example, Left, key
from farfield.spec import TaskSpec

__all__ = ["Issue", "balance", "conflicts", "duplicates", "leaks"]

Severity = Literal["error", "warning", "note"]


@dataclass(frozen=True, slots=True)
class Issue:
    """One thing to mind: how bad, what, in which rows of which file, and how to mend it."""

    severity: Severity
    code: str
    what: str
    where: str
    rows: tuple[int, ...]
    mend: str


def duplicates(examples: Sequence[Example], task: TaskSpec, where: str) -> list[Issue]:
    """Rows that ask what an earlier row asks, with the same answer."""
    seen: set[tuple[str, str]] = set()
    again: list[int] = []
    for example in examples:
        this = (key(example, task), example.target)
        if this in seen:
            again.append(example.row)
        seen.add(this)
    if not again:
        return []
    what = f"{len(again)} of {len(examples)} rows repeat an earlier row"
    return [
        Issue(
            "warning",
            "duplicates",
            what,
            where,
            tuple(again),
            "remove them: they weigh double and teach nothing new",
        )
    ]


def conflicts(examples: Sequence[Example], task: TaskSpec, where: str) -> list[Issue]:
    """Rows that ask the same and are labelled differently; for classification only."""
    if task.kind != "classification":
        return []
    answers: dict[str, set[str]] = defaultdict(set)
    for example in examples:
        answers[key(example, task)].add(example.target)
    rows = tuple(e.row for e in examples if len(answers[key(e, task)]) > 1)
    if not rows:
        return []
    what = f"{len(rows)} rows ask the same as another row and are labelled differently"
    return [Issue("warning", "conflicting_labels", what, where, rows, "decide on one label, or remove both")]


def balance(examples: Sequence[Example], task: TaskSpec, where: str) -> list[Issue]:
    """A label that no row has, or one that nearly all have."""
    if not task.labels or not examples:
        return []
    counts = Counter(example.target for example in examples)
    absent = [label for label in task.labels if not counts[label]]
    label, most = counts.most_common(1)[0]
    issues = []
    if absent:
        what = f"no row has the label{'s' if len(absent) > 1 else ''} {', '.join(map(repr, absent))}"
        issues.append(
            Issue(
                "warning",
                "label_absent",
                what,
                where,
                (),
                "add such rows: nothing is learnt or measured without",
            )
        )
    if most / len(examples) > 0.8:
        what = f"{most / len(examples):.0%} of the rows have the label {label!r}"
        issues.append(
            Issue(
                "warning",
                "imbalance",
                what,
                where,
                (),
                "always answering it would score as much; ask for macro_f1 too",
            )
        )
    return issues


def leaks(left_out: Sequence[Left], total: int, where: str) -> list[Issue]:
    """Test rows that a demo or a training row gives away; an error above 5 % of the domain."""
    rows = tuple(left.row for left in left_out if left.reason.startswith("equals_"))
    if not rows:
        return []
    severity: Severity = "error" if len(rows) > 0.05 * total else "warning"
    what = f"{len(rows)} of {total} test rows equal a demo or a training row and are left out"
    return [Issue(severity, "leak", what, where, rows, "replace them: what was shown can't be tested")]
