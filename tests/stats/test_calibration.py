"""Proper scores against scikit-learn, the calibration error against its definition, temperature against a known one."""

import numpy as np
import pytest
from sklearn.calibration import calibration_curve
from sklearn.metrics import brier_score_loss, log_loss

from farfield.stats import Calibration, Undefined, calibration, probabilities, temperature


def rng(seed: int = 0) -> np.random.Generator:
    return np.random.default_rng(seed)


def drawn(n: int, labels: int, *, heat: float = 1.0, seed: int = 0) -> tuple[np.ndarray, list[int]]:
    """Log-probabilities that are `heat` times too far apart, and labels drawn from what they should be."""
    draws = rng(seed)
    logits = draws.normal(scale=2, size=(n, labels))
    shares = probabilities(logits)
    gold = (draws.random(n)[:, None] > shares.cumsum(axis=1)).sum(axis=1)
    return logits * heat, gold.tolist()


def found(shares: np.ndarray, gold: list[int]) -> Calibration:
    result = calibration(shares, gold, rng=rng())
    assert isinstance(result, Calibration)
    return result


def test_probabilities_are_a_softmax_of_the_labels() -> None:
    from scipy.special import softmax

    logprobs = rng().normal(size=(5, 3)) - 700  # far below what exp can hold
    np.testing.assert_allclose(probabilities(logprobs, temperature=2), softmax(logprobs / 2, axis=1), rtol=1e-12)


def test_proper_scores_are_those_of_scikit_learn() -> None:
    logits, gold = drawn(200, 2)
    shares = probabilities(logits)
    told = found(shares, gold)
    assert not isinstance(told.brier, Undefined)
    assert not isinstance(told.log_loss, Undefined)
    # scikit-learn counts one of two labels, so half of the sum over both.
    assert told.brier.value == pytest.approx(2 * brier_score_loss(gold, shares[:, 1]), abs=1e-9)
    assert told.log_loss.value == pytest.approx(log_loss(gold, shares), abs=1e-9)
    assert told.brier.low < told.brier.value < told.brier.high


def test_the_calibration_error_is_the_mean_distance_over_bins() -> None:
    logits, gold = drawn(103, 3)
    shares = probabilities(logits)
    told = found(shares, gold)
    sure, right = shares.max(axis=1), shares.argmax(axis=1) == np.array(gold)
    order = np.argsort(sure)
    bins = np.split(order, [(k * 103) // 10 for k in range(1, 10)])
    assert told.ece == pytest.approx(sum(abs((sure[b] - right[b]).sum()) for b in bins) / 103, abs=1e-12)
    assert [b.rows for b in told.bins] == [len(b) for b in bins]
    assert [b.confidence for b in told.bins] == sorted(b.confidence for b in told.bins)


def test_the_reliability_table_is_that_of_scikit_learn() -> None:
    logits, gold = drawn(200, 3)
    shares = probabilities(logits)
    told = found(shares, gold)
    hit = shares.argmax(axis=1) == np.array(gold)
    right, sure = calibration_curve(hit, shares.max(axis=1), n_bins=10, strategy="quantile")
    assert [b.confidence for b in told.bins] == pytest.approx(sure)
    assert [b.right.value for b in told.bins if not isinstance(b.right, Undefined)] == pytest.approx(right)


def test_chance_alone_shows_an_error_and_is_told_from_overconfidence() -> None:
    logits, gold = drawn(400, 2)
    fair = found(probabilities(logits), gold)
    assert fair.chance > 0.02
    assert fair.p > 0.05
    hot, gold = drawn(400, 2, heat=3)
    sure = found(probabilities(hot), gold)
    assert sure.ece > 2 * sure.chance
    assert sure.p < 0.01


@pytest.mark.parametrize("heat", [0.5, 1.0, 3.0])
def test_the_temperature_that_was_put_in_is_found(heat: float) -> None:
    logits, gold = drawn(20_000, 3, heat=heat)
    assert temperature(logits, gold) == pytest.approx(heat, rel=0.05)


def test_where_all_is_right_the_temperature_ends_at_the_scale_and_without_rows_there_is_none() -> None:
    assert temperature([[0.0, -1.0], [-1.0, 0.0]], [0, 1]) == pytest.approx(1 / 20, rel=1e-3)
    assert temperature(np.empty((0, 2)), []) == Undefined("no rows")
    assert calibration(np.full((9, 2), 0.5), [0] * 9, rng=rng()) == Undefined("too few rows", 9)
    with pytest.raises(ValueError, match="2 gold labels"):
        calibration(np.full((3, 2), 0.5), [0, 1], rng=rng())
