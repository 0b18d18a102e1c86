"""The money of a study as values; the report puts them into words, in either language."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from farfield.findings.economics.assumptions import Assumption
from farfield.findings.economics.savings import Cash, Running, cash
from farfield.stats import Estimate, FloatArray, Number, RowRange, Undefined

__all__ = [
    "Basis",
    "Burden",
    "BurdenLine",
    "Choice",
    "Counsel",
    "DomainMoney",
    "Economics",
    "Gate",
    "RoleCard",
    "Stage",
    "StagedPlan",
    "Swing",
    "TaskMoney",
]

LEVEL = 0.90
"""Of all intervals of money: each end is a one-sided 95 % bound, as of verdicts."""


class Counsel(StrEnum):
    """What the interval of the best choice's net present value says, and what it would be worth to know more."""

    invest = "invest"
    wait = "wait"
    settle = "settle"
    dont = "dont"


@dataclass(frozen=True, slots=True)
class DomainMoney:
    """What one choice does in one test domain.

    Attributes:
        items: a month.
        automatic: share answered without a person; of drafts, share of a person's minutes that is saved.
        wrong: share of automatic answers that is wrong; Undefined of drafts, and where nothing is answered.
        saved: money a month there, answering paid.
        guaranteed: whether the development rows come from this domain; elsewhere it is only what was seen.
    """

    domain: str
    tier: str
    items: float
    automatic: Number
    wrong: Number
    saved: Estimate
    guaranteed: bool


@dataclass(frozen=True, slots=True)
class Swing:
    """Net present value with one assumption at either end and all others at their means; `rows` is sampling alone."""

    name: str
    low: float
    high: float
    assumption: Assumption | None

    @property
    def width(self) -> float:
        """How much hangs on it."""
        return abs(self.high - self.low)


@dataclass(frozen=True, slots=True)
class Basis:
    """What the money of a choice follows from once each assumption has one value.

    Attributes:
        kinds: names of the kinds of outcome.
        shares: by test domain with items, the mean share of each kind.
        running: what its model takes.
    """

    kinds: tuple[str, ...]
    shares: Mapping[str, tuple[float, ...]]
    running: Running

    def money(self, values: Mapping[str, FloatArray], months: int) -> Cash:
        """What the choice brings at these values, without doubt: see `cash`.

        Args:
            values: the assumptions by name, single numbers.
            months: the horizon.
        """
        shares = {domain: np.array(share) for domain, share in self.shares.items()}
        return cash(values, shares, self.kinds, self.running, months)


@dataclass(frozen=True, slots=True)
class Choice:
    """One way to do a task, priced; doing nothing is the zero that all are measured from.

    Attributes:
        kind: `prompting`, `trained` or `baseline`.
        arm, train_rows: the model; rows are None where nothing is trained.
        thresholds: of each seed, the confidence from which on it answers by itself, as development rows chose it;
            empty of drafts, and where confidences are not known: then all is answered.
        limited: why nothing may be answered within the error limit; None where it may, or there is no limit.
        automatic: share of all items that is answered without a person; see `DomainMoney.automatic`.
        once: money at the start.
        running: money a month whatever comes in.
        monthly: benefit a month, running paid.
        payback: months; ends may be infinite, which is never.
        npv: net present value over the horizon, 90 %.
        loss: chance that it is below 0.
        best: chance that no other choice is worth more, nor doing nothing.
        break_even_right: share of automatic answers that must be right; of drafts, share of minutes to be saved.
        break_even_items: items a month.
        swings: by falling width.
        by_rows: mean and standard deviation of the net present value over rows alone, and how many rows.
        domains: test domains with items.
        basis: what its point value follows from.
        unmeasured: whether no time of answering was measured, so that it costs nothing here.
    """

    kind: str
    arm: str
    train_rows: int | None
    thresholds: tuple[float, ...]
    limited: Undefined | None
    automatic: Number
    once: Estimate
    running: Estimate
    monthly: Estimate
    payback: Estimate
    npv: Estimate
    loss: float
    best: float
    break_even_right: float | Undefined
    break_even_items: float | Undefined
    swings: tuple[Swing, ...]
    by_rows: tuple[float, float, int]
    domains: tuple[DomainMoney, ...]
    basis: Basis
    unmeasured: bool = False


