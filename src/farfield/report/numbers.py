"""Numbers as text in the reader's language: the one place that decides on digits, signs, and names of units.

Scores are points from 0 to 100. Of money, hours and shares the digits follow the interval: the last one shown is the
first of half its width, and the second where that begins with a 1: "71 % (66–76)", never "71.3333 %".
"""

from math import ceil, floor, isfinite, isinf, log10

from farfield.report.words import Words
from farfield.stats import Estimate, Number, RowRange, Undefined

__all__ = [
    "about_text",
    "amount_text",
    "coefficient_text",
    "gain_text",
    "hours_text",
    "interval_text",
    "items_text",
    "money_form",
    "money_text",
    "months_text",
    "number_text",
    "p_text",
    "percent_text",
    "plain_text",
    "points_text",
    "range_text",
    "share_text",
    "signed",
    "sum_text",
    "tight_text",
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


def tight_text(share: float, say: Words) -> str:
    """The same within a sentence: its sign never stands alone at the start of a line."""
    return share_text(share).replace(" ", "" if say.language == "ja" else "\u00a0")


def points_text(share: float) -> str:
    """A share without an interval, from 0 to 100, to a tenth of a point."""
    return signed(share, "")


def plain_text(number: Number, say: Words, *, digits: int = 2) -> str:
    """A number that is no share, with its interval; the reason where there is none."""
    if isinstance(number, Undefined):
        return say(f"reason.{number.reason}")
    shown = digits if number.value < 100 else 0  # a perplexity of thousands has no hundredths
    value, low, high = (f"{end:,.{shown}f}" for end in (number.value, number.low, number.high))
    return f"{value} {say('interval', low=low, high=high)}"


def p_text(p: float) -> str:
    """A p value to three places."""
    return "< 0.001" if p < 0.001 else f"{p:.3f}"


def coefficient_text(value: float) -> str:
    """A correlation from -1 to 1, signed."""
    return f"{value:+.2f}".replace("-", "−")


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


def percent_text(number: Number, say: Words) -> str:
    """A share with its interval: "71 % (66–76)"; the reason where there is none."""
    if isinstance(number, Undefined):
        return say(f"reason.{number.reason}")
    value, ends = amount_text(number, say, times=100)
    return say("percent", value=value) + ends


def months_text(number: Estimate, say: Words) -> str:
    """Months, some of which may never come."""
    if isinf(number.value) and isinf(number.low):
        return say("months.never")
    value, ends = amount_text(number, say)
    return (
        say("months.likely_never", least=_one(number.low)) if isinf(number.value) else say("months", value=value) + ends
    )


def hours_text(number: Estimate, say: Words) -> str:
    """Hours with their interval."""
    value, ends = amount_text(number, say)
    return say("hours", value=value) + ends


def items_text(items: float | Undefined, say: Words) -> str:
    """A number of items to two digits; the reason where there is none."""
    return say(f"reason.{items.reason}") if isinstance(items, Undefined) else say("items", value=_one(items))


def money_text(number: Estimate, currency: str, say: Words) -> str:
    """Money with its interval, in thousands or millions: "¥1.2 million (0.8–1.6)", "120万円（80〜160）"."""
    unit, size = _unit(max(abs(end) for end in (number.value, number.low, number.high)), say)
    value, ends = amount_text(number, say, times=1 / size)
    return _priced(value, unit, currency, say) + ends


def sum_text(amount: float, currency: str, say: Words) -> str:
    """One sum of money to two digits."""
    unit, size = _unit(abs(amount), say)
    return _priced(_one(amount / size), unit, currency, say)


def money_form(currency: str, say: Words) -> tuple[str, list[tuple[float, str]]]:
    """How `sum_text` words a sum of 0 or more: with `{value}` and `{unit}` in it; and the units, the largest first."""
    units = [(size, say(f"money.in.{name}")) for name, size in _SIZES[say.language]]
    return _priced("{value}", "{unit}", currency, say), units


def amount_text(number: Estimate, say: Words, *, times: float = 1.0) -> tuple[str, str]:
    """A value and, in brackets, its interval, with the digits that the interval leaves; no brackets where it has none.

    Args:
        number: the value and its ends, which may be infinite.
        say: the language.
        times: what all are multiplied by.
    """
    value, low, high = (times * end for end in (number.value, number.low, number.high))
    finite = [end for end in (value, low, high) if isfinite(end)]
    half = (max(finite) - min(finite)) / 2
    if not half:
        return _one(value), ""
    step = 10.0 ** floor(log10(half / 2))
    if value > 0 and min(finite) >= 0:  # what is surely above 0 is not shown as 0
        step = min(step, 10.0 ** floor(log10(value))) if isfinite(value) else step
    shown, *ends = (_at(end, step) for end in (value, low, high))
    told = say("interval.signed" if low < 0 else "interval", low=ends[0], high=ends[1])
    return shown, say("sentence.gap") + told


def _one(value: float) -> str:
    """A number without an interval: two digits, or all before the point where it has no more than three."""
    if value == 0 or isinf(value):
        return _at(value, 1.0)
    whole = value == round(value) and abs(value) < 1000
    return _at(value, 1.0 if whole else 10.0 ** (floor(log10(abs(value))) - 1))


def _at(value: float, step: float) -> str:
    if isinf(value):
        return "∞"
    digits = max(0, -round(log10(step)))
    return f"{round(value / step) * step:z,.{digits}f}".replace("-", "−")


_SIZES = {"en": (("billion", 1e9), ("million", 1e6)), "ja": (("oku", 1e8), ("man", 1e4))}


def _unit(most: float, say: Words) -> tuple[str, float]:
    """What a language counts such sums in, and how much that is."""
    for name, size in _SIZES[say.language]:
        if most >= size:
            return say(f"money.in.{name}"), size
    return "", 1.0


def _priced(value: str, unit: str, currency: str, say: Words) -> str:
    from babel.numbers import get_currency_name, get_currency_symbol

    if say.language == "ja":  # a name with its plural is the plain one: 円, not 日本円
        return say("money.sum", value=value, unit=unit, currency=get_currency_name(currency, count=5, locale="ja"))
    symbol = get_currency_symbol(currency, locale=say.language)
    sign, bare = ("−", value[1:]) if value.startswith("−") else ("", value)
    gap = " " if symbol.isalpha() else ""
    return say("money.sum", value=bare, unit=unit, currency=f"{sign}{symbol}{gap}")
