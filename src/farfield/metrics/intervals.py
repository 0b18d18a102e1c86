"""Scored rows -> a number with its interval: the one place that chooses how.

Rows are drawn. Where scores come from three seeds or more, seeds are drawn too: the interval then speaks of the method
and not of the trained models at hand (crossed rows and seeds). Below that it speaks of these models, seeds averaged.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np

from farfield.metrics.score import Metric, RowScore, SeedScores
from farfield.stats import (
    METHOD_SEEDS,
    Bounds,
    Clusters,
    Estimate,
    FloatArray,
    MeanSequence,
    Number,
    Statistic,
    Undefined,
    bootstrap_mean,
    bootstrap_statistic,
    crossed_mean,
    jackknife_error,
    mean_statistic,
    paired_difference,
    paired_proportions,
    paired_statistic,
    pseudo_values,
    simultaneous_difference,
    simultaneous_statistic,
    stratified_mean,
    stratified_statistic,
    variance_split,
    wilson,
)

Pair: TypeAlias = tuple[Sequence[RowScore], Sequence[RowScore]]
"""One arm's scores and the other's, row by row of the same examples."""


def estimate(
    metric: Metric,
    rows: Sequence[RowScore],
    *,
    rng: np.random.Generator,
    level: float = 0.95,
    clusters: Clusters | None = None,
) -> Number:
    """The metric over rows: Wilson for a proportion, BCa for a mean of scores and for a corpus metric.

    Wilson takes rows to be independent; with clusters a proportion is therefore bootstrapped as a mean.

    Args:
        metric: which one.
        rows: its scores of the rows.
        rng: where resamples come from; Wilson draws none.
        level: confidence of the two-sided interval.
        clusters: for each row, the cluster that is drawn as one.

    Returns:
        From 0 to 1; undefined only without rows.
    """
    if not rows:
        return Undefined("no rows")
    if clusters is None and _of_method([rows]):
        return _crossed([metric], [(rows, None)], (1.0,), level, bounds=(0, 1))
    if metric.corpus is not None:
        return bootstrap_statistic(_parts(rows), metric.corpus, rng=rng, level=level, clusters=clusters, bounds=(0, 1))
    scores = _scores(rows)
    # Averaged over seeds, a row is right by a share, and such scores are no proportion of rows.
    if metric.proportion and clusters is None and np.isin(scores, (0, 1)).all():
        return wilson(int(scores.sum()), len(scores), level=level)
    return bootstrap_mean(scores, rng=rng, level=level, clusters=clusters, bounds=(0, 1))


def point(metric: Metric, rows: Sequence[RowScore]) -> float:
    """The metric over rows without its interval, for a choice between models; there is at least one row."""
    parts, statistic = summed(metric, rows)
    return float(statistic(parts.sum(axis=0)))


def difference(
    metric: Metric,
    a: Sequence[RowScore],
    b: Sequence[RowScore],
    *,
    rng: np.random.Generator,
    level: float = 0.95,
    clusters: Clusters | None = None,
) -> Number:
    """The metric of a minus that of b on the same rows, paired: a gain.

    Tango's score interval for proportions that differ on some row; BCa for a mean of scores and for a corpus metric.

    Args:
        metric: which one.
        a: one arm's scores.
        b: the other's, row by row of the same examples.
        rng: where resamples come from.
        level: confidence of the two-sided interval.
        clusters: for each row, the cluster that is drawn as one.

    Returns:
        From -1 to 1; undefined only without rows.

    Raises:
        ValueError: a and b differ in length.
    """
    if len(a) != len(b):
        raise ValueError(f"paired rows of different number: {len(a)} and {len(b)}")
    if not a:
        return Undefined("no rows")
    if clusters is None and _of_method([a, b]):
        return _crossed([metric], [(a, b)], (1.0,), level)
    if metric.corpus is not None:
        return paired_statistic(
            _parts(a), _parts(b), metric.corpus, rng=rng, level=level, clusters=clusters, bounds=(-1, 1)
        )
    first, second = _scores(a), _scores(b)
    only_a, only_b = int((first > second).sum()), int((first < second).sum())
    if metric.proportion and clusters is None and only_a + only_b and np.isin((first, second), (0, 1)).all():
        return paired_proportions(only_a, only_b, len(a), level=level)
    return paired_difference(first, second, rng=rng, level=level, clusters=clusters, bounds=(-1, 1))


def mean_over(
    metrics: Sequence[Metric],
    groups: Sequence[Sequence[RowScore]],
    weights: Sequence[float] | None = None,
    *,
    rng: np.random.Generator,
    level: float = 0.95,
) -> Number:
    """The mean over test sets, each by its own metric: of one set `estimate`, of several resampled within sets.

    Args:
        metrics: of each test set.
        groups: the scores of each test set's rows.
        weights: of each test set, summing to 1; equal by default.
        rng: where resamples come from.
        level: confidence of the two-sided interval.
    """
    if len(groups) == 1:
        return estimate(metrics[0], groups[0], rng=rng, level=level)
    if all(groups) and _of_method(groups):
        return _crossed(metrics, [(group, None) for group in groups], _shares(weights, len(groups)), level)
    if all(of.corpus is None for of in metrics):
        return stratified_mean([_scores(g) for g in groups], rng=rng, weights=weights, level=level, bounds=(0, 1))
    parts, statistics = zip(*map(summed, metrics, groups), strict=True)
    return stratified_statistic(parts, statistics, rng=rng, weights=weights, level=level, bounds=(0, 1))


def contrast(
    metric: Metric | Sequence[Metric],
    pairs: Sequence[Pair],
    weights: Sequence[float] | None = None,
    *,
    rng: np.random.Generator,
    level: float = 0.95,
    again: bool = False,
) -> Number:
    """A weighted sum of gains: their mean over domains by default, with weights (1, -1) the drop between two.

    Args:
        metric: which one; or one for each domain.
        pairs: for each domain the scores of two arms, row by row of the same examples.
        weights: of each domain's gain; equal and summing to 1 by default.
        rng: where resamples come from; rows are drawn within their domain.
        level: confidence of the two-sided interval.
        again: whether rows were added after a look at fewer; then the interval holds at all looks together.

    Raises:
        ValueError: the arms of a pair differ in length.
    """
    if not pairs or not all(a and b for a, b in pairs):
        return Undefined("a group has no rows" if pairs else "no rows")
    metrics = [metric] * len(pairs) if isinstance(metric, Metric) else metric
    shares = _shares(weights, len(pairs))
    if again:
        return _at_all_looks(metrics, pairs, shares, level)
    if _of_method([rows for pair in pairs for rows in pair]):
        return _crossed(metrics, pairs, shares, level)
    if all(of.corpus is None for of in metrics):
        gains = [_scores(a) - _scores(b) for a, b in pairs]
        return stratified_mean(gains, rng=rng, weights=weights, level=level, bounds=(-1, 1))
    both, statistics = zip(*map(_summed_gain, metrics, pairs), strict=True)
    return stratified_statistic(both, statistics, rng=rng, weights=weights, level=level, bounds=(-1, 1))


@dataclass(frozen=True, slots=True)
class Spread:
    """How much of a gain's doubt comes from where; each is one standard deviation.

    Attributes:
        rows: how far other rows would move the mean of these very seeds; None where there is but one seed.
        seeds: what other seeds add to that; None as well.
        templates: how far another template would move the gain, beyond the noise of rows; None where there is but one.
    """

    rows: float | None
    seeds: float | None
    templates: float | None


def spread(metric: Metric, pairs: Sequence[Pair]) -> Spread | None:
    """The parts of a gain's doubt; None where there are neither seeds nor templates to tell apart.

    Args:
        metric: which one.
        pairs: the scores of two arms by template, the one that is judged first; all on the same rows.
    """
    gains = [_gains(metric, *pair) for pair in pairs]
    crossed = variance_split(gains[0])
    templates = _between(np.stack(gains)) if len({gain.shape for gain in gains}) == 1 else None
    if not isinstance(crossed, Undefined):
        return Spread(crossed.part("rows"), crossed.part("seeds"), templates)
    return None if templates is None else Spread(None, None, templates)


def _between(gains: FloatArray) -> float | None:
    """What the choice of a template does to a gain `[templates, seeds, rows]`, whatever the rows: a deviation."""
    one_seed = gains.shape[1] == 1
    split = (
        variance_split(gains[:, 0], ("templates", "rows"))
        if one_seed
        else variance_split(gains, ("templates", "seeds", "rows"))
    )
    if isinstance(split, Undefined):
        return None
    of_templates = split.components["templates",]
    return math.sqrt(of_templates + (0 if one_seed else split.components["templates", "seeds"] / gains.shape[1]))


def standard_error(metric: Metric, pairs: Sequence[Pair]) -> float | None:
    """Of the gains' mean over domains, each at equal weight; None for a corpus metric or a domain of one row."""
    gains = [_scores(a) - _scores(b) for a, b in pairs]
    if metric.corpus is not None or any(len(gain) < 2 for gain in gains):
        return None
    if _of_method([rows for pair in pairs for rows in pair]):
        return None  # it holds the seeds too, which more rows don't change; the interval's width tells it
    return float(np.sqrt(sum(gain.var(ddof=1) / len(gain) for gain in gains)) / len(gains))


