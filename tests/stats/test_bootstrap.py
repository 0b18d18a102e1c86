import time

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.stats import bootstrap as scipy_bootstrap

from farfield.stats import (
    Estimate,
    FloatArray,
    Number,
    Undefined,
    bootstrap_mean,
    bootstrap_statistic,
    jackknife_error,
    mean_statistic,
    stratified_mean,
    stratified_statistic,
)
from farfield.stats.estimate import normal_quantile
from farfield.stats.resampling import Resampled, acceleration, bca_interval, resample


def rng(seed: int = 0) -> np.random.Generator:
    return np.random.default_rng(seed)


def defined(number: Number) -> Estimate:
    assert isinstance(number, Estimate), number
    return number


def ratio(sums: FloatArray) -> FloatArray:
    return np.asarray(sums[..., 0] / sums[..., 1])


def leave_one_out_means(values: FloatArray) -> FloatArray:
    return np.array([np.delete(values, i).mean() for i in range(len(values))])


@pytest.mark.parametrize("level", [0.9, 0.95])
def test_bca_on_scipys_own_resamples_gives_scipys_interval(level: float) -> None:
    values = rng(1).exponential(size=40)
    theirs = scipy_bootstrap((values,), np.mean, method="BCa", n_resamples=999, confidence_level=level, rng=rng(2))
    sample = Resampled(values.mean(), theirs.bootstrap_distribution, (leave_one_out_means(values),))
    low, high, corrected = bca_interval(sample, normal_quantile((1 + level) / 2))
    assert (low, high) == pytest.approx(tuple(theirs.confidence_interval), rel=1e-12)
    assert corrected


def test_bca_of_several_groups_on_scipys_own_resamples_gives_scipys_interval() -> None:
    groups = [rng(1).exponential(size=30), rng(2).normal(size=50), rng(3).random(20)]

    def mean_of_means(a: NDArray[np.float64], b: NDArray[np.float64], c: NDArray[np.float64], axis: int) -> FloatArray:
        return np.asarray((a.mean(axis) + b.mean(axis) + c.mean(axis)) / 3)

    theirs = scipy_bootstrap(groups, mean_of_means, method="BCa", n_resamples=999, rng=rng(4))
    strata = [np.column_stack([g, np.ones_like(g)]) for g in groups]
    ours = resample(strata, lambda sums: np.asarray(sum(ratio(s) for s in sums) / 3), 10, rng())
    sample = Resampled(ours.value, theirs.bootstrap_distribution, ours.jackknife)
    assert bca_interval(sample, normal_quantile(0.975))[:2] == pytest.approx(
        tuple(theirs.confidence_interval), rel=1e-10
    )


def test_acceleration_of_a_mean_is_a_sixth_of_its_skewness_over_root_n() -> None:
    values = rng(5).exponential(size=60)
    centred = values - values.mean()
    skewness = (centred**3).mean() / (centred**2).mean() ** 1.5
    assert acceleration([leave_one_out_means(values)]) == pytest.approx(skewness / (6 * 60**0.5))


def test_mean_agrees_with_scipy_within_monte_carlo_error() -> None:
    values = rng(6).beta(0.5, 2, size=250)
    ours = defined(bootstrap_mean(values, rng=rng(7), resamples=20_000))
    theirs = scipy_bootstrap((values,), np.mean, method="BCa", n_resamples=20_000, rng=rng(8))
    width = theirs.confidence_interval.high - theirs.confidence_interval.low
    assert ours.value == pytest.approx(values.mean())
    assert (ours.low, ours.high) == pytest.approx(tuple(theirs.confidence_interval), abs=0.03 * width)
    assert (ours.n, ours.method, ours.level) == (250, "bca", 0.95)


