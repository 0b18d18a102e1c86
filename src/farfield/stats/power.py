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
