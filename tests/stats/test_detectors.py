from itertools import product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from farfield.stats import DetectorKind, EDetector, e_detector
from farfield.stats.bets import Bets

STRINGS = np.array(list(product((0.0, 1.0), repeat=10)))
CHANCES = np.where(STRINGS == 1, 0.3, 0.7).prod(axis=1)
KINDS: tuple[DetectorKind, ...] = ("shiryaev-roberts", "cusum")


def rng(seed: int = 0) -> np.random.Generator:
    return np.random.default_rng(seed)


def test_one_bet_gives_the_sum_and_the_largest_over_beginnings() -> None:
    rows, bets = rng().random(30), Bets(0.4, (0, 1), (1.5,), (1.0,))
    pays = 1 + 1.5 * (rows - 0.4)
    from_each = np.array([pays[start:].prod() for start in range(30)])
    for kind, expected in zip(KINDS, (from_each.sum(), from_each.max()), strict=True):
        state, heights = EDetector(bets, kind, 0, np.zeros(1), np.zeros(())).follow(rows)
        assert heights[-1] == pytest.approx(expected, rel=1e-12)
        assert state.peak == heights.max()


def test_bets_are_averaged_by_their_shares() -> None:
    rows = rng(1).random(40)
    for kind in KINDS:
        whole = e_detector(0.4, detector=kind)
        of_each = [
            EDetector(Bets(0.4, (0, 1), (slope,), (1.0,)), kind, 0, np.zeros(1), np.zeros(())).follow(rows)[1]
            for slope in whole.bets.slopes
        ]
        np.testing.assert_allclose(whole.follow(rows)[1], np.dot(whole.bets.shares, of_each), rtol=1e-12)


def test_without_a_change_the_height_is_expected_to_be_the_number_of_rows() -> None:
    _, heights = e_detector(0.3, streams=(1024,)).follow(STRINGS)
    np.testing.assert_allclose(CHANCES @ heights, np.arange(1, 11), rtol=1e-12)
    _, largest = e_detector(0.3, detector="cusum", streams=(1024,)).follow(STRINGS)
    assert (largest <= heights * (1 + 1e-12)).all()
    _, below = e_detector(0.3, streams=(1024,)).follow(STRINGS * 0)
    assert (below < np.arange(1, 11)).all()


@pytest.mark.parametrize("kind", KINDS)
def test_at_an_alarm_the_height_is_no_larger_than_the_rows_it_took(kind: DetectorKind) -> None:
    _, heights = e_detector(0.3, detector=kind, streams=(1024,)).follow(STRINGS)
    hit = heights >= 4
    stop = np.where(hit.any(axis=1), hit.argmax(axis=1), 9)
    assert CHANCES @ heights[np.arange(1024), stop] <= CHANCES @ (stop + 1) * (1 + 1e-12)


@given(cuts=st.lists(st.integers(0, 60), max_size=5), kind=st.sampled_from(KINDS))
def test_batches_and_storing_change_no_bit(cuts: list[int], kind: DetectorKind) -> None:
    rows = rng(2).random((3, 60))
    whole, heights = e_detector(0.4, detector=kind, streams=(3,)).follow(rows)
    state, parts = e_detector(0.4, detector=kind, streams=(3,)), []
    for part in np.split(rows, sorted(cuts), axis=1):
        state, seen = EDetector.from_json(state.to_json()).follow(part)
        parts.append(seen)
    assert state.to_json() == whole.to_json()
    np.testing.assert_array_equal(np.concatenate(parts, axis=1), heights)
    np.testing.assert_array_equal(state.rings(20), heights.max(axis=1) >= 20)


def test_a_change_after_long_calm_is_found_as_soon_as_an_early_one() -> None:
    for kind in KINDS:
        calm = e_detector(0.1, detector=kind).update(np.zeros(20_000))
        assert not calm.rings(1000)
        harmed = [state.follow(np.tile([1.0, 0.0], 50))[1] for state in (calm, e_detector(0.1, detector=kind))]
        late, early = (int(np.argmax(heights >= 1000)) for heights in harmed)
        assert abs(late - early) <= 2


def test_changes_to_the_better_are_seen_from_the_other_side() -> None:
    rows = rng(3).random(200)
    better = e_detector(0.6, alternative="less").update(rows)
    assert better.peak == pytest.approx(float(e_detector(0.4).update(1 - rows).peak), rel=1e-9)


def test_impossible_detectors_are_refused() -> None:
    with pytest.raises(ValueError, match="detector must be"):
        e_detector(0.1, detector="shewhart")  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="strictly between the bounds"):
        e_detector(1.0)
    with pytest.raises(ValueError, match="not the state of an EDetector"):
        EDetector.from_json('{"state": "EProcess"}')
