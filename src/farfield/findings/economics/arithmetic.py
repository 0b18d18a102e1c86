"""The arithmetic of money over time: plain functions of numbers, or of arrays of draws.

Money is in the unit of the study's currency, time in months, rates are a year; a benefit comes at each month's end.
"""

from typing import TypeAlias

import numpy as np
from numpy.typing import ArrayLike

from farfield.stats import FloatArray

__all__ = [
    "annuity",
    "break_even_error",
    "break_even_items",
    "linear_loss",
    "npv",
    "payback",
    "saved_by_draft",
    "saved_by_right",
    "saved_by_wrong",
    "worth_of_rows",
]

Values: TypeAlias = ArrayLike


def annuity(discount: Values, months: int) -> FloatArray:
    """What 1 at the end of each month is worth now: sum over t = 1..months of (1 + discount)^(-t / 12).

    Source: Brealey, Myers & Allen (2020), Principles of Corporate Finance, ch. 2.
    """
    rate = np.log1p(np.asarray(discount, dtype=np.float64)) / 12
    monthly = np.expm1(rate)
    free = monthly == 0
    return np.where(free, months, -np.expm1(-months * rate) / np.where(free, 1.0, monthly))


def npv(once: Values, monthly: Values, discount: Values, months: int) -> FloatArray:
    """Net present value of paying `once` now for `monthly` at the end of each month."""
    return np.asarray(monthly, dtype=np.float64) * annuity(discount, months) - np.asarray(once, dtype=np.float64)


def payback(once: Values, monthly: Values, discount: Values) -> FloatArray:
    """Months until what was paid has come back, interest included; infinite where it never does.

    Solves annuity(discount, t) monthly = once for t, so that it lies within the horizon exactly where the net present
    value is above 0.
    """
    once, monthly = np.asarray(once, dtype=np.float64), np.asarray(monthly, dtype=np.float64)
    rate = np.log1p(np.asarray(discount, dtype=np.float64)) / 12
    earns = monthly > 0
    ratio = np.where(earns, once / np.where(earns, monthly, 1.0), np.inf)
    eaten = np.where(earns, ratio, 0.0) * np.expm1(rate)  # the share of a month's benefit that interest takes
    bound = earns & (eaten < 1)
    free = rate == 0
    months = np.where(free, ratio, -np.log1p(-np.where(bound, eaten, 0.0)) / np.where(free, 1.0, rate))
    return np.where(once <= 0, 0.0, np.where(bound, months, np.inf))


def saved_by_right(handled: Values, checked: Values, check: Values) -> FloatArray:
    """What an automatic answer saves that is right.

    Args:
        handled: what it costs that a person handles an item.
        checked: what it costs that a person checks an answer.
        check: share of automatic answers that are checked.
    """
    return np.asarray(np.asarray(handled) - np.asarray(check) * checked, dtype=np.float64)


def saved_by_wrong(handled: Values, checked: Values, check: Values, error: Values) -> FloatArray:
    """What an automatic answer saves that is wrong: found by a check a person handles it, else it costs `error`."""
    handled, check = np.asarray(handled, dtype=np.float64), np.asarray(check, dtype=np.float64)
    lost = check * handled + (1 - check) * np.asarray(error, dtype=np.float64)
    return np.asarray(saved_by_right(handled, checked, check) - lost)


def saved_by_draft(handled: Values, edited: Values) -> FloatArray:
    """What a written answer saves that a person edits in place of writing it."""
    return np.asarray(np.asarray(handled) - np.asarray(edited), dtype=np.float64)


def break_even_items(once: Values, fixed: Values, saved: Values, discount: Values, months: int) -> FloatArray:
    """Items a month at which the net present value is 0; infinite where an item saves nothing.

    Args:
        once: paid at the start.
        fixed: what each month costs whatever comes in.
        saved: by an item, its answering paid.
        discount: rate a year.
        months: horizon.
    """
    saved = np.asarray(saved, dtype=np.float64)
    needed = np.asarray(once, dtype=np.float64) / annuity(discount, months) + np.asarray(fixed, dtype=np.float64)
    return np.where(saved > 0, np.maximum(needed, 0) / np.where(saved > 0, saved, 1.0), np.inf)


def break_even_error(needed: Values, answered: Values, right: Values, wrong: Values) -> FloatArray:
    """The share of automatic answers that may be wrong before nothing comes back; below 0 where none may.

    From needed = answered ((1 - e) right + e wrong).

    Args:
        needed: saving an item that pays for all else: start, months and answering.
        answered: share of items that are answered automatically.
        right: saving by a right answer.
        wrong: saving by a wrong one, usually below 0.
    """
    right, wrong = np.asarray(right, dtype=np.float64), np.asarray(wrong, dtype=np.float64)
    answered = np.asarray(answered, dtype=np.float64)
    needed = np.asarray(needed, dtype=np.float64) / np.where(answered > 0, answered, np.nan)
    return np.asarray((right - needed) / (right - wrong))


def linear_loss(distance: Values) -> FloatArray:
    """The unit normal linear loss integral: E[max(0, Z - u)] = phi(u) - u (1 - Phi(u)).

    Source: Raiffa & Schlaifer (1961), Applied Statistical Decision Theory, ch. 5 and table of G*(u).
    """
    from scipy.special import ndtr

    u = np.asarray(distance, dtype=np.float64)
    return np.asarray(np.exp(-(u**2) / 2) / np.sqrt(2 * np.pi) - u * ndtr(-u))


def worth_of_rows(mean: float, sd: float, rows: int, more: Values) -> FloatArray:
    """What it is worth to see `more` rows before deciding: the expected value of sample information.

    The net present value is normal with this mean and, from rows alone, this standard deviation. More rows will move
    its mean by a normal draw of variance sd² more / (rows + more), and one decides then: invest above 0, else not.
    The gain over deciding now is that draw's sd times the linear loss integral.

    Source: Raiffa & Schlaifer (1961), ch. 5.5, two actions with linear value and a normal prior.
    """
    more = np.asarray(more, dtype=np.float64)
    moved = sd * np.sqrt(more / (rows + more))
    some = moved > 0
    return np.where(some, moved * linear_loss(abs(mean) / np.where(some, moved, 1.0)), 0.0)
