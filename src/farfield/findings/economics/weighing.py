"""The money of a study: every task's choices on the same ground, a counsel for each, stages, and the burden."""

from collections.abc import Mapping, Sequence

import numpy as np

from farfield.findings.economics.assumptions import assumptions, centre
from farfield.findings.economics.burden import burden_of
from farfield.findings.economics.counsel import Advice, advise
from farfield.findings.economics.model import Choice, Economics, TaskMoney
from farfield.findings.economics.offers import Offer, Refused, offers
from farfield.findings.economics.pricing import Ground, Priced, interval, priced, with_chances
from farfield.findings.economics.savings import label_cost
from farfield.findings.economics.staging import Standing, plan_of
from farfield.findings.scores import Subject
from farfield.findings.sureness import Sureness
from farfield.spec import StudySpec
from farfield.stats import Number, Undefined
from farfield.study import Took

__all__ = ["weigh"]

DEFAULT_CURRENCY = "USD"


def weigh(
    study: StudySpec,
    subjects: Sequence[Subject],
    took: Took | None,
    sureness: Sequence[Sureness],
    bits: Mapping[str, float],
) -> Economics:
    """What each task is worth, in which order they are tried, and what they ask of people.

    Args:
        study: the study; a business without a currency counts in dollars.
        subjects: its tasks.
        took: what the run measured of its time; without it answers cost nothing, and each choice says so.
        sureness: what may be answered within error limits.
        bits: by task, how wide its answers are.
    """
    business = study.business.in_currency(DEFAULT_CURRENCY)
    study = study.model_copy(update={"business": business})
    tasks: list[TaskMoney] = []
    unpriced: list[tuple[str, Undefined]] = []
    best: dict[str, tuple[Ground, Priced]] = {}
    for subject in subjects:
        ground, found, refused = _priced(study, subject, took)
        if not found:
            unpriced.append((subject.name, refused[0][2] if refused else Undefined("no model was asked")))
            continue
        best[subject.name] = ground, found[0]
        tasks.append(_task(study, subject, (ground, found, refused), sureness))
    standing = Standing(bits, {subject.name: _labelled(study, subject) for subject in subjects})
    burdens = tuple(burden_of(ground, first, business.roles) for ground, first in best.values())
    plan = plan_of(tasks, best, standing)
    return Economics(business.currency or "", business.horizon, tuple(tasks), tuple(unpriced), plan, burdens)


def _priced(study: StudySpec, subject: Subject, took: Took | None) -> tuple[Ground, list[Priced], list[Refused]]:
    known = assumptions(study, subject.name)
    ground = Ground.of(subject.name, known, study.business.horizon, subject.home, subject.tiers)
    every = list(offers(study, subject, took, centre(known)))
    refused = [each for each in every if not isinstance(each, Offer)]
    if not ground.rows_of:
        return ground, [], [("", "", Undefined("no items come in"))]
    if not set(ground.rows_of) <= set(subject.tiers):
        return ground, [], [("", "", Undefined("not every test set was asked yet"))]
    found = [priced(each, ground) for each in every if isinstance(each, Offer)]
    return ground, with_chances(found) if found else [], refused


def _task(
    study: StudySpec,
    subject: Subject,
    found: tuple[Ground, list[Priced], list[Refused]],
    sureness: Sequence[Sureness],
) -> TaskMoney:
    ground, choices, refused = found
    first = choices[0].choice
    label = float(label_cost(centre(ground.known)))
    advice: Advice = advise(first.npv, first.by_rows, label)
    items = np.sum([ground.values[f"items {domain}"] for domain in ground.rows_of], axis=0)
    limit, share = _at_limit(study, subject.name, first, sureness)
    return TaskMoney(
        subject.name,
        subject.kind,
        interval(items, first.npv.n),
        tuple(each.choice for each in choices),
        tuple(refused),
        advice.counsel,
        advice.more,
        advice.worth,
        label,
        ground.known,
        share,
        limit,
    )


def _at_limit(study: StudySpec, task: str, first: Choice, sureness: Sequence[Sureness]) -> tuple[float, Number]:
    """The error limit, and what the first choice may answer at home within it."""
    limit = study.business.error_limit or study.automation.errors[0]
    for sure in sureness:
        if (sure.task, sure.arm, sure.train_rows) == (task, first.arm, first.train_rows):
            for each in sure.limits:
                if each.share == limit:
                    done = each.done.get(sure.home)
                    return limit, each.threshold if isinstance(each.threshold, Undefined) else (
                        done.coverage if done else Undefined("no rows")
                    )
    return limit, Undefined("no guarantee was asked of this choice")


def _labelled(study: StudySpec, subject: Subject) -> int:
    trained = max(study.training.train_rows) if study.training else 0
    tested = subject.table.models.select("domain", "row").unique().height
    return trained + study.dev + tested
