"""Whether two sets of points could be draws from one distribution, by how far they lie from each other."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from farfield.stats.estimate import Undefined
from farfield.stats.permutation import p_value
from farfield.stats.resampling import FloatArray

__all__ = ["EnergyTest", "energy_test"]

_BLOCK = 256  # exchanges at a time: a block times the points is what is held


@dataclass(frozen=True, slots=True)
class EnergyTest:
    """A test that two sets of points are draws from one distribution.

    Attributes:
        distance: the energy distance, in the unit of the distances; 0 where the sets are one.
        p: share of random splits of all points that lie at least as far apart, the seen one among them.
        expected: the mean distance of random splits; above 0, because samples differ.
        high: what 95 of 100 random splits stay below.
        n: points of the first set.
        m: points of the second.
    """

    distance: float
    p: float
    expected: float
    high: float
    n: int
    m: int


def energy_test(
    distances: ArrayLike, first: int, *, rng: np.random.Generator, draws: int = 999
) -> EnergyTest | Undefined:
    """The energy distance 2 E|X-Y| - E|X-X'| - E|Y-Y'| of two sets of points, with a permutation p value.

    Of Euclidean distances it is 0 only for one and the same distribution. A large p is no proof of that: few points
    tell little apart.

    Source: Székely & Rizzo (2013), Journal of Statistical Planning and Inference 143, 1249-1272, eq. 2.1 and 6.1.

    Args:
        distances: [n + m, n + m], between all points, symmetric, the first set's points first.
        first: n, points of the first set.
        rng: draws the splits.
        draws: how many.

    Returns:
        The test; undefined where a set has fewer than two points or all points are one.

    Raises:
        ValueError: the distances are not square or not finite.
    """
    between = np.asarray(distances, dtype=np.float64)
    if between.ndim != 2 or between.shape[0] != between.shape[1] or not np.isfinite(between).all():
        raise ValueError(f"distances must be finite and square, not {between.shape}")
    total = len(between)
    if min(first, total - first) < 2:
        return Undefined("a set has fewer than two points", total)
    if not between.any():
        return Undefined("all points are one", total)
    seen = _energy(between, (np.arange(total) < first)[None, :])
    found = []
    for start in range(0, draws, _BLOCK):
        order = rng.permuted(np.tile(np.arange(total), (min(_BLOCK, draws - start), 1)), axis=1)
        found.append(_energy(between, order < first))
    random = np.concatenate(found)
    p = float(p_value(random, seen[0], exact=False))
    return EnergyTest(float(seen[0]), p, float(random.mean()), float(np.quantile(random, 0.95)), first, total - first)


def _energy(between: FloatArray, inside: NDArray[np.bool_]) -> FloatArray:
    """[splits]: the energy distance of each split [splits, points] of the points."""
    chosen = inside.astype(np.float64)
    n = chosen.sum(axis=1)
    m = len(between) - n
    within = np.einsum("ij,ij->i", chosen @ between, chosen)
    across = chosen @ between.sum(axis=1) - within
    outside = between.sum() - 2 * across - within
    return np.asarray(2 * across / (n * m) - within / n**2 - outside / m**2)
