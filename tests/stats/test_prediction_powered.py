"""Prediction-powered inference: its closed form, good guesses, guesses that are worth nothing."""

import numpy as np
import pytest
from scipy import stats

from farfield.stats import PredictionPowered, Undefined, prediction_powered_mean


def told(labelled: np.ndarray, guessed: np.ndarray, more: np.ndarray) -> PredictionPowered:
    found = prediction_powered_mean(labelled, guessed, more)
    assert isinstance(found, PredictionPowered)
    return found


def rng(seed: int = 0) -> np.random.Generator:
    return np.random.default_rng(seed)


def test_it_is_the_weighted_form_of_its_source() -> None:
    draws = rng()
    guess, more = draws.normal(size=40), draws.normal(size=400)
    outcome = guess + draws.normal(scale=0.5, size=40)
    found = told(outcome, guess, more)
    spread = np.concatenate([guess, more]).var(ddof=1)
    weight = np.cov(outcome, guess)[0, 1] / ((1 + 40 / 400) * spread)
    assert found.weight == pytest.approx(weight)
    assert found.mean.value == pytest.approx(weight * more.mean() + (outcome - weight * guess).mean())
    error = (found.mean.high - found.mean.low) / 2 / stats.t.ppf(0.975, 38)
    left = outcome - weight * guess
    assert error**2 == pytest.approx(weight**2 * more.var(ddof=1) / 400 + left.var(ddof=1) * 39 / 38 / 40)


def test_good_guesses_are_worth_labels_and_useless_ones_cost_nothing_much() -> None:
    draws = rng(1)
    truth = draws.random(2000)
    outcome = (draws.random(2000) < truth).astype(float)
    good = told(outcome[:100], truth[:100], truth[100:])
    assert good.worth > 120
    useless = told(outcome[:100], draws.random(100), draws.random(1900))
    assert useless.weight < 0.3
    assert 85 < useless.worth < 115


def test_guesses_without_spread_leave_the_labelled_rows_alone() -> None:
    outcome = rng(2).random(30)
    found = told(outcome, np.full(30, 0.7), np.full(500, 0.7))
    expected = stats.ttest_1samp(outcome, 0).confidence_interval(0.95)
    assert found.weight == 0
    assert (found.mean.low, found.mean.high) == pytest.approx((expected.low, expected.high))
    assert found.worth == pytest.approx(30)


def test_where_it_can_t_be_told() -> None:
    assert prediction_powered_mean([1.0] * 9, [0.5] * 9, [0.5] * 50) == Undefined("too few rows", 9)
    assert prediction_powered_mean([1.0] * 12, [0.5] * 12, [0.5] * 50) == Undefined(
        "the labelled rows show no spread", 12
    )
    with pytest.raises(ValueError, match="2 labels for 1 guesses"):
        prediction_powered_mean([1.0, 0.0], [0.5], [0.5])


def test_it_is_that_of_its_authors_but_for_small_samples() -> None:
    """Theirs divides the covariance by n and takes the normal quantile; with many labels nothing is left of that."""
    reason = "the peer of this test is no dependency: pip install ppi-python"
    peer = pytest.importorskip("ppi_py", reason=reason)
    draws = rng(3)
    for n in (50, 400, 4000):
        guess, more = draws.beta(5, 2, n), draws.beta(5, 2, 3 * n)
        outcome = (draws.random(n) < guess).astype(float)
        low, high = (float(end[0]) for end in peer.ppi_mean_ci(outcome, guess, more, alpha=0.05))
        found = told(outcome, guess, more)
        assert found.mean.value == pytest.approx((low + high) / 2, abs=0.2 / n)
        wider = (found.mean.high - found.mean.low) / (high - low)
        assert 1 < wider < 1 + 3.5 / n
