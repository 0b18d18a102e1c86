"""How many rows a question needs."""

import math

from farfield.stats.estimate import Undefined, normal_quantile


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


def detectable_difference(n: int, *, disagree: float, level: float = 0.95, power: float = 0.8) -> float:
    """The smallest true difference of two arms' accuracies that n shared rows will likely show.

    Solves n = (z_level' sqrt(d) + z_power sqrt(d - D^2))^2 / D^2 for D, the sample size of McNemar's test
    (Connor 1987, Biometrics 43:207), two-sided; the arms are taken to disagree on a share d of the rows.

    Args:
        n: rows that both arms answer.
        disagree: share of rows that only one arm gets right.
        level: confidence of the two-sided test.
        power: the chance to see the difference.

    Returns:
        D in (0, disagree], as a share; `disagree` itself where n is too small for anything less.
    """
    z_level, z_power = normal_quantile((1 + level) / 2), normal_quantile(power)

    def rows(difference: float) -> float:
        spread = z_level * math.sqrt(disagree) + z_power * math.sqrt(disagree - difference**2)
        return (spread / difference) ** 2

    low, high = 1e-9, disagree
    if n <= rows(high):
        return disagree
    for _ in range(60):  # rows() falls as the difference grows: halve the bracket
        middle = (low + high) / 2
        low, high = (low, middle) if rows(middle) <= n else (middle, high)
    return high
