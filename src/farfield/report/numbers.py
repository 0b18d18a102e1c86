"""Numbers as text in the reader's language: shares as points from 0 to 100, with their intervals."""

from math import ceil

from farfield.report.words import Words
from farfield.stats import Number, RowRange, Undefined

__all__ = [
    "about_text",
    "gain_text",
    "interval_text",
    "number_text",
    "range_text",
    "share_text",
    "signed",
    "value_text",
]


def value_text(number: Number) -> str:
    """The number alone, from 0 to 100."""
    return "–" if isinstance(number, Undefined) else f"{100 * number.value:.1f}"


def number_text(number: Number, say: Words) -> str:
    """A number with its interval on one line, from 0 to 100; the reason where it does not exist."""
    if isinstance(number, Undefined):
        return say(f"reason.{number.reason}")
    return f"{value_text(number)} {interval_text(number, say)}"


def interval_text(number: Number, say: Words) -> str:
    """The interval alone; the reason where there is no number."""
    if isinstance(number, Undefined):
        return say(f"reason.{number.reason}")
    return say("interval", low=signed(number.low, ""), high=signed(number.high, ""))


def gain_text(number: Number, say: Words, *, relative: bool = False) -> str:
    """A signed difference with its interval: in points, or, of weights, relative in percent."""
    if isinstance(number, Undefined):
        return say(f"reason.{number.reason}")
    return say(
        "gain.relative" if relative else "gain",
        value=signed(number.value),
        low=signed(number.low),
        high=signed(number.high),
    )


def share_text(share: float) -> str:
    """A share that was asked for, as a percentage without digits that say nothing: 5 %, 99.5 %."""
    return f"{100 * share:.3g} %"


def signed(share: float, sign: str = "+") -> str:
    """A share in points, with a real minus sign."""
    return f"{100 * share:{sign}z.1f}".replace("-", "−")


def about_text(rows: int, say: Words) -> str:
    """Two digits are more than such a figure is good for; above ten thousand it says only that."""
    return say("about.huge") if rows > 10_000 else say("about", rows=_rounded(rows))


def range_text(rows: RowRange, say: Words) -> str:
    """How many more rows it likely takes, and how many at the least."""
    likely, least = about_text(ceil(rows.likely), say), ceil(rows.least)
    return say("about.range", likely=likely, least=_rounded(least)) if least else say("about.more", likely=likely)


def _rounded(rows: int) -> int:
    return round(rows, -max(0, len(str(rows)) - 2))
