"""Two arms on the same rows, tested by exchanging them: were they alike, each row's two results could swap places."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from farfield.stats.bootstrap import SAME, finite_column, mean_statistic
from farfield.stats.estimate import Undefined
from farfield.stats.resampling import CELLS_PER_BLOCK, Clusters, FloatArray, Statistic, unit_sums

__all__ = ["PermutationTest", "p_value", "paired_permutation", "paired_randomization", "swapped_differences"]

DRAWS = 10_000
"""At so many, a p value of 0.05 has a Monte-Carlo error of 0.002; where all exchanges are fewer, all are counted."""


@dataclass(frozen=True, slots=True)
class PermutationTest:
    """A two-sided test that two arms are alike.

    Attributes:
        difference: the metric of the one minus that of the other.
        p: share of exchanges that differ at least as much; 1 where nothing differs.
        differing: rows or clusters on which the arms differ; nothing else informs the test.
        n: rows.
        exact: whether all exchanges were counted; else they were drawn, and the seen one counts among them.
    """

    difference: float
    p: float
    differing: int
    n: int
    exact: bool

    @property
    def tie(self) -> bool:
        """The arms are equal on every row: a tie on these rows, which is no proof that they are alike."""
        return self.differing == 0


def paired_permutation(
    a: ArrayLike,
    b: ArrayLike,
    *,
    rng: np.random.Generator,
    draws: int = DRAWS,
    clusters: Clusters | None = None,
) -> PermutationTest | Undefined:
    """Tests mean(a - b) by flipping the signs of the rows' differences.

    Args:
        a: [n], one arm's scores.
        b: [n], the other's, row by row the same examples.
        rng: draws exchanges where there are more than `draws` of them.
        draws: how many.
        clusters: [n]; rows of one cluster swap together.

    Raises:
        ValueError: a and b differ in length, or are not finite.
    """
    first, second = (
        np.stack([scores, np.ones_like(scores)], axis=-1) for scores in (finite_column(a), finite_column(b))
    )
    return paired_randomization(first, second, mean_statistic, rng=rng, draws=draws, clusters=clusters)


def paired_randomization(
    parts_a: ArrayLike,
    parts_b: ArrayLike,
    statistic: Statistic,
    *,
    rng: np.random.Generator,
    draws: int = DRAWS,
    clusters: Clusters | None = None,
) -> PermutationTest | Undefined:
    """The same of a corpus metric: rows swap their parts ("approximate randomization").

    Source: Noreen (1989), Computer-Intensive Methods for Testing Hypotheses; Riezler & Maxwell (2005), ACL workshop on
    evaluation measures. As in SciPy, exchanges that equal what was seen count in full; sacrebleu leaves them out, which
    gives two equal systems the smallest p value there is. Phipson & Smyth (2010) on the one that is added.

    Args:
        parts_a: [n, p], one arm's parts.
        parts_b: [n, p], the other's, row by row the same examples.
        statistic: summed parts [..., p] -> the metric [...], vectorised over the leading axes.
        rng: draws exchanges where there are more than `draws` of them.
        draws: how many.
        clusters: [n]; rows of one cluster swap together.

    Raises:
        ValueError: the arms differ in shape, or their parts are not finite [n, p].
    """
    first, second = (np.asarray(parts, dtype=np.float64) for parts in (parts_a, parts_b))
    if first.shape != second.shape or first.ndim != 2 or not np.isfinite([first, second]).all():
        raise ValueError(f"parts must be finite and of one shape [n, p], not {first.shape} and {second.shape}")
    n = len(first)
    if n == 0:
        return Undefined("no rows")
    apart = first - second
    units = unit_sums(apart, clusters)
    moving = units[(units != 0).any(axis=1)]  # whether a unit swaps on which the arms agree makes no difference
    sums = np.stack([first.sum(axis=0), second.sum(axis=0)])
    seen = float(statistic(sums[0]) - statistic(sums[1]))
    if not np.isfinite(seen):
        return Undefined("the statistic does not exist on these rows", n)
    exact = 2 ** len(moving) <= draws
    swaps = [_every_swap(len(moving))] if exact else _drawn_swaps(len(moving), draws, rng)
    found = swapped_differences(swaps, moving, sums, statistic)
    differing = int((apart != 0).any(axis=1).sum())
    return PermutationTest(seen, float(p_value(found, np.asarray(seen), exact=exact)), differing, n, exact)


def swapped_differences(
    swaps: Iterable[NDArray[np.bool_]], units: FloatArray, sums: FloatArray, statistic: Statistic
) -> FloatArray:
    """The metric of one arm minus that of the other after each exchange, [draws, ...].

    Args:
        swaps: blocks of [draws, g], which units swap.
        units: [g, ..., p], the one arm's parts minus the other's.
        sums: [2, ..., p], both arms' summed parts.
        statistic: summed parts [..., p] -> the metric [...].
    """
    moved = np.concatenate([np.tensordot(block.astype(np.float64), units, axes=1) for block in swaps])
    return np.asarray(statistic(sums[0] - moved) - statistic(sums[1] + moved))


def p_value(found: FloatArray, seen: FloatArray, *, exact: bool) -> FloatArray:
    """The share of exchanges [draws, ...] that differ at least as much as was seen [...]; drawn ones and the seen."""
    as_far = (np.abs(found) >= np.abs(seen) - SAME * np.maximum(1, np.abs(seen))).sum(axis=0)
    return np.asarray(as_far / len(found) if exact else (as_far + 1) / (len(found) + 1))


def _every_swap(units: int) -> NDArray[np.bool_]:
    return np.asarray((np.arange(2**units)[:, None] >> np.arange(units)) % 2, dtype=np.bool_)


def _drawn_swaps(units: int, draws: int, rng: np.random.Generator) -> Iterator[NDArray[np.bool_]]:
    block = max(1, CELLS_PER_BLOCK // units)
    for start in range(0, draws, block):
        yield rng.integers(2, size=(min(block, draws - start), units), dtype=bool)
