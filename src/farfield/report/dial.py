"""What the page says of dials: how much of what an arm learnt to use, and what that changes."""

from collections.abc import Iterator
from dataclasses import dataclass

from farfield.findings import Dial, DialPoint, Findings
from farfield.report.chart import Spot, trade_off_chart
from farfield.report.numbers import gain_text, number_text
from farfield.report.words import Words, places
from farfield.stats import Number, Undefined

__all__ = ["DialView", "dial_views"]

_HOME, _AWAY = "in_domain", ("out_of_domain", "later_time")  # what is set against what: the first that was tested


@dataclass(frozen=True, slots=True)
class DialView:
    """The dial of one arm on one task as the page shows it.

    Attributes:
        model: the arm, its task and training rows.
        sentences: which strength was chosen, and what it changes.
        rows: of the table: label, whether it is the chosen strength, cells.
    """

    model: str
    sentences: list[str]
    chart: str
    chart_caption: str
    caption: str
    columns: list[str]
    rows: list[tuple[str, bool, list[str]]]


def dial_views(findings: Findings, say: Words) -> list[DialView]:
    """Every dial, in the order of the study."""
    return [_view(dial, say) for dial in findings.dials]


def _view(dial: Dial, say: Words) -> DialView:
    tiers = list(dial.points[-1].scores)
    ring = "" if isinstance(dial.chosen, Undefined) else say("sentence.gap") + say("dial.ring")
    others = say("sentence.gap") + say("dial.others") if "cross_task" in tiers else ""
    return DialView(
        say("moved.model", arm=dial.arm, task=dial.task, rows=dial.train_rows),
        [_chosen(dial, say), *_changes(dial, say)],
        _chart(dial, say),
        say("dial.chart.caption") + ring,
        say("dial.caption", metric=say(f"metric.{dial.metric}")) + others,
        [say("dial.strength"), say("dial.dev"), *(say(f"tier.{tier}") for tier in tiers)],
        list(_rows(dial, say)),
    )


def _chosen(dial: Dial, say: Words) -> str:
    if isinstance(dial.chosen, Undefined):
        return say("dial.none", reason=say(f"reason.{dial.chosen.reason}"))
    if dial.elsewhere:
        domains = say("list.comma").join(dial.elsewhere)
        return say("dial.elsewhere", domains=domains, chosen=f"{dial.chosen:g}")
    if dial.chosen in (0, 1):
        return say("dial.whole" if dial.chosen else "dial.base")
    return say("dial.part", chosen=f"{dial.chosen:g}")


def _changes(dial: Dial, say: Words) -> Iterator[str]:
    """What the chosen strength changes against the whole, tiers of one outcome together."""
    told = {
        tier: say("dial.tier", tier=say(f"tier.{tier}"), gain=gain_text(change, say))
        for tier, change in dial.changes.items()
    }
    for outcome in ("up", "down", "open"):
        tiers = [told[tier] for tier, change in dial.changes.items() if _outcome(change) == outcome]
        if tiers:
            yield say(f"dial.{outcome}", chosen=f"{dial.chosen:g}", tiers=say("list.comma").join(tiers))


def _outcome(change: Number) -> str:
    if isinstance(change, Undefined) or change.low <= 0 <= change.high:
        return "open"
    return "up" if change.low > 0 else "down"


def _rows(dial: Dial, say: Words) -> Iterator[tuple[str, bool, list[str]]]:
    """A row a strength; last what the chosen one changes, if it changes anything."""
    for point in dial.points:
        chosen = point.strength == dial.chosen
        label = say("dial.picked", strength=f"{point.strength:g}") if chosen else f"{point.strength:g}"
        yield label, chosen, [number_text(number, say) for number in (point.dev, *point.scores.values())]
    if dial.changes:
        yield (
            say("dial.against", chosen=f"{dial.chosen:g}"),
            False,
            ["–", *(gain_text(change, say) for change in dial.changes.values())],
        )


def _chart(dial: Dial, say: Words) -> str:
    """Empty where one of its tiers has no numbers at two strengths or more."""
    axes = _HOME, next((tier for tier in _AWAY if tier in dial.points[-1].scores), _AWAY[0])
    spots = [spot for point in dial.points if (spot := _spot(point, axes, point.strength == dial.chosen, say))]
    if len(spots) < 2:
        return ""
    title = say("dial.chart.title", arm=dial.arm, task=dial.task, places=places(axes[1:], say))
    return trade_off_chart(spots, title, *(say(f"tier.{tier}") for tier in axes))


def _spot(point: DialPoint, axes: tuple[str, str], chosen: bool, say: Words) -> Spot | None:
    across, up = (point.scores.get(tier, Undefined("no rows")) for tier in axes)
    if isinstance(across, Undefined) or isinstance(up, Undefined):
        return None
    told = [f"{say(f'tier.{tier}')} {number_text(point.scores[tier], say)}" for tier in axes]
    x, y = ((100 * number.value, 100 * number.low, 100 * number.high) for number in (across, up))
    return Spot(f"{point.strength:g}", x, y, say("list.comma").join(told), chosen)
