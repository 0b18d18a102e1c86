"""Every verdict at every line: against the definitions, and at the lines themselves."""

import itertools

import pytest

from farfield.findings import Verdict
from farfield.findings.model import judge
from farfield.stats import Estimate, Number, Undefined

MARGIN = 0.05
STEPS = (-0.3, -0.05, -0.04, 0.0, 0.04, 0.05, 0.3)
INTERVALS = [(low, high) for low, high in itertools.product(STEPS, STEPS) if low <= high]
JUST = 1e-9


def between(low: float, high: float) -> Estimate:
    return Estimate((low + high) / 2, low, high, 100, "bca", 0.90)


def carries(gain: Estimate) -> bool:
    return gain.low > 0


def does_no_harm(gain: Estimate) -> bool:
    return gain.low > -MARGIN


def drop_is_inside(drop: Number | None) -> bool:
    return isinstance(drop, Estimate) and drop.low > -MARGIN and drop.high < MARGIN


@pytest.mark.parametrize(
    ("low", "high", "expected"),
    [
        (JUST, 0.2, Verdict.carries),
        (0.0, 0.2, Verdict.no_harm),  # a bound on the line is not above it
        (-MARGIN + JUST, 0.2, Verdict.no_harm),
        (-MARGIN + JUST, 0.0, Verdict.no_harm),
        (-MARGIN, 0.2, Verdict.cant_tell),
        (-MARGIN, 0.0, Verdict.cant_tell),
        (-0.2, 0.0, Verdict.cant_tell),  # an upper bound on the line is not below it
        (-0.2, -JUST, Verdict.no),
        (-0.2, -MARGIN, Verdict.no),
        (-0.2, -MARGIN - JUST, Verdict.harms),
        (-0.2, 0.2, Verdict.cant_tell),
        (-1.0, 1.0, Verdict.cant_tell),
    ],
)
def test_the_bounds_of_a_gain_decide(low: float, high: float, expected: Verdict) -> None:
    assert judge(between(low, high), None, MARGIN) is expected


@pytest.mark.parametrize(
    ("low", "high", "expected"),
    [
        (-MARGIN + JUST, MARGIN - JUST, Verdict.carries_fully),
        (0.0, 0.0, Verdict.carries_fully),
        (-MARGIN, MARGIN - JUST, Verdict.carries),
        (-MARGIN + JUST, MARGIN, Verdict.carries),
        (0.1, 0.2, Verdict.carries),  # it carries, with a loss on the way
        (-0.2, -0.1, Verdict.carries),  # more is gained here than at home: not the same gain either
        (-1.0, 1.0, Verdict.carries),
    ],
)
def test_a_gain_carries_fully_when_its_drop_is_inside_the_margin(low: float, high: float, expected: Verdict) -> None:
    assert judge(between(0.1, 0.3), between(low, high), MARGIN) is expected


@pytest.mark.parametrize("drop", [None, Undefined("no rows")])
def test_without_a_drop_nothing_carries_fully(drop: Number | None) -> None:
    assert judge(between(0.1, 0.3), drop, MARGIN) is Verdict.carries


@pytest.mark.parametrize("drop", [None, Undefined("no rows"), between(-0.01, 0.01)])
def test_a_gain_that_is_undefined_says_nothing(drop: Number | None) -> None:
    assert judge(Undefined("no rows"), drop, MARGIN) is Verdict.cant_tell


def test_a_small_drop_makes_no_gain() -> None:
    assert judge(between(-0.2, 0.2), between(-0.01, 0.01), MARGIN) is Verdict.cant_tell
    assert judge(between(-0.3, -0.2), between(-0.01, 0.01), MARGIN) is Verdict.harms


def test_verdicts_on_a_grid_agree_with_the_definitions() -> None:
    drops: list[Number | None] = [None, Undefined("no rows"), *(between(*ends) for ends in INTERVALS)]
    seen = set()
    for ends, drop in itertools.product(INTERVALS, drops):
        gain = between(*ends)
        verdict = judge(gain, drop, MARGIN)
        seen.add(verdict)
        assert (verdict in (Verdict.carries, Verdict.carries_fully)) == carries(gain)
        assert (verdict is Verdict.carries_fully) == (carries(gain) and drop_is_inside(drop))
        assert (verdict in (Verdict.no, Verdict.harms)) == (gain.high < 0)
        assert (verdict is Verdict.harms) == (gain.high < -MARGIN)
        if verdict is Verdict.no_harm:
            assert does_no_harm(gain)
        if verdict is Verdict.cant_tell:
            assert not does_no_harm(gain)
    assert seen == set(Verdict)


@pytest.mark.parametrize("margin", [0.01, 0.02, 0.05, 0.2])
def test_the_line_of_harm_moves_with_the_margin(margin: float) -> None:
    assert judge(between(-margin + JUST, 0.5), None, margin) is Verdict.no_harm
    assert judge(between(-margin - JUST, 0.5), None, margin) is Verdict.cant_tell
    assert judge(between(-0.9, -margin + JUST), None, margin) is Verdict.no
    assert judge(between(-0.9, -margin - JUST), None, margin) is Verdict.harms