def row_error(metric: Metric, rows: Sequence[RowScore]) -> float | None:
    """The standard error of the metric over rows, by the jackknife; None where the rows don't give one."""
    error = jackknife_error(*summed(metric, rows))
    return error if np.isfinite(error) else None


def best_difference(
    metric: Metric,
    a: Sequence[RowScore],
    others: Sequence[Sequence[RowScore]],
    *,
    rng: np.random.Generator,
    level: float = 0.95,
) -> Number:
    """The metric of a minus that of the best of several on the same rows, the choice paid for (max-T).

    Raises:
        ValueError: arms of different length.
    """
    if metric.corpus is None:
        rows = [_scores(other) for other in others]
        return simultaneous_difference(_scores(a), rows, rng=rng, level=level, bounds=(-1, 1))
    parts = [_parts(other) for other in others]
    return simultaneous_statistic(_parts(a), parts, metric.corpus, rng=rng, level=level, bounds=(-1, 1))


def _at_all_looks(metrics: Sequence[Metric], pairs: Sequence[Pair], weights: Sequence[float], level: float) -> Number:
    """A weighted sum of gains with an interval that holds however often, and for whatever reason, rows are added.

    Each test set's own confidence sequence, rows in their order, at a level that all of them hold together.
    """
    if any(of.corpus is not None for of in metrics):
        return Undefined("a corpus metric has no score of a row")
    each = 1 - (1 - level) / len(pairs)
    found = [MeanSequence((-1, 1)).update(_scores(a) - _scores(b)).estimate(each) for a, b in pairs]
    gains = [gain for gain in found if isinstance(gain, Estimate)]
    if len(gains) < len(found):
        return Undefined("a group has no rows")
    ends = [(w * gain.low, w * gain.high) for w, gain in zip(weights, gains, strict=True)]
    value = sum(w * gain.value for w, gain in zip(weights, gains, strict=True))
    low, high = sum(map(min, ends)), sum(map(max, ends))
    return Estimate(value, low, high, sum(gain.n for gain in gains), gains[0].method, level)


