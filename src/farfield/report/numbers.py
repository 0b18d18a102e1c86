"""Numbers as text in the reader's language: shares as points from 0 to 100, with their intervals."""

from farfield.report.words import Words
from farfield.stats import Number, Undefined

__all__ = ["about_text", "gain_text", "interval_text", "number_text", "signed", "value_text"]


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


def gain_text(number: Number, say: Words) -> str:
    """A signed difference in points with its interval."""
    if isinstance(number, Undefined):
        return say(f"reason.{number.reason}")
    return say("gain", value=signed(number.value), low=signed(number.low), high=signed(number.high))


def signed(share: float, sign: str = "+") -> str:
    """A share in points, with a real minus sign."""
    return f"{100 * share:{sign}z.1f}".replace("-", "−")


def about_text(rows: int, say: Words) -> str:
    """Two digits are more than such a figure is good for; above ten thousand it says only that."""
    if rows > 10_000:
        return say("about.huge")
    digits = max(0, len(str(rows)) - 2)
    return say("about", rows=round(rows, -digits))
