"""Learning curves: laws that were put in are found, both ends of a forecast, and what refuses to be a curve."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from farfield.stats import Estimate, LearningCurve, RowsNeeded, Undefined, learning_curve

SIZES = (50, 100, 200, 400, 800)
ZIGZAG = dict(zip(SIZES, (0.2, 0.5, 0.1, 0.6, 0.2), strict=True))
WORSE = dict(zip(SIZES, (0.1, 0.2, 0.3, 0.4, 0.5), strict=True))


def rng(seed: int = 0) -> np.random.Generator:
    return np.random.default_rng(seed)


def measured(error: dict[int, float], *, rows: int = 400, seeds: int = 2, seed: int = 0) -> dict[int, np.ndarray]:
    """Right or wrong: some rows are harder than others, alike for all sizes and seeds."""
    draws = rng(seed)
    hard = draws.choice([0.4, 1.6], size=rows)
    return {n: (draws.random((seeds, rows)) > e * hard).astype(float) for n, e in error.items()}


def power(floor: float, scale: float, exponent: float) -> dict[int, float]:
    return {n: floor + scale * n**-exponent for n in SIZES}


def found(scores: dict[int, np.ndarray]) -> LearningCurve:
    curve = learning_curve(scores, rng=rng())
    assert isinstance(curve, LearningCurve)
    return curve


def test_a_power_law_is_carried_on() -> None:
    curve = found(measured(power(0.1, 2.0, 0.5), rows=20_000))
    told = curve.at(2000)
    truth = 1 - 0.1 - 2.0 * 2000**-0.5
    assert told.low < truth < told.high
    assert told.high - told.low < 0.04
    assert told.value == pytest.approx(truth, abs=0.015)


def test_within_what_was_measured_it_says_what_was_measured() -> None:
    scores = measured(power(0.1, 2.0, 0.5), rows=5000)
    curve = found(scores)
    for size in SIZES:
        assert curve.at(size).value == pytest.approx(scores[size].mean(), abs=0.02)
    assert list(curve.sizes) == list(SIZES)
    np.testing.assert_allclose(curve.means, [scores[size].mean() for size in SIZES])


def test_what_was_learnt_before_is_the_rectified_law() -> None:
    late = {n: 0.05 + 60 / (150 + n**0.95) for n in SIZES}  # flat at first, then it falls
    assert found(measured(late, rows=20_000)).laws["rectified"] > 0.9
    laws = found(measured(power(0.1, 2.0, 0.5), rows=20_000)).laws
    assert laws["rectified"] < laws["power"]
    assert sum(laws.values()) == pytest.approx(1)


def test_a_curve_that_is_flat_promises_nothing() -> None:
    curve = found(measured(dict.fromkeys(SIZES, 0.3), rows=2000))
    assert curve.laws["flat"] > 0.5
    told = curve.at(2000)
    assert told.low < 0.7 < told.high
    assert told.high - told.low < 0.08
    early = curve.rows_needed(0.6).high
    assert isinstance(early, int)
    assert early < 50
    assert isinstance(curve.rows_needed(0.9).low, Undefined)


def test_a_gain_is_told_curve_by_curve() -> None:
    curve = found(measured(power(0.1, 2.0, 0.5), rows=20_000))
    gain = curve.gain(800, 1600)
    truth = 2.0 * (800**-0.5 - 1600**-0.5)
    assert gain.low < truth < gain.high
    assert gain.low > 0
    both = (curve.at(1600).high - curve.at(1600).low) + (curve.at(800).high - curve.at(800).low)
    assert gain.high - gain.low < both
    assert curve.gain(800, 800).high == 0
    flat = found(measured(dict.fromkeys(SIZES, 0.3), rows=2000)).gain(800, 1600)
    assert flat.low == 0
    assert flat.high < 0.03


def test_one_more_training_varies_more_than_the_expected_score() -> None:
    draws = rng(3)
    scores = measured(power(0.1, 2.0, 0.5), rows=4000)
    for size, table in scores.items():
        off = draws.random(table.shape) < np.abs(draws.normal(scale=0.05, size=(2, 1)))
        scores[size] = np.where(off, 0.0, table)
    curve = found(scores)
    assert np.median(curve.seeds) > 0.005
    mean, one = curve.at(1600), curve.one_more(1600, rng=rng())
    assert one.high - one.low > mean.high - mean.low
    assert isinstance(one, Estimate)


def test_rows_needed_may_be_never_and_may_be_none() -> None:
    curve = found(measured(power(0.1, 2.0, 0.5), rows=20_000))
    needed = curve.rows_needed(0.84)  # error 0.16 at (2 / 0.06)^2
    assert isinstance(needed.low, int)
    assert isinstance(needed.high, int)
    assert needed.low < (2.0 / 0.06) ** 2 < needed.high
    assert needed.reached > 0.99
    never = Undefined("the curve levels off below this score")
    assert curve.rows_needed(0.999) == RowsNeeded(never, never, 0.0)
    early = curve.rows_needed(0.1).high
    assert isinstance(early, int)
    assert early < 50


def test_a_score_far_beyond_what_was_tried_is_no_number_of_rows() -> None:
    sizes, draws = np.array(SIZES, dtype=float), np.array([[0.1, 0.4, 0.2, 0.0]] * 8 + [[0.1, 0.4, 0.5, 1.0]] * 8)
    curve = LearningCurve(sizes, 1 - sizes**-0.5, draws, np.zeros(16), 0.1, same_rows=False, n=100)
    needed = curve.rows_needed(0.88)  # at (0.4 / 0.02)^5, 3.2 million, and at (0.4 / 0.02 - 1)^2
    assert needed.low == 361
    assert needed.high == Undefined("more than a hundred times the largest training set")
    assert needed.reached == 1
    assert curve.rows_needed(0.85).high == 32_768


@pytest.mark.parametrize(
    ("scores", "reason"),
    [
        (measured(dict.fromkeys(SIZES[:4], 0.3)), "a learning curve needs five sizes of training sets"),
        (measured(power(0.1, 2.0, 0.5), seeds=1), "a learning curve needs two seeds of every size"),
        (
            measured(dict(zip(SIZES, (0.2, 0.5, 0.1, 0.6, 0.2), strict=True)), rows=5000),
            "the scores follow no learning curve",
        ),
        (
            measured(dict(zip(SIZES, (0.1, 0.2, 0.3, 0.4, 0.5), strict=True)), rows=5000),
            "the scores follow no learning curve",
        ),
    ],
)
def test_what_is_no_learning_curve(scores: dict[int, np.ndarray], reason: str) -> None:
    curve = learning_curve(scores, rng=rng())
    assert isinstance(curve, Undefined)
    assert curve.reason == reason


def test_sizes_are_measured_on_the_same_rows() -> None:
    scores = measured(power(0.1, 2.0, 0.5))
    with pytest.raises(ValueError, match="different numbers of rows"):
        learning_curve(scores | {50: np.zeros((2, 3))}, rng=rng())


def test_on_the_same_rows_more_is_known_than_of_their_domain() -> None:
    scores = measured(power(0.1, 2.0, 0.5), rows=300)
    here, there = learning_curve(scores, rng=rng(), same_rows=True), found(scores)
    assert isinstance(here, LearningCurve)
    of_these, of_all = here.one_more(2000, rng=rng()), there.one_more(2000, rng=rng(), rows=300)
    assert of_these.high - of_these.low < of_all.high - of_all.low
    with pytest.raises(ValueError, match="same test rows"):
        here.one_more(2000, rng=rng(), rows=300)


def test_a_measurement_on_few_rows_varies_more_than_one_on_all() -> None:
    curve = found(measured(power(0.1, 2.0, 0.5), rows=2000))
    on_all, on_few = curve.one_more(1600, rng=rng()), curve.one_more(1600, rng=rng(), rows=100)
    # Beside curve and seed, sqrt(0.15 * 0.85 / 100) of the rows alone.
    assert on_few.high - on_few.low > 2 * 1.9 * 0.0357
    assert on_few.high - on_few.low > 1.5 * (on_all.high - on_all.low)


def test_the_posterior_is_that_of_integration_by_brute_force() -> None:
    """One exponent, one size learnt before, seeds that do not vary: what is left can be summed over a fine grid."""
    from farfield.stats import curves

    sizes, errors = np.array(SIZES, dtype=float), np.array([0.35, 0.30, 0.22, 0.2, 0.16])
    noise = curves._Noise(np.diag(np.full(5, 0.02**2)), np.full(5, 1e-8), np.full(5, 2.0), np.full(5, 1e-8))
    shape = 1 / (9.0 + sizes**0.7)
    shape /= shape[0]
    fitted = curves._fitted(shape[None], errors, noise)
    prior = np.array([0.0, -np.inf])
    drawn, spread = curves._drawn(fitted, prior, np.array([[0.7, 9.0]]), 40_000, rng())
    floor, scale = (each.ravel() for each in np.meshgrid(np.linspace(0, 1, 1001), np.linspace(0, 1, 1001)))
    left = errors - floor[:, None] - scale[:, None] * shape
    weights = np.exp(-(left**2).sum(axis=1) / 2 / 0.02**2)
    assert np.median(noise.spreads[spread]) < 0.001
    for mine, exact in ((drawn[:, 0], floor), (drawn[:, 1], scale)):
        centre = weights @ exact / weights.sum()
        assert mine.mean() == pytest.approx(centre, abs=0.001)
        assert mine.std() == pytest.approx(np.sqrt(weights @ (exact - centre) ** 2 / weights.sum()), rel=0.03)


@pytest.mark.parametrize("same_rows", [False, True])
def test_where_all_is_right_not_everything_is_sure(same_rows: bool) -> None:
    curve = learning_curve({n: np.ones((2, 200)) for n in SIZES}, rng=rng(), same_rows=same_rows)
    assert isinstance(curve, LearningCurve)
    told = curve.one_more(2000, rng=rng())
    assert told.high == 1
    # One row in 200 may well be wrong next time, ten will hardly be.
    assert 0.95 < told.low < 0.997


@given(st.integers(0, 2**32 - 1), st.booleans())
def test_any_scores_give_a_range_within_the_scale_or_a_reason(seed: int, same_rows: bool) -> None:
    draws = rng(seed)
    rows, shares = int(draws.integers(2, 60)), draws.choice([0, 0.1, 0.5, 0.9, 1.0], size=5)
    scores = {n: (draws.random((2, rows)) < share).astype(float) for n, share in zip(SIZES, shares, strict=True)}
    curve = learning_curve(scores, rng=draws, same_rows=same_rows, draws=500)
    if isinstance(curve, LearningCurve):
        for told in (curve.at(2000), curve.one_more(2000, rng=draws)):
            assert 0 <= told.low <= told.value <= told.high <= 1
        assert sum(curve.laws.values()) == pytest.approx(1)
        needed = curve.rows_needed(0.9)
        if isinstance(needed.low, int) and isinstance(needed.high, int):
            assert 0 <= needed.low <= needed.high
    else:
        assert curve.reason == "the scores follow no learning curve"
