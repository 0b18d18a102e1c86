import numpy as np
import pytest
from statsmodels.stats.multitest import multipletests

from farfield.stats import (
    Estimate,
    Undefined,
    holm,
    paired_difference,
    simultaneous_difference,
    simultaneous_statistic,
)


def rng(seed: int = 0) -> np.random.Generator:
    return np.random.default_rng(seed)


@pytest.mark.parametrize("p", [[0.03], [0.01, 0.04, 0.03, 0.005], [0.5, 0.9, 1.0], [0.02, 0.02, 0.0]])
def test_holm_equals_statsmodels(p: list[float]) -> None:
    assert holm(p) == pytest.approx(multipletests(p, method="holm")[1])


def test_holm_of_no_tests_is_no_tests() -> None:
    assert holm([]).shape == (0,)


@pytest.mark.parametrize("p", [[-0.1], [1.1], [float("nan")], [[0.1]]])
def test_holm_refuses_what_is_no_p_value(p: list[float]) -> None:
    with pytest.raises(ValueError, match="p values"):
        holm(p)


def test_against_one_comparator_the_band_is_the_paired_interval() -> None:
    a, b = rng(1).random(300), rng(2).random(300)
    band = simultaneous_difference(a, [b], rng=rng(3), resamples=20_000)
    plain = paired_difference(a, b, rng=rng(3), resamples=20_000)
    assert isinstance(band, Estimate)
    assert isinstance(plain, Estimate)
    assert band.method == "max-t"
    assert band.value == pytest.approx(plain.value)
    assert (band.low, band.high) == pytest.approx((plain.low, plain.high), abs=0.004)


def test_the_value_is_the_difference_to_the_best_and_the_choice_costs_width() -> None:
    a = rng(1).random(300)
    others = [rng(i).random(300) for i in range(2, 8)]
    band = simultaneous_difference(a, others, rng=rng(9))
    best = max(others, key=lambda scores: float(scores.mean()))
    plain = paired_difference(a, best, rng=rng(9))
    assert isinstance(band, Estimate)
    assert isinstance(plain, Estimate)
    assert band.value == pytest.approx(plain.value)
    assert band.low < plain.low


def test_bands_hold_for_the_least_difference_about_as_often_as_they_say() -> None:
    draws, hits = rng(5), 0
    for _ in range(300):
        a = draws.random(60)
        band = simultaneous_difference(a, [draws.random(60) for _ in range(4)], rng=draws, resamples=300, level=0.9)
        assert isinstance(band, Estimate)
        hits += band.low <= 0  # all true differences are 0
    assert hits / 300 >= 0.9


def test_a_comparator_equal_to_the_arm_takes_its_share_of_the_error() -> None:
    a, b = rng(1).random(250) / 2 + 0.5, rng(2).random(250) / 2
    band = simultaneous_difference(a, [a, b], rng=rng(3), bounds=(-1, 1))
    assert isinstance(band, Estimate)
    assert band.value == 0
    assert band.low == pytest.approx(-(1 - 0.0125 ** (1 / 250)))
    assert isinstance(simultaneous_difference(a, [a, b], rng=rng(3)), Undefined)


def test_one_cluster_leaves_all_that_the_scale_allows() -> None:
    band = simultaneous_difference([0.25, 1], [[0.5, 0.25]], rng=rng(), clusters=[0, 0], bounds=(-1, 1))
    assert band == Estimate(0.25, -1, 1, 2, "max-t")


def test_arms_of_different_length_are_refused() -> None:
    with pytest.raises(ValueError, match="different length"):
        simultaneous_difference([1.0, 2.0], [[1.0]], rng=rng())


def test_nothing_to_compare_is_undefined() -> None:
    assert simultaneous_difference([], [[]], rng=rng()) == Undefined("no rows", 0)
    assert simultaneous_difference([1.0, 2.0], [], rng=rng()) == Undefined("no comparators", 2)


def test_for_means_the_statistic_gives_the_bands_of_the_mean() -> None:
    a, others = rng(1).random(200), [rng(i).random(200) for i in range(2, 6)]

    def parts(values: np.ndarray) -> np.ndarray:
        return np.column_stack([values, np.ones(len(values))])

    band = simultaneous_statistic(parts(a), [parts(b) for b in others], lambda s: s[..., 0] / s[..., 1], rng=rng(7))
    plain = simultaneous_difference(a, others, rng=rng(7))
    assert isinstance(band, Estimate)
    assert isinstance(plain, Estimate)
    assert (band.value, band.low, band.high) == pytest.approx((plain.value, plain.low, plain.high))


def test_a_statistic_without_spread_takes_the_whole_scale() -> None:
    parts = np.column_stack([np.ones(20), np.ones(20)])
    same = simultaneous_statistic(parts, [parts], lambda s: s[..., 0] / s[..., 1], rng=rng(), bounds=(-1, 1))
    assert isinstance(same, Estimate)
    assert (same.value, same.low, same.high) == (0, -1, 1)
    assert isinstance(simultaneous_statistic(parts, [parts], lambda s: s[..., 0] / s[..., 1], rng=rng()), Undefined)
    assert simultaneous_statistic(parts, [], lambda s: s[..., 0], rng=rng()) == Undefined("no comparators", 20)
    with pytest.raises(ValueError, match="different shape"):
        simultaneous_statistic(parts, [parts[:5]], lambda s: s[..., 0], rng=rng())
