import math

import numpy as np
import pytest
from scipy.stats import binom
from statsmodels.stats.power import NormalIndPower, TTestIndPower, TTestPower
from statsmodels.stats.proportion import power_proportions_2indep

from farfield.stats import (
    Estimate,
    RowRange,
    Undefined,
    detectable_difference,
    detectable_mean,
    detectable_unpaired,
    mcnemar,
    rows_needed,
    rows_range,
)


@pytest.mark.parametrize(("mean", "bound"), [(0.03, 0.0), (-0.03, 0.0), (0.0, -0.05), (0.01, -0.02)])
def test_rows_needed_equals_statsmodels_normal_power(mean: float, bound: float) -> None:
    sd, n = 0.4, 250
    expected = NormalIndPower(ddof=0).solve_power(
        effect_size=abs(mean - bound) / sd, alpha=0.05, power=0.8, ratio=0, alternative="larger"
    )
    assert rows_needed(mean, sd, n, bound=bound) == max(0, int(np.ceil(expected)) - n)


def test_rows_in_hand_can_be_enough() -> None:
    assert rows_needed(0.5, 0.1, 250) == 0


@pytest.mark.parametrize(("mean", "sd", "n"), [(0.1, 0.0, 250), (0.0, 0.4, 250), (0.1, 0.4, 1), (float("nan"), 0.4, 9)])
def test_what_no_number_of_rows_settles_is_undefined(mean: float, sd: float, n: int) -> None:
    assert isinstance(rows_needed(mean, sd, n), Undefined)


@pytest.mark.parametrize(("n", "disagree"), [(30, 0.5), (100, 0.1), (250, 0.2)])
@pytest.mark.parametrize("level", [0.9, 0.95])
def test_the_detectable_difference_is_seen_exactly_as_often_as_asked(n: int, disagree: float, level: float) -> None:
    difference = detectable_difference(n, disagree=disagree, level=level)
    better = (1 + difference / disagree) / 2
    seen = 0.0
    for discordant in range(1, n + 1):
        for wins in range(discordant // 2 + 1, discordant + 1):
            if mcnemar(wins, discordant - wins).mid_p <= 1 - level:
                seen += binom.pmf(discordant, n, disagree) * binom.sf(wins - 1, discordant, better)
                break
    assert seen == pytest.approx(0.8, abs=1e-6)


@pytest.mark.parametrize(("n", "other", "rate"), [(100, 100, 0.7), (250, 500, 0.8), (1000, 300, 0.5)])
def test_the_detectable_gain_of_two_samples_is_statsmodels(n: int, other: int, rate: float) -> None:
    gain = detectable_unpaired(n, other, rate=rate)
    assert isinstance(gain, float)
    power = power_proportions_2indep(gain, rate, n, ratio=other / n, alpha=0.05).power
    assert power == pytest.approx(0.8, abs=1e-5)  # which counts the wrong side as well


@pytest.mark.parametrize(("n", "other"), [(10, None), (250, None), (30, 50)])
def test_the_detectable_mean_is_statsmodels(n: int, other: int | None) -> None:
    if other is None:
        effect = TTestPower().solve_power(nobs=n, alpha=0.05, power=0.8)
    else:
        effect = TTestIndPower().solve_power(nobs1=n, ratio=other / n, alpha=0.05, power=0.8)
    assert detectable_mean(n, 0.3, other=other) == pytest.approx(0.3 * effect, abs=1e-5)


def test_what_no_gain_would_show_is_undefined() -> None:
    assert detectable_unpaired(3, 3, rate=0.7) == Undefined("so few rows would not show even a perfect arm", 6)
    assert isinstance(detectable_mean(1, 0.3), Undefined)
    assert detectable_mean(2, 0.3) > detectable_mean(3, 0.3)  # type: ignore[operator]


def test_a_range_of_rows_runs_from_the_far_to_the_near_end() -> None:
    seen = Estimate(0.03, 0.02, 0.04, 100, "bca", 0.90)
    found = rows_range(seen, 0.03)
    wanted = [rows_needed(mean, 0.3, 100) for mean in (0.04, 0.03, 0.02)]
    assert found == RowRange(*wanted)  # type: ignore[arg-type]
    below = rows_range(Estimate(-0.03, -0.04, -0.02, 100, "bca", 0.90), 0.03)
    assert below == found


def test_an_interval_that_holds_the_line_leaves_the_number_of_rows_open() -> None:
    found = rows_range(Estimate(0.03, -0.01, 0.07, 100, "bca", 0.90), 0.03)
    assert isinstance(found, RowRange)
    assert found.most == math.inf > found.likely > found.least > 0
    on_it = rows_range(Estimate(0.0, -0.01, 0.02, 100, "bca", 0.90), 0.03)
    assert isinstance(on_it, RowRange)
    assert on_it.likely == math.inf
    assert isinstance(rows_range(Estimate(0.0, -0.01, 0.02, 100, "bca", 0.90), 0.0), Undefined)


def test_too_few_rows_show_nothing_less_than_all_disagreement() -> None:
    assert detectable_difference(3, disagree=0.2) == 0.2
    assert detectable_difference(500, disagree=0.2) > detectable_difference(5000, disagree=0.2)
