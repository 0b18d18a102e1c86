"""The ways to do a task, each with how its items end: prompting, trained arms, a cheap classical model."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

import numpy as np
import polars as pl
from numpy.typing import NDArray

from farfield.findings.economics.outcomes import Ends, best_threshold, classified, graded
from farfield.findings.economics.savings import saved_by_kind, starts_of
from farfield.findings.scores import Subject
from farfield.findings.sureness import Model, models, shares_of
from farfield.spec import StudySpec
from farfield.stats import FloatArray, Undefined, safe_threshold
from farfield.study import Took

__all__ = ["CLASSICAL", "Offer", "offers"]

CLASSICAL = "tfidf_logreg"
"""The baseline that is offered as a way to do the work; the others only show what costs nothing."""

_ANSWERED = ("prediction", "target")
_Said = tuple[FloatArray, NDArray[np.intp], NDArray[np.intp]]
_Seeds = dict[int | None, pl.DataFrame]
Errors = Mapping[tuple[int, int], str]
Refused = tuple[str, str, Undefined]


@dataclass(frozen=True, slots=True)
class Offer:
    """One way to do a task.

    Attributes:
        kind: `prompting`, `trained` or `baseline`.
        train_rows: None where nothing is trained.
        labels: labelled rows that it takes: those that it learns from, and those that set its threshold.
        ends: by test domain, how its items end.
        thresholds: see `Choice.thresholds`.
        limited: see `Choice.limited`.
        seconds: to answer an item; None where that was not measured.
        tokens: read and written for an item.
        training: seconds.
    """

    kind: str
    arm: str
    train_rows: int | None
    labels: int
    ends: Mapping[str, Ends]
    thresholds: tuple[float, ...] = ()
    limited: Undefined | None = None
    seconds: float | None = None
    tokens: float = 0.0
    training: float = 0.0


def offers(
    study: StudySpec, subject: Subject, took: Took | None, centre: Mapping[str, FloatArray]
) -> Iterator[Offer | Refused]:
    """All ways to do a task that the study tried, or why one can't be priced.

    Args:
        study: the study.
        subject: the task.
        took: what the run measured of its time.
        centre: each assumption at its mean; thresholds are found by these.
    """
    for model in models(study, subject):
        yield _modelled(study, subject, model, took, centre)
    if subject.kind == "classification":
        yield from _classical(study, subject, took)


def _modelled(
    study: StudySpec, subject: Subject, model: Model, took: Took | None, centre: Mapping[str, FloatArray]
) -> Offer | Refused:
    kind = "trained" if model.size else "prompting"
    labels = study.tasks[subject.name].labels
    asked = {domain: _by_seed(_asked(subject, model, domain), labels) for domain in subject.tiers}
    if not all(asked.values()):
        return kind, model.arm, Undefined("not every test set was asked yet")
    spent = _spent(subject, model, took)
    dev = _by_seed(_asked(subject, model, None), labels)
    learnt = (model.size or 0) + (len(next(iter(dev.values()))) if dev else 0)
    training = took.training.get(model.size, 0.0) if took and model.size else 0.0
    offer = Offer(kind, model.arm, model.size, learnt, {}, (), None, *spent, training)
    if subject.kind == "generation":
        starts = starts_of(centre)
        ends = {d: graded([f["score"].to_numpy() for f in seeds.values()], starts) for d, seeds in asked.items()}
        return replace(offer, ends=ends)
    return _classifying(study, subject, model, asked, dev, offer, centre)


def _classifying(
    study: StudySpec,
    subject: Subject,
    model: Model,
    asked: Mapping[str, _Seeds],
    dev: _Seeds,
    offer: Offer,
    centre: Mapping[str, FloatArray],
) -> Offer | Refused:
    labels = study.tasks[subject.name].labels
    seeds = [seed for seed in dev if all(seed in found for found in asked.values())]
    if not seeds:
        return offer.kind, offer.arm, Undefined("no development rows were answered")
    frames = [*(dev[seed] for seed in seeds), *(found[seed] for found in asked.values() for seed in seeds)]
    if any(frame["label_logprobs"].null_count() for frame in frames):
        return offer.kind, offer.arm, Undefined("answers came without confidences")
    tests = {domain: [_said(found[seed], labels) for seed in seeds] for domain, found in asked.items()}
    held, errors = [_said(dev[seed], labels) for seed in seeds], _errors(study, subject.name)
    worth = saved_by_kind(centre, errors.values())
    at, limited = _thresholds(study, model, held, tests.get(subject.home, []), errors, worth)
    ends = {domain: classified(found, at, errors) for domain, found in tests.items()}
    return replace(offer, ends=ends, thresholds=tuple(at), limited=limited)


def _asked(subject: Subject, model: Model, domain: str | None) -> pl.DataFrame:
    """What all seeds of a model said to a test set; to development rows without one."""
    table, where = (subject.dev, subject.dev_domain) if domain is None else (subject.table, domain)
    return table.asked(model.form, size=model.size, on=subject.name if model.size else None, domain=where)


def _by_seed(frame: pl.DataFrame, labels: tuple[str, ...]) -> _Seeds:
    """Each seed's rows in one order, as far as all seeds have them; without rows whose gold label is none."""
    frame = frame.filter(pl.col("target").is_in(labels)) if labels else frame
    numbered = frame.with_columns(nth=pl.int_range(pl.len()).over("seed", "row")).sort("row", "nth")
    seeds = frame["seed"].unique().sort().to_list()
    shared = numbered.filter(pl.len().over("row", "nth") == len(seeds))
    return {seed: shared.filter(pl.col("seed").eq_missing(seed)) for seed in seeds} if len(shared) else {}


