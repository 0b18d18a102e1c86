"""Scored rows -> a number with its interval: the one place that chooses how."""

from collections.abc import Sequence
from typing import TypeAlias

import numpy as np

from farfield.metrics.score import Metric, RowScore
from farfield.stats import (
    Clusters,
    FloatArray,
    Number,
    Undefined,
    bootstrap_mean,
    bootstrap_statistic,
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
    if metric.corpus is not None:
        return float(metric.corpus(_parts(rows).sum(axis=0)))
    return float(_scores(rows).mean())


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


def contrast(
    metric: Metric,
    pairs: Sequence[Pair],
    weights: Sequence[float] | None = None,
    *,
    rng: np.random.Generator,
    level: float = 0.95,
) -> Number:
    """A weighted sum of gains: their mean over domains by default, with weights (1, -1) the drop between two.

    Args:
        metric: which one.
        pairs: for each domain the scores of two arms, row by row of the same examples.
        weights: of each domain's gain; equal and summing to 1 by default.
        rng: where resamples come from; rows are drawn within their domain.
        level: confidence of the two-sided interval.

    Raises:
        ValueError: the arms of a pair differ in length.
    """
    if not pairs or not all(a and b for a, b in pairs):
        return Undefined("a group has no rows" if pairs else "no rows")
    if metric.corpus is None:
        gains = [_scores(a) - _scores(b) for a, b in pairs]
        return stratified_mean(gains, rng=rng, weights=weights, level=level, bounds=(-1, 1))
    of = metric.corpus

    def gain(sums: FloatArray) -> FloatArray:
        half = sums.shape[-1] // 2
        return np.asarray(of(sums[..., :half]) - of(sums[..., half:]))

    both = [np.concatenate([_parts(a), _parts(b)], axis=1) for a, b in pairs]
    return stratified_statistic(both, gain, rng=rng, weights=weights, level=level, bounds=(-1, 1))


def standard_error(metric: Metric, pairs: Sequence[Pair]) -> float | None:
    """Of the gains' mean over domains, each at equal weight; None for a corpus metric or a domain of one row."""
    gains = [_scores(a) - _scores(b) for a, b in pairs]
    if metric.corpus is not None or any(len(gain) < 2 for gain in gains):
        return None
    return float(np.sqrt(sum(gain.var(ddof=1) / len(gain) for gain in gains)) / len(gains))


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


def _parts(rows: Sequence[RowScore]) -> FloatArray:
    return np.array([row.parts for row in rows], dtype=np.float64)