def test_a_statistic_of_sums_agrees_with_scipy_on_the_rows() -> None:
    parts = rng(9).exponential(size=(120, 2)) + np.array([0, 1])

    def of_rows(a: FloatArray, b: FloatArray, axis: int) -> FloatArray:
        return np.asarray(a.sum(axis) / b.sum(axis))

    ours = defined(bootstrap_statistic(parts, ratio, rng=rng(), resamples=20_000))
    theirs = scipy_bootstrap(
        (parts[:, 0], parts[:, 1]), of_rows, method="BCa", paired=True, n_resamples=20_000, rng=rng(1)
    )
    width = theirs.confidence_interval.high - theirs.confidence_interval.low
    assert (ours.low, ours.high) == pytest.approx(tuple(theirs.confidence_interval), abs=0.03 * width)


def test_intervals_of_a_skewed_mean_cover_it_about_as_often_as_they_say() -> None:
    draws = rng(10)
    hits = 0
    for _ in range(400):
        number = defined(bootstrap_mean(draws.beta(0.5, 2, size=80), rng=draws, resamples=500))
        hits += number.low <= 0.2 <= number.high
    assert 0.915 <= hits / 400 <= 0.98  # 0.95 ± 3.2 standard errors, less what BCa lacks at n = 80


def test_the_same_generator_gives_the_same_interval_and_another_does_not() -> None:
    values = rng().random(100)
    assert bootstrap_mean(values, rng=rng(1)) == bootstrap_mean(values, rng=rng(1))
    assert bootstrap_mean(values, rng=rng(1)) != bootstrap_mean(values, rng=rng(2))


def test_clusters_of_one_row_are_rows() -> None:
    values = rng().random(60)
    assert bootstrap_mean(values, rng=rng(1), clusters=range(60)) == bootstrap_mean(values, rng=rng(1))


def test_rows_repeated_within_clusters_add_no_certainty() -> None:
    values = rng().random(60)
    names = [f"machine {i}" for i in range(60) for _ in range(5)]
    once = defined(bootstrap_mean(values, rng=rng(1)))
    repeated = np.repeat(values, 5)
    clustered = defined(bootstrap_mean(repeated, rng=rng(1), clusters=names))
    blind = defined(bootstrap_mean(repeated, rng=rng(1)))
    assert (clustered.low, clustered.high) == pytest.approx((once.low, once.high))
    assert clustered.n == 300
    assert (blind.high - blind.low) * 1.8 < once.high - once.low


def test_clusters_of_unequal_size_keep_the_mean_of_rows() -> None:
    number = defined(bootstrap_mean([1, 0, 0, 0, 1, 1], rng=rng(), clusters=["a", "b", "b", "b", "c", "d"]))
    assert number.value == 0.5


def test_stratified_mean_gives_each_group_equal_weight() -> None:
    groups = [rng(1).normal(0.1, 1, 400), rng(2).normal(0.5, 1, 100)]
    number = defined(stratified_mean(groups, rng=rng(3), resamples=20_000))
    error = (groups[0].var() / 400 + groups[1].var() / 100) ** 0.5 / 2
    assert number.value == pytest.approx((groups[0].mean() + groups[1].mean()) / 2)
    assert (number.high - number.low) / 2 == pytest.approx(1.96 * error, rel=0.05)
    assert number.n == 500


def test_stratified_mean_of_groups_without_spread_shares_the_error_among_them() -> None:
    number = defined(stratified_mean([[0.0] * 50, [1.0] * 80], rng=rng(), bounds=(0, 1)))
    unseen = [1 - 0.0125 ** (1 / n) for n in (50, 80)]
    assert (number.low, number.value, number.high) == pytest.approx((0.5 - unseen[1] / 2, 0.5, 0.5 + unseen[0] / 2))


