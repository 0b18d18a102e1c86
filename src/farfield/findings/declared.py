"""Declared claims against a run's predictions: each upheld, refuted, open, or not tested and why."""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Literal

import numpy as np
import polars as pl

from farfield.findings.scores import BOUND, Scores, Subject, generator, more_rows, pair_of
from farfield.metrics import Pair, SeedScores, contrast
from farfield.spec import ClaimSpec, StudySpec, Term, Who
from farfield.stats import Number, RowRange, Undefined, few_mean

__all__ = ["Declared", "Holding", "actors", "judge_claims"]


class Holding(StrEnum):
    """What the data say of a declared claim."""

    holds = "holds"
    does_not = "does_not"
    cant_tell = "cant_tell"
    not_tested = "not_tested"


@dataclass(frozen=True, slots=True)
class Declared:
    """A declared claim and what became of it.

    Attributes:
        name: of the claim.
        says: the claim in a sentence, by language.
        value: the sum of its differences with its 95 % interval; of weights, relative and at 90 %.
        verdict: by the 90 % interval, whose ends are one-sided 95 % bounds.
        on: the tasks and domains that were looked at.
        tasks: the tasks whose test sets were looked at; none for a claim about weights.
        measure: `score` or `weights`.
        reason: code of why it was not tested; empty where it was.
        more: how many more rows would likely settle an open verdict.
    """

    name: str
    says: Mapping[Literal["en", "ja"], str]
    value: Number
    verdict: Holding
    on: tuple[str, ...] = ()
    measure: str = "score"
    reason: str = ""
    more: RowRange | None = None
    tasks: tuple[str, ...] = ()


class _Untested(Exception):  # noqa: N818 (no fault: a claim that this study can't speak of)
    """With the code of the reason."""


def judge_claims(
    study: StudySpec, claims: Sequence[ClaimSpec], subjects: Sequence[Subject], moved: pl.DataFrame | None
) -> Iterator[Declared]:
    """Tests each claim, a family of its own.

    Args:
        study: whose arms the claims speak of.
        claims: declared before the run.
        subjects: the study's tasks.
        moved: how far each trained model's weights moved, from `study.movements_frame`.
    """
    for claim in claims:
        try:
            test = (
                _of_weights(study, claim, moved) if claim.measure == "weights" else _of_scores(study, claim, subjects)
            )
        except _Untested as error:
            yield Declared(claim.name, claim.says, Undefined("no rows"), Holding.not_tested, reason=str(error))
        else:
            yield replace(test, measure=claim.measure)


def _of_scores(study: StudySpec, claim: ClaimSpec, subjects: Sequence[Subject]) -> Declared:
    """A claim about scores, over tasks of one metric: means of different metrics don't add up."""
    wanted = [subject for subject in subjects if claim.kind in (None, subject.kind)]
    if not wanted:
        raise _Untested("no_task")
    found: list[tuple[Subject, list[tuple[str, Pair, float]]]] = []
    reasons: list[str] = []
    for subject in wanted:
        try:
            found.append((subject, [part for term in claim.terms for part in _parts(study, claim, term, subject)]))
        except _Untested as error:
            reasons.append(str(error))
    if not found:
        raise _Untested(reasons[0])
    metric = found[0][0].metric
    found = [(subject, parts) for subject, parts in found if subject.metric.name == metric.name]
    pairs = [pair for _, parts in found for _, pair, _ in parts]
    # A task counts as much as another, however many domains it has.
    weights = [weight / len(found) for _, parts in found for _, _, weight in parts]
    value, bound = (
        contrast(metric, pairs, weights, rng=generator("declared", claim.name, level), level=level)
        for level in (0.95, BOUND)
    )
    on = tuple(dict.fromkeys(f"{subject.name} · {domain}" for subject, parts in found for domain, _, _ in parts))
    margin = min(subject.margin for subject, _ in found)
    verdict = _judged(claim, value, bound, margin)
    more = more_rows(bound, line=claim.line) if verdict is Holding.cant_tell else None
    tasks = tuple(subject.name for subject, _ in found)
    return Declared(claim.name, claim.says, value, verdict, on, more=more, tasks=tasks)


