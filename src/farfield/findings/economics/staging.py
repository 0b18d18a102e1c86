"""Which task first, with which gate, and when to stop: stages in order, each small enough to be lost."""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from statistics import NormalDist

import numpy as np

from farfield.findings.economics.arithmetic import npv
from farfield.findings.economics.assumptions import centre
from farfield.findings.economics.model import LEVEL, Counsel, Gate, Stage, StagedPlan, TaskMoney
from farfield.findings.economics.pricing import Ground, Priced, interval
from farfield.findings.economics.savings import minutes_saved, updates_a_year
from farfield.stats import Estimate, FloatArray, RowRange, Undefined, rows_range

__all__ = ["Standing", "plan_of"]

_PILOT = 3
"""Months within which a gate is passed, or what they cost to run is lost with the start."""
_RANKED = (Counsel.invest, Counsel.wait, Counsel.settle)
_UPDATES = 3
"""Updates by hand that have to go well in a row before they may run by themselves."""


@dataclass(frozen=True, slots=True)
class Standing:
    """What the order of tasks looks at besides money.

    Attributes:
        bits: by task, how wide its answers are.
        rows: by task, labelled rows in hand, for training, development and test.
    """

    bits: Mapping[str, float]
    rows: Mapping[str, int]


def plan_of(tasks: Sequence[TaskMoney], best: Mapping[str, tuple[Ground, Priced]], standing: Standing) -> StagedPlan:
    """The stages: tasks by what they bring, how sure that is, how narrow their answers are, and what data they have.

    A task stands in four lists; the sum of its places decides, among tasks of one counsel. The last stage lets updates
    run by themselves.

    Args:
        tasks: priced.
        best: of each of them the ground and the first choice.
        standing: what else counts.
    """
    wanted = [task for task in tasks if task.counsel in _RANKED and task.choices]
    places = _places(wanted, standing)
    order = sorted(wanted, key=lambda t: (_RANKED.index(t.counsel), sum(places[t.task]), -t.choices[0].npv.value))
    stages = [_stage(task, places[task.task], *best[task.task]) for task in order]
    stages += _automation([best[task.task] for task in order], best[order[0].task][0].months) if order else []
    # Chance times worth is what a stage brings where whoever fails its gate stops: the mean of what is above 0.
    told = [replace(stage, ahead=later.worth * later.passes) for stage, later in pairwise(stages)] + stages[-1:]
    kinds = {task.kind for task in tasks}
    first = None if len(kinds) < 2 or not order else order[0].kind == "classification"
    left = tuple((task.task, task.counsel) for task in tasks if task not in wanted)
    return StagedPlan(tuple(told), left, first)


def _places(tasks: Sequence[TaskMoney], standing: Standing) -> dict[str, tuple[int, int, int, int]]:
    """Each task's place, from 1, by return, certainty, output space and readiness of data."""
    lists = (
        {t.task: -t.choices[0].npv.value for t in tasks},
        {t.task: t.choices[0].loss for t in tasks},
        {t.task: standing.bits.get(t.task, math.inf) for t in tasks},
        {t.task: -standing.rows.get(t.task, 0) for t in tasks},
    )
    by_list = [
        {name: 1 + sum(other < value for other in each.values()) for name, value in each.items()} for each in lists
    ]
    return {t.task: (by_list[0][t.task], by_list[1][t.task], by_list[2][t.task], by_list[3][t.task]) for t in tasks}


def _stage(task: TaskMoney, places: tuple[int, int, int, int], ground: Ground, best: Priced) -> Stage:
    gate = _gate(task.kind, ground, best)
    most = math.inf if isinstance(gate.rows, Undefined) else 2 * gate.rows.likely
    return Stage(
        "task",
        task.task,
        task.kind,
        best.choice.arm,
        task.counsel,
        places,
        interval(best.money.once + _PILOT * best.money.fixed, best.choice.npv.n),
        gate,
        most if math.isfinite(most) else None,
        *_if_passed(best.npv),
        None,
    )


def _if_passed(npv: FloatArray) -> tuple[float, float]:
    """The chance that it is worth something, and what it is worth then."""
    gains = npv > 0
    return float(gains.mean()), float(npv[gains].mean()) if gains.any() else 0.0


def _gate(kind: str, ground: Ground, best: Priced) -> Gate:
    """Enough automatic answers are right, or enough of a person's minutes is saved, to pay for all else."""
    measure = "right" if kind == "classification" else "saved"
    threshold, ends = best.choice.break_even_right, best.at_home
    if isinstance(threshold, Undefined):
        return Gate(measure, math.nan, math.nan, threshold)
    shares = ends.mean
    worth = np.array([0.0, 1.0, *np.zeros(len(shares) - 2)])
    if measure == "right":
        shares = np.where(np.arange(len(shares)) > 0, shares, 0.0)
    else:
        worth = minutes_saved(centre(ground.known), ends.kinds)
    answered = float(shares.sum())
    n = int(answered * ends.rows)
    if not n:
        return Gate(measure, threshold, math.nan, Undefined("no row is answered"))
    seen = float(shares @ worth) / answered
    sd = math.sqrt(float(shares @ (worth - seen) ** 2) / answered)
    return Gate(measure, threshold, seen, _fresh(seen, sd, n, threshold))


def _fresh(seen: float, sd: float, n: int, threshold: float) -> RowRange | Undefined:
    """New rows that likely show the mean above the threshold: a gate counts none of the study's."""
    if seen <= threshold:
        return Undefined("what was seen lies below it")
    half = NormalDist().inv_cdf((1 + LEVEL) / 2) * sd / math.sqrt(n)
    more = rows_range(Estimate(seen, seen - half, seen + half, 2, "normal", LEVEL), sd / math.sqrt(2), bound=threshold)
    if isinstance(more, Undefined):
        return more
    # Below twenty rows the normal approximation says nothing.
    return RowRange(*(max(20.0, 2 + rows) for rows in (more.least, more.likely, more.most)))


def _automation(chosen: Sequence[tuple[Ground, Priced]], months: int) -> Iterator[Stage]:
    """Updates begin rare and by hand; that they run by themselves has to pay for being built."""
    learn = [(ground, best) for ground, best in chosen if best.running.learns]
    if not learn:
        return
    values, n = learn[0][0].values, learn[0][1].choice.npv.n
    built = values["automation_hours"] * values["engineer_wage"]
    monthly = len(learn) * updates_a_year(values) / 12 * values["update_hours"] * values["engineer_wage"]
    worth = npv(built, monthly, values["discount"], months)
    money = interval(worth, n)
    counsel = Counsel.invest if money.low > 0 else Counsel.dont if money.high < 0 else Counsel.settle
    gate = Gate("updates", _UPDATES, 0.0, Undefined("updates by hand come first"))
    yield Stage(
        "automation", "", "", "", counsel, (0, 0, 0, 0), interval(built, n), gate, None, *_if_passed(worth), None
    )
