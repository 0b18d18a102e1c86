"""Whether one thing foretells another, over a handful of models."""

from dataclasses import dataclass
from itertools import permutations

import numpy as np
from numpy.typing import ArrayLike

from farfield.stats.estimate import Undefined

__all__ = ["RankCorrelation", "rank_correlation"]

# 4 values can at best reach 1/24 one-sided; 8 have 40,320 orders, which are all counted; more are drawn.
_FEWEST, _ALL, _DRAWS = 4, 8, 20_000


@dataclass(frozen=True, slots=True)
class RankCorrelation:
    """Spearman's rank correlation.

    Attributes:
        value: from -1 to 1.
        p: two-sided permutation p-value; exact up to 8 values.
        n: values on either side.
    """

    value: float
    p: float
    n: int


def rank_correlation(x: ArrayLike, y: ArrayLike, *, rng: np.random.Generator) -> RankCorrelation | Undefined:
    """Spearman's rho with a permutation test: over all orders of one side up to 8 values, drawn orders above.

    Args:
        x: `[n]`.
        y: `[n]`, in the same order.
        rng: draws orders where there are too many to count.

    Returns:
        Undefined below 4 values, or where all of one side are equal.

    Raises:
        ValueError: x and y differ in length.
    """
    from scipy.stats import rankdata  # half a second to load, which commands that show no finding are spared

    left, right = (rankdata(np.asarray(side, dtype=np.float64)) for side in (x, y))
    n = len(left)
    if n != len(right):
        raise ValueError(f"paired values of different number: {n} and {len(right)}")
    if n < _FEWEST:
        return Undefined("too few units", n)
    if np.ptp(left) == 0 or np.ptp(right) == 0:
        return Undefined("all values are equal", n)
    left, right = left - left.mean(), right - right.mean()
    scale = float(np.sqrt((left @ left) * (right @ right)))
    if n <= _ALL:
        orders = np.array(list(permutations(range(n))))
    else:
        orders = np.array([np.arange(n), *(rng.permutation(n) for _ in range(_DRAWS))])  # the seen order is one of them
    values = right[orders] @ left / scale
    seen = float(right @ left / scale)
    return RankCorrelation(seen, float(np.mean(np.abs(values) >= abs(seen) - 1e-12)), n)
