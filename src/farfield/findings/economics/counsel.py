"""Invest, wait for more labels, settle an assumption first, or don't: an interval, and what knowing more is worth."""

from dataclasses import dataclass

import numpy as np

from farfield.findings.economics.arithmetic import worth_of_rows
from farfield.findings.economics.model import Counsel
from farfield.stats import Estimate

__all__ = ["Advice", "advise"]

# From 20 rows on in steps of a third: the best number is flat, and 20,000 is more than anybody labels to decide.
_MORE = np.unique(np.round(np.geomspace(20, 20_000, 25), -1))


@dataclass(frozen=True, slots=True)
class Advice:
    """What to do about a choice.

    Attributes:
        counsel: `invest` and `dont` where the 90 % interval lies on one side of 0; in between `wait` where labels are
            worth more than they cost, else `settle`: the doubt lies in the assumptions, or isn't worth its labels.
        more: labels to wait for: those with the largest worth beyond their price; None where none pay.
        worth: of these labels, before they are paid.
    """

    counsel: Counsel
    more: int | None
    worth: float


def advise(npv: Estimate, by_rows: tuple[float, float, int], label: float) -> Advice:
    """The advice about one choice.

    Args:
        npv: with its interval over rows and assumptions.
        by_rows: its mean and standard deviation over rows alone, and how many rows.
        label: what one labelled row costs.
    """
    if npv.low > 0:
        return Advice(Counsel.invest, None, 0.0)
    if npv.high < 0:
        return Advice(Counsel.dont, None, 0.0)
    worth = worth_of_rows(*by_rows, _MORE)
    net = worth - label * _MORE
    best = int(np.argmax(net))
    if net[best] > 0:
        return Advice(Counsel.wait, int(_MORE[best]), float(worth[best]))
    return Advice(Counsel.settle, None, 0.0)
