import numpy as np
import pytest
from statsmodels.stats.power import NormalIndPower

from farfield.stats import Undefined, rows_needed


@pytest.mark.parametrize(("mean", "bound"), [(0.03, 0.0), (-0.03, 0.0), (0.0, -0.05), (0.01, -0.02)])
def test_rows_needed_equals_statsmodels_normal_power(mean: float, bound: float) -> None:
    sd, n = 0.4, 250
    expected = NormalIndPower(ddof=0).solve_power(
        effect_size=abs(mean - bound) / sd, alpha=0.05, power=0.8, ratio=0, alternative="larger"
    )
    assert rows_needed(mean, sd, n, bound=bound) == max(0, int(np.ceil(expected)) - n)


def test_rows_in_hand_can_be_enough() -> None:
    assert rows_needed(0.5, 0.1, 250) == 0


@pytest.mark.parametrize(
    ("mean", "sd", "n"), [(0.1, 0.0, 250), (0.0, 0.4, 250), (0.1, 0.4, 1), (float("nan"), 0.4, 9)]
)
def test_what_no_number_of_rows_settles_is_undefined(mean: float, sd: float, n: int) -> None:
    assert isinstance(rows_needed(mean, sd, n), Undefined)
