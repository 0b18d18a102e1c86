"""Alarms and intervals that may be looked at after every row, over 10,000 rows."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache, partial
from typing import TypeAlias, get_args

import numpy as np

from bench.simulate.alarms import Draw, knowing, rows_of_rate, rows_to_alarm
from bench.simulate.case import Case, Measured, rate
from farfield.stats import (
    Alternative,
    Bounds,
    DetectorKind,
    EProcess,
    Estimate,
    FloatArray,
    MeanSequence,
    assigned_differences,
    e_detector,
    e_process,
)
from farfield.stats.sequences import asymptotic_half_width

__all__ = ["CASES"]

LOOKS, ALPHA = 10_000, 0.05
RUN = 1_000  # rows between false alarms that detectors are asked for
DAY = 100  # rows between looks of what is too slow, or too wrong, to be looked at after each

Law: TypeAlias = Callable[[np.random.Generator, int], Draw]
Middle: TypeAlias = Callable[[FloatArray], float]


def _rate(of: float) -> Law:
    return lambda rng, streams: rows_of_rate(rng, streams, of)


def _scores(rng: np.random.Generator, streams: int) -> Draw:
    return lambda _, rows: rng.beta(2.0, 6.0, (streams, rows))


def _after_each_other(rng: np.random.Generator, streams: int) -> Draw:
    """Rate 0.10 after a 0 and 0.02 after a 1: no row's mean is above 0.10, and they are not independent."""
    before = np.zeros(streams)

    def draw(_: int, rows: int) -> FloatArray:
        values = np.empty((streams, rows))
        for i in range(rows):
            before[:] = rng.random(streams) < np.where(before == 1, 0.02, 0.10)
            values[:, i] = before
        return values

    return draw


def _paired(only_a: float, only_b: float) -> Law:
    """Differences of two arms' 0/1 scores on the same rows."""

    def law(rng: np.random.Generator, streams: int) -> Draw:
        def draw(_: int, rows: int) -> FloatArray:
            drawn = rng.random((streams, rows), dtype=np.float32)
            return (drawn < only_a).astype(np.float64) - (drawn > 1 - only_b)

        return draw

    return law


def _assigned(better: float) -> Law:
    """Two arms whose errors swing between 0.05 and 0.15 alike, with rows of their own, two thirds of them a's."""

    def law(rng: np.random.Generator, streams: int) -> Draw:
        def draw(start: int, rows: int) -> FloatArray:
            in_a = rng.random((streams, rows), dtype=np.float32) < 2 / 3
            rates = 0.10 + 0.05 * np.sin(np.arange(start, start + rows) / 200) + better * in_a
            scores = rng.random((streams, rows), dtype=np.float32) < rates
            return assigned_differences(scores, in_a, share=2 / 3, usual=0.1)[0]

        return draw

    return law


ASSIGNED: Bounds = assigned_differences([0.0], [True], share=2 / 3, usual=0.1)[1]


@dataclass(frozen=True, slots=True)
class World:
    """A law of rows of which no row's mean, given those before it, lies beyond one that is known."""

    name: str
    law: Law
    mean: float
    bounds: Bounds = (0, 1)
    suspected: Alternative = "greater"


TENTH = World("errors of 0.10", _rate(0.10), 0.10)
SCORES = World("scores of mean 0.25", _scores, 0.25, suspected="less")

NULLS = (
    TENTH,
    SCORES,
    World("errors of 0.05 below a threshold of 0.10", _rate(0.05), 0.10),
    World("errors of 0.5", _rate(0.5), 0.5),
    World("errors of 0.02, two-sided", _rate(0.02), 0.02, suspected="two-sided"),
    World("errors that follow on each other", _after_each_other, 0.10),
    World("arms without difference on the same rows", _paired(0.1, 0.1), 0.0, (-1, 1)),
    World("an arm worse by just the margin of 0.02", _paired(0.09, 0.11), -0.02, (-1, 1)),
    World("arms without difference on rows of their own", _assigned(0.0), 0.0, ASSIGNED),
)

# Here the mean is the same for all rows.
STEADY = (
    SCORES,
    World("errors of 0.02", _rate(0.02), 0.02),
    World("errors of 0.5", _rate(0.5), 0.5),
    World("a difference of 0.05 on the same rows", _paired(0.10, 0.05), 0.05, (-1, 1)),
    World("a difference of 0.03 on rows of their own", _assigned(0.03), 0.03, ASSIGNED),
)


