"""Money over time against closed forms, and against sums written out."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.integrate import quad
from scipy.stats import norm

from farfield.findings.economics.arithmetic import (
    annuity,
    break_even_error,
    break_even_items,
    linear_loss,
    npv,
    payback,
    saved_by_right,
    saved_by_wrong,
    worth_of_rows,
)

RATES = st.floats(0, 0.5)
SUMS = st.floats(1, 1e6)


@pytest.mark.parametrize("discount", [0.0, 0.05, 0.3])
def test_an_annuity_is_its_sum(discount: float) -> None:
    written_out = sum((1 + discount) ** (-month / 12) for month in range(1, 25))
    assert float(annuity(discount, 24)) == pytest.approx(written_out)


def test_a_case_by_hand() -> None:
    # 1,200 now for 100 a month: without interest 12 months, and 1,200 left after 24.
    assert float(npv(1200, 100, 0, 24)) == pytest.approx(1200)
    assert float(payback(1200, 100, 0)) == pytest.approx(12)
    # (1200 / 24 + 50) a month have to come from items that save 4: 25.
    assert float(break_even_items(1200, 50, 4, 0, 24)) == pytest.approx(25)


@given(once=SUMS, monthly=SUMS, discount=RATES, months=st.integers(1, 120))
def test_what_is_paid_back_in_time_is_worth_it(once: float, monthly: float, discount: float, months: int) -> None:
    worth, back = float(npv(once, monthly, discount, months)), float(payback(once, monthly, discount))
    if abs(worth) > 1e-6 * once:
        assert (worth > 0) == (back < months)
    if back < 1000:
        rate = math.log1p(discount) / 12
        factor = back if rate == 0 else -math.expm1(-back * rate) / math.expm1(rate)
        assert monthly * factor == pytest.approx(once, rel=1e-6)


def test_what_never_comes_back() -> None:
    assert math.isinf(float(payback(100, -1, 0.05)))
    assert math.isinf(float(payback(100, 0.001, 0.5)))  # interest alone eats it
    assert float(payback(0, 5, 0.05)) == 0
    assert math.isinf(float(break_even_items(100, 5, -1, 0.05, 12)))


@given(share=st.floats(0.05, 1), right=st.floats(1, 100), error=st.floats(1, 1000), needed=st.floats(0, 50))
def test_at_the_break_even_error_nothing_is_left(share: float, right: float, error: float, needed: float) -> None:
    wrong = right - error
    at = float(break_even_error(needed, share, right, wrong))
    assert share * ((1 - at) * right + at * wrong) == pytest.approx(needed, abs=1e-6)


def test_a_checked_error_is_handled_and_any_other_costs() -> None:
    assert float(saved_by_right(100, 20, 0.1)) == pytest.approx(98)
    # 90 % slip through at 500, 10 % are found and handled at 100: 98 - 10 - 450.
    assert float(saved_by_wrong(100, 20, 0.1, 500)) == pytest.approx(-362)


@pytest.mark.parametrize("u", [0.0, 0.5, 2.0])
def test_the_linear_loss_integral_is_an_integral(u: float) -> None:
    assert float(linear_loss(u)) == pytest.approx(quad(lambda z: (z - u) * norm.pdf(z), u, 12)[0], abs=1e-9)


def test_the_worth_of_rows_is_that_of_deciding_after_them() -> None:
    mean, sd, rows, more = -3.0, 10.0, 100, 50
    moved = sd * math.sqrt(more / (rows + more))
    later = mean + moved * np.random.default_rng(0).standard_normal(1_000_000)
    simulated = float(np.maximum(later, 0).mean() - max(0.0, mean))
    assert float(worth_of_rows(mean, sd, rows, more)) == pytest.approx(simulated, rel=0.01)
    assert float(worth_of_rows(-mean, sd, rows, more)) == pytest.approx(simulated, rel=0.01)  # either way alike
    assert float(worth_of_rows(mean, 0.0, rows, more)) == 0
    assert list(np.diff(worth_of_rows(mean, sd, rows, [10, 100, 1000])) > 0) == [True, True]
