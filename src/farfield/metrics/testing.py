"""Two arms on the same rows -> whether they differ, and whether they are alike: the one place that chooses the tests.

Rows alone are drawn here, so a test speaks of the trained models at hand, seeds averaged; what other seeds would say
is in the intervals.
"""

from dataclasses import dataclass

import numpy as np

from farfield.metrics.intervals import Pair, summed
from farfield.metrics.score import Metric
from farfield.stats import (
    MarginTest,
    Undefined,
    equivalence,
    mcnemar,
    non_inferiority,
    paired_randomization,
)

__all__ = ["ArmTests", "compare"]


@dataclass(frozen=True, slots=True)
class ArmTests:
    """Tests of two arms on the same rows; p-values are two-sided, but for `no_worse`.

    Attributes:
        p: of "the arms are alike"; McNemar's mid-p of right and wrong, by exchanging rows of anything else.
        exact: McNemar's exact p beside it; None where rows were exchanged.
        alike: of "they differ by the margin or more"; two one-sided tests.
        no_worse: of "the first is worse by the margin or more".
        differing: rows on which the arms differ; with none they are tied on these rows.
        n: rows.
        method: "mcnemar" or "exchange".
    """

    p: float
    exact: float | None
    alike: float | None
    no_worse: float | None
    differing: int
    n: int
    method: str


def compare(metric: Metric, pair: Pair, margin: float, *, rng: np.random.Generator) -> ArmTests | Undefined:
    """Tests one arm's scores against the other's, row by row of the same examples.

    Args:
        metric: which one.
        pair: both arms' scores.
        margin: a difference too small to matter, in the unit of the metric.
        rng: draws exchanges of rows, where all of them are too many.

    Returns:
        Undefined without rows.

    Raises:
        ValueError: a margin that is not above 0.
    """
    (a, statistic), (b, _) = (summed(metric, rows) for rows in pair)
    if not len(a):
        return Undefined("no rows")
    scores = metric.corpus is None
    arms = (a[:, 0], b[:, 0]) if scores else (a, b)
    bounds = (-1, 1) if scores else None
    alike, no_worse = (
        _p(test(*arms, margin, statistic=statistic, bounds=bounds)) for test in (equivalence, non_inferiority)
    )
    if metric.proportion and np.isin(arms, (0, 1)).all():
        right = mcnemar(int(np.sum(arms[0] > arms[1])), int(np.sum(arms[1] > arms[0])))
        return ArmTests(right.mid_p, right.exact_p, alike, no_worse, right.n_discordant, len(a), "mcnemar")
    found = paired_randomization(a, b, statistic, rng=rng)
    if isinstance(found, Undefined):
        return found
    return ArmTests(found.p, None, alike, no_worse, found.differing, len(a), "exchange")


def _p(found: MarginTest | Undefined) -> float | None:
    return None if isinstance(found, Undefined) else found.p
