"""The money model on answers made by hand: a second computation, planted counsels, and what moves with what."""

from collections.abc import Mapping

import numpy as np
import polars as pl
import pytest

from farfield.findings import Choice, Counsel, Economics, TaskMoney, build
from farfield.findings.economics.assumptions import assumptions, centre
from farfield.findings.economics.outcomes import Ends, best_threshold, classified, graded
from farfield.findings.economics.savings import Running, cash
from farfield.spec import StudySpec
from farfield.stats import Estimate, Undefined
from tests.findings.frames import EMPTY, classifying, flags, rng, said, study
from tests.findings.test_sureness import answers

EXACT: Mapping[str, object] = {
    "currency": "JPY", "wage": 3000, "engineer_wage": 6000, "machine": 100, "label_minutes": 2, "check": 0.1,
    "setup_hours": 40, "run_hours": 4, "discount": 0.05, "drift": 0.05, "drift_allowed": 0.05, "update_rows": 100,
    "update_hours": 8, "automation_hours": 80, "rows_to_false_alarm": 10000, "alarm_hours": 2,
}  # fmt: skip


def task_business(**changes: object) -> dict[str, object]:
    """1,000 items a month at home, and none elsewhere."""
    parts = {"items": {"a": 1000}, "handling_minutes": 3, "check_minutes": 1, "error_cost": 1500}
    return {**parts, **changes}


def sorting(business: Mapping[str, object] = EXACT, **task: object) -> StudySpec:
    return study(tasks=classifying(), business={**business, "tasks": {"title": task_business(**task)}})


