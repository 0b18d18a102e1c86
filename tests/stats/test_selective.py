"""Risk and coverage by counting, the guarantee against statsmodels' exact bound, what a threshold does elsewhere."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from statsmodels.stats.proportion import proportion_confint

from farfield.stats import (
    RiskCoverage,
    Undefined,
    automated,
    risk_coverage,
    rows_to_certify,
    safe_threshold,
)

ROWS = st.lists(st.tuples(st.sampled_from([0.5, 0.6, 0.7, 0.9]), st.booleans()), min_size=1, max_size=30)


@given(ROWS)
def test_each_point_of_the_curve_is_a_count(rows: list[tuple[float, bool]]) -> None:
    sure, right = zip(*rows, strict=True)
    curve = risk_coverage(sure, right)
    assert isinstance(curve, RiskCoverage)
    assert list(curve.threshold) == sorted(set(sure), reverse=True)
    for threshold, coverage, risk in zip(curve.threshold, curve.coverage, curve.risk, strict=True):
        taken = [hit for confidence, hit in rows if confidence >= threshold]
        assert coverage == pytest.approx(len(taken) / len(rows))
        assert risk == pytest.approx(taken.count(False) / len(taken))
    assert 0 <= curve.area <= 1


def test_the_area_is_the_mean_risk_over_coverages() -> None:
    curve = risk_coverage([0.9, 0.8, 0.7, 0.6], [True, False, True, False])
    assert isinstance(curve, RiskCoverage)
    assert curve.area == pytest.approx((0 + 1 / 2 + 1 / 3 + 2 / 4) / 4)
    assert risk_coverage([], []) == Undefined("no rows")


@given(ROWS, st.floats(0.05, 0.6))
def test_a_threshold_passes_as_long_as_the_exact_bound_lies_below_the_limit(
    rows: list[tuple[float, bool]], limit: float
) -> None:
    sure, right = (np.array(each) for each in zip(*rows, strict=True))
    reference = np.array([0.9, 0.7, 0.6, 0.5])
    fewest = rows_to_certify(limit, level=0.9)
    expected: float | None = None
    # Where a third of the reference rows, or 5/4 of what must be tested, are answered, and looser.
    first = min(1.0, max(1 / 3, 1.25 * fewest / len(rows)))
    for threshold in np.quantile(reference, 1 - np.linspace(first, 1, 20), method="lower"):
        answered = sure >= threshold
        n, wrong = int(answered.sum()), int((answered & ~right).sum())
        # The upper end of a two-sided 80 % interval is a one-sided 90 % bound.
        if n == 0 or proportion_confint(wrong, n, alpha=0.2, method="beta")[1] > limit + 1e-12:
            break
        expected = float(threshold)
    found = safe_threshold(sure, right, reference, limit=limit, level=0.9)
    if len(rows) < fewest or expected is None:
        assert isinstance(found, Undefined)
    else:
        assert found == expected


@pytest.mark.parametrize(("limit", "rows"), [(0.02, 149), (0.05, 59), (0.5, 5)])
def test_rows_without_an_error_that_certify_a_limit(limit: float, rows: int) -> None:
    assert rows_to_certify(limit) == rows
    assert (1 - limit) ** rows <= 0.05 < (1 - limit) ** (rows - 1)


def test_why_nothing_is_safe() -> None:
    few = safe_threshold([0.9] * 20, [True] * 20, [0.5], limit=0.02)
    assert few == Undefined("too few calibration rows for this limit", 20)
    wrong = safe_threshold([0.9] * 200, [True, False] * 100, [0.5], limit=0.02)
    assert wrong == Undefined("no threshold keeps errors within the limit", 200)
    assert safe_threshold([0.9] * 200, [True] * 200, [], limit=0.02) == Undefined("no rows", 200)
    with pytest.raises(ValueError, match="strictly between"):
        safe_threshold([0.9], [True], [0.5], limit=0.0)


def test_what_a_threshold_does_on_other_rows() -> None:
    done = automated([0.9, 0.8, 0.4, 0.95], [True, False, False, True], 0.8)
    assert not isinstance(done.coverage, Undefined)
    assert not isinstance(done.risk, Undefined)
    assert (done.coverage.value, done.coverage.n) == (0.75, 4)
    assert done.risk.value == pytest.approx(1 / 3)
    assert done.risk.n == 3
    assert automated([0.1], [True], 0.8).risk == Undefined("no row is answered", 1)


def test_the_guarantee_is_that_of_mapie() -> None:
    """Its p-values of a 0/1 loss and its fixed sequence, given the same thresholds."""
    reason = "the peer of this test is no dependency: pip install mapie"
    methods = pytest.importorskip("mapie.risk_control.methods", reason=reason)
    control = pytest.importorskip("mapie.risk_control.fwer_control", reason=reason)
    draws = np.random.default_rng(0)
    passed = 0
    for n, limit in [(80, 0.1), (300, 0.05), (1000, 0.02)] * 20:
        sure, reference = (1 - draws.beta(1, 12, size) for size in (n, 200))
        right = draws.random(n) < sure**0.5
        fewest = rows_to_certify(limit)
        tried = np.quantile(reference, 1 - np.linspace(max(1 / 3, 1.25 * fewest / n), 1, 20), method="lower")
        taken = sure >= tried[:, None]
        answered = taken.sum(axis=1)
        risk = (taken & ~right).sum(axis=1) / answered
        p = methods.compute_hoeffding_bentkus_p_value(risk, answered, limit, binary=True)[:, 0]
        valid = control.control_fwer(p, 0.05, "fixed_sequence")
        found = safe_threshold(sure, right, reference, limit=limit)
        assert (found == tried[valid[-1]]) if len(valid) else isinstance(found, Undefined)
        passed += len(valid) > 0
    assert 10 < passed < 60
