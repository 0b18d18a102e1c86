"""How many rows an alarm takes, over many streams side by side."""

from collections.abc import Callable
from typing import Protocol, Self, TypeAlias

import numpy as np
from numpy.typing import NDArray

from farfield.stats import EProcess, FloatArray
from farfield.stats.bets import Bets

__all__ = ["Draw", "Follower", "Rows", "knowing", "rows_of_rate", "rows_to_alarm"]

# Rows drawn at once: 4,000 streams of them are 8 MB.
_BLOCK = 250

Rows: TypeAlias = NDArray[np.int64]
Draw: TypeAlias = Callable[[int, int], FloatArray]
"""(number of the first row, how many) -> values [streams, rows]."""


class Follower(Protocol):
    """An e-process or an e-detector."""

    @property
    def peak(self) -> FloatArray:
        """[streams]."""
        ...

    def follow(self, values: FloatArray) -> tuple[Self, FloatArray]:
        """The state after further rows, and its height after each: [streams, rows]."""
        ...


def rows_to_alarm(begin: Follower, draw: Draw, height: float, horizon: int) -> Rows:
    """The row at which each stream first reaches the height, from 1; horizon + 1 where it doesn't by then."""
    state, first = begin, np.full(begin.peak.shape, horizon + 1)
    for start in range(0, horizon, _BLOCK):
        state, heights = state.follow(draw(start, min(_BLOCK, horizon - start)))
        hit = heights >= height
        new = hit.any(axis=1) & (first > horizon)
        first[new] = start + 1 + hit[new].argmax(axis=1)
        if (first <= horizon).all():
            break
    return first


def rows_of_rate(
    rng: np.random.Generator, streams: int, rate: float, *, later: float | None = None, change: int = 0
) -> Draw:
    """Rows of 0 and 1: of one rate up to row `change`, of another from there on."""

    def draw(start: int, rows: int) -> FloatArray:
        rates = np.where(np.arange(start, start + rows) < change, rate, rate if later is None else later)
        return (rng.random((streams, rows), dtype=np.float32) < rates).astype(np.float64)

    return draw


def knowing(threshold: float, slope: float, streams: int, bounds: tuple[float, float] = (0, 1)) -> EProcess:
    """The one bet that is best if the truth is known; of 0/1 rows it is the likelihood ratio (Wald's test)."""
    return EProcess(Bets(threshold, bounds, (slope,), (1.0,)), 0.0, 0, np.zeros((1, streams)), np.ones(streams))