def rows(n: int, accuracy: float, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Answers all alike sure, of which a share is right."""
    return np.full(n, 0.9), (np.arange(n) < accuracy * n)[rng(seed).permutation(n)]


def weighed(spec: StudySpec, n: int, accuracy: float, *, dev: float = 0.95) -> TaskMoney:
    frame = pl.concat([answers("ft", "a", rows(n, accuracy), trained=True), answers("base", "a", rows(n, 0.5))])
    held = pl.concat([answers("ft", "a", rows(100, dev), trained=True), answers("base", "a", rows(100, 0.5))])
    (task,) = economics(build(spec, frame, held).economics).tasks
    return task


def economics(found: Economics | None) -> Economics:
    assert found is not None
    return found


def of_arm(task: TaskMoney, arm: str) -> Choice:
    (found,) = [choice for choice in task.choices if choice.arm == arm]
    return found


def test_exact_figures_give_the_sums_that_pencil_and_paper_give() -> None:
    spec, of = sorting(), Running(True, labels=116, seconds=0.36, tokens=0, training=36)
    shares = {"a": np.array([0.2, 0.76, 0.04])}
    found = cash(centre(assumptions(spec, "title")), shares, ("person", "right", "wrong"), of, 24)
    handled, checked = 150.0, 50 + 2 * 6000 / 10000  # three minutes at 3,000 an hour; a minute and its alarms
    right = handled - 0.1 * checked
    wrong = right - 0.1 * handled - 0.9 * 1500
    saved = 1000 * (0.76 * right + 0.04 * wrong - 0.36 * 100 / 3600)
    once = 40 * 6000 + 116 * 100 + 36 * 100 / 3600
    fixed = 4 * 6000 + (8 * 6000 + 100 * 100 + 1) / 12
    factor = sum(1.05 ** (-month / 12) for month in range(1, 25))
    assert float(found.once) == pytest.approx(once)
    assert float(found.fixed) == pytest.approx(fixed)
    assert float(found.monthly) == pytest.approx(saved - fixed)
    assert float(found.npv) == pytest.approx((saved - fixed) * factor - once)
    # At the break-even share of right answers, and at the break-even volume, nothing is left.
    even = float(found.even_right)  # type: ignore[arg-type]
    again = cash(
        centre(assumptions(spec, "title")), {"a": np.array([0.2, 0.8 * even, 0.8 * (1 - even)])},
        ("person", "right", "wrong"), of, 24,
    )  # fmt: skip
    assert float(again.npv) == pytest.approx(0, abs=1e-6)
    fewer = sorting(items={"a": float(found.even_items)})
    assert float(cash(centre(assumptions(fewer, "title")), shares, ("person", "right", "wrong"), of, 24).npv) == (
        pytest.approx(0, abs=1e-6)
    )


def test_drawn_shares_equal_a_loop_over_rows() -> None:
    draws = rng(1)
    seeds = [(draws.random(12), draws.integers(2, size=12), draws.integers(2, size=12)) for _ in range(2)]
    ends = classified(seeds, [0.4, 0.6], {(0, 1): "cost good → bad"})
    weights, imagined, of_seeds = draws.random((5, 12)), draws.random((5, 4)), draws.dirichlet(np.ones(2), 5)
    found = ends.drawn(weights, imagined, of_seeds)
    for draw in range(5):
        sums = {kind: float(imagined[draw, place]) for place, kind in enumerate(ends.kinds)}
        for number, (sure, given, gold) in enumerate(seeds):
            for row in range(12):
                kind = "right" if given[row] == gold[row] else "wrong"
                if (gold[row], given[row]) == (0, 1):
                    kind = "cost good → bad"
                if sure[row] < (0.4, 0.6)[number]:
                    kind = "person"
                sums[kind] += float(of_seeds[draw, number] * weights[draw, row])
        whole = sum(sums.values())
        assert found[draw] == pytest.approx([sums[kind] / whole for kind in ends.kinds])


def test_draws_have_the_moments_of_their_law() -> None:
    ends = Ends(("person", "right", "wrong"), np.array([[1] * 27 + [2] * 3]), np.array([0.0, 0.5, 0.5]))
    found = ends.draws(20_000, rng())
    # Wrong answers follow a beta law of 3.5 and 27.5.
    assert found[:, 2].mean() == pytest.approx(3.5 / 31, rel=0.02)
    assert found[:, 2].var() == pytest.approx(3.5 * 27.5 / 31**2 / 32, rel=0.05)
    assert ends.mean[2] == pytest.approx(3.5 / 31)
    never = Ends(("person", "right", "wrong"), np.array([[1] * 30]), np.array([0.0, 0.5, 0.5]))
    assert never.draws(100, rng())[:, 2].min() > 0  # what was not seen is not impossible


def test_seeds_that_differ_widen_what_is_drawn() -> None:
    codes = np.array([[1] * 50, [2] * 50])
    ends = Ends(("person", "right", "wrong"), codes, np.array([0.0, 0.5, 0.5]))
    assert ends.draws(500, rng())[:, 1].std() > 5 * ends.draws(500, rng(), seeds=False)[:, 1].std()


@pytest.mark.parametrize(
    ("saved", "expected"),
    [([5, 5, -1, -1], 0.8), ([5, -9, 5, 5], 0.5), ([-1, -1, -1, -1], np.inf), ([5, 0, 0, 0], 0.9)],
)
def test_the_threshold_is_where_most_is_saved(saved: list[float], expected: float) -> None:
    assert best_threshold([0.9, 0.8, 0.7, 0.5], saved) == expected


def test_rows_of_one_confidence_go_together() -> None:
    assert best_threshold([0.9, 0.9, 0.5], [5, -6, -1]) == np.inf
    assert best_threshold([], []) == np.inf


def test_drafts_fall_into_bands() -> None:
    ends = graded([[0.0, 0.19, 0.2, 0.61, 1.0]], [0.0, 0.2, 0.6])
    assert ends.codes.tolist() == [[0, 0, 1, 2, 2]]
    assert ends.mean == pytest.approx((np.array([2, 1, 2]) + 1 / 3) / 6)


def test_a_model_that_pays_is_invested_in() -> None:
    task = weighed(sorting(), 400, 0.99)
    assert (task.counsel, task.choices[0].arm) == (Counsel.invest, "ft")
    first = task.choices[0]
    assert first.npv.low > 0
    assert first.loss < 0.05
    assert first.best > 0.9
    assert first.payback.value < 24
    assert isinstance(first.break_even_right, float)
    assert 0.8 < first.break_even_right < 0.99


def test_a_model_that_costs_is_not() -> None:
    task = weighed(sorting(), 400, 0.6)
    assert task.counsel is Counsel.dont
    assert all(choice.npv.high < 0 for choice in task.choices)
    assert np.isinf(task.choices[0].payback.value)


def test_where_rows_leave_it_open_labels_are_worth_waiting_for() -> None:
    task = weighed(sorting(), 40, 0.95)
    assert task.counsel is Counsel.wait
    assert task.more_labels
    assert task.worth > task.more_labels * task.label_cost > 0


def test_where_labels_are_too_dear_the_assumption_is_named() -> None:
    dear = {**EXACT, "label_price": 1e6}
    assert weighed(sorting(dear), 40, 0.95).counsel in {Counsel.settle, Counsel.dont}
    loose = {**EXACT, "label_price": 0}
    task = weighed(sorting(loose, error_cost=[100, 5000]), 4000, 0.97)
    assert task.choices[0].swings[0].name == "error_cost"


def test_intervals_widen_when_rows_are_few() -> None:
    widths = [of_arm(weighed(sorting(), n, 0.95), "ft").npv for n in (50, 200, 800)]
    assert [w.high - w.low for w in widths] == sorted((w.high - w.low for w in widths), reverse=True)


def test_a_range_widens_what_a_number_does_not() -> None:
    exact, ranged = (weighed(sorting(items=items), 400, 0.99) for items in ({"a": 1000}, {"a": [200, 1800]}))
    wide, narrow = of_arm(ranged, "ft"), of_arm(exact, "ft")
    assert wide.npv.high - wide.npv.low > 2 * (narrow.npv.high - narrow.npv.low)
    assert [swing.name for swing in narrow.swings] == ["rows"]
    assert {swing.name for swing in wide.swings} == {"rows", "items a"}


def test_an_error_limit_that_nothing_keeps_leaves_all_to_people() -> None:
    found = of_arm(weighed(sorting({**EXACT, "error_limit": 0.01}), 400, 0.99), "ft")
    assert isinstance(found.limited, Undefined)
    assert found.thresholds == (np.inf,)
    assert isinstance(found.automatic, Estimate)
    assert found.automatic.value == 0


def test_a_named_error_costs_what_it_is_said_to() -> None:
    plain, dear = (weighed(sorting(costs=costs), 400, 0.95) for costs in ({}, {"good": {"bad": 9000}}))
    assert of_arm(dear, "ft").npv.value < of_arm(plain, "ft").npv.value


def test_without_development_rows_there_is_a_reason() -> None:
    frame = answers("ft", "a", rows(50, 0.9), trained=True)
    found = economics(build(sorting(), frame, EMPTY).economics)
    assert found.tasks == ()
    ((task, why),) = found.unpriced
    assert (task, why.reason) == ("title", "no development rows were answered")


def test_drafts_are_priced_by_the_minutes_they_save() -> None:
    spec = study(business={**EXACT, "tasks": {"title": {
        "items": {"a": 1000}, "handling_minutes": 10, "edit_minutes": {0: 10, 0.5: 2}}}})  # fmt: skip
    frame = pl.concat([
        said("ft", "a", flags(200, 0.8, 1), trained=("title", 16)), said("base", "a", np.zeros(200)),
    ])  # fmt: skip
    (task,) = economics(build(spec, frame, said("base", "a", [0.0] * 4)).economics).tasks
    best = of_arm(task, "ft")
    assert isinstance(best.automatic, Estimate)
    assert best.automatic.value == pytest.approx(0.8 * flags(200, 0.8, 1).mean(), abs=0.01)
    assert task.counsel is Counsel.invest
    assert of_arm(task, "base").npv.high < 0


def test_stages_have_a_gate_a_budget_and_an_end() -> None:
    both = {**study().model_dump()["tasks"], "sort": classifying()["title"]}
    spec = study(tasks=both, business={**EXACT, "tasks": {
        "sort": task_business(), "title": {"items": {"a": 1000}}}})  # fmt: skip
    sorted_ = pl.concat([answers("ft", "a", rows(400, 0.99), trained=True), answers("base", "a", rows(400, 0.5))])
    held = pl.concat([answers("ft", "a", rows(100, 0.95), trained=True), answers("base", "a", rows(100, 0.5))])
    named = [frame.with_columns(task=pl.lit("sort"), trained_on=pl.when(pl.col("trained_on").is_not_null())
             .then(pl.lit("sort"))) for frame in (sorted_, held)]  # fmt: skip
    drafts = pl.concat([said("ft", "a", np.zeros(60), trained=("title", 16)), said("base", "a", np.zeros(60))])
    found = economics(build(spec, pl.concat([named[0], drafts]), pl.concat([named[1], drafts.head(0)])).economics)
    first, last = found.plan.stages
    assert (first.task, first.kind, last.what) == ("sort", "classification", "automation")
    assert found.plan.classification_first is True
    assert ("title", Counsel.dont) in found.plan.left_out
    assert not isinstance(first.gate.rows, Undefined)
    assert first.most_rows == 2 * first.gate.rows.likely >= 40
    assert first.gate.threshold < first.gate.seen
    assert first.budget.value == pytest.approx(40 * 6000 + 116 * 100 + 3 * (24000 + 58000 / 12), rel=0.01)
    assert first.ahead is not None
    assert last.ahead is None


def test_the_burden_is_hours_by_role() -> None:
    frame = answers("ft", "a", rows(400, 0.99), trained=True)
    spec = sorting({**EXACT, "roles": ["owner", "expert"]})
    (burden,) = economics(build(spec, frame, answers("ft", "a", rows(100, 0.95), trained=True)).economics).burdens
    hours = {line.work: line.hours.value for line in burden.lines}
    assert hours["review"] == pytest.approx(1000 * 0.1 / 60, rel=0.01)
    assert hours["labels"] == pytest.approx(100 * 2 / 60 / 12)
    assert hours["retraining"] == pytest.approx(8 / 12)
    assert hours["alarms"] == pytest.approx(100 / 10000 * 2, rel=0.01)
    assert hours["running"] == 4
    assert {card.role: card.there for card in burden.roles} == {
        "owner": True, "expert": True, "engineer": False, "operator": False,
    }  # fmt: skip
