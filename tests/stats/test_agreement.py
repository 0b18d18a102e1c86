"""Agreement of two labellers, against statsmodels and closed forms."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from statsmodels.stats.inter_rater import cohens_kappa as statsmodels_kappa
from statsmodels.stats.inter_rater import to_table

from farfield.stats import Estimate, Number, Undefined, cohens_kappa, label_ceiling, raw_agreement, wilson
from farfield.stats.agreement import kappa_error


def defined(number: Number) -> Estimate:
    assert isinstance(number, Estimate), number
    return number


@settings(max_examples=40, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 3)), min_size=5, max_size=60))
def test_kappa_and_its_error_are_statsmodels(pairs: list[tuple[int, int]]) -> None:
    a, b = zip(*pairs, strict=True)
    found = cohens_kappa(a, b)
    if len({*a, *b}) == 1:
        assert found == Undefined("all values are equal", len(pairs))
        return
    table = to_table(np.array(pairs))[0]
    with np.errstate(invalid="ignore"):  # its z value, where one labeller gave one label only
        expected = statsmodels_kappa(table)
    assert defined(found).value == pytest.approx(expected.kappa)
    assert kappa_error(table)[2] ** 2 == pytest.approx(expected.var_kappa, abs=1e-12)
    assert -1 <= defined(found).low <= defined(found).value <= defined(found).high <= 1 + 1e-12


def test_of_many_rows_the_interval_is_statsmodels() -> None:
    draws = np.random.default_rng(0)
    a = draws.integers(3, size=5000)
    b = np.where(draws.random(5000) < 0.7, a, draws.integers(3, size=5000))
    found, expected = defined(cohens_kappa(a.tolist(), b.tolist())), statsmodels_kappa(to_table(np.stack([a, b], 1))[0])
    assert (found.low, found.high) == pytest.approx((expected.kappa_low, expected.kappa_upp), abs=5e-4)


def test_labellers_who_never_differ_are_not_certain_to_agree() -> None:
    labels = ["yes", "no"] * 20
    found, raw = defined(cohens_kappa(labels, labels)), defined(wilson(40, 40))
    assert (found.value, found.high) == (1, 1)
    assert found.low == pytest.approx((raw.low - 0.5) / 0.5)


def test_labellers_who_always_differ() -> None:
    found = defined(cohens_kappa(["a", "b"] * 20, ["b", "a"] * 20))
    assert (found.value, found.low) == (-1, -1)
    never = defined(cohens_kappa(["a", "b", "a", "c"] * 5, ["b", "c", "c", "a"] * 5))
    assert never.low == pytest.approx(never.value)  # they can't agree on fewer than no rows
    assert never.value < never.high < 0


def test_agreement_is_wilsons_share() -> None:
    assert raw_agreement(["a", "b", "c"], ["a", "b", "x"], level=0.9) == wilson(2, 3, level=0.9)
    assert raw_agreement([], []) == cohens_kappa([], []) == label_ceiling([], [], labels=2) == Undefined("no rows")
    with pytest.raises(ValueError, match="zip"):
        raw_agreement(["a"], ["a", "b"])
    with pytest.raises(ValueError, match="zip"):
        cohens_kappa(["a", "b"], ["a"])


@pytest.mark.parametrize(("labels", "right"), [(2, 0.9), (2, 0.6), (4, 0.85), (10, 0.3)])
def test_the_ceiling_gives_back_how_often_labels_are_right(labels: int, right: float) -> None:
    agree = right**2 + (1 - right) ** 2 / (labels - 1)
    n = 100_000
    same = round(agree * n)
    found = defined(label_ceiling([0] * n, [0] * same + [1] * (n - same), labels=labels))
    assert found.value == pytest.approx(right, abs=0.002)
    raw = defined(wilson(same, n))
    assert found.low**2 + (1 - found.low) ** 2 / (labels - 1) == pytest.approx(raw.low)
    assert found.high**2 + (1 - found.high) ** 2 / (labels - 1) == pytest.approx(raw.high)


def test_the_ceiling_ends_where_guessing_begins() -> None:
    few = defined(label_ceiling(["a", "b", "a", "b"], ["a", "b", "a", "a"], labels=2))
    assert few.low == 0.5  # so few rows don't rule out two who guess
    less = label_ceiling(["a", "b", "a", "b"], ["b", "a", "b", "b"], labels=2)
    assert less == Undefined("the labellers agree less often than guesses would", 4)
    with pytest.raises(ValueError, match="two labels"):
        label_ceiling(["a"], ["a"], labels=1)
