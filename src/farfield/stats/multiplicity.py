"""Many questions at once, one claim: adjusted p values, and a choice among comparators that is paid for."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike

from farfield.stats.bootstrap import SAME, finite_column
from farfield.stats.estimate import Bounds, Estimate, Number, Undefined, tail
from farfield.stats.intervals import without_spread
from farfield.stats.resampling import (
    RESAMPLES,
    Clusters,
    FloatArray,
    Statistic,
    resampled_sums,
    students,
    unit_sums,
)


def holm(p_values: ArrayLike) -> FloatArray:
    """Adjusts p values so that the chance of any false rejection in the family keeps the level.

    Source: Holm (1979), Scandinavian Journal of Statistics 6, 65-70. Valid under any dependence.

    Args:
        p_values: [m], one per test of the family.

    Returns:
        [m], in the given order, each at most 1.

    Raises:
        ValueError: not [m], or a p value outside 0..1.
    """
    p = np.asarray(p_values, dtype=np.float64)
    if p.ndim != 1 or not ((p >= 0) & (p <= 1)).all():
        raise ValueError("p values must be a list of numbers from 0 to 1")
    order = np.argsort(p, kind="stable")
    steps = p[order] * np.arange(len(p), 0, -1)
    adjusted = np.empty_like(p)
    adjusted[order] = np.minimum(np.maximum.accumulate(steps), 1.0)
    return adjusted


def simultaneous_difference(
    a: ArrayLike,
    others: Sequence[ArrayLike],
    *,
    rng: np.random.Generator,
    level: float = 0.95,
    resamples: int = RESAMPLES,
    clusters: Clusters | None = None,
    bounds: Bounds | None = None,
) -> Number:
    """mean(a) minus the best of the others' means, where the same rows both choose the best and compare.

    The interval comes from bands that hold for all comparators together, so that the choice is paid for:
    each mean difference plus or minus its standard error times the bootstrap quantile of the largest
    deviation (max-T). Where every difference lies in its band, the least lies between the least ends.

    Source: Westfall & Young (1993), Resampling-Based Multiple Testing, section 2.5. A comparator whose
    differences are all equal has no standard error; it takes an equal share of the error probability and
    the interval for data without spread.

    Args:
        a: [n], the arm's scores.
        others: for each comparator its scores [n] on the same rows.
        rng: where the resamples come from.
        level: confidence of the two-sided interval.
        resamples: how many.
        clusters: [n]; rows of one cluster are drawn together.
        bounds: what a *difference* can be; used where the data show no spread.

    Raises:
        ValueError: arms of different length, differences that are not finite or outside the bounds.
    """
    tail(level)
    scores = finite_column(a, None)
    compared = [finite_column(other, None) for other in others]
    n, k = len(scores), len(compared)
    if any(len(other) != n for other in compared):  # NumPy would stretch an arm of one row
        raise ValueError(f"arms of different length: {n} and {[len(other) for other in compared]}")
    if n == 0 or k == 0:
        return Undefined("no rows" if n == 0 else "no comparators", n)
    columns = np.column_stack([finite_column(scores - other, bounds) for other in compared])
    units = unit_sums(np.column_stack([columns, np.ones(n)]), clusters)
    means, moving = columns.mean(axis=0), np.ptp(columns, axis=0) > SAME
    share = (1 - level) / k
    width = np.zeros(k)
    if moving.any():
        width[moving] = _band_widths(units[:, np.append(moving, True)], 1 - share * moving.sum(), resamples, rng)
    if bounds is None and not (moving.all() and np.isfinite(width).all()):
        return Undefined("the differences to a comparator show no spread", n)
    low, high = means - width, means + width
    if bounds is not None:
        for i in np.flatnonzero(~moving):
            band = without_spread([float(means[i])], [1.0], [len(units)], n, bounds, 1 - share)
            low[i], high[i] = band.low, band.high
        low, high = np.maximum(low, bounds[0]), np.minimum(high, bounds[1])
    return Estimate(float(means.min()), float(low.min()), float(high.min()), n, "max-t", level)


def simultaneous_statistic(
    a: ArrayLike,
    others: Sequence[ArrayLike],
    statistic: Statistic,
    *,
    rng: np.random.Generator,
    level: float = 0.95,
    resamples: int = RESAMPLES,
    bounds: Bounds | None = None,
) -> Number:
    """The same as `simultaneous_difference` for a corpus metric: a's minus that of the best of the others.

    Args:
        a: [n, p], the arm's parts.
        others: for each comparator its parts [n, p] on the same rows.
        statistic: summed parts [..., p] -> the metric [...].
        rng: where the resamples come from.
        level: confidence of the two-sided interval.
        resamples: how many.
        bounds: what a difference can be; the band of a comparator whose difference shows no spread.

    Raises:
        ValueError: arms of different shape.
    """
    tail(level)
    parts = [np.asarray(each, dtype=np.float64) for each in (a, *others)]
    n, k = len(parts[0]), len(others)
    if any(part.shape != parts[0].shape for part in parts):
        raise ValueError(f"arms of different shape: {[part.shape for part in parts]}")
    if n == 0 or k == 0:
        return Undefined("no rows" if n == 0 else "no comparators", n)
    units, width = np.concatenate(parts, axis=1), parts[0].shape[1]

    def differences(sums: FloatArray) -> FloatArray:
        first, *rest = (statistic(sums[..., i * width : (i + 1) * width]) for i in range(k + 1))
        return np.stack([first - other for other in rest], axis=-1)

    means = differences(units.sum(axis=0))
    half = _half_widths(differences(resampled_sums(units, resamples, rng)) - means, level, n)
    if bounds is None and not np.isfinite(half).all():
        return Undefined("the differences to a comparator show no spread", n)
    ends = bounds or (-np.inf, np.inf)
    low, high = np.maximum(means - half, ends[0]), np.minimum(means + half, ends[1])
    return Estimate(float(means.min()), float(low.min()), float(high.min()), n, "max-t", level)


def _band_widths(units: FloatArray, level: float, resamples: int, rng: np.random.Generator) -> FloatArray:
    """Half the widths of bands that hold together: units [g, k + 1], the last column their rows -> [k]."""
    totals = units.sum(axis=0)
    sums = resampled_sums(units, resamples, rng)
    return _half_widths(sums[:, :-1] / sums[:, -1:] - totals[:-1] / totals[-1], level, len(units))


def _half_widths(deviations: FloatArray, level: float, units: int) -> FloatArray:
    """Half the widths of bands that hold together, from deviations [resamples, k] of so many units -> [k]."""
    errors = deviations.std(axis=0, ddof=1)
    if not (errors >= SAME).all():  # one cluster, clusters of one mean, or no number at all: no band is known
        return np.full(len(errors), np.inf)
    largest = float(np.quantile(np.abs(deviations / errors).max(axis=1), level))
    return np.asarray(students(largest, units) * errors)
