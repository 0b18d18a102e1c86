from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from farfield.stats import AlphaBudget


@given(rules=st.lists(st.sampled_from(["errors", "drift", "cost"]), max_size=60))
def test_what_is_given_out_stays_below_alpha(rules: list[str]) -> None:
    budget = AlphaBudget(0.05, (("errors", 0.5), ("drift", 0.3), ("cost", 0.2)))
    for rule in rules:
        foretold = budget.level(rule)
        budget, one = budget.allot(rule, "retrained")
        assert one.level == foretold > 0
    assert budget.spent < 0.05
    assert AlphaBudget.from_json(budget.to_json()) == budget


def test_a_rule_restarted_for_ever_comes_up_to_its_share() -> None:
    budget = AlphaBudget.equal(0.05, ["errors", "drift"])
    for _ in range(999):
        budget, _ = budget.allot("errors", "alarm")
    assert budget.spent == pytest.approx(0.025 * (1 - 1 / 1000), rel=1e-9)
    assert all(one.level > other.level for one, other in pairwise(budget.given))


def test_the_record_can_be_read() -> None:
    budget, _ = AlphaBudget.equal(0.05, ["errors"]).allot("errors", "deployed")
    budget, _ = budget.allot("errors", "retrained")
    assert budget.record().splitlines() == [
        "errors, start 1 (deployed): 0.025",
        "errors, start 2 (retrained): 0.00833",
        "spent 0.0333 of 0.05",
    ]


def test_a_rule_may_come_later_out_of_what_is_left() -> None:
    budget = AlphaBudget(0.05, (("errors", 0.6),)).with_rule("cost", 0.4)
    assert budget.level("cost") == pytest.approx(0.01)
    with pytest.raises(ValueError, match="sum to at most 1"):
        budget.with_rule("drift", 0.1)


def test_impossible_budgets_are_refused() -> None:
    with pytest.raises(ValueError, match="alpha"):
        AlphaBudget.equal(1.0, ["errors"])
    with pytest.raises(ValueError, match="stands twice"):
        AlphaBudget.equal(0.05, ["errors", "errors"])
    with pytest.raises(ValueError, match="above 0"):
        AlphaBudget(0.05, (("errors", 0.0),))
    with pytest.raises(KeyError, match="nothing"):
        AlphaBudget.equal(0.05, ["errors"]).level("nothing")
