"""How many rows a question needs, and what a planned number of rows can show."""

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from farfield.stats.estimate import Estimate, Undefined, normal_quantile, tail
from farfield.stats.resampling import FloatArray

__all__ = [
    "RowRange",
    "detectable_difference",
    "detectable_mean",
    "detectable_unpaired",
    "rows_needed",
    "rows_range",
]


def rows_needed(
    mean: float, sd: float, n: int, *, bound: float = 0.0, level: float = 0.95, power: float = 0.8
) -> int | Undefined:
    """About how many more rows would settle on which side of a bound the mean difference lies.

    Takes what was seen (mean, sd) as the truth and asks for the rows N at which a one-sided test at this
    level sees it with this power: N = ((z_level + z_power) sd / (mean - bound))^2, the normal approximation
    (Cohen 1988, ch. 2). A first guess, as uncertain as the mean itself.

    Args:
        mean: mean of the paired differences so far.
        sd: their standard deviation.
        n: rows so far.
        bound: the line in question: 0 for a gain, -margin for harm.
        level: confidence of the one-sided bound.
        power: the chance to settle it with N rows.

    Returns:
        N - n, and 0 where the rows in hand should do.
    """
    if n < 2 or not (math.isfinite(mean) and math.isfinite(sd)):
        return Undefined("fewer than two rows show no spread to plan with", n)
    if sd <= 0:
        return Undefined("the differences show no spread to plan with", n)
    if mean == bound:
        return Undefined("the mean lies on the bound itself, which no number of rows settles", n)
    effect = abs(mean - bound) / sd
    needed = ((normal_quantile(level) + normal_quantile(power)) / effect) ** 2
    return max(0, math.ceil(needed) - n)


@dataclass(frozen=True, slots=True)
class RowRange:
    """How many more rows would likely settle a question, over all that the data allow the truth to be.

    Attributes:
        least: where the truth lies at the end of the interval that is farther from the line.
        likely: where it lies at the value itself; infinite on the line.
        most: where it lies at the nearer end; infinite where the interval holds the line.
    """

    least: float
    likely: float
    most: float


def rows_range(
    seen: Estimate, error: float, *, bound: float = 0.0, level: float = 0.95, power: float = 0.8
) -> RowRange | Undefined:
    """How many more rows would settle on which side of a bound a mean difference lies, as a range.

    `rows_needed` at the value and at both ends of its interval. This is a plan for the next rows; the chance to have
    seen what was seen ("power after the fact") says no more than its p value (Hoenig & Heisey 2001, The American
    Statistician 55, 19-24). The spread is taken as seen: n rows know it within a share of 1 / sqrt(2 n), which is
    little beside what they leave open about the mean.

    Args:
        seen: the mean difference with its interval.
        error: its standard error.
        bound: the line in question: 0 for a gain, -margin for harm.
        level: confidence of the one-sided bound.
        power: the chance to settle it with so many rows more.
    """
    sd = error * math.sqrt(seen.n)

    def more(mean: float) -> int | Undefined:
        return rows_needed(mean, sd, seen.n, bound=bound, level=level, power=power)

    near, far = sorted((seen.low, seen.high), key=lambda end: abs(end - bound))
    least, likely = more(far), more(seen.value)
    most = more(bound if seen.low <= bound <= seen.high else near)
    if isinstance(least, Undefined):
        return least
    # With a spread, and an end off the line, what is undefined lies on the line.
    return RowRange(least, *(math.inf if isinstance(rows, Undefined) else rows for rows in (likely, most)))


