"""One case of a simulation: what is measured over drawn worlds, and where it must lie."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import ArrayLike

from farfield.stats import Estimate, Number

__all__ = ["Case", "Measure", "Measured", "held", "rate"]


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


Measure: TypeAlias = Callable[[int, np.random.Generator], Measured]
"""(replications, draws) -> the value."""


@dataclass(frozen=True, slots=True)
class Case:
    """What must hold, or, where it is planted, what must be found not to.

    Attributes:
        area: `intervals`, `comparisons`, ...: what it belongs to.
        name: one line that says what is measured.
        wanted: the lowest and the highest value that pass, two Monte-Carlo errors allowed for.
        measure: how it is measured.
        planted: a method known to be wrong, which the suite must fail.
        dear: a world takes so long that the short form of the suite draws one of so many.
    """

    area: str
    name: str
    wanted: tuple[float, float]
    measure: Measure
    planted: bool = False
    dear: int = 1

    def holds(self, measured: Measured) -> bool:
        """Whether the value lies in the wanted range, as far as this many worlds can tell."""
        low, high = self.wanted
        return low - 2 * measured.error <= measured.value <= high + 2 * measured.error


def rate(hits: ArrayLike) -> Measured:
    """The share of worlds in which something held: booleans `[replications]`."""
    found = np.asarray(hits, dtype=np.float64)
    share, worlds = float(found.mean()), len(found)
    # With one hit and one miss more, so that 300 hits of 300 don't claim an error of 0.
    known = (found.sum() + 1) / (worlds + 2)
    return Measured(share, float(np.sqrt(known * (1 - known) / worlds)), worlds)


def held(numbers: Sequence[Number], truth: float) -> Measured:
    """The share of intervals that hold the truth; what is undefined holds nothing."""
    return rate([isinstance(number, Estimate) and number.low <= truth <= number.high for number in numbers])
