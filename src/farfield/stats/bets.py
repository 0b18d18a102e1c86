"""Betting against a claim about a mean: constant bets, what a row pays them, and their capital row by row.

A gambler who holds the claim `mean <= m` to be wrong puts a fraction f of the capital on every row. A row of value
x, at least `low`, pays 1 + f (x - m) / (m - low). Where the claim is true, no row pays more than 1 on average, so that
the capital can't be expected to grow, and by Ville's inequality it ever reaches 1/alpha with probability at most alpha.

The best f depends on what is true. Sharing the capital among several constant f costs at most the logarithm of the
best one's share, and nothing needs to be estimated.

Sources: Waudby-Smith & Ramdas (2024), Estimating means of bounded random variables by betting, JRSS B 86 (arXiv
2010.09686); Cover (1991), Universal portfolios, for the sharing. Why these bets: docs/decisions/betting.md.
"""

import dataclasses
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import reduce
from typing import TYPE_CHECKING, Literal, Self, TypeAlias, cast

import numpy as np
from numpy.typing import ArrayLike

from farfield.stats.estimate import Bounds
from farfield.stats.resampling import FloatArray

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

__all__ = [
    "FRACTIONS",
    "SHARES",
    "Alternative",
    "Bets",
    "Stored",
    "bets_against",
    "checked_rows",
    "column",
    "grown",
    "total",
]

Alternative: TypeAlias = Literal["greater", "less", "two-sided"]
"""What is suspected of the mean: that it lies above the threshold, below it, or anywhere but there."""

FRACTIONS = (0.9, *(2.0**-k for k in range(1, 11)))
"""What is staked on one side. 0.9 is for scores of little spread; what is below 1/64 for harms of a point and less, and
for intervals of many rows."""

SHARES = tuple(weight / 36 for weight in (2, 4, 6, 8, 6, 4, 2, 1, 1, 1, 1))
"""Of the capital, for each fraction: over half lies within a factor of two of 1/8, since a harm of ten points calls for
about that (0.11 where errors go from 0.10 to 0.20)."""

# Capital is cut here, which only lowers it: products stay finite, and no time is lost on denormal numbers.
_MOST, _LEAST = 1e200, 1e-200


@dataclass(frozen=True, slots=True)
class Bets:
    """Constant bets against a claim about a mean.

    Attributes:
        threshold: the mean that is claimed, or bounded by the claim.
        bounds: the least and the greatest value of a row.
        slopes: `[bets]`; a row of value x multiplies a bet's capital by 1 + slope (x - threshold), never below 0.
        shares: `[bets]`; each bet's share of the first capital; they sum to 1.
    """

    threshold: float
    bounds: Bounds
    slopes: tuple[float, ...]
    shares: tuple[float, ...]

    def __post_init__(self) -> None:
        _refuse_outside(self.threshold, self.bounds)
        if any(1 + slope * (end - self.threshold) < 0 for slope in self.slopes for end in self.bounds):
            raise ValueError("a bet that can lose more than it has")
        if len(self.slopes) != len(self.shares) or min(self.shares) < 0 or abs(sum(self.shares) - 1) > 1e-9:
            raise ValueError("the bets' shares must be as many as the bets, none negative, and sum to 1")


def bets_against(threshold: float, bounds: Bounds, alternative: Alternative) -> Bets:
    """The bets that farfield places: fractions from 0.9 down to 1/1024, on one side or half the capital on each.

    Args:
        threshold: `greater` bets against `mean <= threshold`, `less` against `mean >= threshold`, `two-sided` against
            `mean == threshold`.
        bounds: the least and the greatest value of a row.
        alternative: on which side of the threshold the mean is suspected.

    Raises:
        ValueError: the threshold doesn't lie strictly between the bounds, or there is no such alternative.
    """
    if alternative not in ("greater", "less", "two-sided"):
        raise ValueError(f"alternative must be greater, less or two-sided, not {alternative!r}")
    _refuse_outside(threshold, bounds)
    slopes: list[float] = []
    if alternative != "less":
        slopes += [fraction / (threshold - bounds[0]) for fraction in FRACTIONS]
    if alternative != "greater":
        slopes += [-fraction / (bounds[1] - threshold) for fraction in FRACTIONS]
    sides = len(slopes) // len(FRACTIONS)
    return Bets(threshold, bounds, tuple(slopes), tuple(share / sides for share in SHARES) * sides)


