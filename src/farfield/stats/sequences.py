"""Confidence sequences: intervals that hold at every moment at once, so that one may look after every row.

With probability at least `level` the interval holds the mean after *every* number of rows, not only after one that was
planned (Howard et al. 2021, Annals of Statistics 49, arXiv 1810.08240).
"""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from farfield.stats.bets import FRACTIONS, SHARES
from farfield.stats.bootstrap import finite_column
from farfield.stats.estimate import Bounds, Estimate, Number, Undefined, tail
from farfield.stats.resampling import FloatArray

__all__ = ["MeanSequence", "asymptotic_sequence"]


@dataclass(frozen=True, slots=True)
class MeanSequence:
    """The betting confidence sequence of a mean of bounded values, as a value that grows with rows.

    The interval holds every mean that the e-process of `sequential.py` (one for each end, at half of 1 - level) does
    not refute. With constant bets the capital doesn't depend on the order of rows, so that the distinct values and how
    often each was seen are all that is kept.

    Attributes:
        bounds: the least and the greatest value of a row.
        values: the distinct values seen, in order of size.
        counts: how often each was seen.
    """

    bounds: Bounds = (0, 1)
    values: tuple[float, ...] = ()
    counts: tuple[int, ...] = ()

    def update(self, rows: ArrayLike) -> "MeanSequence":
        """The sequence after further rows `[rows]`.

        Raises:
            ValueError: rows of another shape, not finite, or outside the bounds.
        """
        seen, counts = np.unique(finite_column(rows, self.bounds), return_counts=True)
        of = dict(zip(self.values, self.counts, strict=True))
        for value, count in zip(seen.tolist(), counts.tolist(), strict=True):
            of[value] = of.get(value, 0) + count
        return MeanSequence(self.bounds, tuple(sorted(of)), tuple(of[value] for value in sorted(of)))

    def estimate(self, level: float = 0.95) -> Number:
        """The mean so far, with its interval.

        It speaks of one mean that all rows have, given those before them; where that may drift, use an e-process.
        Either end by itself is a one-sided sequence at (1 + level) / 2.

        Source: Waudby-Smith & Ramdas (2024), arXiv 2010.09686, the hedged capital process; with constant bets that
        share the capital, as in Ryu & Bhatt (2022), arXiv 2207.12382, in place of estimated ones.
        """
        tail(level)
        n = sum(self.counts)
        if n == 0:
            return Undefined("no rows")
        low, high = self.bounds
        values, counts = np.array(self.values), np.array(self.counts, dtype=np.float64)
        shares = (values - low) / (high - low)
        mean = float(shares @ counts) / n
        ends = _least(shares, counts, mean, tail(level)), 1 - _least(1 - shares, counts, 1 - mean, tail(level))
        value, *around = (low + (high - low) * share for share in (mean, *ends))
        return Estimate(value, around[0], around[1], n, "betting", level)


def _least(values: FloatArray, counts: FloatArray, mean: float, alpha: float) -> float:
    """The least mean, of values from 0 to 1, that bets against `mean <= m` don't refute at this alpha."""
    from scipy.optimize import brentq

    def excess(m: float) -> float:
        """Log capital over what refutes m; it falls as m grows, since every bet's pay 1 + f (x / m - 1) does."""
        logs = [
            math.log(share) + float(np.log1p(f * (values / m - 1)) @ counts)
            for f, share in zip(FRACTIONS, SHARES, strict=True)
        ]
        most = max(logs)
        return most + math.log(math.fsum(math.exp(log - most) for log in logs)) + math.log(alpha)

    # At the mean itself no bet has won anything; just above 0 all have, unless no value lies above 0.
    first = 1e-12
    if mean <= first or excess(first) <= 0:
        return 0.0
    return float(brentq(excess, first, mean, xtol=1e-12))


def asymptotic_sequence(rows: ArrayLike, *, tightest_at: int, level: float = 0.95) -> Number:
    """A confidence sequence of a mean where no bound on a row is known; it holds in the limit, like a t-interval.

    mean ± sd sqrt((u + 1) / u log((u + 1) / alpha^2) / n) with u = n rho^2 and alpha = 1 - level (Waudby-Smith, Arbour,
    Sinha, Kennedy & Ramdas 2024, Annals of Statistics 52, arXiv 2103.06476, the Gaussian mixture boundary). rho
    is such that it is tightest at one number of rows: there u = log((u + 1) / alpha^2), which Lambert's W solves.

    Args:
        rows: `[n]`.
        tightest_at: the number of rows at which it shall be tightest, chosen before the rows are seen; first looks
            should not come long before it.
        level: confidence of the two-sided interval.

    Returns:
        Undefined below two rows, or where all rows are equal.

    Raises:
        ValueError: rows that are not finite or not `[n]`, or a number of rows below 1.
    """
    values = finite_column(rows, None)
    n = len(values)
    if tightest_at < 1:
        raise ValueError(f"tightest_at must be a number of rows, not {tightest_at}")
    if n < 2:
        return Undefined("fewer than two rows show no spread", n)
    if np.ptp(values) == 0:
        return Undefined("all rows are equal", n)
    mean, sd = float(values.mean()), float(values.std())
    half = sd * float(asymptotic_half_width(n, tightest_at=tightest_at, level=level))
    return Estimate(mean, mean - half, mean + half, n, "asymptotic-sequence", level)


def asymptotic_half_width(n: ArrayLike, *, tightest_at: int, level: float) -> FloatArray:
    """Half the width of `asymptotic_sequence` in standard deviations, after each of these numbers of rows."""
    from scipy.special import lambertw

    alpha = 2 * tail(level)
    rho2 = (-float(lambertw(-(alpha**2) / math.e, -1).real) - 1) / tightest_at
    rows = np.asarray(n, dtype=np.float64)
    u = rows * rho2
    return np.asarray(np.sqrt((u + 1) / u * np.log((u + 1) / alpha**2) / rows))
