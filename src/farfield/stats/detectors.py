"""Detectors of a change: they ring late or early, but on average not more often than was agreed.

An e-detector adds up e-processes that begin at every row. At any moment, however chosen, it is expected to be no
larger than the number of rows so far, as long as nothing has changed; so the average number of rows to a false alarm
at height h is at least h (Shin, Ramdas & Rinaldo 2023, E-detectors: a nonparametric framework for sequential change
detection, arXiv 2203.03532).

Which alarm to use: an e-process (`sequential.py`) promises that *ever* ringing falsely has a small probability, and so
grows deaf to late harms, if slowly; a detector never grows deaf, and so *will* ring falsely one day, on average after
the agreed number of rows. Take the first where each alarm is dear (a rollback, a halt), the second where a change may
come after years and a false alarm now and then is borne.
"""

from dataclasses import dataclass, replace
from typing import Literal, Self, TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray

from farfield.stats.bets import Alternative, Bets, Stored, bets_against, checked_rows, column, grown
from farfield.stats.estimate import Bounds
from farfield.stats.resampling import FloatArray

__all__ = ["DetectorKind", "EDetector", "e_detector"]

DetectorKind: TypeAlias = Literal["shiryaev-roberts", "cusum"]
"""The sum over all beginnings, or the largest."""


@dataclass(frozen=True, slots=True, eq=False)
class EDetector(Stored):
    """A detector of a change, as a value: begin with `e_detector`, go on with `update`, and after an alarm anew.

    Attributes:
        bets: the claim that holds before the change, and the bets against it.
        detector: how beginnings are put together.
        n: rows seen.
        capital: `[bets, *streams]`, over all beginnings.
        peak: `[*streams]`, the greatest height so far.
    """

    bets: Bets
    detector: DetectorKind
    n: int
    capital: FloatArray
    peak: FloatArray

    def follow(self, values: ArrayLike) -> tuple[Self, FloatArray]:
        """Watches further rows.

        With a bet's pay L of a row, Shiryaev-Roberts is M <- (M + 1) L and CUSUM M <- max(M, 1) L, averaged over bets
        by their shares (arXiv 2203.03532: baseline increments and their mixtures).

        Args:
            values: `[*streams, rows]`, in the order in which they came.

        Returns:
            The new state, and the height after each row: `[*streams, rows]`.

        Raises:
            ValueError: values of another shape, not finite, or outside the bounds.
        """
        rows = checked_rows(values, self.bets.bounds, self.peak.shape)
        shares = column(self.bets.shares, self.capital.ndim)
        combined = np.add if self.detector == "shiryaev-roberts" else np.maximum

        def join(capital: FloatArray, _: int) -> FloatArray:
            return np.asarray(combined(capital, shares))

        capital, totals = grown(self.bets, self.capital, rows, join)
        peak = np.maximum(self.peak, totals.max(axis=0, initial=0.0))
        return replace(self, n=self.n + len(rows), capital=capital, peak=peak), np.moveaxis(totals, 0, -1)

    def update(self, values: ArrayLike) -> Self:
        """The state after further rows `[*streams, rows]`; in one batch or in many, it is the same to the last bit."""
        return self.follow(values)[0]

    def rings(self, average_run_length: float) -> NDArray[np.bool_]:
        """`[*streams]`: whether it ever reached the height at which false alarms are so many rows apart on average."""
        return np.asarray(self.peak >= average_run_length)


def e_detector(
    threshold: float,
    *,
    detector: DetectorKind = "shiryaev-roberts",
    bounds: Bounds = (0, 1),
    alternative: Alternative = "greater",
    streams: tuple[int, ...] = (),
) -> EDetector:
    """A detector that has seen no row.

    Args:
        threshold: before the change every row's mean, given the rows before it, lies at or below it (`greater`), at
            or above it (`less`), or on it (`two-sided`).
        detector: Shiryaev-Roberts rings earlier at the same promise; CUSUM rings more rarely than promised.
        bounds: the least and the greatest value of a row.
        alternative: what is suspected after the change.
        streams: shape of many detectors side by side, for simulation.

    Raises:
        ValueError: the threshold doesn't lie strictly between the bounds, or there is no such detector.
    """
    if detector not in ("shiryaev-roberts", "cusum"):
        raise ValueError(f"detector must be shiryaev-roberts or cusum, not {detector!r}")
    bets = bets_against(threshold, bounds, alternative)
    return EDetector(bets, detector, 0, np.zeros((len(bets.slopes), *streams)), np.zeros(streams))
