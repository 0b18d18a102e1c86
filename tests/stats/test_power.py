import numpy as np
import pytest
from statsmodels.stats.power import NormalIndPower

from farfield.stats import Undefined, detectable_difference, mcnemar, rows_needed


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


@pytest.mark.parametrize(("n", "disagree"), [(250, 0.2), (2500, 0.2), (800, 0.35)])
def test_the_detectable_difference_is_seen_about_as_often_as_asked(n: int, disagree: float) -> None:
    difference = detectable_difference(n, disagree=disagree)
    only_a, only_b = (disagree + difference) / 2, (disagree - difference) / 2
    tables = np.random.default_rng(0).multinomial(n, [only_a, only_b, 1 - disagree], size=2000)
    seen = np.mean([mcnemar(int(a), int(b)).mid_p < 0.05 for a, b, _ in tables])
    assert seen == pytest.approx(0.8, abs=0.03)


def test_too_few_rows_show_nothing_less_than_all_disagreement() -> None:
    assert detectable_difference(3, disagree=0.2) == 0.2
    assert detectable_difference(500, disagree=0.2) > detectable_difference(5000, disagree=0.2)