def _parts(study: StudySpec, claim: ClaimSpec, term: Term, subject: Subject) -> Iterator[tuple[str, Pair, float]]:
    """The term's paired scores in one task: domain, pair, weight."""
    domains = subject.domains.get(term.tier, ())
    if not domains:
        raise _Untested("no_cross_task" if term.tier == "cross_task" else "no_domain")
    homes = [subject.name]
    if term.tier == "cross_task":
        kinds = {name: task.kind for name, task in study.tasks.items()}
        homes = [on for on in kinds if on != subject.name and claim.trained_on in (None, kinds[on])]
    pairs = []
    for home in homes:
        for domain in domains:
            pair = pair_of(*(_scores(study, who, subject, home, domain) for who in (term.of, term.over)))
            if pair[0]:
                pairs.append((domain, pair))
    if not pairs:
        raise _Untested("unfinished")
    yield from ((domain, pair, term.weight / len(pairs)) for domain, pair in pairs)


def _scores(study: StudySpec, who: Who, subject: Subject, home: str, domain: str) -> Scores:
    if who.template >= len(study.tasks[subject.name].prompts):
        raise _Untested("one_template")
    if who.arm == "comparator":
        if not subject.comparator:
            raise _Untested("no_comparator")
        return subject.table.scores(subject.comparator[domain], domain=domain)
    arm = _arm(study, who)
    if who.template and study.arms[arm].search:  # asked in the one form that was found
        raise _Untested("one_template")
    _, shots, template = subject.table.primary(arm, study.arms[arm], study.tasks[subject.name])
    form = (arm, shots, who.template or template)
    if not study.arms[arm].trained:
        return subject.table.scores(form, domain=domain)
    asked = subject.table.asked(form).filter((pl.col("trained_on") == home) & (pl.col("domain") == domain))
    sizes = sorted(asked["train_rows"].unique().to_list())
    if not sizes:
        return Scores((), SeedScores(()))
    if who.size == "smallest" and len(sizes) == 1:
        raise _Untested("one_size")
    size = sizes[0] if who.size == "smallest" else sizes[-1]
    return subject.table.scores(form, size=size, on=home, domain=domain)


def actors(study: StudySpec, claim: ClaimSpec) -> frozenset[str]:
    """The arms that a tested claim compares; `comparator` stands for whatever was chosen."""
    named = [who for term in claim.terms for who in (term.of, term.over)]
    return frozenset(who.arm if who.arm == "comparator" else _arm(study, who) for who in named)


def _arm(study: StudySpec, who: Who) -> str:
    """The arm of a name, or of a role."""
    # A role's name may be an arm's too; then the arm is meant, as long as it can play the role.
    if who.arm in study.arms and (who.arm not in ("ft", "fticl") or study.arms[who.arm].plain):
        return who.arm
    found = study.plain_arm(with_demos=who.arm == "fticl") if who.arm in ("ft", "fticl") else None
    if found is None:
        raise _Untested("no_arm")
    return found


def _of_weights(study: StudySpec, claim: ClaimSpec, moved: pl.DataFrame | None) -> Declared:
    """A claim about how far weights moved: mean |Δw| of one arm over another's, less 1, a task a unit."""
    (term,) = claim.terms
    of, over = _arm(study, term.of), _arm(study, term.over)
    if moved is None:
        raise _Untested("unfinished")
    keys = ["trained_on", "train_rows", "seed"]
    total = (pl.col("mean_abs") * pl.col("elements")).sum()
    each = moved.group_by("arm", *keys).agg((total / pl.col("elements").sum()).alias("moved"))
    both = each.filter(pl.col("arm") == of).join(each.filter(pl.col("arm") == over), on=keys, suffix="_over")
    ratios = {
        str(task): math.exp(np.mean([math.log(a / b) for a, b in rows.select("moved", "moved_over").iter_rows()])) - 1
        for (task,), rows in both.filter((pl.col("moved") > 0) & (pl.col("moved_over") > 0)).group_by("trained_on")
    }
    tasks = [name for name in study.tasks if name in ratios]
    if not tasks:
        raise _Untested("unfinished")
    value = few_mean([ratios[name] for name in tasks], level=BOUND)
    if isinstance(value, Undefined):
        raise _Untested("too_few_tasks")
    return Declared(claim.name, claim.says, value, _judged(claim, value, value, 0.0), tuple(tasks))


def _judged(claim: ClaimSpec, value: Number, bound: Number, margin: float) -> Holding:
    if isinstance(value, Undefined) or isinstance(bound, Undefined):
        return Holding.cant_tell
    line = claim.line
    if claim.expects == "different":  # two-sided at 95 %; refuted by equivalence within the margin
        if value.low > line or value.high < line:
            return Holding.holds
        inside = line - margin < bound.low and bound.high < line + margin
        return Holding.does_not if inside else Holding.cant_tell
    above, below = bound.low > line, bound.high < line
    if not (above or below):
        return Holding.cant_tell
    return Holding.holds if above == (claim.expects == "above") else Holding.does_not
