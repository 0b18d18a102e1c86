"""Tests that may be looked at after every row: e-processes for means, and for the difference of two arms.

An e-process is the capital of a gambler who bets against a claim (`bets.py`). It begins with 1, and where the claim is
true its expectation is at most 1 at every moment, however that moment was chosen. By Ville's inequality (Ville 1939;
Ramdas et al. 2023, Statistical Science 38, arXiv 2210.01948) it then *ever* reaches 1/alpha with probability at most
alpha. So looking daily is no sin, and stopping, going on or topping up with rows needs no plan.

What is claimed is claimed of each row given the rows before it, which asks neither for independence nor for equal
distributions; but the order of rows, and which rows there are, must not depend on what they say.
"""

import math
from dataclasses import dataclass, replace
from typing import Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from farfield.stats.bets import Alternative, Bets, Stored, bets_against, checked_rows, column, grown, total
from farfield.stats.estimate import Bounds
from farfield.stats.resampling import FloatArray

__all__ = ["EProcess", "assigned_differences", "e_process"]


@dataclass(frozen=True, slots=True, eq=False)
class EProcess(Stored):
    """The capital of bets against a claim about a mean, as a value: begin with `e_process`, go on with `update`.

    Attributes:
        bets: the claim, and the bets against it.
        late: the share of the capital that is kept for harms that begin later.
        n: rows seen.
        capital: `[bets, *streams]`, what each bet has of the capital that is staked.
        peak: `[*streams]`, the largest e-value so far.
    """

    bets: Bets
    late: float
    n: int
    capital: FloatArray
    peak: FloatArray

    def follow(self, values: ArrayLike) -> tuple[Self, FloatArray]:
        """Bets on further rows.

        Args:
            values: `[*streams, rows]`, in the order in which they came.

        Returns:
            The new state, and the e-value after each row: `[*streams, rows]`.

        Raises:
            ValueError: values of another shape, not finite, or outside the bounds.
        """
        rows = checked_rows(values, self.bets.bounds, self.peak.shape)
        shares = column(self.bets.shares, self.capital.ndim)
        kept = [self._kept(self.n + i) for i in range(len(rows) + 1)]

        def join(capital: FloatArray, i: int) -> FloatArray:
            return capital + (kept[i] - kept[i + 1]) * shares

        capital, totals = grown(self.bets, self.capital, rows, join)
        totals += column(kept[1:], totals.ndim)
        peak = np.maximum(self.peak, totals.max(axis=0, initial=0.0))
        return replace(self, n=self.n + len(rows), capital=capital, peak=peak), np.moveaxis(totals, 0, -1)

    def update(self, values: ArrayLike) -> Self:
        """The state after further rows `[*streams, rows]`; in one batch or in many, it is the same to the last bit."""
        return self.follow(values)[0]

    @property
    def e_value(self) -> FloatArray:
        """`[*streams]`: the capital now. At 20 the claim is refuted at the 5 % level; 1 or less speaks for nothing."""
        return np.asarray(total(self.capital) + self._kept(self.n))

    @property
    def p_value(self) -> FloatArray:
        """`[*streams]`: 1 / the largest e-value so far; a p-value at every moment, however that was chosen."""
        return np.asarray(1 / self.peak)

    def rings(self, alpha: float) -> NDArray[np.bool_]:
        """`[*streams]`: whether the claim was refuted at this level at any moment so far."""
        return np.asarray(self.p_value <= alpha)

    def _kept(self, n: int) -> float:
        """What is not staked yet after n rows: all of it before the first one."""
        return self.late / (1 + math.log(n)) if n else 1.0


def e_process(
    threshold: float,
    *,
    bounds: Bounds = (0, 1),
    alternative: Alternative = "greater",
    late: float = 0.0,
    streams: tuple[int, ...] = (),
) -> EProcess:
    """An e-process that has seen no row.

    - *An error rate above 10 %*: `e_process(0.10)`, rows of 0 and 1.
    - *Arm a better than arm b* on the same rows: `e_process(0, bounds=(-1, 1))`, rows a - b.
    - *Not worse by more than 2 points*: `e_process(-0.02, bounds=(-1, 1))`, the same rows.
    - *Arms that got different rows*: the rows and bounds of `assigned_differences`.

    Args:
        threshold: see `alternative`.
        bounds: the least and the greatest value of a row.
        alternative: `greater` tests `mean <= threshold` of every row given those before it, `less` tests
            `mean >= threshold`, `two-sided` tests `mean == threshold`.
        late: a gambler who has bet for long where there was nothing to win is poor when harm begins. This share of the
            capital is therefore kept and staked bit by bit, late / (1 + log n) being left after n rows. For monitoring
            0.5, which costs an early alarm a few rows and saves a late one many; for a question that is asked once, 0.
        streams: shape of many e-processes side by side, for simulation.

    Raises:
        ValueError: the threshold doesn't lie strictly between the bounds, or late is no share.
    """
    if not 0 <= late < 1:
        raise ValueError(f"late must be a share from 0 to below 1, not {late}")
    bets = bets_against(threshold, bounds, alternative)
    return EProcess(bets, late, 0, np.zeros((len(bets.slopes), *streams)), np.ones(streams))


def assigned_differences(
    scores: ArrayLike, to_a: ArrayLike, *, share: float, usual: float, bounds: Bounds = (0, 1)
) -> tuple[FloatArray, Bounds]:
    """What each row of two arms says about their difference where a row goes to one arm only, drawn at random.

    z = (score - usual) / share on a row of arm a, and -(score - usual) / (1 - share) on one of arm b. Given the rows
    before it, the mean of z over the draw is mean(a) - mean(b), also where both change over time (Horvitz &
    Thompson 1952; in sequences Waudby-Smith et al., arXiv 2103.06476). A wrong `usual` costs rows, never validity.

    Args:
        scores: `[..., rows]`.
        to_a: `[..., rows]`, true where the row went to arm a.
        share: the probability that a row goes to arm a, fixed before it is drawn.
        usual: a score to be expected of both arms, chosen before the rows; the nearer, the fewer rows are needed.
        bounds: the least and the greatest score.

    Returns:
        z `[..., rows]`, and its bounds: what `e_process` and `MeanSequence` take.

    Raises:
        ValueError: scores and assignments differ in shape, share is no probability strictly between 0 and 1, or
            usual or a score lies outside the bounds.
    """
    given, in_a = np.asarray(scores, dtype=np.float64), np.asarray(to_a, dtype=bool)
    if given.shape != in_a.shape:
        raise ValueError(f"scores and assignments of different shapes: {given.shape} and {in_a.shape}")
    if not 0 < share < 1:
        raise ValueError(f"share must lie strictly between 0 and 1, not {share}")
    if not (bounds[0] <= usual <= bounds[1] and np.all((given >= bounds[0]) & (given <= bounds[1]))):
        raise ValueError(f"a score, or the usual one, outside the bounds {bounds}")
    most = max(usual - bounds[0], bounds[1] - usual) / min(share, 1 - share)
    return np.where(in_a, (given - usual) / share, (usual - given) / (1 - share)), (-most, most)
