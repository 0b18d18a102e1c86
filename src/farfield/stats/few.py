"""The mean of a few values, where a bootstrap would promise too much."""

import numpy as np
from numpy.typing import ArrayLike

from farfield.stats.estimate import Estimate, Number, Undefined, tail

__all__ = ["MOST", "few_mean"]

MOST = 16
"""2^16 subsets are counted in a moment; with more values than that, others' intervals are good enough."""


def few_mean(values: ArrayLike, *, level: float = 0.90) -> Number:
    """Mean of a few independent values, each symmetric about the same centre, with an exact interval.

    The means of all non-empty subsets cut the line into `2^n` parts that hold the centre with equal probability
    ("typical values", Hartigan 1969, theorem 1), so the interval needs no variance and no normal law.

    Args:
        values: `[n]`, up to 16.
        level: of the two-sided interval; each end is a one-sided bound at `(1 + level) / 2`.

    Returns:
        Undefined where n values can't reach the level: below 5 for one-sided 95 %.

    Raises:
        ValueError: more than 16 values, or a level that is no probability.
    """
    given = np.asarray(values, dtype=np.float64)
    n = len(given)
    if n > MOST:
        raise ValueError(f"{n} values: meant for {MOST} at most")
    if n == 0:
        return Undefined("no rows")
    out = int(tail(level) * 2**n + 1e-9)  # parts that may be left out at each end
    if out < 1:
        return Undefined("too few units", n)
    members = (np.arange(1, 2**n)[:, None] >> np.arange(n)) & 1
    means = np.sort(members @ given / members.sum(1))
    return Estimate(float(given.mean()), float(means[out - 1]), float(means[-out]), n, "typical-values", level)
