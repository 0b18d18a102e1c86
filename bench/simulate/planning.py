"""Plans: is what was planned for seen as often as planned, and does looking again keep the level?"""

from functools import partial

import numpy as np
from scipy.special import stdtr, stdtrit

from bench.simulate.case import Case, Measure, Measured, rate
from farfield.stats import (
    Estimate,
    RowRange,
    Undefined,
    detectable_difference,
    detectable_mean,
    detectable_unpaired,
    level_of_look,
    mcnemar,
    rows_needed,
    rows_range,
)

__all__ = ["CASES"]

_SD = 0.4
_LOOKS = (0.25, 0.5, 0.75, 1.0)


def _accuracy(n: int, disagree: float, replications: int, draws: np.random.Generator) -> Measured:
    """How often McNemar's mid-p test sees the difference that n rows are said to show."""
    gain = detectable_difference(n, disagree=disagree)
    shares = [(disagree + gain) / 2, (disagree - gain) / 2, 1 - disagree]
    tables = draws.multinomial(n, shares, size=replications)
    return rate([a > b and mcnemar(a, b).mid_p <= 0.05 for a, b, _ in tables.tolist()])


def _two_samples(n: int, other: int, share: float, replications: int, draws: np.random.Generator) -> Measured:
    """How often the z test with pooled variance sees the gain that n rows and others are said to show."""
    gain = detectable_unpaired(n, other, rate=share)
    assert not isinstance(gain, Undefined)
    a, b = draws.binomial(n, share + gain, replications), draws.binomial(other, share, replications)
    pooled = (a + b) / (n + other)
    error = np.sqrt(pooled * (1 - pooled) * (1 / n + 1 / other))
    return rate((a / n - b / other) / np.where(error > 0, error, np.inf) >= 1.959964)


def _mean(n: int, other: int | None, replications: int, draws: np.random.Generator) -> Measured:
    """How often Student's t test sees the mean difference that n rows are said to show."""
    gain = detectable_mean(n, _SD, other=other)
    assert not isinstance(gain, Undefined)
    one = draws.normal(gain, _SD, size=(replications, n))
    if other is None:
        return rate(one.mean(axis=1) / (one.std(axis=1, ddof=1) / np.sqrt(n)) >= -stdtrit(n - 1, 0.025))
    two = draws.normal(0, _SD, size=(replications, other))
    squares = one.var(axis=1) * n + two.var(axis=1) * other
    error = np.sqrt(squares / (n + other - 2) * (1 / n + 1 / other))
    return rate((one.mean(axis=1) - two.mean(axis=1)) / error >= -stdtrit(n + other - 2, 0.025))


def _needed(mean: float, replications: int, draws: np.random.Generator) -> Measured:
    """How often so many rows more settle a question of that mean."""
    more = rows_needed(mean, _SD, 100)
    assert not isinstance(more, Undefined)
    n = 100 + more
    means = draws.normal(mean, _SD / np.sqrt(n), size=replications)
    errors = _SD * np.sqrt(draws.chisquare(n - 1, size=replications) / (n - 1) / n)
    return rate(means / errors >= -stdtrit(n - 1, 0.05))


def _range(mean: float, replications: int, draws: np.random.Generator) -> Measured:
    """How often the range from 100 rows holds the number that the true mean and spread ask for."""
    true = rows_needed(mean, _SD, 100)
    assert not isinstance(true, Undefined)
    means = draws.normal(mean, _SD / 10, size=replications)
    errors = _SD / 10 * np.sqrt(draws.chisquare(99, size=replications) / 99)
    half = -stdtrit(99, 0.05) * errors
    found = []
    for seen, error, width in zip(means.tolist(), errors.tolist(), half.tolist(), strict=True):
        rows = rows_range(Estimate(seen, seen - width, seen + width, 100, "t", 0.90), error)
        found.append(isinstance(rows, RowRange) and rows.least <= true <= rows.most)
    return rate(found)


def _topped_up(levels: tuple[float, ...], replications: int, draws: np.random.Generator) -> Measured:
    """How often 100 rows of no difference, looked at four times, are found to differ at one of these levels."""
    differences = draws.normal(size=(replications, 100))
    found = np.zeros(replications, dtype=bool)
    for fraction, level in zip(_LOOKS, levels, strict=True):
        seen = differences[:, : int(100 * fraction)]
        n = seen.shape[1]
        t = np.abs(seen.mean(axis=1)) / (seen.std(axis=1, ddof=1) / np.sqrt(n))
        found |= 2 * stdtr(n - 1, -t) <= 1 - level
    return rate(found)


def _spent(replications: int, draws: np.random.Generator) -> Measured:
    return _topped_up(tuple(level_of_look(_LOOKS[: i + 1]) for i in range(4)), replications, draws)


def _case(name: str, wanted: tuple[float, float], measure: Measure, *, planted: bool = False) -> Case:
    return Case("planning", name, wanted, measure, planted)


_POWER = (0.78, 0.82)

CASES = (
    *(
        _case(
            f"accuracy, {n} shared rows, {disagree} disagree: power at the detectable difference",
            _POWER,
            partial(_accuracy, n, disagree),
        )
        for n, disagree in ((60, 0.2), (100, 0.1), (250, 0.05), (250, 0.2), (1000, 0.2))
    ),
    *(
        _case(
            f"accuracy, {n} and {other} rows, rate {share}: power at the detectable gain",
            _POWER,
            partial(_two_samples, n, other, share),
        )
        for n, other, share in ((50, 50, 0.5), (100, 100, 0.7), (250, 500, 0.8), (1000, 1000, 0.9))
    ),
    *(
        _case(f"mean, {told}: power at the detectable difference", _POWER, partial(_mean, n, other))
        for told, n, other in (("10 shared rows", 10, None), ("100 shared rows", 100, None), ("20 and 60 rows", 20, 60))
    ),
    *(
        _case(f"gain of {mean} at sd {_SD}: power after so many rows more", _POWER, partial(_needed, mean))
        for mean in (0.05, 0.1)
    ),
    _case("range of rows more: holds the true number", (0.90, 1.0), partial(_range, 0.1)),
    _case("four looks at 100 rows without a difference: found by spending", (0.0, 0.05), _spent),
    _case("four looks, each at 95 %", (0.0, 0.05), partial(_topped_up, (0.95,) * 4), planted=True),
)
