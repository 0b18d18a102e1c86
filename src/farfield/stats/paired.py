"""Two arms on the same rows: differences with intervals, and a test for 0/1 outcomes."""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from farfield.stats.bootstrap import bootstrap_mean, bootstrap_statistic
from farfield.stats.estimate import Bounds, Estimate, Number, Undefined, normal_quantile, tail
from farfield.stats.resampling import RESAMPLES, Clusters, FloatArray, Statistic


def paired_difference(
    a: ArrayLike,
    b: ArrayLike,
    *,
    rng: np.random.Generator,
    level: float = 0.95,
    resamples: int = RESAMPLES,
    clusters: Clusters | None = None,
    bounds: Bounds | None = None,
) -> Number:
    """mean(a - b) over the same rows, with a BCa interval.

    Args:
        a: [n], one arm's scores.
        b: [n], the other's, row by row the same examples.
        rng: where the resamples come from.
        level: confidence of the two-sided interval.
        resamples: how many.
        clusters: [n]; rows of one cluster are drawn together.
        bounds: what a *difference* can be, (-1, 1) for scores from 0 to 1; used where all are equal.

    Raises:
        ValueError: a and b differ in shape, or their differences are not finite or outside the bounds.
    """
    first, second = _same_shape(a, b)
    return bootstrap_mean(first - second, rng=rng, level=level, resamples=resamples, clusters=clusters, bounds=bounds)


def paired_statistic(
    parts_a: ArrayLike,
    parts_b: ArrayLike,
    statistic: Statistic,
    *,
    rng: np.random.Generator,
    level: float = 0.95,
    clusters: Clusters | None = None,
    bounds: Bounds | None = None,
) -> Number:
    """statistic(a's summed parts) - statistic(b's), both on the same resampled rows, with a BCa interval.

    Args:
        parts_a: [n, p], one arm's parts.
        parts_b: [n, p], the other's, row by row the same examples.
        statistic: summed parts [..., p] -> the metric [...], vectorised over the leading axes.
        rng: where the resamples come from.
        level: confidence of the two-sided interval.
        clusters: [n]; rows of one cluster are drawn together.
        bounds: what a difference can be; used where the data show no spread.

    Raises:
        ValueError: parts_a and parts_b differ in shape or are not finite [n, p].
    """
    first, second = _same_shape(parts_a, parts_b)
    p = first.shape[-1]

    def difference(sums: FloatArray) -> FloatArray:
        return np.asarray(statistic(sums[..., :p]) - statistic(sums[..., p:]))

    # Side by side in one array, so that one draw of rows serves both arms.
    both = np.concatenate([first, second], axis=-1)
    return bootstrap_statistic(both, difference, rng=rng, level=level, clusters=clusters, bounds=bounds)


def paired_proportions(only_a: int, only_b: int, n: int, *, level: float = 0.95) -> Number:
    """The difference of two success rates on the same rows, with Tango's score interval: what Wilson's is to one rate.

    It holds all differences that the score test does not reject, so 0 lies outside exactly where McNemar's chi-squared
    test finds a difference. Source: Tango (1998), Statistics in Medicine 17, 891-908.

    Args:
        only_a: rows that only a got right.
        only_b: rows that only b got right.
        n: all rows.
        level: confidence of the two-sided interval.

    Raises:
        ValueError: counts below 0, or more than n.
    """
    from scipy.optimize import brentq

    z = -normal_quantile(tail(level))
    if min(only_a, only_b) < 0 or only_a + only_b > n:
        raise ValueError(f"counts must lie in 0..n, not {only_a} and {only_b} of {n}")
    if n == 0:
        return Undefined("no rows")

    def beyond(difference: float, side: int) -> float:
        seen, error = score_error(only_a, only_b, n, difference)
        return seen - side * z * error

    value, step = (only_a - only_b) / n, 1e-9  # beside the value, where the error is 0 at the ends of the scale
    low = -1.0 if value == -1 else brentq(beyond, -1, value - step, args=(1,))
    high = 1.0 if value == 1 else brentq(beyond, value + step, 1, args=(-1,))
    return Estimate(value, float(low), float(high), n, "score", level)


def score_error(only_a: int, only_b: int, n: int, difference: float) -> tuple[float, float]:
    """How far the difference seen lies from a supposed one, and its standard error if that were true.

    The rows won by b alone take their likeliest share under the supposed difference (Tango 1998, eq. 4).
    """
    linear = (2 * n - only_a + only_b) * difference - only_a - only_b
    constant = -only_b * difference * (1 - difference)
    share = (math.sqrt(max(0.0, linear**2 - 8 * n * constant)) - linear) / (4 * n)
    variance = (2 * share + difference * (1 - difference)) / n
    return (only_a - only_b) / n - difference, math.sqrt(max(0.0, variance))


@dataclass(frozen=True, slots=True)
class PairedTest:
    """A two-sided test of equal success rates on the same rows.

    Attributes:
        mid_p: McNemar's mid-p value; less conservative than the exact one, still close to the nominal level.
        exact_p: McNemar's exact p value.
        n_discordant: rows on which the two arms differ; nothing else informs the test.
    """

    mid_p: float
    exact_p: float
    n_discordant: int


def mcnemar(only_a: int, only_b: int) -> PairedTest:
    """McNemar's test from the rows that only a, and that only b, got right.

    Source: McNemar (1947); mid-p after Fagerland, Lydersen & Laake (2013), BMC Medical Research Methodology
    13:91. Without discordant rows both p values are 1.

    Raises:
        ValueError: a negative count.
    """
    from scipy.special import bdtr

    if only_a < 0 or only_b < 0:
        raise ValueError(f"counts can't be negative: {only_a}, {only_b}")
    n, fewer = only_a + only_b, min(only_a, only_b)
    if n == 0:
        return PairedTest(1.0, 1.0, 0)
    up_to = float(bdtr(fewer, n, 0.5))
    under = float(bdtr(fewer - 1, n, 0.5)) if fewer else 0.0
    # P(X <= k) + P(X < k) is 2 P(X <= k) - P(X = k): half of the observed table's probability on each side.
    return PairedTest(mid_p=min(1.0, up_to + under), exact_p=min(1.0, 2 * up_to), n_discordant=n)


def _same_shape(a: ArrayLike, b: ArrayLike) -> tuple[FloatArray, FloatArray]:
    first, second = np.asarray(a, dtype=np.float64), np.asarray(b, dtype=np.float64)
    if first.shape != second.shape:
        raise ValueError(f"paired data of different shapes: {first.shape} and {second.shape}")
    return first, second
