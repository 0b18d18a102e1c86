"""Accuracy without labels: closed forms, and worlds in which confidence keeps its meaning or loses it."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from farfield.stats import (
    WAYS,
    Estimate,
    Known,
    Trial,
    Undefined,
    agreed,
    average_confidence,
    foretold,
    leave_one_domain_out,
    threshold_confidence,
    transported_confidence,
)


def two(*first: float) -> np.ndarray:
    """Probabilities of two labels."""
    return np.column_stack([first, 1 - np.array(first)])


def world(n: int, spread: float, seed: int) -> Known:
    """A perfectly calibrated classifier; the wider the spread of its logits, the surer and the better it is."""
    draws = np.random.default_rng(seed)
    first = 1 / (1 + np.exp(-draws.normal(scale=spread, size=n)))
    return Known(two(*first), (draws.random(n) > first).astype(np.intp))


def test_average_confidence_moves_the_known_accuracy() -> None:
    known = Known(two(0.9, 0.8, 0.7, 0.4), np.array([0, 0, 1, 1]))
    assert known.accuracy == 0.75
    assert average_confidence(known, two(0.6, 0.7)) == pytest.approx(0.75 + 0.65 - 0.75)


def test_threshold_confidence_counts_rows_as_sure_as_the_right_share_of_known_ones() -> None:
    known = Known(two(0.9, 0.8, 0.7, 0.6), np.array([0, 0, 0, 1]))  # three of four: sure by 0.7 or more
    assert threshold_confidence(known, two(0.95, 0.7, 0.65, 0.2, 0.5)) == pytest.approx(3 / 5)
    assert threshold_confidence(Known(two(0.9), np.array([1])), two(0.9)) == 0.0


def test_transport_sees_that_one_label_is_said_all_the_time() -> None:
    known = Known(two(0.9, 0.9, 0.1, 0.1), np.array([0, 0, 1, 1]))
    new = two(0.9, 0.9, 0.9, 0.9)
    assert average_confidence(known, new) == threshold_confidence(known, new) == 1.0
    assert transported_confidence(known, new) == 0.5  # half of the labels should have been the other one


def test_transport_is_the_cheapest_way_to_hand_out_the_labels() -> None:
    from scipy.optimize import linprog

    draws = np.random.default_rng(1)
    shares, gold = draws.dirichlet([1, 1, 1], 12), np.repeat([0, 1, 2], [6, 3, 3])
    known = Known(shares, gold)
    new = draws.dirichlet([1, 1, 1], 8)
    exact = linprog(
        (1 - new).ravel(),
        A_eq=np.vstack([np.kron(np.eye(8), np.ones(3)), np.kron(np.ones(8), np.eye(3))]),
        b_eq=np.concatenate([np.ones(8), [4, 2, 2]]),
    )
    from farfield.stats.unlabelled import _costs

    assert _costs(new, np.bincount(gold) / 12).sum() == pytest.approx(exact.fun)
    assert 0 <= transported_confidence(known, new) <= 1


@pytest.mark.parametrize("way", WAYS)
def test_where_confidence_keeps_its_meaning_the_accuracy_is_found(way: str) -> None:
    known, new = world(1500, 2.0, 1), world(1500, 0.8, 2)
    assert known.accuracy - new.accuracy > 0.1
    told = foretold(known, new.shares)
    assert isinstance(told, dict)
    assert told[way] == pytest.approx(new.accuracy, abs=0.07 if way == "average_confidence" else 0.12)
    assert abs(told[way] - new.accuracy) < known.accuracy - new.accuracy


def test_agreement_moves_the_first_models_accuracy() -> None:
    gold = np.array([0, 0, 1, 1])
    known = (Known(two(0.9, 0.9, 0.1, 0.1), gold), Known(two(0.9, 0.9, 0.1, 0.9), gold))
    assert agreed(known, (two(0.9, 0.9), two(0.9, 0.1))) == pytest.approx(1 + 0.5 - 0.75)
    nothing = np.empty((0, 2))
    assert agreed(known, (nothing, nothing)) == Undefined("no rows")
    assert foretold(known[0], nothing) == Undefined("no rows")


@given(st.lists(st.floats(0, 1), min_size=2, max_size=20), st.floats(0, 1))
def test_of_two_labels_sorting_is_the_cheapest_way_to_hand_them_out(first: list[float], share: float) -> None:
    from scipy.optimize import linear_sum_assignment

    from farfield.stats.unlabelled import _costs

    shares, n = two(*first), len(first)
    costs = _costs(shares, np.array([share, 1 - share]))
    options = {round(share * n) + step for step in (-1, 0, 1)}  # which way a half is rounded is left open
    exact = []
    for count in options & set(range(n + 1)):
        table = 1 - np.repeat(shares, [count, n - count], axis=1)
        exact.append(table[linear_sum_assignment(table)].sum())
    assert any(costs.sum() == pytest.approx(each, abs=1e-9) for each in exact)


def tried(spreads: dict[str, float], *, pooled: bool = False) -> Trial:
    home = [world(1500, 2.0, 1)]
    domains = {name: [world(1500, spread, 2 + i)] for i, (name, spread) in enumerate(spreads.items())}
    trial = leave_one_domain_out(home, domains, pooled=pooled)
    assert isinstance(trial, Trial)
    return trial


SPREADS = {"a": 0.8, "b": 1.2, "c": 3.0, "d": 0.5, "e": 4.0}


def test_each_domain_is_estimated_from_home_without_its_own_labels() -> None:
    trial = tried(SPREADS)
    home = world(1500, 2.0, 1)
    there = {name: world(1500, spread, 2 + i) for i, (name, spread) in enumerate(SPREADS.items())}
    assert trial.domains == tuple(SPREADS)
    np.testing.assert_allclose(trial.measured, [each.accuracy for each in there.values()])
    np.testing.assert_allclose(trial.off["assumed"], home.accuracy - trial.measured)
    told = [average_confidence(home, each.shares) for each in there.values()]
    np.testing.assert_allclose(trial.off["average_confidence"], told - trial.measured)
    assert set(trial.off) == {*WAYS, "assumed", "fitted_confidence"}
    assert trial.mean("assumed") == pytest.approx(np.abs(home.accuracy - trial.measured).mean())


def test_where_confidence_keeps_its_meaning_it_is_nearer_than_what_is_assumed() -> None:
    trial = tried(SPREADS)
    nearer = trial.nearer("average_confidence", rng=np.random.default_rng(0))
    assert isinstance(nearer, Estimate)
    assert nearer.low > 0.02
    assert nearer.value == pytest.approx(trial.mean("assumed") - trial.mean("average_confidence"))
    assert trial.nearer("assumed", rng=np.random.default_rng(0)).n == 5
    worst, sure = trial.within("average_confidence")
    assert worst == np.abs(trial.off["average_confidence"]).max()
    assert sure == pytest.approx(5 / 6)
    # sqrt(2 / pi) of a standard error of about 0.011 with 1500 rows
    assert trial.noise == pytest.approx(0.8 * 0.011, rel=0.2)


def test_labels_of_other_domains_may_join_what_is_known() -> None:
    alone, pooled = tried(SPREADS), tried(SPREADS, pooled=True)
    np.testing.assert_allclose(alone.off["assumed"], pooled.off["assumed"])
    assert not np.allclose(alone.off["threshold_confidence"], pooled.off["threshold_confidence"])
    (domain,) = tried({"a": 0.8}, pooled=True).off["average_confidence"]
    assert domain == pytest.approx(tried({"a": 0.8}).off["average_confidence"][0])


def test_a_slope_is_fitted_to_the_other_domains() -> None:
    gold = np.zeros(10, dtype=np.intp)

    def answered(sure: float, right: int) -> list[Known]:
        return [Known(np.array([[sure, 1 - sure]] * right + [[1 - sure, sure]] * (10 - right)), gold)]

    # Confidence moves by 0.1 and accuracy by twice that in both others; then it moves by 0.15.
    domains = {"a": answered(0.8, 7), "b": answered(0.7, 5), "c": answered(0.75, 7)}
    trial = leave_one_domain_out(answered(0.9, 9), domains)
    assert isinstance(trial, Trial)
    assert trial.off["fitted_confidence"][2] == pytest.approx(0.9 - 2 * 0.15 - 0.7)
    assert trial.off["average_confidence"][2] == pytest.approx(0.9 - 0.15 - 0.7)


def test_other_models_on_the_same_rows_tell_by_how_far_they_agree() -> None:
    gold = np.zeros(4, dtype=np.intp)
    sure, torn = two(0.9, 0.9, 0.9, 0.9), two(0.9, 0.9, 0.1, 0.1)
    home, there = [Known(sure, gold), Known(sure, gold)], [Known(sure, gold), Known(torn, gold)]
    trial = leave_one_domain_out(home, {"a": there})
    assert isinstance(trial, Trial)
    assert trial.off["agreement"][0] == pytest.approx(0.5 - 1.0)
    with pytest.raises(ValueError, match="other models"):
        leave_one_domain_out(home, {"a": there[:1]})
    with pytest.raises(ValueError, match="other rows"):
        leave_one_domain_out([home[0], Known(sure[:2], gold[:2])], {"a": there})
    empty = [Known(np.empty((0, 2)), gold[:0])] * 2
    assert leave_one_domain_out(empty, {"a": there}) == Undefined("no rows")
    assert leave_one_domain_out(home, {"a": empty}) == Undefined("no rows")


def test_of_many_domains_the_gain_is_bootstrapped() -> None:
    trial = tried({str(i): 0.5 + 0.2 * i for i in range(18)})
    gained = trial.nearer("average_confidence", rng=np.random.default_rng(0))
    assert isinstance(gained, Estimate)
    assert (gained.n, gained.method) == (18, "bca")
