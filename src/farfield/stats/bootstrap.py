"""Bootstrap estimates: a mean, a corpus metric, a mean of group means.

All give a BCa interval, its ends moved out where units are few. Where the data show no spread there is nothing
to resample, and an interval of width 0 would lie. Then `bounds` decide: without them the number is `Undefined`;
with them the value is shown with an interval that holds nevertheless ("unseen-mass" where all rows are equal,
the whole scale, "bounds", else).
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
    reach,
    resample,
    unit_sums,
)

SAME = 1e-12
"""Values closer than this are one value that rounding tells apart."""


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
    weights: Sequence[float] | None = None,
    level: float = 0.95,
    resamples: int = RESAMPLES,
    clusters: Sequence[Clusters] | None = None,
    bounds: Bounds | None = None,
) -> Number:
    """A weighted sum of the groups' means, resampled within groups, BCa interval.

    So it speaks of these groups (domains), not of others that might have been drawn.

    Args:
        groups: for each group its values [n_i].
        rng: where the resamples come from.
        weights: of each group's mean; equal and summing to 1 by default, (1, -1) for a difference of two.
        level: confidence of the two-sided interval.
        resamples: how many.
        clusters: for each group the cluster of each row.
        bounds: what a *value* can be; used where the data show no spread.

    Raises:
        ValueError: values that are not finite, not [n_i], or outside the bounds.
    """
    tail(level)  # refuses an impossible level before any work
    values = [finite_column(group, bounds) for group in groups]
    if lacking := _lacking([len(v) for v in values]):
        return lacking
    weights = _weights(weights, len(values))
    names: Sequence[Clusters | None] = [None] * len(values) if clusters is None else clusters
    if bounds is not None and all(np.ptp(v) <= SAME for v in values):
        n = sum(len(v) for v in values)
        units = [len(v) if named is None else len(set(named)) for v, named in zip(values, names, strict=True)]
        return without_spread([float(v.mean()) for v in values], weights, units, n, bounds, level)
    strata = [unit_sums(np.column_stack([v, np.ones_like(v)]), named) for v, named in zip(values, names, strict=True)]
    of, n = [mean_statistic] * len(strata), sum(len(v) for v in values)
    return _from_units(strata, of, weights, n, (rng, resamples), level, bounds)


def stratified_statistic(
    groups: Sequence[ArrayLike],
    statistic: Statistic | Sequence[Statistic],
    *,
    rng: np.random.Generator,
    weights: Sequence[float] | None = None,
    level: float = 0.95,
    bounds: Bounds | None = None,
) -> Number:
    """A weighted sum over groups of a statistic of the rows' summed parts, resampled within groups, BCa interval.

    Args:
        groups: for each group its parts [n_i, p], what each row adds.
        statistic: summed parts [..., p] -> the metric [...], vectorised over the leading axes; one for all groups,
            or one for each, and p may differ with it.
        rng: where the resamples come from.
        weights: of each group's statistic; equal and summing to 1 by default.
        level: confidence of the two-sided interval.
        bounds: what the statistic of one group can be; used where the data show no spread.

    Raises:
        ValueError: parts that are not finite or not [n_i, p], or not a statistic for each group.
    """
    tail(level)
    strata = [_finite_parts(parts) for parts in groups]
    if lacking := _lacking([len(part) for part in strata]):
        return lacking
    n = sum(len(part) for part in strata)
    of = [statistic] * len(strata) if callable(statistic) else statistic
    return _from_units(strata, of, _weights(weights, len(strata)), n, (rng, RESAMPLES), level, bounds)


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
    rows = _finite_parts(parts)
    if len(rows) == 0:
        return Undefined("no rows")
    return _from_units([unit_sums(rows, clusters)], [statistic], [1.0], len(rows), (rng, resamples), level, bounds)


def _from_units(
    strata: Sequence[FloatArray],
    statistics: Sequence[Statistic],
    weights: Sequence[float],
    n: int,
    draws: tuple[np.random.Generator, int],
    level: float,
    bounds: Bounds | None,
) -> Number:
    """The weighted sum of the strata's statistics over resampled units; `draws` is the generator and how many."""

    def combine(sums: Sequence[FloatArray]) -> FloatArray:
        terms = [weight * of(group) for weight, of, group in zip(weights, statistics, sums, strict=True)]
        return np.asarray(sum(terms[1:], start=terms[0]))

    value = float(combine([units.sum(axis=0) for units in strata]))
    scale = None if bounds is None else _scaled(bounds, weights)
    if not np.isfinite(value):
        return Undefined("the statistic does not exist on these rows", n)
    if any(len(units) < 2 for units in strata):
        return _no_interval(value, n, "one row or cluster alone shows no spread", scale, level)
    rng, resamples = draws
    return _finish(resample(strata, combine, resamples, rng), n, scale, level)


def _finite_parts(parts: ArrayLike) -> FloatArray:
    rows = np.asarray(parts, dtype=np.float64)
    if len(rows) and (rows.ndim != 2 or not np.isfinite(rows).all()):
        raise ValueError(f"parts must be finite and of shape [n, p], not {rows.shape}")
    return rows


def _lacking(sizes: Sequence[int]) -> Undefined | None:
    """Why there is nothing to compute with; None where every group has rows."""
    if sizes and all(sizes):
        return None
    return Undefined("a group has no rows" if any(sizes) else "no rows", sum(sizes))


def _weights(given: Sequence[float] | None, groups: int) -> Sequence[float]:
    if given is not None and len(given) != groups:
        raise ValueError(f"{len(given)} weights for {groups} groups")
    return [1 / groups] * groups if given is None else given


def _scaled(bounds: Bounds, weights: Sequence[float]) -> Bounds:
    """What a weighted sum can be where each of its terms lies within the bounds."""
    ends = [sorted((weight * bounds[0], weight * bounds[1])) for weight in weights]
    return sum(low for low, _ in ends), sum(high for _, high in ends)


def finite_column(values: ArrayLike, bounds: Bounds | None = None) -> FloatArray:
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


def mean_statistic(sums: FloatArray) -> FloatArray:
    """Sums of (value, 1) [..., 2] -> the mean [...]."""
    return np.asarray(sums[..., 0] / sums[..., 1])


def _finish(sample: Resampled, n: int, bounds: Bounds | None, level: float) -> Number:
    """An interval from the resamples, or what can be said where they don't give one."""
    if not all(np.isfinite(values).all() for values in (sample.replicates, *sample.jackknife)):
        return _no_interval(float(sample.value), n, "the statistic does not exist on every resample", bounds, level)
    ends = bca_interval(sample, reach(level, sample.jackknife))
    value, low, high = (float(number) for number in (sample.value, *ends[:2]))
    # Judged by the interval, not by the resamples: a metric that is perfect but for one freak resample in a
    # thousand would else claim certainty. The tolerance is for sums that rounding tells apart.
    if high - low <= SAME * max(1.0, abs(value)):
        return _no_interval(value, n, "the resamples show no spread", bounds, level)
    return Estimate(value, low, high, n, "bca" if ends[2] else "percentile", level)


def _no_interval(value: float, n: int, reason: str, bounds: Bounds | None, level: float) -> Number:
    """The value within all that the scale allows; undefined on a scale without ends."""
    return Undefined(reason, n) if bounds is None else Estimate(value, *bounds, n, "bounds", level)
