import json
from itertools import product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy.special import betaln, roots_jacobi

from farfield.stats import Alternative, EProcess, FloatArray, assigned_differences, e_process
from farfield.stats.bets import Bets, bets_against

STRINGS = np.array(list(product((0.0, 1.0), repeat=10)))
"""All rows of 0 and 1 of length 10: whatever is expected of them can be counted out."""


def rng(seed: int = 0) -> np.random.Generator:
    return np.random.default_rng(seed)


def with_bets(bets: Bets, streams: tuple[int, ...] = ()) -> EProcess:
    return EProcess(bets, 0.0, 0, np.zeros((len(bets.slopes), *streams)), np.ones(streams))


def chances(rates: FloatArray) -> FloatArray:
    """How probable each of STRINGS is, where a row's rate may depend on the rows before it: rates [strings, rows]."""
    return np.asarray(np.where(STRINGS == 1, rates, 1 - rates).prod(axis=1))


def test_a_constant_bet_multiplies_its_capital() -> None:
    rows = rng().random(40)
    bets = Bets(0.3, (0, 1), (2.0,), (1.0,))
    assert with_bets(bets).update(rows).e_value == pytest.approx(np.prod(1 + 2 * (rows - 0.3)), rel=1e-12)


@pytest.mark.parametrize(("a", "b"), [(1.0, 1.0), (0.5, 0.5), (2.0, 5.0)])
def test_bets_at_the_nodes_of_a_beta_law_are_the_beta_mixture(a: float, b: float) -> None:
    # A bet of slope (p - m) / (m (1 - m)) is the likelihood ratio of p to m. Over 40 rows it is a polynomial in p of
    # degree 40, which 24 Gauss nodes integrate exactly.
    m, rows = 0.2, (rng(1).random(40) < 0.35).astype(float)
    nodes, weights = roots_jacobi(24, b - 1, a - 1)
    slopes = ((nodes + 1) / 2 - m) / (m * (1 - m))
    bets = Bets(m, (0, 1), tuple(slopes), tuple(weights / weights.sum()))
    _, seen = with_bets(bets).follow(rows)
    ones, n = rows.cumsum(), np.arange(1, 41)
    mixture = betaln(a + ones, b + n - ones) - betaln(a, b) - ones * np.log(m) - (n - ones) * np.log(1 - m)
    np.testing.assert_allclose(np.log(seen), mixture, rtol=0, atol=1e-12)


def test_the_capital_equals_that_of_confseq() -> None:
    # confseq 0.0.11, diversified_betting_mart with the same constant bets and weights, theta 1 and 0, trunc_scale 1.
    rows = [(i * 7919 % 1009) / 1009 * 0.8 for i in range(60)]
    above, below = (e_process(0.3, alternative=side).update(rows).e_value for side in ("greater", "less"))
    assert (float(above), float(below)) == pytest.approx((25.330228311739756, 0.4345635556780853), rel=1e-12)
    assert e_process(0.3).follow(rows)[1][9] == pytest.approx(1.5368983424210678, rel=1e-12)


@pytest.mark.parametrize("late", [0.0, 0.5])
@pytest.mark.parametrize("alternative", ["greater", "less", "two-sided"])
def test_capital_is_expected_to_stay_where_the_claim_holds_at_its_edge(alternative: Alternative, late: float) -> None:
    _, seen = e_process(0.3, alternative=alternative, late=late, streams=(1024,)).follow(STRINGS)
    np.testing.assert_allclose(chances(np.full_like(STRINGS, 0.3)) @ seen, 1, rtol=1e-12)


@pytest.mark.parametrize("late", [0.0, 0.5])
@given(rates=st.lists(st.floats(0, 0.3), min_size=20, max_size=20))
def test_capital_is_expected_to_fall_whatever_rows_depend_on(late: float, rates: list[float]) -> None:
    # After a 1 the next row has another rate than after a 0, and none lies above the threshold.
    before = np.column_stack([np.zeros(1024), STRINGS[:, :-1]])
    rows = np.where(before == 1, rates[:10], rates[10:])
    _, seen = e_process(0.3, late=late, streams=(1024,)).follow(STRINGS)
    expected = chances(rows) @ seen
    assert (np.diff(expected, prepend=1.0) <= 1e-12).all()
    assert expected[-1] <= 1 + 1e-12


@pytest.mark.parametrize("late", [0.0, 0.5])
def test_stopping_at_will_wins_nothing_and_rings_rarely(late: float) -> None:
    state, seen = e_process(0.3, late=late, streams=(1024,)).follow(STRINGS)
    probable = chances(np.full_like(STRINGS, 0.3))
    hit = seen >= 3
    stop = np.where(hit.any(axis=1), hit.argmax(axis=1), 9)
    assert probable @ seen[np.arange(1024), stop] == pytest.approx(1, rel=1e-12)
    assert 0 < probable @ state.rings(1 / 3) <= 1 / 3
    np.testing.assert_array_equal(state.rings(1 / 3), hit.any(axis=1))


def test_both_sides_are_the_mean_of_either() -> None:
    rows = rng().random(50)
    above, below, both = (
        e_process(0.4, alternative=side).update(rows).e_value for side in ("greater", "less", "two-sided")
    )
    assert both == pytest.approx((above + below) / 2, rel=1e-12)


def test_other_bounds_are_another_scale() -> None:
    rows = rng().random(50)
    scaled = e_process(-2 + 5 * 0.4, bounds=(-2, 3)).update(-2 + 5 * rows)
    assert scaled.e_value == pytest.approx(float(e_process(0.4).update(rows).e_value), rel=1e-9)