def _said(frame: pl.DataFrame, labels: tuple[str, ...]) -> _Said:
    """Confidences, labels given and gold labels as numbers."""
    shares = shares_of(frame, labels)
    gold = np.array([labels.index(target) for target in frame["target"]], dtype=np.intp)
    return shares.max(axis=1), shares.argmax(axis=1), gold


def _errors(study: StudySpec, task: str) -> Errors:
    """Errors whose costs are named, by the numbers of the gold label and of the label given."""
    spec, labels = study.business.tasks.get(task), study.tasks[task].labels
    costs = spec.costs if spec else {}
    named = ((gold, said) for gold, given in costs.items() for said in given)
    return {(labels.index(gold), labels.index(said)): f"cost {gold} → {said}" for gold, said in named}


def _thresholds(
    study: StudySpec, model: Model, dev: list[_Said], home: list[_Said], errors: Errors, worth: Mapping[str, FloatArray]
) -> tuple[list[float], Undefined | None]:
    """Of each seed the confidence from which on it answers; and why none may, within the error limit."""
    found: list[float] = []
    why: Undefined | None = None
    limit, level = study.business.error_limit, 1 - (1 - study.automation.confidence) / max(1, model.tried)
    for number, (sure, said, gold) in enumerate(dev):
        ends = classified([(sure, said, gold)], [-np.inf], errors)
        at = best_threshold(sure, np.array([float(worth[kind]) for kind in ends.kinds])[ends.codes[0]])
        if limit is not None:
            reference = home[number][0] if home else np.empty(0)
            safe = safe_threshold(sure, said == gold, reference, limit=limit, level=level)
            why = safe if isinstance(safe, Undefined) else why
            at = np.inf if isinstance(safe, Undefined) else max(at, safe)
        found.append(at)
    return found, why


def _classical(study: StudySpec, subject: Subject, took: Took | None) -> Iterator[Offer | Refused]:
    """The classical model answers all: it tells no confidences, and no development rows were kept for it."""
    frame = subject.table.baselines.filter(pl.col("arm") == CLASSICAL)
    if frame.is_empty():
        return
    by_domain = {domain: frame.filter(pl.col("domain") == domain) for domain in subject.tiers}
    if any(part.is_empty() for part in by_domain.values()):
        yield "baseline", CLASSICAL, Undefined("not every test set was asked yet")
        return
    labels = study.tasks[subject.name].labels
    ends = {}
    for domain, part in by_domain.items():
        rows = part.filter(pl.col("target").is_in(labels)).sort("row")
        said, gold = (np.array([labels.index(label) for label in rows[key]], dtype=np.intp) for key in _ANSWERED)
        ends[domain] = classified([(np.zeros(len(gold)), said, gold)], [-np.inf], _errors(study, subject.name))
    size = max(study.training.train_rows) if study.training else 0
    seconds = None
    if took is not None:
        mine = (pl.col("arm") == CLASSICAL) & (pl.col("task") == subject.name)
        seconds = float(took.answers.filter(mine)["seconds"].sum()) / len(frame)
    yield Offer("baseline", CLASSICAL, size, size, ends, seconds=seconds)


def _spent(subject: Subject, model: Model, took: Took | None) -> tuple[float | None, float]:
    """Seconds and tokens for an item, over the task's own test sets."""
    arm, shots, template = model.form
    on = subject.name if model.size else None
    rows = subject.table.asked(model.form, size=model.size, on=on).filter(pl.col("tier") != "cross_task").height
    if took is None or not rows:
        return None, 0.0
    mine = (pl.col("arm") == arm) & (pl.col("task") == subject.name) & (pl.col("tier") != "cross_task")
    mine &= pl.col("train_rows").eq_missing(model.size) & pl.col("trained_on").eq_missing(on)
    mine &= pl.col("strength").fill_null(1.0) == 1.0
    exact = took.answers.filter(mine & (pl.col("shots") == shots) & (pl.col("template") == template))
    found = took.answers.filter(mine) if exact.is_empty() else exact
    return (float(found["seconds"].sum()) / rows, float(found["tokens"].sum()) / rows) if len(found) else (None, 0.0)
