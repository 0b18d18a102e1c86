"""Page 1, for who decides: five questions answered from the findings, the plan, three risks, and phrases to say."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from farfield.findings import (
    Answer,
    Burden,
    Choice,
    Counsel,
    Economics,
    Findings,
    Stage,
    TaskFindings,
    TaskMoney,
    Verdict,
)
from farfield.report.numbers import (
    about_text,
    amount_text,
    gain_text,
    hours_text,
    money_text,
    months_text,
    percent_text,
    sum_text,
    tight_text,
)
from farfield.report.risks import hangs_on, risks
from farfield.report.words import Words
from farfield.stats import Estimate, Undefined

__all__ = ["FrontView", "front_view"]

_STAGES = 3
_UP = (Verdict.carries_fully, Verdict.carries)


@dataclass(frozen=True, slots=True)
class FrontView:
    """The page: questions with their answers, lines of the plan, risks, and phrases; all plain text."""

    questions: list[tuple[str, str]]
    plan: list[str]
    risks: list[str]
    phrases: list[str]


@dataclass(frozen=True, slots=True)
class _Lead:
    """What the page is about first: a task with its money, and its stage where it is worth one."""

    found: Economics
    task: TaskMoney
    stage: Stage | None
    burden: Burden | None

    @property
    def choice(self) -> Choice:
        return self.task.choices[0]


def front_view(findings: Findings, left_out: int, say: Words) -> FrontView:
    """Page 1.

    Args:
        findings: of the study; without money the page says why, and answers by scores.
        left_out: rows that the run left out.
        say: the language.
    """
    lead = _lead(findings.economics)
    best = _best(findings.tasks)
    answers = {
        "first": _first(lead, best, findings, say),
        "back": _back(lead, findings, say),
        "sure": _sure(lead, findings, say),
        "burden": _burden(lead, say),
        "stop": _stop(lead, say),
    }
    gap = say("sentence.gap")
    return FrontView(
        [(say(f"question.{name}"), gap.join(told)) for name, told in answers.items()],
        list(_plan(lead, say)),
        risks(findings, lead.task if lead else None, left_out, say),
        list(_phrases(lead, best, findings, say)),
    )


def _lead(found: Economics | None) -> _Lead | None:
    """The first stage's task; without a stage, the task that is worth most."""
    if found is None or not found.tasks:
        return None
    stage = next((each for each in found.plan.stages if each.what == "task"), None)
    ranked = sorted(found.tasks, key=lambda task: -task.choices[0].npv.value)
    task = next((task for task in ranked if stage and task.task == stage.task), ranked[0])
    return _Lead(found, task, stage, next((each for each in found.burdens if each.task == task.task), None))


def _best(tasks: Sequence[TaskFindings]) -> tuple[TaskFindings, Answer] | None:
    """The trained model that was shown to beat prompting at home and carries furthest."""
    shown = [(task, answer) for task in tasks for answer in task.answers if answer.home_verdict in _UP]
    return max(shown, key=lambda each: (len(each[1].carried), _value(each[1])), default=None)


def _value(answer: Answer) -> float:
    return answer.home_gain.value if isinstance(answer.home_gain, Estimate) else 0.0


def _way(choice: Choice, say: Words) -> str:
    arm = say(f"baseline.{choice.arm}") if choice.kind == "baseline" else choice.arm
    return say(f"front.way.{choice.kind}", arm=arm)


def _first(
    lead: _Lead | None, best: tuple[TaskFindings, Answer] | None, findings: Findings, say: Words
) -> Iterator[str]:
    if lead is None:
        yield say("front.first.unpriced", reason=_reason(findings.economics, say))
        yield _by_score(best, findings, say)
        return
    named = {"task": lead.task.task, "way": _way(lead.choice, say)}
    if lead.stage is None:
        yield say("front.first.none", **named)
    elif lead.task.counsel is Counsel.wait:
        yield say("front.first.wait", **named, more=about_text(lead.task.more_labels or 0, say))
    elif lead.task.counsel is Counsel.settle:
        yield say("front.first.settle", **named, assumption=hangs_on(lead.task, say))
    else:
        yield say("front.first.invest", **named)


def _by_score(best: tuple[TaskFindings, Answer] | None, findings: Findings, say: Words) -> str:
    if best is None:
        answers = [answer for task in findings.tasks for answer in task.answers]
        carried = sum(len(answer.carried) for answer in answers)
        return say("front.first.elsewhere", n=carried) if carried else say("front.first.no_score")
    task, answer = best
    new = len(answer.carried) + len(answer.open) + len(answer.lost)
    gain = gain_text(answer.home_gain or Undefined("no rows"), say)
    return say("front.first.score", task=task.name, arm=answer.arm, gain=gain, carried=len(answer.carried), new=new)


def _reason(found: Economics | None, say: Words) -> str:
    """Why there is no money."""
    if found is None or not found.unpriced:
        return say("front.no_money")
    return say(f"reason.{found.unpriced[0][1].reason}")


def _back(lead: _Lead | None, findings: Findings, say: Words) -> Iterator[str]:
    if lead is None:
        yield say("front.back.unpriced", reason=_reason(findings.economics, say))
        return
    choice, currency = lead.choice, lead.found.currency
    yield say("front.back.npv", npv=money_text(choice.npv, currency, say), months=lead.found.months)
    once, monthly = (money_text(each, currency, say) for each in (choice.once, choice.monthly))
    yield say("front.back.flow", once=once, monthly=monthly, payback=months_text(choice.payback, say))


