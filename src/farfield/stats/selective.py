"""Answering only where the model is sure: how much can be automated, and with which guarantee."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from farfield.stats.estimate import Number, Undefined
from farfield.stats.intervals import wilson
from farfield.stats.resampling import FloatArray

__all__ = [
    "Automated",
    "RiskCoverage",
    "automated",
    "risk_coverage",
    "rows_to_certify",
    "safe_threshold",
]

_STEPS = 20
# With less than a third of the rows there is too little to test; and of rows that just suffice, half the time too few.
_FIRST, _SPARE = 1 / 3, 1.25


@dataclass(frozen=True, slots=True)
class RiskCoverage:
    """What is answered, and what goes wrong, as less and less sure rows are taken in.

    Attributes:
        threshold: `[k]`, each confidence that occurs, falling.
        coverage: `[k]`, the share of rows at or above it.
        risk: `[k]`, the share of these that is wrong.
        area: mean risk over all coverages (AURC); of one curve below another the better.
        n: rows.
    """

    threshold: FloatArray
    coverage: FloatArray
    risk: FloatArray
    area: float
    n: int


@dataclass(frozen=True, slots=True)
class Automated:
    """What a threshold does on other rows than those that chose it.

    Attributes:
        coverage: the share of rows that is answered.
        risk: the share of answered rows that is wrong.
    """

    coverage: Number
    risk: Number


def risk_coverage(confidence: ArrayLike, right: ArrayLike) -> RiskCoverage | Undefined:
    """The curve of confidences `[n]` and outcomes `[n]`; rows of one confidence are taken in together.

    Source: El-Yaniv & Wiener (2010), JMLR 11, 1605-1641; the area: Geifman, Uziel & El-Yaniv (2019), arXiv 1805.08206.
    """
    sure, hit = np.asarray(confidence, dtype=np.float64), np.asarray(right, dtype=bool)
    n = len(sure)
    if n == 0:
        return Undefined("no rows")
    order = np.argsort(-sure, kind="stable")
    last = np.append(np.flatnonzero(np.diff(sure[order])), n - 1)  # the last row of each confidence
    answered = last + 1
    wrong = np.cumsum(~hit[order])[last]
    risk = wrong / answered
    return RiskCoverage(sure[order][last], answered / n, risk, float(np.diff(answered, prepend=0) @ risk / n), n)


def safe_threshold(
    confidence: ArrayLike, right: ArrayLike, reference: ArrayLike, *, limit: float, level: float = 0.95
) -> float | Undefined:
    """The loosest threshold at which no more than `limit` of the answered rows are wrong, with this confidence.

    Learn then test (Angelopoulos, Bates, Candès, Jordan & Lei 2021, arXiv 2110.01052): each threshold is a hypothesis
    "more than the limit goes wrong here", tested by the exact binomial law (Clopper & Pearson 1934) from strict to
    loose until one is not rejected. That keeps the chance of any false rejection below 1 - level as long as the
    thresholds and their order owe nothing to the calibration rows, not even to how many rows they answer there.
    The guarantee is for rows drawn as the calibration rows were: in another domain it is void.

    Args:
        confidence: of the calibration rows, `[n]`.
        right: which of them the model gets right, `[n]`.
        reference: confidences of other rows `[m]`, whose labels nobody looks at: what they answer fixes the thresholds.
        limit: the share of answered rows that may be wrong.
        level: confidence of the guarantee.

    Raises:
        ValueError: a limit or level that is no probability strictly between 0 and 1.
    """
    from scipy.special import bdtr

    if not (0 < limit < 1 and 0 < level < 1):
        raise ValueError(f"limit and level must lie strictly between 0 and 1, not {limit} and {level}")
    sure, hit = np.asarray(confidence, dtype=np.float64), np.asarray(right, dtype=bool)
    others, n, fewest = np.asarray(reference, dtype=np.float64), len(sure), rows_to_certify(limit, level=level)
    if n < fewest or not len(others):
        return Undefined("too few calibration rows for this limit" if n < fewest else "no rows", n)
    shares = np.linspace(min(1.0, max(_FIRST, _SPARE * fewest / n)), 1, _STEPS)
    tried = np.quantile(others, 1 - shares, method="lower")
    taken = sure >= tried[:, None]
    # A threshold that answers no row says nothing: bdtr of 0 in 0 is 1.
    passed = bdtr((taken & ~hit).sum(axis=1), taken.sum(axis=1), limit) <= 1 - level
    held = _STEPS if passed.all() else int(np.argmin(passed))
    return float(tried[held - 1]) if held else Undefined("no threshold keeps errors within the limit", n)


def rows_to_certify(limit: float, *, level: float = 0.95) -> int:
    """Answered rows without one error that it takes to certify a limit: log(1 - level) / log(1 - limit), rounded up."""
    return math.ceil(math.log(1 - level) / math.log1p(-limit) - 1e-9)


def automated(
    confidence: Sequence[float], right: Sequence[bool], threshold: float, *, level: float = 0.95
) -> Automated:
    """What a threshold answers and gets wrong on rows that did not choose it, both with Wilson's interval.

    Args:
        confidence: `[n]`.
        right: `[n]`.
        threshold: rows at or above it are answered.
        level: confidence of the two-sided intervals.
    """
    answered = [hit for sure, hit in zip(confidence, right, strict=True) if sure >= threshold]
    wrong = sum(not hit for hit in answered)
    return Automated(
        wilson(len(answered), len(right), level=level),
        wilson(wrong, len(answered), level=level) if answered else Undefined("no row is answered", len(right)),
    )
