"""A mean of a few units, and a rank correlation over a few models, against closed forms and SciPy."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import permutation_test, spearmanr

from farfield.stats import Estimate, RankCorrelation, Undefined, few_mean, rank_correlation


def test_five_values_bound_their_centre_by_the_extremes() -> None:
    found = few_mean([3.0, 1.0, 2.0, 5.0, 4.0], level=0.90)
    assert isinstance(found, Estimate)
    assert (found.value, found.low, found.high, found.n) == (3.0, 1.0, 5.0, 5)
    assert few_mean([1.0, 2.0, 3.0, 4.0], level=0.90) == Undefined("too few units", 4)
    assert few_mean([]) == Undefined("no rows")
    with pytest.raises(ValueError, match="17 values"):
        few_mean(range(17))


def test_the_interval_of_a_few_values_holds_as_often_as_it_says() -> None:
    rng = np.random.default_rng(0)
    held = 0
    for values in rng.laplace(size=(2000, 6)):
        found = few_mean(values, level=0.90)
        assert isinstance(found, Estimate)
        held += found.low <= 0 <= found.high
    # floor(0.05 · 64) = 3 of 64 parts are left out at each end.
    assert held / 2000 == pytest.approx(58 / 64, abs=0.02)


@settings(max_examples=15)
@given(st.lists(st.integers(0, 5), min_size=4, max_size=5), st.integers(0, 99))
def test_the_rank_correlation_is_scipys_and_its_p_counts_every_order(x: list[int], seed: int) -> None:
    y = np.random.default_rng(seed).normal(size=len(x))
    found = rank_correlation(x, y, rng=np.random.default_rng(0))
    if len(set(x)) == 1:
        assert found == Undefined("all values are equal", len(x))
        return
    assert isinstance(found, RankCorrelation)
    assert found.value == pytest.approx(spearmanr(x, y).statistic)
    # SciPy's own permutation test counts every order too where there are so few.
    tested = permutation_test(
        (x,), lambda order: abs(spearmanr(order, y).statistic), permutation_type="pairings", alternative="greater"
    )
    assert found.p == pytest.approx(tested.pvalue)


def test_three_models_foretell_nothing_and_many_are_drawn() -> None:
    assert rank_correlation([1, 2, 3], [1, 2, 3], rng=np.random.default_rng(0)) == Undefined("too few units", 3)
    found = rank_correlation(range(12), range(12), rng=np.random.default_rng(0))
    assert isinstance(found, RankCorrelation)
    assert 0 < found.p < 0.001
