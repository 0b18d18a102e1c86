"""Levels of looks against published bounds."""

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import multivariate_normal, norm

from farfield.stats import level_of_look
from farfield.stats.spending import spent


def bound(fractions: list[float], level: float = 0.95) -> float:
    return float(norm.isf((1 - level_of_look(fractions, level=level)) / 2))


def test_five_even_looks_have_the_published_bounds() -> None:
    # Lan and DeMets' first function, 2.5 % on either side, as tabled by Reboussin et al. (2000) and gsDesign's sfLDOF.
    found = [bound([0.2 * (i + 1) for i in range(k)]) for k in range(1, 6)]
    assert found == pytest.approx([4.8769, 3.3569, 2.6803, 2.2898, 2.0310], abs=2e-4)


def test_one_look_at_all_rows_costs_nothing() -> None:
    assert level_of_look([1.0]) == pytest.approx(0.95)
    assert level_of_look([1.0], level=0.9) == pytest.approx(0.9)
    assert spent(1.0, level=0.9) == pytest.approx(0.05)


def test_two_looks_spend_what_the_bivariate_normal_law_says() -> None:
    first, second = bound([0.5]), bound([0.5, 1.0])
    law = multivariate_normal([0, 0], [[1, math.sqrt(0.5)], [math.sqrt(0.5), 1]])
    # Above the first bound, or above the second though between both first ones.
    between = law.cdf([first, -second]) - law.cdf([-first, -second])
    assert norm.sf(first) == pytest.approx(spent(0.5))
    assert norm.sf(first) + between == pytest.approx(0.025, abs=1e-5)


@settings(max_examples=15, deadline=None)
@given(st.lists(st.integers(1, 99), min_size=1, max_size=4, unique=True))
def test_looking_before_makes_the_last_look_stricter(looks: list[int]) -> None:
    fractions = [look / 100 for look in sorted(looks)]
    assert level_of_look([*fractions, 1.0]) > 0.95 - 1e-6
    assert spent(fractions[0]) < 0.025
    assert level_of_look(fractions) < 1


@pytest.mark.parametrize("fractions", [[], [0.5, 0.5], [0.5, 0.25], [0.5, 1.2], [0.0]])
def test_looks_rise_to_the_planned_rows(fractions: list[float]) -> None:
    with pytest.raises(ValueError, match="planned rows"):
        level_of_look(fractions)
