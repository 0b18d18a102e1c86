"""Crossed scores: variance components against statsmodels and by hand, and the interval of rows and seeds together."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import ttest_1samp
from statsmodels.regression.linear_model import OLS

from farfield.stats import (
    Estimate,
    FloatArray,
    Number,
    Undefined,
    VarianceSplit,
    crossed_mean,
    crossed_statistic,
    mean_statistic,
    pseudo_values,
    variance_split,
)


def rng(seed: int = 0) -> np.random.Generator:
    return np.random.default_rng(seed)


def defined(number: Number) -> Estimate:
    assert isinstance(number, Estimate), number
    return number


def split_of(scores: FloatArray, *facets: str) -> VarianceSplit:
    found = variance_split(scores, facets or ("seeds", "rows"))
    assert isinstance(found, VarianceSplit), found
    return found


def crossed(seeds: int = 4, rows: int = 30, seed: int = 1) -> FloatArray:
    draws = rng(seed)
    return draws.normal(size=(1, rows)) + draws.normal(size=(seeds, 1)) + draws.normal(size=(seeds, rows))


def test_components_are_those_of_statsmodels_analysis_of_variance() -> None:
    scores = crossed()
    seeds, rows = scores.shape
    of_seed, of_row = np.repeat(np.eye(seeds), rows, axis=0)[:, 1:], np.tile(np.eye(rows), (seeds, 1))
    # What a factor explains is what the residuals lose when it joins the other one.
    both, without_seed, without_row = (
        OLS(scores.ravel(), design).fit().ssr
        for design in (np.hstack([of_row, of_seed]), of_row, np.hstack([np.ones((seeds * rows, 1)), of_seed]))
    )
    noise = both / ((seeds - 1) * (rows - 1))
    found = split_of(scores)
    assert found.components["seeds", "rows"] == pytest.approx(noise)
    assert found.components[("seeds",)] == pytest.approx(((without_seed - both) / (seeds - 1) - noise) / rows)
    assert found.components[("rows",)] == pytest.approx(((without_row - both) / (rows - 1) - noise) / seeds)
    assert found.zeroed == ()


def test_the_rows_error_is_that_of_scores_averaged_over_seeds() -> None:
    scores = crossed()
    found = split_of(scores)
    assert found.part("rows") == pytest.approx(scores.mean(axis=0).std(ddof=1) / 30**0.5)
    assert found.error**2 == pytest.approx(found.part("rows") ** 2 + found.part("seeds") ** 2)
    # What seeds alone show is the spread of the seeds' means, what rows add to it included.
    assert found.alone["seeds"] == pytest.approx(scores.mean(axis=1).var(ddof=1) / 4)


def test_components_are_found_again_on_average() -> None:
    found = [split_of(crossed(5, 40, seed)) for seed in range(200)]
    for effect in (("seeds",), ("rows",), ("seeds", "rows")):
        assert np.mean([split.components[effect] for split in found]) == pytest.approx(1, abs=0.15)


def test_a_third_facet_is_split_as_the_others_are() -> None:
    draws = rng(3)
    templates, seeds, rows = (draws.normal(size=shape) for shape in ((30, 1, 1), (1, 30, 1), (1, 1, 30)))
    both = draws.normal(size=(30, 1, 30))
    scores = templates + 0.5 * seeds + 2 * rows + both + 0.3 * draws.normal(size=(30, 30, 30))
    found = split_of(scores, "templates", "seeds", "rows")
    wanted = {("templates",): 1, ("seeds",): 0.25, ("rows",): 4, ("templates", "rows"): 1}
    assert {e: found.components[e] for e in wanted} == pytest.approx(wanted, rel=0.6)
    assert found.components["templates", "seeds", "rows"] == pytest.approx(0.09, rel=0.05)
    assert found.components["templates", "seeds"] < 0.01
    parts = [found.part(facet) for facet in ("templates", "seeds", "rows")]
    assert found.error == pytest.approx(np.linalg.norm(parts))


def test_a_negative_component_stands_as_0_and_is_named() -> None:
    scores = np.array([[0.0, 1.0, 0.0, 1.0], [1.0, 0.0, 1.0, 0.0]])
    found = split_of(scores)
    assert found.zeroed == (("seeds",), ("rows",))
    assert found.components[("seeds",)] == found.part("seeds") == 0


def test_one_seed_says_nothing_of_others() -> None:
    assert variance_split(rng().random((1, 9))) == Undefined("fewer than two seeds or rows show no spread", 9)
    assert crossed_mean(rng().random((1, 9))) == Undefined("fewer than two seeds or rows show no spread", 9)
    assert crossed_mean(np.empty((3, 0))) == Undefined("no rows")
    assert isinstance(crossed_mean(rng().random((3, 8)), clusters=["a"] * 8), Undefined)


def test_what_makes_no_sense_is_refused() -> None:
    with pytest.raises(ValueError, match="scores must be finite"):
        variance_split([[1.0, float("nan")], [1.0, 2.0]])
    with pytest.raises(ValueError, match="one axis for each"):
        variance_split([1.0, 2.0])
    with pytest.raises(ValueError, match="outside the bounds"):
        crossed_mean([[0.5, 1.5], [0.5, 0.5]], bounds=(0, 1))
    with pytest.raises(ValueError, match="parts must be finite"):
        crossed_statistic([[1.0, 2.0]], mean_statistic)


def test_seeds_that_all_agree_leave_students_interval_of_rows() -> None:
    rows = rng().normal(size=40)
    number = defined(crossed_mean(np.stack([rows, rows, rows])))
    expected = ttest_1samp(rows, 0).confidence_interval(0.95)
    assert (number.low, number.high) == pytest.approx((expected.low, expected.high))
    assert (number.n, number.method) == (40, "crossed")


def test_rows_that_all_agree_leave_students_interval_of_seeds() -> None:
    seeds = rng().normal(size=5)
    number = defined(crossed_mean(np.repeat(seeds[:, None], 40, axis=1), level=0.9))
    expected = ttest_1samp(seeds, 0).confidence_interval(0.9)
    assert (number.low, number.high) == pytest.approx((expected.low, expected.high))


def test_within_bounds_the_interval_is_wilsons_and_stays_inside() -> None:
    right = np.ones((3, 100))
    right[:, :2] = 0
    number = defined(crossed_mean(right, bounds=(0, 1)))
    # The seeds agree, so there are 100 rows and no more; s² has n - 1, Wilson's variance n.
    t, n = 1.984217, 99
    centre, half = (
        (0.98 + t * t / (2 * n)) / (1 + t * t / n),
        t / (1 + t * t / n) * (0.0196 / n + t * t / (4 * n * n)) ** 0.5,
    )
    assert (number.low, number.high) == pytest.approx((centre - half, centre + half), abs=1e-6)
    plain = defined(crossed_mean(right))
    assert plain.high > 1 > number.high


def test_scores_without_spread_leave_room_for_rows_not_seen() -> None:
    number = defined(crossed_mean(np.ones((3, 250)), bounds=(0, 1)))
    assert (number.method, number.high) == ("unseen-mass", 1)
    assert number.low == pytest.approx(0.025 ** (1 / 250))
    assert crossed_mean(np.ones((3, 250))) == Undefined("the scores show no spread", 250)


def test_rows_of_one_cluster_are_one_unit() -> None:
    scores = crossed(3, 20)
    once = defined(crossed_mean(scores))
    repeated = defined(crossed_mean(np.repeat(scores, 4, axis=1), clusters=[i // 4 for i in range(80)]))
    assert (repeated.value, repeated.low, repeated.high) == pytest.approx((once.value, once.low, once.high))
    assert repeated.n == 80


@settings(max_examples=25, deadline=None)
@given(st.integers(2, 5), st.integers(2, 12), st.integers(0, 999), st.floats(-5, 5), st.floats(0.1, 9))
def test_moving_and_stretching_scores_moves_and_stretches_the_interval(
    seeds: int, rows: int, seed: int, shift: float, scale: float
) -> None:
    scores = crossed(seeds, rows, seed)
    plain, moved = defined(crossed_mean(scores)), defined(crossed_mean(shift + scale * scores))
    assert moved.value == pytest.approx(shift + scale * plain.value, abs=1e-9)
    assert moved.high - moved.low == pytest.approx(scale * (plain.high - plain.low))


def test_pseudo_values_of_a_mean_are_the_scores() -> None:
    scores = crossed()
    parts = np.stack([scores, np.ones_like(scores)], axis=-1)
    assert pseudo_values(parts, mean_statistic) == pytest.approx(scores)
    assert crossed_statistic(parts, mean_statistic) == crossed_mean(scores)


def test_the_error_of_a_ratio_is_that_of_the_delta_method() -> None:
    draws = rng(5)
    parts = np.stack([crossed(3, 400, 2) + 9, draws.random((3, 400)) + 2], axis=-1)
    ratio = parts[..., 0].mean() / parts[..., 1].mean()
    influence = (parts[..., 0] - ratio * parts[..., 1]) / parts[..., 1].mean()
    number = defined(crossed_statistic(parts, mean_statistic))
    assert number.value == pytest.approx(ratio)
    assert split_of(pseudo_values(parts, mean_statistic)).error == pytest.approx(split_of(influence).error, rel=0.01)
