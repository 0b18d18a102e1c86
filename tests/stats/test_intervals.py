import math

import numpy as np
import pytest
from scipy.stats import beta, binomtest

from farfield.stats import Estimate, Undefined, apart, bootstrap_mean, wilson
from tests.findings.frames import defined


@pytest.mark.parametrize(("successes", "n"), [(0, 1), (1, 1), (0, 250), (3, 7), (137, 250), (250, 250)])
@pytest.mark.parametrize("level", [0.8, 0.95, 0.99])
def test_wilson_equals_scipy(successes: int, n: int, level: float) -> None:
    number = wilson(successes, n, level=level)
    assert isinstance(number, Estimate)
    expected = binomtest(successes, n).proportion_ci(level, method="wilson")
    assert (number.low, number.high) == pytest.approx((expected.low, expected.high), abs=1e-12)
    assert (number.value, number.n, number.method, number.level) == (successes / n, n, "wilson", level)


def test_wilson_without_rows_is_undefined() -> None:
    assert wilson(0, 0) == Undefined("no rows", 0)


@pytest.mark.parametrize(("successes", "n"), [(-1, 3), (4, 3), (1, 0)])
def test_wilson_refuses_impossible_counts(successes: int, n: int) -> None:
    with pytest.raises(ValueError, match=r"0\.\.n"):
        wilson(successes, n)


@pytest.mark.parametrize("level", [0, 1, 95])
def test_a_level_is_a_probability(level: float) -> None:
    with pytest.raises(ValueError, match="level"):
        wilson(1, 2, level=level)


@pytest.mark.parametrize("n", [1, 10, 250])
def test_equal_scores_at_the_end_of_the_scale_get_clopper_and_pearsons_interval(n: int) -> None:
    number = bootstrap_mean(np.ones(n), rng=np.random.default_rng(0), bounds=(0, 1))
    assert isinstance(number, Estimate)
    assert number.low == pytest.approx(beta.ppf(0.025, n, 1))
    assert (number.value, number.high, number.method) == (1, 1, "unseen-mass")


def test_equal_differences_leave_room_on_both_sides() -> None:
    number = bootstrap_mean(np.zeros(250), rng=np.random.default_rng(0), bounds=(-1, 1), level=0.9)
    assert isinstance(number, Estimate)
    room = 1 - 0.05 ** (1 / 250)
    assert (number.low, number.value, number.high) == pytest.approx((-room, 0, room))


def test_the_interval_for_equal_rows_covers_the_rare_other_row() -> None:
    # The worst case: rows are 0 but for a share of 1s that is just as large as the interval admits.
    n, level = 50, 0.95
    edge = 1 - 0.025 ** (1 / n)
    all_zero = (1 - (edge + 1e-9)) ** n
    assert all_zero <= (1 - level) / 2
    assert math.isclose((1 - edge) ** n, 0.025)


def test_two_samples_differ_by_newcombes_tenth_method() -> None:
    # Newcombe (1998), table II: 56/70 against 48/80, method 10.
    found = apart(defined(wilson(56, 70)), defined(wilson(48, 80)))
    assert (found.value, found.low, found.high) == pytest.approx((0.2, 0.0524, 0.3339), abs=5e-5)
    with pytest.raises(ValueError, match="different levels"):
        apart(defined(wilson(1, 2)), defined(wilson(1, 2, level=0.9)))
