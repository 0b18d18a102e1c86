"""Assumptions in words: what one is called, and the range that it may lie in."""

from farfield.findings import Assumption
from farfield.report.numbers import share_text, sum_text
from farfield.report.words import Words

__all__ = ["ends_text", "name_text"]


def name_text(each: Assumption | None, say: Words) -> str:
    """What an assumption is called; None is the test rows."""
    if each is None:
        return say("assumption.rows")
    name = say(f"assumption.{each.key}")
    return say("assumption.of", name=name, of=each.of) if each.of else name


def ends_text(each: Assumption, currency: str, say: Words) -> str:
    """An assumption's value, or its range with how it is drawn."""
    ends = (each.low, each.likely, each.high) if each.triangular else (each.low, each.high)
    texts = [_plain(end, each.unit, currency, say) for end in (ends if each.ranged else ends[:1])]
    if not each.ranged:
        return texts[0]
    return say("assumption.triangle" if each.triangular else "assumption.uniform", ends=say("money.to").join(texts))


def _plain(value: float, unit: str, currency: str, say: Words) -> str:
    if unit in ("money", "money_hour"):
        told = sum_text(value, currency, say)
        return say("unit.money_hour", value=told) if unit == "money_hour" else told
    if unit == "share":
        return share_text(value)
    return say(f"unit.{unit}", value=f"{value:,.6g}")