def _sure(lead: _Lead | None, findings: Findings, say: Words) -> Iterator[str]:
    if lead:
        yield say("front.sure.loss", loss=tight_text(round(lead.choice.loss, 2), say))
    lines = [line for task in findings.tasks for line in task.lines if line.verdict and line.tier != "cross_task"]
    if not lines:
        yield say("front.sure.uncompared")
        return
    up = sum(line.verdict in _UP for line in lines)
    open_ = sum(line.verdict is Verdict.cant_tell for line in lines)
    down = sum(line.verdict in (Verdict.no, Verdict.harms) for line in lines)
    yield say("front.sure.verdicts", of=len(lines), up=up, open=open_, down=down, same=len(lines) - up - open_ - down)


def _burden(lead: _Lead | None, say: Words) -> Iterator[str]:
    if lead is None or lead.burden is None:
        yield say("front.burden.none")
        return
    people = [card for card in lead.burden.roles if card.role != "machine" and card.hours.high]
    told = [say("front.role", role=say(f"role.{card.role}"), hours=hours_text(card.hours, say)) for card in people]
    yield say("front.burden.hours", roles=say("list.comma").join(told))
    hand = [line.hours for line in lead.burden.lines if line.work == "handling" and line.hours.high]
    if hand:
        yield say("front.burden.hand", hours=hours_text(hand[0], say))
    yield say("front.burden.updates", updates="".join(amount_text(lead.burden.updates_a_year, say)))
    lacking = [say(f"role.{card.role}") for card in lead.burden.roles if card.there is False]
    if lacking:
        yield say("front.burden.lacking", roles=say("list.comma").join(lacking))
    elif any(card.there is None for card in lead.burden.roles):
        yield say("front.burden.unsaid")


def _stop(lead: _Lead | None, say: Words) -> Iterator[str]:
    if lead is None:
        yield say("front.stop.unpriced")
    elif lead.stage is None:
        yield say("front.stop.nothing")
    else:
        yield _gate(lead.stage, say)
        yield _end(lead.stage, lead.found.currency, say)


def _gate(stage: Stage, say: Words) -> str:
    gate = stage.gate
    if isinstance(gate.rows, Undefined):
        return say("front.gate.none", reason=say(f"reason.{gate.rows.reason}"))
    named = {"threshold": tight_text(round(gate.threshold, 3), say), "level": tight_text(gate.level, say)}
    told = say("front.gate.right" if gate.measure == "right" else "front.gate.saved", **named)
    if gate.rows.likely == float("inf"):
        return told
    return told + say("sentence.gap") + say("front.gate.rows", rows=about_text(round(gate.rows.likely), say))


def _end(stage: Stage, currency: str, say: Words) -> str:
    budget = money_text(stage.budget, currency, say)
    if stage.most_rows is None:
        return say("front.end.budget", budget=budget)
    return say("front.end.rows", rows=about_text(round(stage.most_rows), say), budget=budget)


def _plan(lead: _Lead | None, say: Words) -> Iterator[str]:
    if lead is None:
        yield from (say("front.plan.price"), say("front.plan.test"), say("front.plan.again"))
        return
    found = lead.found
    ways = {task.task: _way(task.choices[0], say) for task in found.tasks}
    for stage in found.plan.stages[:_STAGES]:
        if stage.what != "task":
            yield say("front.plan.automation")
            continue
        named = {"task": stage.task, "way": ways[stage.task], "budget": money_text(stage.budget, found.currency, say)}
        worth = sum_text(stage.worth, found.currency, say)
        yield say("front.plan.stage", **named, chance=tight_text(round(stage.passes, 2), say), worth=worth)
    for task, counsel in found.plan.left_out[: _STAGES - len(found.plan.stages[:_STAGES])]:
        yield say("front.plan.left", task=task, counsel=say(f"counsel.{counsel}.word"))
    if not found.plan.stages:
        yield say("front.plan.again")


def _phrases(
    lead: _Lead | None, best: tuple[TaskFindings, Answer] | None, findings: Findings, say: Words
) -> Iterator[str]:
    models = sum(len(task.answers) for task in findings.tasks)
    sets = {(task.name, line.domain) for task in findings.tasks for line in task.lines if line.tier != "cross_task"}
    yield say("front.phrase.compared", models=models, tasks=len(findings.tasks), sets=len(sets))
    yield _by_score(best, findings, say)
    if lead is None:
        return
    currency, choice = lead.found.currency, lead.choice
    named = {"task": lead.task.task, "npv": money_text(choice.npv, currency, say), "months": lead.found.months}
    yield say("front.phrase.money", **named, loss=tight_text(round(choice.loss, 2), say))
    if lead.stage:
        chance = tight_text(round(lead.stage.passes, 2), say)
        yield say("front.phrase.ask", budget=money_text(lead.stage.budget, currency, say), chance=chance)
    elif not isinstance(choice.automatic, Undefined):
        yield say("front.phrase.not_yet", share=percent_text(choice.automatic, say))
