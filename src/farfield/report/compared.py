"""What the page says of tests: whether a trained arm differs from the comparator, and whether it is alike."""

from dataclasses import dataclass

from farfield.findings import Compared, TaskFindings
from farfield.report.numbers import p_text
from farfield.report.words import Words

__all__ = ["ComparedRow", "compared_rows"]

_LEVEL = 0.05


@dataclass(frozen=True, slots=True)
class ComparedRow:
    """One test set of one trained arm; all fields as they are shown."""

    model: str
    domain: str
    tier: str
    differing: str
    p: str
    adjusted: str
    alike: str
    says: str


def compared_rows(task: TaskFindings, say: Words) -> list[ComparedRow]:
    """The tests of a task, claim by claim."""
    return [_row(each, task.margin, say) for each in task.compared]


def _row(each: Compared, margin: float, say: Words) -> ComparedRow:
    tested = each.tested
    p = p_text(tested.p)
    return ComparedRow(
        say("compared.model", arm=each.arm, rows=each.train_rows),
        each.domain,
        say(f"tier.{each.tier}"),
        say("compared.of", some=tested.differing, n=tested.n),
        p if tested.exact is None else say("compared.exact", p=p, exact=p_text(tested.exact)),
        p_text(each.adjusted),
        "–" if tested.alike is None else p_text(tested.alike),
        say(f"compared.{_outcome(each)}", margin=f"{100 * margin:.3g}"),
    )


def _outcome(each: Compared) -> str:
    """What both questions together say; neither "no difference was found" nor "not shown alike" answers the other."""
    tested = each.tested
    if not tested.differing:
        return "tie"
    differ, alike = each.adjusted <= _LEVEL, _shown(tested.alike)
    if differ:
        return "little" if alike else "differ"
    if alike:
        return "alike"
    return "no_worse" if _shown(tested.no_worse) else "open"


def _shown(p: float | None) -> bool:
    return p is not None and p <= _LEVEL
