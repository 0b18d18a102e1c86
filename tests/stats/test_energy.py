"""The energy test: its closed form, its false alarms, and what it finds."""

import numpy as np
import pytest
from scipy.spatial.distance import cdist
from scipy.stats import binom, energy_distance

from farfield.stats import EnergyTest, Undefined, energy_test
from farfield.stats.resampling import FloatArray


def _test(one: FloatArray, other: FloatArray, seed: int = 0, draws: int = 199) -> EnergyTest:
    points = np.concatenate([one, other])
    found = energy_test(cdist(points, points), len(one), rng=np.random.default_rng(seed), draws=draws)
    assert isinstance(found, EnergyTest)
    return found


def test_on_a_line_it_is_scipys_distance_squared() -> None:
    rng = np.random.default_rng(1)
    one, other = rng.normal(size=(30, 1)), rng.normal(0.7, 2, size=(45, 1))
    assert _test(one, other).distance == pytest.approx(energy_distance(one[:, 0], other[:, 0]) ** 2)


def test_alike_sets_ring_in_one_of_twenty() -> None:
    rng = np.random.default_rng(2)
    worlds = rng.normal(size=(400, 2, 25, 3))
    rings = sum(_test(one, other, seed, draws=99).p <= 0.05 for seed, (one, other) in enumerate(worlds))
    low, high = binom.ppf([0.0005, 0.9995], 400, 0.05)
    assert low <= rings <= high


def test_a_shift_and_a_spread_are_found() -> None:
    rng = np.random.default_rng(3)
    base = rng.normal(size=(60, 3))
    assert _test(base, rng.normal(0.8, 1, size=(60, 3))).p == pytest.approx(1 / 200)
    wide = _test(base, rng.normal(0, 3, size=(60, 3)))
    assert wide.p == pytest.approx(1 / 200)
    assert wide.distance > wide.high > wide.expected > 0


def test_what_can_not_be_told() -> None:
    rng = np.random.default_rng(0)
    assert energy_test(np.zeros((6, 6)), 3, rng=rng) == Undefined("all points are one", 6)
    assert energy_test(np.eye(4), 1, rng=rng) == Undefined("a set has fewer than two points", 4)
    with pytest.raises(ValueError, match="square"):
        energy_test(np.zeros((3, 4)), 2, rng=rng)
