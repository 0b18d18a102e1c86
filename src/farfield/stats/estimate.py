"""What a computation gives back: a number with its interval, or the reason why there is none."""

from dataclasses import dataclass
from statistics import NormalDist
from typing import TypeAlias

Bounds: TypeAlias = tuple[float, float]
"""The least and the greatest value that one row can take: (0, 1) for a score, (-1, 1) for a difference."""


@dataclass(frozen=True, slots=True)
class Estimate:
    """A number with its interval and how it was made.

    Attributes:
        value: the point estimate, in the unit of what was measured.
        low: lower end of the two-sided interval.
        high: upper end of the two-sided interval.
        n: rows behind the number (rows, also where clusters were resampled).
        method: "wilson"; "score" of two proportions on the same rows; "bca"; "percentile" where the BCa correction
            does not exist; "max-t"; "crossed" where rows and seeds are both drawn; "typical-values"; "betting" and
            "asymptotic-sequence", which hold after every row at once; "unseen-mass" where all rows are equal;
            "bayesian-bootstrap" of money, assumptions drawn with the rows;
            "bounds" where the data say nothing about the spread and the interval is all that the scale allows.
        level: confidence of the interval.
    """

    value: float
    low: float
    high: float
    n: int
    method: str
    level: float = 0.95


@dataclass(frozen=True, slots=True)
class Undefined:
    """A number that can't be computed.

    Attributes:
        reason: why, as a clause that can follow "undefined:".
        n: rows there were.
    """

    reason: str
    n: int = 0


Number: TypeAlias = Estimate | Undefined


def normal_quantile(probability: float) -> float:
    """The standard normal quantile z with P(Z < z) = probability, 0 < probability < 1."""
    return NormalDist().inv_cdf(probability)


def tail(level: float) -> float:
    """The probability outside either end of a two-sided interval: 0.025 at level 0.95.

    Raises:
        ValueError: the level is no probability strictly between 0 and 1.
    """
    if not 0 < level < 1:
        raise ValueError(f"level must lie strictly between 0 and 1, not {level}")
    return (1 - level) / 2
