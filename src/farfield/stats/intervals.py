"""Intervals with a closed form: a proportion, and data that show no spread."""

import math
from collections.abc import Sequence

from farfield.stats.estimate import Bounds, Estimate, Number, Undefined, normal_quantile, tail


def wilson(successes: int, n: int, *, level: float = 0.95) -> Number:
    """A proportion with Wilson's score interval, which stays honest at 0 and at n successes.

    Source: Wilson (1927), JASA 22, 209-212; recommended for every n by Brown, Cai & DasGupta (2001),
    Statistical Science 16, eq. 4.

    Args:
        successes: rows with outcome 1.
        n: all rows.
        level: confidence of the two-sided interval.

    Raises:
        ValueError: successes lie outside 0..n.
    """
    if not 0 <= successes <= n:
        raise ValueError(f"successes must lie in 0..n, not {successes} of {n}")
    z = -normal_quantile(tail(level))
    if n == 0:
        return Undefined("no rows")
    return Estimate(successes / n, *score_interval(successes / n, n, z), n, "wilson", level)


def score_interval(share: float, n: float, z: float) -> tuple[float, float]:
    """Wilson's interval of a share of n rows, or of the worth of n; z is the quantile that sets its level."""
    shrunk = 1 + z * z / n
    centre = (share + z * z / (2 * n)) / shrunk
    half = z * math.sqrt(share * (1 - share) / n + z * z / (4 * n * n)) / shrunk
    # The closed form is exactly 0 or 1 at the ends; rounding would leave 1e-17 beside it.
    return (0.0 if share == 0 else centre - half), (1.0 if share == 1 else centre + half)


def without_spread(
    values: Sequence[float], weights: Sequence[float], units: Sequence[int], n: int, bounds: Bounds, level: float
) -> Estimate:
    """The weighted sum of group means where every row of a group has the group's one value.

    Resampling such data gives an interval of width 0, which claims certainty. But g equal units out of g
    leave room for others that were not seen: at the given confidence their share is at most
    q = 1 - tail^(1/g) (Clopper & Pearson 1934 with g of g successes), and each lies within the bounds. A
    group's mean is thus at least value - q (value - lower bound), and at most value + q (upper bound - value).
    Several groups share the tail equally (Bonferroni).

    Args:
        values: the one value of each group.
        weights: of each group's mean in the sum.
        units: independent units of each group (rows, or clusters), each at least 1.
        n: rows in all, for the record.
        bounds: the least and greatest value of a row.
        level: confidence of the two-sided interval.
    """
    share = tail(level) / len(values)
    unseen = [1 - share ** (1 / g) for g in units]
    value = math.fsum(w * v for w, v in zip(weights, values, strict=True))
    low, high = value, value
    for w, v, q in zip(weights, values, unseen, strict=True):
        ends = (w * q * (bounds[0] - v), w * q * (bounds[1] - v))
        low, high = low + min(ends), high + max(ends)
    return Estimate(value, low, high, n, "unseen-mass", level)


def apart(a: Estimate, b: Estimate) -> Estimate:
    """A minus b of two independent samples, from their own intervals of one level.

    The ends' distances from the values are squared and added, which keeps the skew of each interval; with Wilson's
    it is the tenth of Newcombe's methods (1998), Statistics in Medicine 17, 873-890. In general: Zou & Donner (2008),
    Statistics in Medicine 27, 1693-1702.

    Raises:
        ValueError: intervals of different levels.
    """
    if a.level != b.level:
        raise ValueError(f"intervals of different levels: {a.level} and {b.level}")
    value = a.value - b.value
    low = value - math.hypot(a.value - a.low, b.high - b.value)
    high = value + math.hypot(a.high - a.value, b.value - b.low)
    return Estimate(value, low, high, a.n + b.n, "apart", a.level)