def detectable_difference(n: int, *, disagree: float, level: float = 0.95, power: float = 0.8) -> float:
    """The smallest true difference of two arms' accuracies that n shared rows will likely show.

    By the exact power of McNemar's two-sided mid-p test, summed over how many rows the arms disagree on; the arms are
    taken to disagree on a share d of the rows. The usual normal approximation (Connor 1987, Biometrics 43, 207) is up
    to 6 points of power off where they disagree on fewer than 20 rows.

    Args:
        n: rows that both arms answer.
        disagree: share of rows that only one arm gets right.
        level: confidence of the two-sided test.
        power: the chance to see the difference, on its right side.

    Returns:
        D in (0, disagree], as a share; `disagree` itself where n is too small for anything less.
    """
    from scipy.special import bdtr, gammaln, xlog1py, xlogy

    discordant = np.arange(1, n + 1)
    chance = np.exp(
        gammaln(n + 1) - gammaln(discordant + 1) - gammaln(n - discordant + 1)
        + xlogy(discordant, disagree) + xlog1py(n - discordant, -disagree)
    )  # fmt: skip
    most = _most_against(discordant, 1 - level)
    counted = (chance > 1e-12) & (most >= 0)
    discordant, chance, most = discordant[counted], chance[counted], most[counted]

    def excess(difference: float) -> float:
        against = (1 - difference / disagree) / 2
        return float(chance @ bdtr(most, discordant, against)) - power

    return _least(excess, disagree) or disagree


def _most_against(discordant: NDArray[np.intp], alpha: float) -> FloatArray:
    """The most discordant rows against an arm at which the mid-p test still finds it better, -1 for never."""
    from scipy.special import bdtr, bdtrik

    near = np.ceil(np.nan_to_num(bdtrik(alpha / 2, discordant, 0.5)))  # a real number; the count is at most one off
    most = np.full(len(discordant), -1.0)
    for k in (near - 1, near, near + 1):
        under = np.where(k > 0, bdtr(np.maximum(k - 1, 0), discordant, 0.5), 0)
        most = np.where((k >= 0) & (bdtr(np.maximum(k, 0), discordant, 0.5) + under <= alpha), k, most)
    return most


def detectable_unpaired(
    n: int, other: int, *, rate: float, level: float = 0.95, power: float = 0.8
) -> float | Undefined:
    """The smallest true gain over an accuracy that two arms will likely show where each answered rows of its own.

    Solves the sample size of the two-sided z test with pooled variance (Fleiss, Levin & Paik 2003, Statistical Methods
    for Rates and Proportions, ch. 4) for the gain.

    Args:
        n: rows of the better arm.
        other: rows of the other.
        rate: the other's accuracy.
        level: confidence of the two-sided test.
        power: the chance to see the gain.

    Returns:
        In (0, 1 - rate]; undefined where even a perfect arm would not be seen.
    """
    z_level, z_power = normal_quantile((1 + level) / 2), normal_quantile(power)

    def excess(gain: float) -> float:
        better, pooled = rate + gain, rate + gain * n / (n + other)
        null = pooled * (1 - pooled) * (1 / n + 1 / other)
        true = max(0.0, better * (1 - better)) / n + rate * (1 - rate) / other
        return gain - z_level * math.sqrt(null) - z_power * math.sqrt(true)

    return _least(excess, 1 - rate) or Undefined("so few rows would not show even a perfect arm", n + other)


def detectable_mean(
    n: int, sd: float, *, other: int | None = None, level: float = 0.95, power: float = 0.8
) -> float | Undefined:
    """The smallest true mean difference that n rows will likely show by Student's two-sided t test.

    Solves the power of the noncentral t distribution (Cohen 1988, ch. 2) for the difference.

    Args:
        n: rows that both arms answer; with `other`, those of the one arm.
        sd: standard deviation of the paired differences; with `other`, of either arm's scores.
        other: rows of the other arm where each answered rows of its own.
        level: confidence of the two-sided test.
        power: the chance to see the difference, on its right side.

    Returns:
        In the unit of `sd`; undefined below two rows.
    """
    from scipy.special import nctdtr, stdtrit

    freedom = n - 1 if other is None else n + other - 2
    if freedom < 1:
        return Undefined("fewer than two rows show no spread to plan with", n)
    critical = -float(stdtrit(freedom, tail(level)))
    shift = _least(lambda shift: 1 - power - float(nctdtr(freedom, shift, critical)), 3 * critical + 10)
    assert shift is not None
    return shift * sd * math.sqrt(1 / n + (0 if other is None else 1 / other))


def _least(excess: Callable[[float], float], most: float) -> float | None:
    """The least value in (0, most] at which a rising excess reaches 0; None where it doesn't."""
    from scipy.optimize import brentq

    return None if excess(most) < 0 else float(brentq(excess, 0, most))