def test_weights_make_a_difference_of_two_groups() -> None:
    groups = [rng(1).normal(0.5, 1, 400), rng(2).normal(0.1, 1, 200)]
    number = defined(stratified_mean(groups, rng=rng(3), weights=(1, -1), resamples=20_000))
    error = (groups[0].var() / 400 + groups[1].var() / 200) ** 0.5
    assert number.value == pytest.approx(groups[0].mean() - groups[1].mean())
    assert (number.high - number.low) / 2 == pytest.approx(1.96 * error, rel=0.05)
    still = defined(stratified_mean([[0.5] * 50, [0.25] * 80], rng=rng(), weights=(1, -1), bounds=(-1, 1)))
    unseen = [1 - 0.0125 ** (1 / n) for n in (50, 80)]
    assert (still.value, still.method) == (0.25, "unseen-mass")
    assert still.low == pytest.approx(0.25 - unseen[0] * 1.5 - unseen[1] * 0.75)
    assert still.high == pytest.approx(0.25 + unseen[0] * 0.5 + unseen[1] * 1.25)
    with pytest.raises(ValueError, match="2 weights for 1 groups"):
        stratified_mean([[1.0, 2.0]], rng=rng(), weights=(1, -1))


def test_values_that_rounding_tells_apart_are_one_value() -> None:
    number = defined(bootstrap_mean([0.5, 0.5 + 1e-16, 0.5 - 1e-16] * 20, rng=rng(), bounds=(0, 1)))
    assert number.method == "unseen-mass"
    assert number.high < 0.54


def test_stratified_statistic_of_means_is_the_stratified_mean() -> None:
    groups = [rng(1).random(40), rng(2).random(30)]
    parts = [np.column_stack([values, np.ones(len(values))]) for values in groups]
    of_parts = stratified_statistic(parts, lambda s: s[..., 0] / s[..., 1], rng=rng(3), weights=(2, -0.5))
    assert of_parts == stratified_mean(groups, rng=rng(3), weights=(2, -0.5))
    assert stratified_statistic([], lambda s: s[..., 0], rng=rng()) == Undefined("no rows")


def test_stratified_mean_with_clusters_in_each_group() -> None:
    values = rng().random(30)
    names = [f"day {i // 3}" for i in range(30)]
    one = defined(bootstrap_mean(values, rng=rng(1), clusters=names))
    twice = defined(stratified_mean([values, values], rng=rng(1), clusters=[names, names]))
    assert twice.value == pytest.approx(one.value)
    assert (one.high - one.low) / (twice.high - twice.low) == pytest.approx(2**0.5, rel=0.1)


@pytest.mark.parametrize("values", [[0.3], [0.3] * 50])
def test_without_spread_and_without_a_scale_there_is_no_interval(values: list[float]) -> None:
    number = bootstrap_mean(values, rng=rng())
    assert isinstance(number, Undefined)
    assert number.n == len(values)


def test_one_cluster_says_nothing_about_others() -> None:
    number = bootstrap_mean([0.25, 0.75], rng=rng(), clusters=["a", "a"], bounds=(0, 1))
    assert number == Estimate(0.5, 0, 1, 2, "bounds")


def test_one_row_alone_gets_an_interval_that_excludes_next_to_nothing() -> None:
    number = defined(bootstrap_mean([0.5], rng=rng(), bounds=(0, 1)))
    assert (number.low, number.value, number.high) == pytest.approx((0.0125, 0.5, 0.9875))


def test_a_perfect_corpus_metric_shows_its_value_within_the_scale() -> None:
    parts = np.repeat(rng().random((20, 1)), 2, axis=1)
    assert bootstrap_statistic(parts, ratio, rng=rng(), bounds=(0, 1)) == Estimate(1, 0, 1, 20, "bounds")
    assert isinstance(bootstrap_statistic(parts, ratio, rng=rng()), Undefined)


def test_one_freak_resample_does_not_make_certainty() -> None:
    def perfect_but_for_the_last_row_alone(sums: FloatArray) -> FloatArray:
        return np.where(sums[..., 0] > 0, 1.0, 0.0)

    parts = [[1.0]] * 5 + [[0.0]]  # 1 of 6**6 resamples holds nothing but the last row
    number = bootstrap_statistic(parts, perfect_but_for_the_last_row_alone, rng=rng(), resamples=200_000)
    assert number == Undefined("the resamples show no spread", 6)