def _shares(weights: Sequence[float] | None, count: int) -> Sequence[float]:
    return weights or [1 / count] * count


def _of_method(groups: Sequence[Sequence[RowScore]]) -> bool:
    """Whether some of the scores come from so many seeds that they speak of a method."""
    return any(_seeds(rows) >= METHOD_SEEDS for rows in groups)


def _seeds(rows: Sequence[RowScore]) -> int:
    return len(rows.seeds) if isinstance(rows, SeedScores) else 1


def _crossed(
    metrics: Sequence[Metric],
    pairs: Sequence[tuple[Sequence[RowScore], Sequence[RowScore] | None]],
    weights: Sequence[float],
    level: float,
    bounds: Bounds | None = None,
) -> Number:
    """A weighted sum of scores or gains over test sets, whose rows and seeds are both drawn.

    The seeds are the same ones on all test sets. Each set's deviations are weighed so that the mean over all rows is
    the weighted sum; the sets themselves are these and no others.
    """
    gains = [_gains(of, *pair) for of, pair in zip(metrics, pairs, strict=True)]
    seeds, rows = min(map(len, gains)), sum(gain.shape[1] for gain in gains)
    weighed = [w * rows / gain.shape[1] * (gain[:seeds] - gain[:seeds].mean())
               for w, gain in zip(weights, gains, strict=True)]  # fmt: skip
    value = sum(
        w * (point(of, a) - (point(of, b) if b else 0)) for w, of, (a, b) in zip(weights, metrics, pairs, strict=True)
    )
    if len(gains) == 1 and metrics[0].corpus is None:
        return crossed_mean(gains[0][:seeds], level=level, bounds=bounds)
    return crossed_mean(value + np.concatenate(weighed, axis=1), level=level)


def _gains(metric: Metric, a: Sequence[RowScore], b: Sequence[RowScore] | None) -> FloatArray:
    """What each row and seed adds to a score or a gain, `[seeds, rows]`; one seed stands for as many as there are."""
    first = _by_seed(metric, a)
    if b is None:
        return first
    second = _by_seed(metric, b)
    both = max(len(first), len(second)) if 1 in (len(first), len(second)) else min(len(first), len(second))
    return first[:both] - second[:both]


def _by_seed(metric: Metric, rows: Sequence[RowScore]) -> FloatArray:
    seeds = rows.seeds if isinstance(rows, SeedScores) else (rows,)
    if metric.corpus is None:
        return np.array([_scores(each) for each in seeds])
    return pseudo_values(np.array([_parts(each) for each in seeds]), metric.corpus)


def _scores(rows: Sequence[RowScore]) -> FloatArray:
    return np.array([row.score for row in rows], dtype=np.float64)


def summed(metric: Metric, rows: Sequence[RowScore]) -> tuple[FloatArray, Statistic]:
    """What each row adds [n, p], and the metric as a function of the sums."""
    if metric.corpus is not None:
        return _parts(rows), metric.corpus
    return np.column_stack([_scores(rows), np.ones(len(rows))]), mean_statistic


def _summed_gain(metric: Metric, pair: Pair) -> tuple[FloatArray, Statistic]:
    """The same of the gain of one arm over another, [n, 2p]."""
    (a, of), (b, _) = (summed(metric, rows) for rows in pair)

    def gain(sums: FloatArray) -> FloatArray:
        half = sums.shape[-1] // 2
        return np.asarray(of(sums[..., :half]) - of(sums[..., half:]))

    return np.concatenate([a, b], axis=1), gain


def _parts(rows: Sequence[RowScore]) -> FloatArray:
    return np.array([row.parts for row in rows], dtype=np.float64)