@given(cuts=st.lists(st.integers(0, 60), max_size=5), late=st.sampled_from([0.0, 0.5]))
def test_batches_and_storing_change_no_bit(cuts: list[int], late: float) -> None:
    rows = rng(2).random((3, 60))
    whole, seen = e_process(0.4, late=late, streams=(3,)).follow(rows)
    state, parts = e_process(0.4, late=late, streams=(3,)), []
    for part in np.split(rows, sorted(cuts), axis=1):
        state, values = EProcess.from_json(state.to_json()).follow(part)
        parts.append(values)
    assert state.to_json() == whole.to_json()
    np.testing.assert_array_equal(np.concatenate(parts, axis=1), seen)
    np.testing.assert_array_equal(seen[:, -1], whole.e_value)


def test_a_stream_alone_is_the_same_as_among_others() -> None:
    rows = rng(3).random((7, 200))
    _, together = e_process(0.4, late=0.5, streams=(7,)).follow(rows)
    for i in range(7):
        np.testing.assert_array_equal(e_process(0.4, late=0.5).follow(rows[i])[1], together[i])


def test_before_the_first_row_nothing_is_known() -> None:
    start = e_process(0.1, late=0.5)
    assert (start.n, float(start.e_value), float(start.p_value)) == (0, 1.0, 1.0)
    assert start.update([]).to_json() == start.to_json()


def test_the_p_value_remembers_the_peak() -> None:
    state, seen = e_process(0.1).follow([1.0] * 8 + [0.0] * 40)
    assert state.p_value == pytest.approx(1 / seen.max())
    assert state.e_value < seen.max()
    assert state.rings(0.01)


@pytest.mark.parametrize("late", [0.0, 0.5])
def test_long_calm_and_long_harm_stay_finite(late: float) -> None:
    state = e_process(0.1, late=late).update(np.zeros(3000))
    assert np.isfinite(state.capital).all()
    assert state.e_value <= 1
    assert (state.capital == 0).any() == (late == 0)
    harmed = state.update(np.ones(3000))
    assert harmed.rings(0.01)
    assert np.isfinite(json.loads(harmed.to_json())["peak"])


def test_capital_that_was_kept_finds_a_late_harm_sooner() -> None:
    rows = np.concatenate([np.tile([0.0] * 19 + [1.0], 50), np.tile([0.0] * 4 + [1.0], 400)])
    rung = [int(np.argmax(e_process(0.1, late=late).follow(rows)[1] >= 20)) for late in (0.0, 0.5)]
    assert 1000 < rung[1] < rung[0] - 200


def test_no_harm_within_a_margin_is_a_threshold_below_zero() -> None:
    differences = np.tile([1.0, -1.0, 0.0, 0.0], 150)
    assert not e_process(0, bounds=(-1, 1)).update(differences).rings(0.05)
    assert e_process(-0.1, bounds=(-1, 1)).update(differences).rings(0.05)


@given(a=st.floats(0, 1), b=st.floats(0, 1), share=st.floats(0.05, 0.95), usual=st.floats(0, 1))
def test_what_an_assigned_row_says_is_right_on_average(a: float, b: float, share: float, usual: float) -> None:
    rows, (low, high) = assigned_differences([a, b], [True, False], share=share, usual=usual)
    assert share * rows[0] + (1 - share) * rows[1] == pytest.approx(a - b, abs=1e-12)
    assert low <= rows.min() <= rows.max() <= high


def test_arms_with_rows_of_their_own_are_told_apart() -> None:
    in_a = rng(4).random(4000) < 0.5
    scores = (rng(5).random(4000) < np.where(in_a, 0.2, 0.1)).astype(float)
    rows, bounds = assigned_differences(scores, in_a, share=0.5, usual=0.15)
    assert e_process(0, bounds=bounds).update(rows).rings(0.05)
    assert not e_process(0, bounds=bounds, alternative="less").update(rows).rings(0.05)


@pytest.mark.parametrize(
    ("values", "message"),
    [([0.5, 1.5], "within the bounds"), ([float("nan")], "within the bounds"), ([[0.5]], "shape"), (0.5, "shape")],
)
def test_rows_that_are_none_are_refused(values: object, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        e_process(0.1).update(np.asarray(values))


def test_impossible_questions_are_refused() -> None:
    for threshold in (0.0, 1.0, 2.0, float("nan")):
        with pytest.raises(ValueError, match="strictly between the bounds"):
            e_process(threshold)
    with pytest.raises(ValueError, match="late must be"):
        e_process(0.1, late=1.0)
    with pytest.raises(ValueError, match="alternative must be"):
        bets_against(0.1, (0, 1), "more")  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="more than it has"):
        Bets(0.5, (0, 1), (2.1,), (1.0,))
    with pytest.raises(ValueError, match="sum to 1"):
        Bets(0.5, (0, 1), (1.0,), (0.9,))
    with pytest.raises(ValueError, match="not the state of an EProcess"):
        EProcess.from_json("{}")


def test_impossible_assignments_are_refused() -> None:
    in_a: NDArray[np.bool_] = np.array([True, False])
    with pytest.raises(ValueError, match="different shapes"):
        assigned_differences([0.5], in_a, share=0.5, usual=0.5)
    with pytest.raises(ValueError, match="strictly between 0 and 1"):
        assigned_differences([0.5, 0.5], in_a, share=1.0, usual=0.5)
    for scores, usual in (([0.5, 1.5], 0.5), ([0.5, float("nan")], 0.5), ([0.5, 0.5], -0.1)):
        with pytest.raises(ValueError, match="outside the bounds"):
            assigned_differences(scores, in_a, share=0.5, usual=usual)
