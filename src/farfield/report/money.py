"""What the page says of money: the choices of each task, what matters most, the stages, and the burden."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import isnan

from farfield.findings import (
    Burden,
    Choice,
    Counsel,
    DomainMoney,
    Economics,
    Findings,
    Gate,
    Stage,
    Swing,
    TaskMoney,
)
from farfield.report.assumed import ends_text, name_text
from farfield.report.numbers import (
    about_text,
    amount_text,
    hours_text,
    items_text,
    money_text,
    months_text,
    percent_text,
    share_text,
    sum_text,
)
from farfield.report.whatif import whatif_data
from farfield.report.words import Words
from farfield.stats import Estimate, Undefined

__all__ = ["BurdenView", "MoneyView", "TaskMoneyView", "money_view"]

_TONES = {Counsel.invest: "good", Counsel.wait: "open", Counsel.settle: "open", Counsel.dont: "bad"}
_SWINGS = 8


@dataclass(frozen=True, slots=True)
class TaskMoneyView:
    """The money of one task.

    Attributes:
        counsel: what to do, in a sentence; `tone` is its colour.
        notes: what else to know of it.
        choices: name and figures of each, doing nothing last.
        domains: of the first choice, by test domain.
        swings: assumption, its ends, and what the choice is worth at each.
        assumed: name, value, and whether the study gives it.
    """

    task: str
    counsel: str
    tone: str
    notes: list[str]
    choices: list[list[str]]
    domains: list[list[str]]
    swings: list[list[str]]
    assumed: list[tuple[str, str, bool]]


@dataclass(frozen=True, slots=True)
class BurdenView:
    """What one task asks of people: lines of work with their hours, and cards of roles."""

    model: str
    updates: str
    lines: list[list[str]]
    roles: list[list[str]]


@dataclass(frozen=True, slots=True)
class MoneyView:
    """The whole section; `unpriced` are tasks without money, with the reason; `whatif` what the page recounts from."""

    note: str
    tasks: list[TaskMoneyView]
    unpriced: list[str]
    first: str
    stages: list[list[str]]
    left_out: list[str]
    burdens: list[BurdenView]
    whatif: str


def money_view(findings: Findings, say: Words) -> MoneyView | None:
    """The section; None where nothing was weighed."""
    found = findings.economics
    if found is None:
        return None
    return MoneyView(
        say("money.note", months=found.months),
        [_task(task, found, say) for task in found.tasks],
        [say("money.unpriced", what=task, reason=say(f"reason.{why.reason}")) for task, why in found.unpriced],
        _first(found, say),
        [[str(number), *_stage(stage, found, say)] for number, stage in enumerate(found.plan.stages, 1)],
        [say("stage.left", task=task, counsel=say(f"counsel.{counsel}.word")) for task, counsel in found.plan.left_out],
        [_burden(burden, say) for burden in found.burdens],
        whatif_data(found, say),
    )


def _task(task: TaskMoney, found: Economics, say: Words) -> TaskMoneyView:
    first, currency = task.choices[0], found.currency
    return TaskMoneyView(
        task.task,
        _counsel(task, currency, say),
        _TONES[task.counsel],
        list(_notes(task, say)),
        [*(_choice(choice, task.kind, currency, say) for choice in task.choices), _nothing(currency, say)],
        [_domain(domain, task.kind, currency, say) for domain in first.domains],
        [_swing(swing, currency, say) for swing in first.swings[:_SWINGS]],
        [(name_text(each, say), ends_text(each, currency, say), each.given) for each in task.assumed],
    )


def _counsel(task: TaskMoney, currency: str, say: Words) -> str:
    first = task.choices[0]
    named = {"task": task.task, "choice": _name(first, say), "npv": money_text(first.npv, currency, say)}
    if task.counsel is Counsel.wait:
        more = {"more": about_text(task.more_labels or 0, say), "worth": sum_text(task.worth, currency, say)}
        cost = sum_text((task.more_labels or 0) * task.label_cost, currency, say)
        return say("counsel.wait", **named, **more, cost=cost)
    if task.counsel is Counsel.settle:
        widest = next((swing for swing in first.swings if swing.assumption), None)
        return say("counsel.settle", **named, assumption=name_text(widest.assumption if widest else None, say))
    return say("counsel.invest" if task.counsel is Counsel.invest else "counsel.dont", **named)


def _notes(task: TaskMoney, say: Words) -> Iterator[str]:
    first = task.choices[0]
    if task.kind == "classification":
        limit = share_text(task.limit)
        if isinstance(task.at_limit, Undefined):
            yield say("money.no_limit", limit=limit, reason=say(f"reason.{task.at_limit.reason}"))
        else:
            yield say("money.at_limit", limit=limit, share=percent_text(task.at_limit, say))
        if first.limited:
            yield say("money.limited", reason=say(f"reason.{first.limited.reason}"))
    if first.unmeasured:
        yield say("money.unmeasured")
    for kind, arm, why in task.unpriced:
        yield say("money.unpriced", what=say(f"choice.{kind}", arm=arm), reason=say(f"reason.{why.reason}"))


def _name(choice: Choice, say: Words) -> str:
    arm = say(f"baseline.{choice.arm}") if choice.kind == "baseline" else choice.arm
    return say(f"choice.{choice.kind}", arm=arm)


def _choice(choice: Choice, kind: str, currency: str, say: Words) -> list[str]:
    even = choice.break_even_right
    return [
        _name(choice, say),
        _thresholds(choice, say) if kind == "classification" else say("threshold.drafts"),
        percent_text(choice.automatic, say),
        money_text(choice.once, currency, say),
        money_text(choice.monthly, currency, say),
        months_text(choice.payback, say),
        money_text(choice.npv, currency, say),
        share_text(round(choice.loss, 2)),
        share_text(round(choice.best, 2)),
        say(f"reason.{even.reason}") if isinstance(even, Undefined) else share_text(round(even, 3)),
        items_text(choice.break_even_items, say),
    ]


def _thresholds(choice: Choice, say: Words) -> str:
    if not choice.thresholds:
        return say("threshold.none")
    return say("list.comma").join(
        say("threshold.never") if at == float("inf") else say("threshold.from", share=share_text(round(at, 3)))
        for at in choice.thresholds
    )


def _nothing(currency: str, say: Words) -> list[str]:
    zero = sum_text(0.0, currency, say)
    return [say("choice.nothing"), "–", share_text(0.0), zero, zero, "–", zero, "–", "–", "–", "–"]


def _domain(domain: DomainMoney, kind: str, currency: str, say: Words) -> list[str]:
    void = "sure.holds" if domain.guaranteed else "sure.void"
    return [
        domain.domain,
        say(f"tier.{domain.tier}"),
        items_text(domain.items, say),
        percent_text(domain.automatic, say),
        percent_text(domain.wrong, say),
        money_text(domain.saved, currency, say),
        say(void) if kind == "classification" else "–",
    ]


def _swing(swing: Swing, currency: str, say: Words) -> list[str]:
    each = swing.assumption
    ends = ends_text(each, currency, say) if each else say("money.rows_ends")
    return [name_text(each, say), ends, sum_text(swing.low, currency, say), sum_text(swing.high, currency, say)]


def _first(found: Economics, say: Words) -> str:
    first = found.plan.classification_first
    if not found.plan.stages:
        return say("stage.none")
    if first is None:
        return say("stage.one_kind")
    return say("stage.classification_first" if first else "stage.not_classification_first")


def _stage(stage: Stage, found: Economics, say: Words) -> list[str]:
    currency, after = found.currency, "–" if stage.ahead is None else sum_text(stage.ahead, found.currency, say)
    name = say("stage.automation")
    if stage.what == "task":
        name = say("stage.task", task=stage.task, arm=stage.arm, counsel=say(f"counsel.{stage.counsel}.word"))
    places = say("list.comma").join(map(str, stage.places)) if stage.what == "task" else "–"
    budget = money_text(stage.budget, currency, say)
    return [
        name,
        places,
        budget,
        _gate(stage.gate, say),
        _stop(stage, say),
        say("stage.chance", chance=share_text(round(stage.passes, 2)), worth=sum_text(stage.worth, currency, say)),
        after,
    ]


def _gate(gate: Gate, say: Words) -> str:
    if gate.measure == "updates":
        return say("gate.updates", times=round(gate.threshold))
    if isinstance(gate.rows, Undefined):
        threshold = "–" if isnan(gate.threshold) else share_text(round(gate.threshold, 3))
        return say("gate.none", threshold=threshold, reason=say(f"reason.{gate.rows.reason}"))
    likely = "∞" if gate.rows.likely == float("inf") else about_text(round(gate.rows.likely), say)
    named = {"threshold": share_text(round(gate.threshold, 3)), "level": share_text(gate.level), "rows": likely}
    return say("gate.right" if gate.measure == "right" else "gate.saved", **named)


def _stop(stage: Stage, say: Words) -> str:
    if stage.what != "task":
        return say("stop.by_hand")
    if stage.most_rows is None:
        return say("stop.budget")
    return say("stop.rows", rows=about_text(round(stage.most_rows), say))


def _burden(burden: Burden, say: Words) -> BurdenView:
    updates, ends = amount_text(burden.updates_a_year, say)
    return BurdenView(
        say("learned.model", arm=burden.arm, task=burden.task),
        say("burden.updates", value=updates + ends),
        [
            [
                say(f"burden.{line.work}"),
                say(f"role.{line.role}"),
                hours_text(line.hours, say),
                _rests(line.rests_on, say),
            ]
            for line in burden.lines
        ],
        [
            [
                say(f"role.{card.role}"),
                say(f"role.{card.role}.does"),
                _hours(card.hours, say),
                say("role.unsaid" if card.there is None else "role.there" if card.there else "role.lacking"),
            ]
            for card in burden.roles
        ],
    )


def _hours(hours: Estimate, say: Words) -> str:
    return hours_text(hours, say) if hours.high else say("burden.few")


def _rests(keys: Sequence[str], say: Words) -> str:
    return say("list.comma").join(say(f"assumption.{key}") for key in keys)
