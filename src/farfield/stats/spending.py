"""A question that is topped up with rows and looked at again: how strict this look has to be."""

import math
from collections.abc import Sequence
from itertools import pairwise

import numpy as np

from farfield.stats.estimate import normal_quantile, tail
from farfield.stats.resampling import FloatArray

__all__ = ["level_of_look", "spent"]

_POINTS = 801  # of the grid: the bounds of five looks agree with the published ones to 0.0001
_STRICTEST = 7.0  # standard errors; a look at next to no rows would ask for more than numbers can say


def spent(fraction: float, *, level: float = 0.95) -> float:
    """The chance of a false finding, on either side, that may be used up once so much of the planned rows are in.

    2 - 2 Φ(z / sqrt(fraction)), which spends next to nothing early, as the bounds of O'Brien and Fleming do. Source:
    Lan & DeMets (1983), Biometrika 70, 659-663, their first function.

    Args:
        fraction: rows so far over rows planned, in (0, 1].
        level: confidence of the whole question, two-sided.

    Raises:
        ValueError: a fraction outside (0, 1], or a level that is no probability.
    """
    if not 0 < fraction <= 1:
        raise ValueError(f"a fraction of the planned rows must lie in (0, 1], not {fraction}")
    return math.erfc(-normal_quantile(tail(level) / 2) / math.sqrt(2 * fraction))


def level_of_look(fractions: Sequence[float], *, level: float = 0.95) -> float:
    """The level of this look's two-sided interval, so that all looks together hold the level of the question.

    When and how often to look is free, as long as it doesn't follow from what was seen, and every look is on record.
    Each bound follows from those before it, by numerical integration over the sum of what was seen (Armitage,
    McPherson & Rowe 1969, Journal of the Royal Statistical Society A 132, 235-244).

    Args:
        fractions: rows at each look over the rows planned, this look last; rising, in (0, 1].
        level: confidence of the whole question, two-sided.

    Returns:
        The level itself for one look at all rows; above it else.

    Raises:
        ValueError: no look, or fractions that don't rise within (0, 1].
    """
    from scipy.special import ndtr

    if not fractions or any(later <= former for former, later in pairwise(fractions)):
        raise ValueError(f"looks must be at rising fractions of the planned rows, not {list(fractions)}")
    # The sum of what was seen is a Brownian motion; `mass` is what of it never crossed a bound, at the points `seen`.
    seen, mass, before, used, bound = np.zeros(1), np.ones(1), 0.0, 0.0, 0.0
    for fraction in fractions:
        step, scale, allowed = math.sqrt(fraction - before), math.sqrt(fraction), spent(fraction, level=level)
        bound = _crossed(seen / step, mass, scale / step, allowed - used)
        points, width = np.linspace(-bound * scale, bound * scale, _POINTS, retstep=True)
        density = np.exp(-(((points[:, None] - seen) / step) ** 2) / 2) / (step * math.sqrt(2 * math.pi))
        mass = (density @ mass) * width
        mass[[0, -1]] /= 2  # the trapezoid rule
        seen, before, used = points, fraction, allowed
    return float(1 - 2 * ndtr(-bound))


def _crossed(seen: FloatArray, mass: FloatArray, scale: float, chance: float) -> float:
    """The bound, in standard errors, that is crossed from these points with this chance."""
    from scipy.optimize import brentq
    from scipy.special import ndtr

    def excess(bound: float) -> float:
        return float(mass @ ndtr(seen - bound * scale)) - chance

    return _STRICTEST if excess(_STRICTEST) > 0 else float(brentq(excess, 0, _STRICTEST))
