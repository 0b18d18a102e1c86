"""Equivalence and non-inferiority against statsmodels, SciPy and closed forms."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import binom, ttest_rel
from statsmodels.stats.weightstats import ttost_paired

from farfield.stats import (
    Estimate,
    FloatArray,
    MarginTest,
    Undefined,
    equivalence,
    mean_statistic,
    non_inferiority,
    paired_proportions,
)


def rng(seed: int = 0) -> np.random.Generator:
    return np.random.default_rng(seed)


def result_of(found: MarginTest | Undefined) -> MarginTest:
    assert isinstance(found, MarginTest), found
    return found


@settings(max_examples=30, deadline=None)
@given(st.integers(3, 40), st.floats(0.01, 0.5), st.floats(-0.3, 0.3), st.integers(0, 999))
def test_equivalence_is_statsmodels_two_one_sided_tests(n: int, margin: float, shift: float, seed: int) -> None:
    a, b = rng(seed).random(n) + shift, rng(seed + 1).random(n)
    expected, (_, above, _), _ = ttost_paired(a, b, -margin, margin)
    found = result_of(equivalence(a, b, margin))
    assert found.p == pytest.approx(expected, abs=1e-12)
    assert found.difference == pytest.approx((a - b).mean())
    assert found.method == "t"
    assert result_of(non_inferiority(a, b, margin)).p == pytest.approx(above, abs=1e-12)


def test_the_90_percent_interval_within_the_margin_is_what_5_percent_mean() -> None:
    a, b = rng(1).random(80), rng(2).random(80)
    interval = ttest_rel(a, b).confidence_interval(0.90)
    margin = max(-interval.low, interval.high)
    assert result_of(equivalence(a, b, margin)).p == pytest.approx(0.05)


def test_parts_of_a_mean_are_its_scores() -> None:
    a, b = rng(1).random(50), rng(2).random(50)
    parts = [np.column_stack([scores, np.ones(50)]) for scores in (a, b)]
    assert equivalence(parts[0], parts[1], 0.1, statistic=mean_statistic) == equivalence(a, b, 0.1)


def test_a_corpus_metric_takes_the_jackknife() -> None:
    a, b = rng(1).random((300, 2)) + 1, rng(2).random((300, 2)) + 1

    def ratio(sums: FloatArray) -> FloatArray:
        return np.asarray(sums[..., 0] / sums[..., 1])

    found = result_of(equivalence(a, b, 0.1, statistic=ratio))
    influence = [(p[:, 0] - ratio(p.sum(axis=0)) * p[:, 1]) / p[:, 1].mean() for p in (a, b)]
    error = np.subtract(*influence).std(ddof=1) / 300**0.5
    assert found.difference == pytest.approx(ratio(a.sum(axis=0)) - ratio(b.sum(axis=0)))
    expected = result_of(equivalence(influence[0] + found.difference, influence[1], 0.1))
    assert error > 0.01
    assert found.p == pytest.approx(expected.p, rel=0.02)


def test_clusters_count_once() -> None:
    a, b = rng(1).random(30), rng(2).random(30)
    once = result_of(equivalence(a, b, 0.1))
    repeated = result_of(equivalence(np.repeat(a, 4), np.repeat(b, 4), 0.1, clusters=[i // 4 for i in range(120)]))
    assert repeated.p == pytest.approx(once.p)
    assert repeated.n == 120


def test_arms_that_are_equal_on_every_row_may_differ_on_rows_not_seen() -> None:
    same = rng().random(100)
    found = result_of(equivalence(same, same, 0.05, bounds=(-1, 1)))
    # If a share of 0.05 of rows differed by 1, this is the chance to have seen none.
    assert found == MarginTest(0, found.p, 100, "unseen-mass")
    assert found.p == pytest.approx(binom.pmf(0, 100, 0.05))
    assert equivalence(same, same, 0.05) == Undefined("the differences to a comparator show no spread", 100)
    good, bad = np.full(20, 0.75), np.full(20, 0.25)
    assert result_of(non_inferiority(good, bad, 0.05, bounds=(-1, 1))).p == pytest.approx((1 - 0.55 / 1.5) ** 20)
    assert result_of(non_inferiority(bad, good, 0.05, bounds=(-1, 1))).p == 1
    assert result_of(equivalence(bad, bad, 1.5, bounds=(-1, 1))).p == 0


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 12), st.integers(0, 12), st.integers(0, 60), st.floats(0.02, 0.3))
def test_right_and_wrong_take_the_score_test_that_the_interval_inverts(
    only_a: int, only_b: int, same: int, margin: float
) -> None:
    n = only_a + only_b + same
    if n == 0:
        return
    a, b = (np.repeat(kind, (only_a, only_b, same)) for kind in ((1, 0, 1), (0, 1, 1)))
    found, worse = result_of(equivalence(a, b, margin)), result_of(non_inferiority(a, b, margin))
    number = paired_proportions(only_a, only_b, n, level=0.90)
    assert isinstance(number, Estimate)
    assert found.method == "score"
    for tested, inside in (
        (worse, number.low - -margin),
        (found, min(number.low - -margin, margin - number.high)),
    ):
        assert abs(inside) < 1e-6 or (tested.p < 0.05) == (inside > 0)
    assert result_of(equivalence(a, b, 1.0)).p == 0


def test_what_cannot_be_tested_is_undefined_or_refused() -> None:
    assert equivalence([], [], 0.1) == Undefined("no rows")
    assert equivalence([1.0], [0.5], 0.1) == Undefined("one row or cluster alone shows no spread", 1)
    for margin in (0, -0.1):
        with pytest.raises(ValueError, match="margin"):
            equivalence([1.0, 2.0], [1.0, 3.0], margin)
    with pytest.raises(ValueError, match="one shape"):
        non_inferiority([1.0], [1.0, 2.0], 0.1)
