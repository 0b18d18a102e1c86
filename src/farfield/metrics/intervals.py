"""Scored rows -> a number with its interval: the one place that chooses how."""

from collections.abc import Sequence
from typing import TypeAlias

import numpy as np

from farfield.metrics.score import Metric, RowScore
from farfield.stats import (
    Clusters,
    FloatArray,
    Number,
    Statistic,
    Undefined,
    bootstrap_mean,
    bootstrap_statistic,
    jackknife_error,
    mean_statistic,
    paired_difference,
    paired_statistic,
    simultaneous_difference,
    simultaneous_statistic,
    stratified_mean,
    stratified_statistic,
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
    if metric.corpus is not None:
        return bootstrap_statistic(_parts(rows), metric.corpus, rng=rng, level=level, clusters=clusters, bounds=(0, 1))
    scores = _scores(rows)
    # Averaged over seeds, a row is right by a share, and such scores are no proportion of rows.
    if metric.proportion and clusters is None and np.isin(scores, (0, 1)).all():
        return wilson(int(scores.sum()), len(scores), level=level)
    return bootstrap_mean(scores, rng=rng, level=level, clusters=clusters, bounds=(0, 1))


def point(metric: Metric, rows: Sequence[RowScore]) -> float:
    """The metric over rows without its interval, for a choice between models; there is at least one row."""
    parts, statistic = _summed(metric, rows)
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
    if metric.corpus is not None:
        return paired_statistic(
            _parts(a), _parts(b), metric.corpus, rng=rng, level=level, clusters=clusters, bounds=(-1, 1)
        )
    return paired_difference(_scores(a), _scores(b), rng=rng, level=level, clusters=clusters, bounds=(-1, 1))


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
    if all(of.corpus is None for of in metrics):
        return stratified_mean([_scores(g) for g in groups], rng=rng, weights=weights, level=level, bounds=(0, 1))
    parts, statistics = zip(*map(_summed, metrics, groups), strict=True)
    return stratified_statistic(parts, statistics, rng=rng, weights=weights, level=level, bounds=(0, 1))


def contrast(
    metric: Metric | Sequence[Metric],
    pairs: Sequence[Pair],
    weights: Sequence[float] | None = None,
    *,
    rng: np.random.Generator,
    level: float = 0.95,
) -> Number:
    """A weighted sum of gains: their mean over domains by default, with weights (1, -1) the drop between two.

    Args:
        metric: which one; or one for each domain.
        pairs: for each domain the scores of two arms, row by row of the same examples.
        weights: of each domain's gain; equal and summing to 1 by default.
        rng: where resamples come from; rows are drawn within their domain.
        level: confidence of the two-sided interval.

    Raises:
        ValueError: the arms of a pair differ in length.
    """
    if not pairs or not all(a and b for a, b in pairs):
        return Undefined("a group has no rows" if pairs else "no rows")
    metrics = [metric] * len(pairs) if isinstance(metric, Metric) else metric
    if all(of.corpus is None for of in metrics):
        gains = [_scores(a) - _scores(b) for a, b in pairs]
        return stratified_mean(gains, rng=rng, weights=weights, level=level, bounds=(-1, 1))
    both, statistics = zip(*map(_summed_gain, metrics, pairs), strict=True)
    return stratified_statistic(both, statistics, rng=rng, weights=weights, level=level, bounds=(-1, 1))


def standard_error(metric: Metric, pairs: Sequence[Pair]) -> float | None:
    """Of the gains' mean over domains, each at equal weight; None for a corpus metric or a domain of one row."""
    gains = [_scores(a) - _scores(b) for a, b in pairs]
    if metric.corpus is not None or any(len(gain) < 2 for gain in gains):
        return None
    return float(np.sqrt(sum(gain.var(ddof=1) / len(gain) for gain in gains)) / len(gains))


def row_error(metric: Metric, rows: Sequence[RowScore]) -> float | None:
    """The standard error of the metric over rows, by the jackknife; None where the rows don't give one."""
    error = jackknife_error(*_summed(metric, rows))
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


def _scores(rows: Sequence[RowScore]) -> FloatArray:
    return np.array([row.score for row in rows], dtype=np.float64)


def _summed(metric: Metric, rows: Sequence[RowScore]) -> tuple[FloatArray, Statistic]:
    """What each row adds [n, p], and the metric as a function of the sums."""
    if metric.corpus is not None:
        return _parts(rows), metric.corpus
    return np.column_stack([_scores(rows), np.ones(len(rows))]), mean_statistic


def _summed_gain(metric: Metric, pair: Pair) -> tuple[FloatArray, Statistic]:
    """The same of the gain of one arm over another, [n, 2p]."""
    (a, of), (b, _) = (_summed(metric, rows) for rows in pair)

    def gain(sums: FloatArray) -> FloatArray:
        half = sums.shape[-1] // 2
        return np.asarray(of(sums[..., :half]) - of(sums[..., half:]))

    return np.concatenate([a, b], axis=1), gain


def _parts(rows: Sequence[RowScore]) -> FloatArray:
    return np.array([row.parts for row in rows], dtype=np.float64)
