import numpy as np
import pytest
from scipy.optimize import minimize_scalar
from scipy.special import xlogy
from scipy.stats import binom, norm
from statsmodels.stats.contingency_tables import mcnemar as statsmodels_mcnemar

from farfield.stats import (
    Estimate,
    FloatArray,
    PairedTest,
    Undefined,
    bootstrap_mean,
    mcnemar,
    paired_difference,
    paired_proportions,
    paired_statistic,
)


def rng(seed: int = 0) -> np.random.Generator:
    return np.random.default_rng(seed)


def ratio(sums: FloatArray) -> FloatArray:
    return np.asarray(sums[..., 0] / sums[..., 1])


def test_paired_difference_is_the_mean_of_differences() -> None:
    a, b = rng(1).random(80), rng(2).random(80)
    assert paired_difference(a, b, rng=rng(3)) == bootstrap_mean(a - b, rng=rng(3))


def test_identical_arms_differ_by_zero_with_room_for_rows_not_seen() -> None:
    a = rng().random(250)
    number = paired_difference(a, a, rng=rng(), bounds=(-1, 1))
    assert isinstance(number, Estimate)
    assert number.value == 0
    assert 0.01 < number.high == -number.low < 0.02
    assert isinstance(paired_difference(a, a, rng=rng()), Undefined)


def test_paired_statistic_of_means_equals_the_paired_difference() -> None:
    a, b = rng(1).random(80), rng(2).random(80)
    parts = [np.column_stack([values, np.ones(80)]) for values in (a, b)]
    number, plain = (
        paired_statistic(parts[0], parts[1], ratio, rng=rng(3)),
        paired_difference(a, b, rng=rng(3)),
    )
    assert isinstance(number, Estimate)
    assert isinstance(plain, Estimate)
    assert (number.value, number.low, number.high) == pytest.approx((plain.value, plain.low, plain.high))


def test_pairing_pays_where_arms_agree_on_what_is_hard() -> None:
    hard = rng(1).random(200)
    parts_a = np.column_stack([hard + 0.01 * rng(2).random(200), np.ones(200)])
    parts_b = np.column_stack([hard, np.ones(200)])
    number = paired_statistic(parts_a, parts_b, ratio, rng=rng(3))
    assert isinstance(number, Estimate)
    assert number.high - number.low < 0.002


def test_paired_statistic_of_identical_arms_needs_a_scale() -> None:
    parts = rng().random((30, 2)) + 1
    assert isinstance(paired_statistic(parts, parts, ratio, rng=rng()), Undefined)
    assert paired_statistic(parts, parts, ratio, rng=rng(), bounds=(-1, 1)) == Estimate(0, -1, 1, 30, "bounds")


def test_clusters_reach_the_paired_bootstraps() -> None:
    a, b, names = rng(1).random(60), rng(2).random(60), [i // 6 for i in range(60)]
    parts = [np.column_stack([values, np.ones(60)]) for values in (a, b)]
    number = paired_statistic(parts[0], parts[1], ratio, rng=rng(3), clusters=names)
    plain = paired_difference(a, b, rng=rng(3), clusters=names)
    assert isinstance(number, Estimate)
    assert isinstance(plain, Estimate)
    assert (number.low, number.high) == pytest.approx((plain.low, plain.high))


def test_rows_that_do_not_pair_are_refused() -> None:
    with pytest.raises(ValueError, match="different shapes"):
        paired_difference([1.0], [1.0, 2.0], rng=rng())


@pytest.mark.parametrize(
    ("only_a", "only_b", "n"), [(0, 0, 250), (12, 5, 250), (5, 12, 40), (0, 3, 30), (40, 0, 40), (0, 9, 9), (1, 0, 1)]
)
@pytest.mark.parametrize("level", [0.9, 0.95])
def test_the_interval_of_two_rates_holds_what_the_score_test_does_not_reject(
    only_a: int, only_b: int, n: int, level: float
) -> None:
    number = paired_proportions(only_a, only_b, n, level=level)
    assert isinstance(number, Estimate)
    z = norm.isf((1 - level) / 2)

    def likelihood(share: float, difference: float) -> float:
        # Of rows that only b, only a, and both or neither got right, where a - b is the difference.
        shares = np.array([share, share + difference, 1 - 2 * share - difference])
        return -float(xlogy([only_b, only_a, n - only_a - only_b], np.maximum(shares, 0)).sum())

    for end, side in ((number.low, 1), (number.high, -1)):
        if abs(end) == 1:
            assert number.value == end
            continue
        found = minimize_scalar(
            likelihood, bounds=(max(0, -end), (1 - end) / 2), args=(end,), method="bounded", options={"xatol": 1e-12}
        )
        error = ((2 * found.x + end * (1 - end)) / n) ** 0.5
        assert (number.value - end) / error == pytest.approx(side * z, abs=1e-4)
    assert (number.value, number.n, number.method) == ((only_a - only_b) / n, n, "score")


def test_the_interval_of_two_rates_leaves_out_0_where_mcnemars_test_finds_a_difference() -> None:
    for only_a, only_b in ((14, 4), (13, 5)):
        number = paired_proportions(only_a, only_b, 100)
        assert isinstance(number, Estimate)
        chi2 = statsmodels_mcnemar([[0, only_a], [only_b, 0]], exact=False, correction=False)
        assert (number.low > 0) == (chi2.pvalue < 0.05)


def test_two_rates_that_make_no_sense() -> None:
    assert paired_proportions(0, 0, 0) == Undefined("no rows")
    for counts in ((-1, 0, 5), (3, 3, 5)):
        with pytest.raises(ValueError, match=r"0\.\.n"):
            paired_proportions(*counts)


@pytest.mark.parametrize(("only_a", "only_b"), [(0, 1), (3, 9), (9, 3), (5, 5), (0, 12), (40, 61), (400, 610)])
def test_mcnemar_equals_statsmodels_and_the_binomial(only_a: int, only_b: int) -> None:
    test = mcnemar(only_a, only_b)
    exact = statsmodels_mcnemar([[0, only_a], [only_b, 0]], exact=True).pvalue
    n, fewer = only_a + only_b, min(only_a, only_b)
    assert test.exact_p == pytest.approx(exact, rel=1e-9)
    assert test.mid_p == pytest.approx(2 * binom.cdf(fewer, n, 0.5) - binom.pmf(fewer, n, 0.5), rel=1e-9)
    assert test.n_discordant == n


def test_mcnemar_of_a_published_table() -> None:
    # Fagerland et al. (2013), airway hyper-responsiveness: 1 and 7 discordant; exact 0.0703, mid-p 0.0391.
    test = mcnemar(1, 7)
    assert (test.exact_p, test.mid_p) == pytest.approx((0.0703125, 0.0390625))


def test_mcnemar_without_discordant_rows_finds_nothing() -> None:
    assert mcnemar(0, 0) == PairedTest(1.0, 1.0, 0)
    with pytest.raises(ValueError, match="negative"):
        mcnemar(-1, 0)
