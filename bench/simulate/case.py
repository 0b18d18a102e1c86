"""One case of a simulation: what is measured over drawn worlds, and where it must lie."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

__all__ = ["Case", "Measured", "rate"]


@dataclass(frozen=True, slots=True)
class Measured:
    """A number over many drawn worlds.

    Attributes:
        value: a rate, or a ratio.
        error: its Monte-Carlo standard error; 0 where it was computed and not drawn.
        replications: worlds drawn.
    """

    value: float
    error: float
    replications: int


@dataclass(frozen=True, slots=True)
class Case:
    """What must hold, or, where it is planted, what must be found not to.

    Attributes:
        area: `intervals`, `comparisons`, ...: what it belongs to.
        name: one line that says what is measured.
        wanted: the lowest and the highest value that pass, two Monte-Carlo errors allowed for.
        measure: (replications, draws) -> the value.
        planted: a method known to be wrong, which the suite must fail.
    """

    area: str
    name: str
    wanted: tuple[float, float]
    measure: Callable[[int, np.random.Generator], Measured]
    planted: bool = False

    def holds(self, measured: Measured) -> bool:
        """Whether the value lies in the wanted range, as far as this many worlds can tell."""
        low, high = self.wanted
        return low - 2 * measured.error <= measured.value <= high + 2 * measured.error


def rate(hits: ArrayLike) -> Measured:
    """The share of worlds in which something held: booleans `[replications]`."""
    held = np.asarray(hits, dtype=np.float64)
    share = float(held.mean())
    return Measured(share, float(np.sqrt(share * (1 - share) / len(held))), len(held))