def _refuse_outside(threshold: float, bounds: Bounds) -> None:
    if not bounds[0] < threshold < bounds[1]:
        raise ValueError(f"the threshold must lie strictly between the bounds {bounds}, not {threshold}")


Join: TypeAlias = Callable[[FloatArray, int], FloatArray]
"""(capital `[bets, *streams]`, number of the next row from 0) -> the capital that is staked on that row."""


def grown(bets: Bets, capital: FloatArray, rows: FloatArray, join: Join) -> tuple[FloatArray, FloatArray]:
    """Stakes the capital on row after row.

    Each row is computed by itself, element by element, so that rows in one batch, in many or one by one give the
    same to the last bit, and so does a stream alone or among others.

    Args:
        bets: what a row pays.
        capital: `[bets, *streams]`.
        rows: `[rows, *streams]`.
        join: what is staked on a row, before it is seen.

    Returns:
        The capital after the last row, and its sum over bets after each: `[rows, *streams]`.
    """
    slopes = column(bets.slopes, capital.ndim)
    totals = np.empty_like(rows)
    for i, row in enumerate(rows):
        pays = slopes * (row - bets.threshold)
        pays += 1.0
        capital = np.multiply(pays, join(capital, i), out=pays)
        np.minimum(capital, _MOST, out=capital)
        capital[capital < _LEAST] = 0.0
        totals[i] = total(capital)
    return capital, totals


def total(capital: FloatArray) -> FloatArray:
    """Capital `[bets, *streams]` summed over bets, in one order for all shapes, which `np.sum` doesn't promise."""
    return np.asarray(reduce(np.add, capital))


def column(numbers: Sequence[float], dimensions: int) -> FloatArray:
    """Numbers `[bets]` in a shape that broadcasts with capital `[bets, *streams]` of so many dimensions."""
    return np.reshape(np.asarray(numbers, dtype=np.float64), (-1, *[1] * (dimensions - 1)))


def checked_rows(values: ArrayLike, bounds: Bounds, streams: tuple[int, ...]) -> FloatArray:
    """Values `[*streams, rows]` as rows `[rows, *streams]`.

    Raises:
        ValueError: they are of another shape, not finite, or outside the bounds.
    """
    rows = np.asarray(values, dtype=np.float64)
    if rows.ndim != len(streams) + 1 or rows.shape[:-1] != streams:
        raise ValueError(f"values must be of shape {[*streams, 'rows']}, not {list(rows.shape)}")
    if rows.size and not bounds[0] <= rows.min() <= rows.max() <= bounds[1]:  # NaN fails this too
        raise ValueError(f"values must lie within the bounds {bounds}: they go from {rows.min()} to {rows.max()}")
    return np.ascontiguousarray(np.moveaxis(rows, -1, 0))


class Stored:
    """A state of bets and arrays, a dataclass, as JSON text, from which it is restored to the last bit."""

    __slots__ = ()

    def to_json(self) -> str:
        """The state as JSON text."""
        fields = dataclasses.asdict(cast("DataclassInstance", self))
        return json.dumps({"state": type(self).__name__, **fields}, default=np.ndarray.tolist)

    @classmethod
    def from_json(cls, text: str) -> Self:
        """The state that `to_json` wrote, to the last bit.

        Raises:
            ValueError: the text is no JSON, or holds a state of another kind.
        """
        fields = json.loads(text)
        if not isinstance(fields, dict) or fields.pop("state", None) != cls.__name__:
            raise ValueError(f"not the state of an {cls.__name__}: {text[:60]}")
        low, high = fields["bets"].pop("bounds")
        slopes, shares = (tuple(fields["bets"].pop(name)) for name in ("slopes", "shares"))
        bets = Bets(bounds=(low, high), slopes=slopes, shares=shares, **fields["bets"])
        arrays = {name: np.asarray(fields[name], dtype=np.float64) for name in ("capital", "peak")}
        return cls(**{**fields, **arrays, "bets": bets})
