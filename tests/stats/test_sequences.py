import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from farfield.stats import Alternative, Estimate, MeanSequence, Number, Undefined, asymptotic_sequence, e_process


def rng(seed: int = 0) -> np.random.Generator:
    return np.random.default_rng(seed)


def ends(number: Number) -> tuple[float, float, float]:
    assert isinstance(number, Estimate)
    return number.low, number.value, number.high


@pytest.mark.parametrize("level", [0.9, 0.95])
def test_an_end_is_where_the_bets_of_its_side_begin_to_refute(level: float) -> None:
    rows = rng().random(80) ** 2
    low, mean, high = ends(MeanSequence().update(rows).estimate(level))
    assert mean == pytest.approx(rows.mean())
    for end, side in ((low, "greater"), (high, "less")):
        capital = e_process(end, alternative=_side(side)).update(rows).e_value
        assert capital == pytest.approx(2 / (1 - level), rel=1e-6)


def _side(name: str) -> Alternative:
    return "greater" if name == "greater" else "less"


def test_the_interval_equals_that_of_confseq() -> None:
    # confseq 0.0.11, cs_from_martingale of the same bets, 0.05; its grid of 1000 steps a step outwards.
    rows = [(i * 7919 % 1009) / 1009 * 0.8 for i in range(60)]
    low, _, high = ends(MeanSequence().update(rows).estimate())
    assert (low, high) == pytest.approx((0.294 + 0.0005, 0.5 - 0.0005), abs=0.00051)
    low, _, high = ends(MeanSequence().update([i * 7919 % 1009 < 200 for i in range(200)]).estimate())
    assert (low, high) == pytest.approx((0.12 + 0.0005, 0.305 - 0.0005), abs=0.00051)


@given(cuts=st.lists(st.integers(0, 60), max_size=5), seed=st.integers(0, 9))
def test_neither_batches_nor_order_matter(cuts: list[int], seed: int) -> None:
    rows = rng(2).integers(0, 5, 60) / 4
    whole, state = MeanSequence().update(rows), MeanSequence()
    for part in np.split(rng(seed).permutation(rows), sorted(cuts)):
        state = state.update(part)
    assert state == whole
    assert state.estimate() == whole.estimate()
    assert MeanSequence(state.bounds, state.values, state.counts) == whole


def test_other_bounds_are_another_scale() -> None:
    rows = rng(3).random(100)
    plain, scaled = MeanSequence().update(rows), MeanSequence((-1, 1)).update(2 * rows - 1)
    assert ends(scaled.estimate()) == pytest.approx([2 * end - 1 for end in ends(plain.estimate())], abs=1e-9)


def test_rows_without_spread_leave_room_for_others() -> None:
    for value in (0.0, 0.5, 1.0):
        low, mean, high = ends(MeanSequence().update([value] * 100).estimate())
        assert low <= mean == value <= high
        assert 0.02 < high - low < 0.1
    assert ends(MeanSequence().update([0.0] * 100).estimate())[0] == 0
    assert ends(MeanSequence().update([1.0] * 100).estimate())[2] == 1


def test_more_rows_and_less_confidence_narrow_the_interval() -> None:
    rows = (rng(4).random(4000) < 0.1).astype(float)
    widths = [MeanSequence().update(rows[:n]).estimate(level) for n, level in ((100, 0.95), (4000, 0.95), (4000, 0.9))]
    low, high = zip(*((number[0], number[2]) for number in map(ends, widths)), strict=True)
    assert low[0] < low[1] < low[2] < high[2] < high[1] < high[0]
    assert high[1] - low[1] < 2 * 2 * 1.96 * rows.std() / 4000**0.5  # within twice what one planned look allows


def test_without_rows_there_is_no_mean() -> None:
    assert MeanSequence().estimate() == Undefined("no rows")
    assert MeanSequence().update([]) == MeanSequence()


def test_impossible_rows_are_refused() -> None:
    with pytest.raises(ValueError, match="outside the bounds"):
        MeanSequence().update([1.5])
    with pytest.raises(ValueError, match="finite"):
        MeanSequence().update([float("nan")])
    with pytest.raises(ValueError, match="level"):
        MeanSequence().update([0.5]).estimate(1.0)


def test_the_asymptotic_sequence_is_tightest_where_it_was_told() -> None:
    rows = np.tile([-1.0, 1.0], 200)
    best, *others = (ends(asymptotic_sequence(rows, tightest_at=at))[2] for at in (400, 300, 500, 40, 4000))
    assert all(best < other for other in others)
    # At its tightest it is sd sqrt((u + 1) / n) with u = log((u + 1) / 0.05^2), which is 8.2132.
    assert best == pytest.approx((9.2132 / 400) ** 0.5, rel=1e-4)


def test_the_asymptotic_sequence_follows_shift_and_scale() -> None:
    rows = rng(5).normal(size=300)
    low, mean, high = ends(asymptotic_sequence(rows, tightest_at=100))
    assert mean == pytest.approx(rows.mean())
    moved = ends(asymptotic_sequence(10 - 3 * rows, tightest_at=100))
    assert moved == pytest.approx((10 - 3 * high, 10 - 3 * mean, 10 - 3 * low))


def test_the_asymptotic_sequence_needs_spread() -> None:
    assert asymptotic_sequence([1.0], tightest_at=10) == Undefined("fewer than two rows show no spread", 1)
    assert asymptotic_sequence([1.0, 1.0], tightest_at=10) == Undefined("all rows are equal", 2)
    with pytest.raises(ValueError, match="tightest_at"):
        asymptotic_sequence([1.0, 2.0], tightest_at=0)
