"""Rows and seeds are both samples: how much of a score's variance each brings, and the interval of their mean.

Scores `[seeds, rows]` are crossed: every seed answers every row. So a score is the mean, plus what the row adds for
every seed, plus what the seed adds on every row, plus what is left. More facets (templates, draws of demos) take
further axes; rows take the last.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import chain, combinations
from typing import TypeAlias

import numpy as np
from numpy.typing import ArrayLike

from farfield.stats.bootstrap import SAME, mean_statistic
from farfield.stats.estimate import Bounds, Estimate, Number, Undefined, tail
from farfield.stats.intervals import score_interval, without_spread
from farfield.stats.resampling import Clusters, FloatArray, Statistic, unit_sums

__all__ = ["METHOD_SEEDS", "VarianceSplit", "crossed_mean", "crossed_statistic", "pseudo_values", "variance_split"]

METHOD_SEEDS = 3
"""A finding about a method, and not about one trained model, needs so many seeds."""

Effect: TypeAlias = tuple[str, ...]
"""The facets that an effect belongs to: ("seeds",), ("rows",), ("seeds", "rows")."""


@dataclass(frozen=True, slots=True)
class VarianceSplit:
    """Where the variance of crossed scores comes from.

    Attributes:
        sizes: how many there are of each facet, in the order of the axes; rows come last.
        components: variance that each effect adds to one score; that of all facets together holds the noise.
        zeroed: effects whose estimate is not above 0 and stands as 0: too small to be told from noise.
        alone: variance of the mean as each facet by itself shows it, interactions included.
    """

    sizes: Mapping[str, int]
    components: Mapping[Effect, float]
    zeroed: tuple[Effect, ...]
    alone: Mapping[str, float]

    def part(self, facet: str) -> float:
        """The standard error that a facet brings to the mean; the facets' squares add up to that of `error`.

        An interaction goes to the later of its facets. So "± rows" is how far other rows would move the mean of these
        very seeds, as it is without seeds, and "± seeds" is what other seeds add to that.
        """
        return math.sqrt(sum(self._share(effect) for effect in self.components if effect[-1] == facet))

    @property
    def error(self) -> float:
        """The standard error of the mean where every facet is drawn anew."""
        return math.sqrt(sum(map(self._share, self.components)))

    def _share(self, effect: Effect) -> float:
        return self.components[effect] / math.prod(self.sizes[facet] for facet in effect)


def variance_split(scores: ArrayLike, facets: Sequence[str] = ("seeds", "rows")) -> VarianceSplit | Undefined:
    """Variance components by the crossed analysis of variance: mean squares set equal to their expectations.

    Source: Searle, Casella & McCulloch (1992), Variance Components, ch. 4, for complete data the same as Henderson's
    method 1 (1953); Brennan (2001), Generalizability Theory, ch. 3, for any number of facets.

    Args:
        scores: one axis a facet, `[seeds, rows]` by default; of a corpus metric its `pseudo_values`.
        facets: the name of each axis.

    Returns:
        Undefined where there is but one of a facet.

    Raises:
        ValueError: scores that are not finite, or not one axis a facet.
    """
    given = np.asarray(scores, dtype=np.float64)
    if given.ndim != len(facets) or not np.isfinite(given).all():
        raise ValueError(f"scores must be finite, with one axis for each of {tuple(facets)}, not {given.shape}")
    if min(given.shape) < 2:
        return Undefined("fewer than two seeds or rows show no spread", given.shape[-1])
    sizes = dict(zip(facets, given.shape, strict=True))
    effects = list(chain.from_iterable(combinations(facets, k) for k in range(1, len(facets) + 1)))
    squares = {effect: _mean_square(given, [facet in effect for facet in facets]) for effect in effects}
    least = SAME * max(squares.values())  # below it, rounding
    components: dict[Effect, float] = {}
    for effect in effects:
        # An effect's mean square holds the interactions that it is part of, their mean squares the higher ones.
        above = [other for other in effects if set(effect) <= set(other)]
        found = sum((-1) ** (len(other) - len(effect)) * squares[other] for other in above)
        repeats = math.prod(size for facet, size in sizes.items() if facet not in effect)
        components[effect] = found / repeats if found > least else 0.0
    zeroed = tuple(effect for effect, variance in components.items() if variance == 0)
    return VarianceSplit(sizes, components, zeroed, {facet: squares[facet,] / given.size for facet in facets})


def crossed_mean(
    scores: ArrayLike, *, level: float = 0.95, clusters: Clusters | None = None, bounds: Bounds | None = None
) -> Number:
    """The mean of scores whose rows and seeds are both drawn, of a gain the mean of paired differences.

    Args:
        scores: `[seeds, rows]`; or more facets, rows last.
        level: confidence of the two-sided interval.
        clusters: [rows]; rows of one cluster are one unit. The mean stays the mean of rows.
        bounds: what a score can be.

    Returns:
        As `crossed_statistic`, which holds the method.

    Raises:
        ValueError: scores that are not finite, or lie outside the bounds.
    """
    given = np.asarray(scores, dtype=np.float64)
    if bounds is not None and given.size and not bounds[0] <= given.min() <= given.max() <= bounds[1]:
        raise ValueError(f"scores from {given.min()} to {given.max()} outside the bounds {bounds}")
    parts = np.stack([given, np.ones_like(given)], axis=-1)
    return crossed_statistic(parts, mean_statistic, level=level, clusters=clusters, bounds=bounds)


def crossed_statistic(
    parts: ArrayLike,
    statistic: Statistic,
    *,
    level: float = 0.95,
    clusters: Clusters | None = None,
    bounds: Bounds | None = None,
) -> Number:
    """A statistic of parts that are averaged over seeds and summed over rows, where both are drawn.

    The variance is that of the pseudo-values, split. Its parts are known with very different degrees of freedom, 2
    for three seeds, so that Student's quantile is averaged over the facets by the variance that each alone shows, as
    Cochran & Cox (1950), Experimental Designs, have it for two samples of unequal variance. Within bounds the interval
    is Wilson's, at as many rows as the variance is worth, which holds near the ends of the scale where mean ± t errors
    covers 40 to 90 of 100. What was tried beside it is in docs/statistics.md.

    Args:
        parts: `[seeds, rows, p]`; or more facets, rows and parts last.
        statistic: summed parts [..., p] -> the metric [...].
        level: confidence of the two-sided interval.
        clusters: [rows]; rows of one cluster are one unit.
        bounds: what the statistic can be.

    Returns:
        Undefined with but one seed, one row or one cluster, and without spread where there are no bounds.

    Raises:
        ValueError: parts that are not finite, or without axes for seeds, rows and parts.
    """
    tail(level)  # refuses an impossible level before any work
    given = np.asarray(parts, dtype=np.float64)
    if given.ndim < 3 or not np.isfinite(given).all():
        raise ValueError(f"parts must be finite and of shape [seeds, rows, p], not {given.shape}")
    n = given.shape[-2]
    if given.size == 0:
        return Undefined("no rows")
    units = np.stack([unit_sums(rows, clusters) for rows in given.reshape(-1, *given.shape[-2:])])
    given = units.reshape(*given.shape[:-2], *units.shape[1:])
    value = float(statistic(_total(given)))
    split = variance_split(pseudo_values(given, statistic), [f"axis {i}" for i in range(given.ndim - 1)])
    if isinstance(split, Undefined):
        return Undefined(split.reason, n)
    if split.error <= SAME * max(1.0, abs(value)):
        if bounds is None:
            return Undefined("the scores show no spread", n)
        if statistic is mean_statistic:  # no seed differs on any row, so only rows can be unseen
            return without_spread([value], [1.0], [given.shape[-2]], n, bounds, level)
        return Estimate(value, *bounds, n, "bounds", level)
    return Estimate(value, *_ends(value, split, level, bounds), n, "crossed", level)


def _ends(value: float, split: VarianceSplit, level: float, bounds: Bounds | None) -> tuple[float, float]:
    from scipy.special import stdtrit

    weights, sizes = np.array(list(split.alone.values())), np.array(list(split.sizes.values()))
    quantile = float(weights @ -stdtrit(sizes - 1, tail(level)) / weights.sum())
    if bounds is None:
        return value - quantile * split.error, value + quantile * split.error
    least, scale = bounds[0], bounds[1] - bounds[0]
    share = (value - least) / scale
    worth = share * (1 - share) * (scale / split.error) ** 2
    low, high = score_interval(share, worth, quantile) if worth > 0 else (0, 1)
    return least + scale * low, least + scale * high


def pseudo_values(parts: ArrayLike, statistic: Statistic) -> FloatArray:
    """What each score adds to a corpus metric, as if it were a mean: `[seeds, rows, p]` -> `[seeds, rows]`.

    N times the metric less N - 1 times that without this one of N scores, the jackknife's pseudo-value (Tukey 1958); of
    a mean it is the score itself.
    """
    given = np.asarray(parts, dtype=np.float64)
    cells, seeds = given[..., 0].size, given[..., 0].size / given.shape[-2]
    total = _total(given)
    return np.asarray(cells * statistic(total) - (cells - 1) * statistic(total - given / seeds))


def _total(parts: FloatArray) -> FloatArray:
    """Parts averaged over seeds and summed over rows, [p]."""
    return np.asarray(parts.sum(axis=-2).reshape(-1, parts.shape[-1]).mean(axis=0))


def _mean_square(scores: FloatArray, own: Sequence[bool]) -> float:
    """The mean square of the effect that belongs to these axes: means over all others, centred over its own."""
    effect = scores
    for axis, of_effect in enumerate(own):
        mean = effect.mean(axis=axis, keepdims=True)
        effect = effect - mean if of_effect else mean
    freedom = math.prod(size - 1 for size, of_effect in zip(scores.shape, own, strict=True) if of_effect)
    return float(np.sum(effect**2)) * (scores.size // effect.size) / float(freedom)