def test_a_value_beyond_all_resamples_falls_back_to_percentiles() -> None:
    sample = Resampled(np.array(2.0), np.linspace(0, 1, 101), (np.array([0.0, 1.0]),))
    low, high, corrected = bca_interval(sample, normal_quantile(0.95))
    assert (low, high) == pytest.approx((0.05, 0.95))
    assert not corrected


def test_a_statistic_that_some_resamples_lack_is_undefined() -> None:
    def one_sided(sums: FloatArray) -> FloatArray:
        return np.where(sums[..., 0] > 0, sums[..., 0], np.nan)

    number = bootstrap_statistic([[1.0], [0.0], [0.0]], one_sided, rng=rng())
    assert number == Undefined("the statistic does not exist on every resample", 3)
    assert bootstrap_statistic([[0.0]], one_sided, rng=rng()) == Undefined(
        "the statistic does not exist on these rows", 1
    )


def test_groups_of_different_statistics_add_up_to_the_weighted_sum_of_them() -> None:
    values, parts = rng(1).random(20), rng(2).random((30, 2)) + 0.5
    columns = np.column_stack([values, np.ones(20)])
    both = defined(stratified_statistic([columns, parts], [mean_statistic, ratio], rng=rng(), weights=[0.25, 0.75]))
    assert both.value == pytest.approx(0.25 * values.mean() + 0.75 * parts[:, 0].sum() / parts[:, 1].sum())
    same = stratified_statistic([columns, columns], [mean_statistic] * 2, rng=rng())
    assert same == stratified_mean([values, values], rng=rng())
    with pytest.raises(ValueError, match="zip"):
        stratified_statistic([columns, parts], [mean_statistic], rng=rng())


def test_the_jackknife_error_of_a_mean_is_its_standard_error() -> None:
    values = rng(3).random(25)
    error = jackknife_error(np.column_stack([values, np.ones(25)]), mean_statistic)
    assert error == pytest.approx(values.std(ddof=1) / 5)
    # Of a ratio of sums, by hand: each row left out in turn.
    parts = rng(4).random((25, 2)) + 0.5
    left_out = np.array([np.divide(*np.delete(parts, i, axis=0).sum(axis=0)) for i in range(25)])
    assert jackknife_error(parts, ratio) == pytest.approx(np.sqrt(24) * left_out.std())
    assert np.isnan(jackknife_error(parts[:1], ratio))


def test_no_rows_is_undefined() -> None:
    assert bootstrap_mean([], rng=rng()) == Undefined("no rows")
    assert bootstrap_statistic(np.empty((0, 2)), ratio, rng=rng()) == Undefined("no rows")
    assert stratified_mean([], rng=rng()) == Undefined("no rows")
    assert stratified_mean([[1.0], []], rng=rng()) == Undefined("a group has no rows", 1)


@pytest.mark.parametrize("values", [[float("nan"), 1], [[0.1, 0.2]], [0.5, 1.5]])
def test_values_that_make_no_sense_are_refused(values: list[float]) -> None:
    with pytest.raises(ValueError, match="values"):
        bootstrap_mean(values, rng=rng(), bounds=(0, 1))


def test_parts_that_make_no_sense_are_refused() -> None:
    with pytest.raises(ValueError, match="parts"):
        bootstrap_statistic([1.0, 2.0], ratio, rng=rng())
    with pytest.raises(ValueError, match="cluster names"):
        bootstrap_mean([1.0, 2.0], rng=rng(), clusters=["a"])


def test_fifty_cells_of_250_rows_take_well_under_their_share_of_ten_seconds() -> None:
    # 500 cells may take 10 s; a tenth of them here, with room for a machine that others use too.
    values = rng().random((50, 250))
    started = time.process_time()
    for row in values:
        bootstrap_mean(row, rng=rng(1))
    assert time.process_time() - started < 2