@dataclass(frozen=True, slots=True)
class TaskMoney:
    """The choices of one task on the same ground.

    Attributes:
        items: a month, all test domains together.
        choices: priced, the most valuable first.
        unpriced: kind and arm of others, and why.
        counsel: about the first choice.
        more_labels: labels that are worth waiting for; None where none pay.
        worth: what these labels are worth before they are paid.
        label_cost: what one costs.
        assumed: what all rests on.
        at_limit: share of items at home that may be answered within the error limit, of the first choice.
        limit: that error limit.
    """

    task: str
    kind: str
    items: Estimate
    choices: tuple[Choice, ...]
    unpriced: tuple[tuple[str, str, Undefined], ...]
    counsel: Counsel
    more_labels: int | None
    worth: float
    label_cost: float
    assumed: tuple[Assumption, ...]
    at_limit: Number
    limit: float


@dataclass(frozen=True, slots=True)
class Gate:
    """What has to be seen before the next stage.

    Attributes:
        measure: `right`, `saved` or `updates`.
        threshold: the share that the lower bound has to exceed; of updates, how many have to go well in a row.
        seen: what the study saw.
        rows: rows that likely show it, at one-sided `level` and with this power.
    """

    measure: str
    threshold: float
    seen: float
    rows: RowRange | Undefined
    level: float = 0.95
    power: float = 0.8


@dataclass(frozen=True, slots=True)
class Stage:
    """One step of the plan.

    Attributes:
        what: `task`, or `automation` of updates.
        places: where it stands among tasks by return, certainty, output space and readiness, from 1.
        budget: money that may be spent before the gate.
        most_rows: rows after which a gate that isn't passed stops it.
        passes: chance to pass, as the study's rows and assumptions have it.
        worth: net present value if the gate passes.
        ahead: what the next stage is then worth: what it brings where it is above 0; None after the last.
    """

    what: str
    task: str
    kind: str
    arm: str
    counsel: Counsel
    places: tuple[int, int, int, int]
    budget: Estimate
    gate: Gate
    most_rows: float | None
    passes: float
    worth: float
    ahead: float | None


@dataclass(frozen=True, slots=True)
class StagedPlan:
    """Stages in order.

    Attributes:
        stages: the first to start.
        left_out: tasks that are not worth a stage, and their counsel.
        classification_first: whether the evidence agrees with starting by classification; None where tasks are of
            one kind, or nothing is worth starting.
    """

    stages: tuple[Stage, ...]
    left_out: tuple[tuple[str, Counsel], ...]
    classification_first: bool | None


@dataclass(frozen=True, slots=True)
class BurdenLine:
    """Hours a month of one kind of work.

    Attributes:
        work: `handling`, `review`, `labels`, `retraining`, `alarms` or `running`; `machine` in machine hours.
        role: who does it.
        rests_on: keys of the assumptions.
    """

    work: str
    role: str
    hours: Estimate
    rests_on: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class RoleCard:
    """Who it takes: the work of one role, its hours a month, and whether there is somebody; None where nobody said."""

    role: str
    work: tuple[str, ...]
    hours: Estimate
    there: bool | None


@dataclass(frozen=True, slots=True)
class Burden:
    """What one task asks of people each month, forecast before it runs."""

    task: str
    arm: str
    updates_a_year: Estimate
    lines: tuple[BurdenLine, ...]
    roles: tuple[RoleCard, ...]


@dataclass(frozen=True, slots=True)
class Economics:
    """All money of a study.

    Attributes:
        currency: ISO code.
        months: horizon.
        unpriced: tasks without any choice that could be priced, and why.
    """

    currency: str
    months: int
    tasks: tuple[TaskMoney, ...]
    unpriced: tuple[tuple[str, Undefined], ...]
    plan: StagedPlan
    burdens: tuple[Burden, ...]
