"""Bootstrap estimates: a mean, a corpus metric, a mean of group means.

All give a BCa interval. Where the data show no spread there is nothing to resample, and an interval of width
0 would lie. Then `bounds` decide: without them the number is `Undefined`; with them the value is shown with
an interval that holds nevertheless ("unseen-mass" where all rows are equal, the whole scale, "bounds", else).
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike

from farfield.stats.estimate import Bounds, Estimate, Number, Undefined, tail
from farfield.stats.intervals import without_spread
from farfield.stats.resampling import (
    RESAMPLES,
    Clusters,
    FloatArray,
    Resampled,
    Statistic,
    bca_interval,
    resample,
    unit_sums,
)


def bootstrap_mean(
    values: ArrayLike,
    *,
    rng: np.random.Generator,
    level: float = 0.95,
    resamples: int = RESAMPLES,
    clusters: Clusters | None = None,
    bounds: Bounds | None = None,
) -> Number:
    """The mean of the values, with a BCa interval.

    Args:
        values: [n], one per row.
        rng: where the resamples come from.
        level: confidence of the two-sided interval.
        resamples: how many.
        clusters: [n]; rows of one cluster are drawn together. The mean stays the mean of rows.
        bounds: what a value can be; used where the data show no spread.

    Raises:
        ValueError: values that are not finite, not [n], or outside the bounds.
    """
    every = None if clusters is None else [clusters]
    return stratified_mean([values], rng=rng, level=level, resamples=resamples, clusters=every, bounds=bounds)


def stratified_mean(
    groups: Sequence[ArrayLike],
    *,
    rng: np.random.Generator,
    level: float = 0.95,
    resamples: int = RESAMPLES,
    clusters: Sequence[Clusters] | None = None,
    bounds: Bounds | None = None,
) -> Number:
    """The mean of the groups' means, each group with equal weight, resampled within groups, BCa interval.

    So it speaks of these groups (domains), not of others that might have been drawn.

    Args:
        groups: for each group its values [n_i].
        rng: where the resamples come from.
        level: confidence of the two-sided interval.
        resamples: how many.
        clusters: for each group the cluster of each row.
        bounds: what a value can be; used where the data show no spread.

    Raises:
        ValueError: values that are not finite, not [n_i], or outside the bounds.
    """
    tail(level)  # refuses an impossible level before any work
    values = [finite_column(group, bounds) for group in groups]
    n = sum(len(v) for v in values)
    if not values or not all(len(v) for v in values):
        return Undefined("no rows" if n == 0 else "a group has no rows", n)
    names: Sequence[Clusters | None] = [None] * len(values) if clusters is None else clusters
    strata = [unit_sums(np.column_stack([v, np.ones_like(v)]), named) for v, named in zip(values, names, strict=True)]
    if bounds is not None and all(np.ptp(v) == 0 for v in values):
        return without_spread([float(v[0]) for v in values], [len(s) for s in strata], n, bounds, level)
    value = float(np.mean([v.mean() for v in values]))
    if any(len(units) < 2 for units in strata):
        return _no_interval(value, n, "one row or cluster alone shows no spread", bounds, level)
    return _finish(resample(strata, _mean_of_means, resamples, rng), n, bounds, level)


def bootstrap_statistic(
    parts: ArrayLike,
    statistic: Statistic,
    *,
    rng: np.random.Generator,
    level: float = 0.95,
    resamples: int = RESAMPLES,
    clusters: Clusters | None = None,
    bounds: Bounds | None = None,
) -> Number:
    """A statistic of the rows' summed parts (a corpus metric), with a BCa interval from the jackknife.

    Args:
        parts: [n, p], what each row adds.
        statistic: summed parts [..., p] -> the metric [...], vectorised over the leading axes.
        rng: where the resamples come from.
        level: confidence of the two-sided interval.
        resamples: how many.
        clusters: [n]; rows of one cluster are drawn together.
        bounds: what the statistic can be; used where the data show no spread.

    Raises:
        ValueError: parts that are not finite or not [n, p].
    """
    tail(level)
    rows = np.asarray(parts, dtype=np.float64)
    n = len(rows)
    if n == 0:
        return Undefined("no rows")
    if rows.ndim != 2 or not np.isfinite(rows).all():
        raise ValueError(f"parts must be finite and of shape [n, p], not {rows.shape}")
    units = unit_sums(rows, clusters)
    value = float(statistic(units.sum(axis=0)))
    if not np.isfinite(value):
        return Undefined("the statistic does not exist on these rows", n)
    if len(units) < 2:
        return _no_interval(value, n, "one row or cluster alone shows no spread", bounds, level)
    return _finish(resample([units], lambda sums: statistic(sums[0]), resamples, rng), n, bounds, level)


def finite_column(values: ArrayLike, bounds: Bounds | None) -> FloatArray:
    """Values as an array [n].

    Raises:
        ValueError: they are not finite, not [n], or outside the bounds.
    """
    column = np.asarray(values, dtype=np.float64)
    if column.ndim != 1 or not np.isfinite(column).all():
        raise ValueError(f"values must be finite and of shape [n], not {column.shape}")
    if bounds is not None and len(column) and not bounds[0] <= column.min() <= column.max() <= bounds[1]:
        raise ValueError(f"values from {column.min()} to {column.max()} outside the bounds {bounds}")
    return column


def _mean_of_means(sums: Sequence[FloatArray]) -> FloatArray:
    """Sums of (value, 1) per group, each [..., 2] -> the mean of the groups' means [...]."""
    means = [group[..., 0] / group[..., 1] for group in sums]
    return np.asarray(sum(means[1:], start=means[0]) / len(means))


def _finish(sample: Resampled, n: int, bounds: Bounds | None, level: float) -> Number:
    """An interval from the resamples, or what can be said where they don't give one."""
    if not all(np.isfinite(values).all() for values in (sample.replicates, *sample.jackknife)):
        return _no_interval(sample.value, n, "the statistic does not exist on every resample", bounds, level)
    low, high, method = bca_interval(sample, level)
    # Judged by the interval, not by the resamples: a metric that is perfect but for one freak resample in a
    # thousand would else claim certainty. The tolerance is for sums that rounding tells apart.
    if high - low <= 1e-12 * max(1.0, abs(sample.value)):
        return _no_interval(sample.value, n, "the resamples show no spread", bounds, level)
    return Estimate(sample.value, low, high, n, method, level)


def _no_interval(value: float, n: int, reason: str, bounds: Bounds | None, level: float) -> Number:
    """The value within all that the scale allows; undefined on a scale without ends."""
    return Undefined(reason, n) if bounds is None else Estimate(value, *bounds, n, "bounds", level)
