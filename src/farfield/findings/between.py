"""Two runs of one question, last quarter's and today's: what changed, model by model and test set by test set."""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

import polars as pl

from farfield.findings.scores import BOUND, Form, Scores, Subject, Table, generator, value_of
from farfield.findings.task import TaskPredictions
from farfield.metrics import Metric, contrast, estimate
from farfield.spec import StudySpec
from farfield.stats import Estimate, Number, Undefined, apart

__all__ = ["Between", "Change", "Held", "Turn", "between"]

_ENOUGH = 0.5  # of the smaller test set must be in both runs, for the rest to be left aside


class Turn(StrEnum):
    """Which way a score went, by one-sided 95 % bounds."""

    better = "better"
    worse = "worse"
    alike = "alike"
    open = "open"


@dataclass(frozen=True, slots=True)
class Held:
    """What a run holds: its study, and its predictions of test and development rows."""

    study: StudySpec
    test: pl.DataFrame
    dev: pl.DataFrame


@dataclass(frozen=True, slots=True)
class Change:
    """One model on one test set in both runs.

    Attributes:
        arm: its name; None for the comparator, whichever each run chose.
        asked: how it was asked, before and now: arm, shots, template.
        sizes: numbers of training rows before and now; None for what is not trained.
        before: the primary metric then, on all rows of that run.
        now: the same of this run.
        change: now minus before; row by row where both runs asked the same rows, else of two samples.
        shared: rows that both runs asked; 0 where the change is that of two samples.
        turn: what the change says at the task's margin.
    """

    task: str
    arm: str | None
    asked: tuple[Form, Form]
    sizes: tuple[int, int] | None
    domain: str
    tier: str
    before: Number
    now: Number
    change: Number
    shared: int
    turn: Turn


@dataclass(frozen=True, slots=True)
class Between:
    """What two runs say of each other.

    Attributes:
        changes: of every model and test set that both have.
        gone: task, arm or test set that only the earlier run has, by name.
        new: the same of the later one.
    """

    changes: tuple[Change, ...]
    gone: tuple[str, ...]
    new: tuple[str, ...]


def between(before: Held, now: Held) -> Between:
    """Compares two runs, the earlier one first."""
    first, second = (
        {name: _task(held, name).subject() for name in held.study.tasks if name in other.study.tasks}
        for held, other in ((before, now), (now, before))
    )
    changes = [
        change
        for name, subject in second.items()
        if subject.metric.name == first[name].metric.name
        for change in _changes((before.study, now.study), (first[name], subject))
    ]
    had, has = _parts(before), _parts(now)
    return Between(
        tuple(changes),
        tuple(part for part in had if part not in has),
        tuple(part for part in has if part not in had),
    )


def _task(held: Held, name: str) -> TaskPredictions:
    test, dev = (frame.filter(pl.col("task") == name) for frame in (held.test, held.dev))
    return TaskPredictions(held.study, name, test, dev, test.clear())


def _parts(held: Held) -> list[str]:
    """Names of all arms, and of each task with its metric and test sets."""
    named = list(held.study.arms)
    for name, task in held.study.tasks.items():
        named.append(f"{name} ({task.scored_by[0]})")
        named += [f"{name} · {domain}" for domain in {**task.in_domain, **task.out_of_domain, **task.later_time}]
    return named


def _changes(studies: tuple[StudySpec, StudySpec], subjects: tuple[Subject, Subject]) -> Iterator[Change]:
    old, new = subjects
    for domain, tier in new.tiers.items():
        if domain not in old.tiers:
            continue
        same = _same_rows(old.table, new.table, domain)
        if old.comparator and new.comparator:
            yield _change(
                subjects, (None, None, (old.comparator[domain], new.comparator[domain])), (domain, tier), same
            )
        for arm, spec in studies[1].arms.items():
            sizes = [subject.table.sizes(arm, subject.name) for subject in subjects]
            earlier = studies[0].arms.get(arm)
            if earlier and earlier.trained and spec.trained and all(sizes):
                forms = (
                    old.table.primary(arm, earlier, studies[0].tasks[old.name]),
                    new.table.primary(arm, spec, studies[1].tasks[new.name]),
                )
                yield _change(subjects, (arm, (sizes[0][-1], sizes[1][-1]), forms), (domain, tier), same)


def _change(
    subjects: tuple[Subject, Subject],
    model: tuple[str | None, tuple[int, int] | None, tuple[Form, Form]],
    where: tuple[str, str],
    same: frozenset[int],
) -> Change:
    new, (arm, sizes, forms), (domain, tier) = subjects[1], model, where
    names = (new.name, arm, domain)
    read = [
        subject.table.scores(form, size=size, on=subject.name if size else None, domain=domain)
        for subject, form, size in zip(subjects, forms, sizes or (None, None), strict=True)
    ]
    before, now = (value_of(new.metric, scores, "between", n, *names) for n, scores in enumerate(read))
    kept = [_only(scores, same) for scores in read]
    smaller = min(len(scores.rows) for scores in read)
    paired = kept[0].rows == kept[1].rows and len(kept[0].rows) >= max(1, _ENOUGH * smaller)
    change, bound = (
        contrast(new.metric, [(kept[1].scores, kept[0].scores)], rng=generator("between", level, *names), level=level)
        if paired
        else _apart(new.metric, (read[1], read[0]), level, *names)
        for level in (0.95, BOUND)
    )
    shared = len(kept[0].rows) if paired else 0
    turn = _turn(bound, new.margin)
    return Change(new.name, arm, forms, sizes, domain, tier, before, now, change, shared, turn)


def _apart(of: Metric, samples: tuple[Scores, Scores], level: float, *names: object) -> Number:
    """The first less the second, of rows that have nothing to do with one another."""
    first, second = (
        estimate(of, sample.scores, rng=generator("apart", n, level, *names), level=level)
        for n, sample in enumerate(samples)
    )
    if isinstance(first, Estimate) and isinstance(second, Estimate):
        return apart(first, second)
    return Undefined("no rows")


def _turn(bound: Number, margin: float) -> Turn:
    if isinstance(bound, Undefined):
        return Turn.open
    if bound.low >= -margin and bound.high <= margin:
        return Turn.alike
    return Turn.better if bound.low > 0 else Turn.worse if bound.high < 0 else Turn.open


def _same_rows(old: Table, new: Table, domain: str) -> frozenset[int]:
    """Numbers of the rows that both runs asked word for word, by a form that both know; a file may have changed."""
    keys = ["shots", "template", "row", "prompt_sha256"]
    asked = (table.models.filter(pl.col("domain") == domain).select(keys).unique() for table in (old, new))
    first, second = asked
    return frozenset(first.join(second, on=keys, how="inner")["row"].to_list())


def _only(scores: Scores, rows: frozenset[int]) -> Scores:
    kept = [n for n, (row, _) in enumerate(scores.rows) if row in rows]
    return Scores(tuple(scores.rows[n] for n in kept), scores.scores.of(kept))