def _false_alarms(world: World, replications: int, rng: np.random.Generator) -> Measured:
    begin = e_process(world.mean, bounds=world.bounds, alternative=world.suspected, late=0.5, streams=(replications,))
    return rate(rows_to_alarm(begin, world.law(rng, replications), 1 / ALPHA, LOOKS) <= LOOKS)


def _daily_test(replications: int, rng: np.random.Generator) -> Measured:
    """The usual one-sided test of a rate, looked at every day until it rings."""
    errors = rng.binomial(DAY, 0.10, (replications, LOOKS // DAY)).cumsum(axis=1)
    n = DAY * np.arange(1, LOOKS // DAY + 1)
    return rate((errors / n - 0.10 > 1.6449 * np.sqrt(0.10 * 0.90 / n)).any(axis=1))


def _peeking(replications: int, rng: np.random.Generator) -> Measured:
    """A gambler who estimates each bet from the rows so far, that very row included."""
    rows = rows_of_rate(rng, replications, 0.10)(0, 1_000)
    estimates = rows.cumsum(axis=1) / np.arange(1, 1_001)
    bets = np.clip((estimates - 0.10) / (0.10 * 0.90), 0, 5)
    return rate((np.log1p(bets * (rows - 0.10)).cumsum(axis=1) >= np.log(1 / ALPHA)).any(axis=1))


def _detector_for_ever(replications: int, rng: np.random.Generator) -> Measured:
    """A detector read as if its height bounded the probability of ever ringing falsely."""
    begin = e_detector(0.10, streams=(replications,))
    return rate(rows_to_alarm(begin, rows_of_rate(rng, replications, 0.10), 1 / ALPHA, LOOKS) <= LOOKS)


def _run_length(detector: DetectorKind, world: World, replications: int, rng: np.random.Generator) -> Measured:
    """Rows to a false alarm over those promised; runs are cut at the last look, which makes them shorter."""
    begin = e_detector(world.mean, detector=detector, alternative=world.suspected, streams=(replications,))
    taken = rows_to_alarm(begin, world.law(rng, replications), RUN, LOOKS).clip(max=LOOKS) / RUN
    return Measured(float(taken.mean()), float(taken.std() / np.sqrt(replications)), replications)


def _covers(world: World, replications: int, rng: np.random.Generator) -> Measured:
    """Whether the betting interval holds the mean after every row: whether neither side's bets refute it."""
    draw = world.law(rng, replications)
    above = e_process(world.mean, bounds=world.bounds, streams=(replications,))
    below = e_process(world.mean, bounds=world.bounds, alternative="less", streams=(replications,))
    for start in range(0, LOOKS, DAY):
        values = draw(start, DAY)
        above, below = above.update(values), below.update(values)
    return rate(~(above.rings(ALPHA / 2) | below.rings(ALPHA / 2)))


def _covers_at_looks(replications: int, rng: np.random.Generator) -> Measured:
    """The same from the intervals themselves, at 20 looks."""

    @cache
    def holds(errors: int, n: int) -> bool:
        number = MeanSequence((0, 1), (0.0, 1.0), (n - errors, errors)).estimate(1 - ALPHA)
        return isinstance(number, Estimate) and number.low <= 0.10 <= number.high

    errors = rng.binomial(LOOKS // 20, 0.10, (replications, 20)).cumsum(axis=1)
    looks = LOOKS // 20 * np.arange(1, 21)
    return rate([all(holds(*look) for look in zip(of.tolist(), looks.tolist(), strict=True)) for of in errors])


def _sums(replications: int, rng: np.random.Generator) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Skewed rows of mean 1 without an upper bound: rows, means and standard deviations so far at daily looks."""
    n = DAY * np.arange(1, LOOKS // DAY + 1)
    rows = [rng.gamma(1.0, 1.0, (replications, DAY)) for _ in n]
    means = np.stack([day.sum(axis=1) for day in rows], axis=1).cumsum(axis=1) / n
    squares = np.stack([(day**2).sum(axis=1) for day in rows], axis=1).cumsum(axis=1) / n
    return n.astype(np.float64), means, np.sqrt(squares - means**2)


def _asymptotic_covers(replications: int, rng: np.random.Generator) -> Measured:
    n, means, deviations = _sums(replications, rng)
    half = asymptotic_half_width(n, tightest_at=500, level=1 - ALPHA) * deviations
    return rate((np.abs(means - 1) <= half)[:, 4:].all(axis=1))  # the first look is at 500 rows


def _daily_interval(replications: int, rng: np.random.Generator) -> Measured:
    """The usual 95 % interval of a mean, looked at every day."""
    n, means, deviations = _sums(replications, rng)
    return rate((np.abs(means - 1) <= 1.96 * deviations / np.sqrt(n)).all(axis=1))


def _delay(
    rates: tuple[float, float], late: float, of: Middle, replications: int, rng: np.random.Generator
) -> Measured:
    """Rows to the alarm where the harm is there from the first row on."""
    usual, harmed = rates
    rows = rows_of_rate(rng, replications, harmed)(0, 2_000)
    best = knowing(usual, (harmed - usual) / (usual * (1 - usual)), replications)
    return _over_knowing(rows, e_process(usual, late=late, streams=(replications,)), best, of, rng)


def _found(replications: int, rng: np.random.Generator) -> Measured:
    """Rows that show one arm to be better by 5 points on the same rows."""
    rows, bounds = _paired(0.10, 0.05)(rng, replications)(0, 4_000), (-1, 1)
    best = knowing(0, 1 / 3, replications, bounds)  # of 15 rows on which they differ it wins 10
    return _over_knowing(rows, e_process(0, bounds=bounds, streams=(replications,)), best, np.mean, rng)


def _over_knowing(rows: FloatArray, tested: EProcess, best: EProcess, of: Middle, rng: np.random.Generator) -> Measured:
    """Rows to the alarm over those of the test that knows what is true, with the bootstrap error of the ratio."""
    horizon, streams = rows.shape[1], len(rows)

    def draw(start: int, n: int) -> FloatArray:
        return rows[:, start : start + n]

    taken = [rows_to_alarm(begin, draw, 1 / ALPHA, horizon).astype(np.float64) for begin in (tested, best)]
    resampled = [[of(one[drawn]) for one in taken] for drawn in rng.integers(streams, size=(100, streams))]
    ratios = np.array([first / second for first, second in resampled])
    return Measured(float(of(taken[0]) / of(taken[1])), float(ratios.std()), streams)


def _cases() -> Iterator[Case]:
    case = partial(Case, "sequential")
    for world in NULLS:
        yield case(f"false alarms in 10,000 looks: {world.name}", (0, ALPHA), partial(_false_alarms, world))
    yield case("false alarms in 100 daily looks: the usual test of a rate", (0, ALPHA), _daily_test, planted=True)
    yield case("false alarms in 1,000 looks: bets that peek at their row", (0, ALPHA), _peeking, planted=True)
    yield case("false alarms in 10,000 looks: a detector at 1 / alpha", (0, ALPHA), _detector_for_ever, planted=True)
    for detector in get_args(DetectorKind):
        for world in (TENTH, SCORES):
            told = f"rows to a false alarm over those promised: {detector}, {world.name}"
            yield case(told, (1, LOOKS / RUN), partial(_run_length, detector, world))
    for world in STEADY:
        yield case(f"holds the mean after each of 10,000 rows: {world.name}", (1 - ALPHA, 1), partial(_covers, world))
    yield case("holds the mean at 20 looks: errors of 0.10, the interval itself", (1 - ALPHA, 1), _covers_at_looks)
    yield case("holds the mean at daily looks: asymptotic, skewed rows", (1 - ALPHA, 1), _asymptotic_covers)
    yield case("holds the mean at daily looks: the usual interval", (1 - ALPHA, 1), _daily_interval, planted=True)
    for rates in ((0.05, 0.15), (0.10, 0.20), (0.20, 0.30)):
        for late in (0.0, 0.5):
            for name, of in (("median", np.median), ("mean", np.mean)):
                told = f"errors from {rates[0]:.2f} to {rates[1]:.2f}, {late:g} kept"
                measure = partial(_delay, rates, late, of)
                yield case(f"{name} rows to the alarm over those of the test that knows: {told}", (0, 1.5), measure)
    yield case("mean rows to the better arm over those of the test that knows: 5 points", (0, 1.5), _found)


CASES = tuple(_cases())
