"""Scored rows -> a number with its interval: the one place that chooses how."""

from collections.abc import Sequence

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
    wilson,
)


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
    if metric.proportion and clusters is None:
        return wilson(int(scores.sum()), len(scores), level=level)
    return bootstrap_mean(scores, rng=rng, level=level, clusters=clusters, bounds=(0, 1))


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


def _scores(rows: Sequence[RowScore]) -> FloatArray:
    return np.array([row.score for row in rows], dtype=np.float64)


def _parts(rows: Sequence[RowScore]) -> FloatArray:
    return np.array([row.parts for row in rows], dtype=np.float64)
