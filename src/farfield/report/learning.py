"""What the page says of learning curves: scores by number of training rows, and where they lead."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from farfield.findings import Findings, Learnt
from farfield.report.chart import Curve, curve_chart
from farfield.report.numbers import about_text, number_text, share_text
from farfield.report.words import Words
from farfield.stats import Estimate, RowsNeeded, Undefined

__all__ = ["LearnedView", "learned_views", "unlearned"]


@dataclass(frozen=True, slots=True)
class LearnedView:
    """The learning curves of one arm as the page shows them.

    Attributes:
        model: the arm and its task.
        sentences: what more rows would bring, by test set.
        columns: numbers of training rows, those ahead included.
        rows: test set, tier, a cell a column.
    """

    model: str
    sentences: list[str]
    chart: str
    columns: list[str]
    rows: list[tuple[str, str, list[str]]]


def learned_views(findings: Findings, say: Words) -> list[LearnedView]:
    """One for each arm of each task whose curve leads somewhere, on one test set at least."""
    models = dict.fromkeys((each.task, each.arm) for each in findings.learnt if not isinstance(each.ahead, Undefined))
    return [
        _view(task, arm, [each for each in findings.learnt if (each.task, each.arm) == (task, arm)], say)
        for task, arm in models
    ]


def unlearned(findings: Findings, say: Words) -> list[str]:
    """Why other curves lead nowhere, a sentence for each reason."""
    why: dict[str, list[str]] = {}
    for each in findings.learnt:
        if isinstance(each.ahead, Undefined):
            model = say("learned.model", arm=each.arm, task=each.task)
            why.setdefault(each.ahead.reason, []).append(model)
    return [
        say("learned.none", models=say("list.comma").join(dict.fromkeys(models)), reason=say(f"reason.{reason}"))
        for reason, models in why.items()
    ]


def _view(task: str, arm: str, curves: Sequence[Learnt], say: Words) -> LearnedView:
    ahead = next((each.ahead for each in curves if not isinstance(each.ahead, Undefined)), ())
    sizes = [size for size, _ in curves[0].points]
    return LearnedView(
        say("learned.model", arm=arm, task=task),
        list(dict.fromkeys(sentence for each in curves for sentence in _sentences(each, say))),
        _chart(task, arm, curves, say),
        [*(str(size) for size in sizes), *(say("learned.ahead", rows=each.size) for each in ahead)],
        [(each.domain, say(f"tier.{each.tier}"), _cells(each, len(ahead), say)) for each in curves],
    )


def _sentences(curve: Learnt, say: Words) -> Iterator[str]:
    if isinstance(curve.ahead, Undefined):
        return
    first = curve.ahead[0]
    named = {"domain": curve.domain, "rows": first.size}
    yield say("learned.will", **named, expected=number_text(first.expected, say), one=number_text(first.one_more, say))
    if curve.aim and curve.needed:
        yield _needed(curve.domain, curve.aim, curve.needed, say)


def _needed(domain: str, aim: float, needed: RowsNeeded, say: Words) -> str:
    named = {"domain": domain, "aim": share_text(aim)}
    if isinstance(needed.low, Undefined):
        return say("learned.never", **named)
    if isinstance(needed.high, Undefined):
        return say("learned.perhaps", **named, least=about_text(needed.low, say))
    ends = {"least": about_text(needed.low, say), "most": about_text(needed.high, say)}
    return say("learned.needed", **named, **ends)


def _cells(curve: Learnt, ahead: int, say: Words) -> list[str]:
    measured = [number_text(number, say) for _, number in curve.points]
    if isinstance(curve.ahead, Undefined):
        return [*measured, *["–"] * ahead]
    return [*measured, *(number_text(each.expected, say) for each in curve.ahead)]


def _chart(task: str, arm: str, curves: Sequence[Learnt], say: Words) -> str:
    drawn = []
    for curve in curves:
        points = [(size, number) for size, number in curve.points if isinstance(number, Estimate)]
        if isinstance(curve.ahead, Undefined) or len(points) < 2:
            continue
        whole = [*points, *((each.size, each.expected) for each in curve.ahead)]
        marks = [(size, 100 * n.value, 100 * n.low, 100 * n.high) for size, n in whole]
        drawn.append(Curve(curve.domain, marks, len(points)))
    if not drawn:
        return ""
    return curve_chart(drawn, say("learned.chart", arm=arm, task=task), say("learned.rows"), say("learned.score"))
