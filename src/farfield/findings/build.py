"""Puts the findings of a study together."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import polars as pl

from farfield.findings.declared import Holding, actors, judge_claims
from farfield.findings.dial import dials
from farfield.findings.economics import weigh
from farfield.findings.foreseen import foreseen
from farfield.findings.learning import learnt
from farfield.findings.model import Findings, TaskFindings, Verdict
from farfield.findings.moved import foretold, moved_lines
from farfield.findings.multiverse import Frames, Judged, Multiverse, Stand, Variant, survey
from farfield.findings.space import look
from farfield.findings.sureness import sureness
from farfield.findings.task import TaskPredictions
from farfield.spec import ClaimSpec, StudySpec
from farfield.stats import Estimate
from farfield.study import SpaceFrames, Took

__all__ = ["Beside", "build", "in_universes"]


@dataclass(frozen=True, slots=True)
class Beside:
    """What a run holds beside predictions of test and development rows.

    Attributes:
        weights: how far weights moved, from `study.movements_frame`.
        divergences: how far answers moved, from `study.divergences_frame`.
        space: what models wrote, from `study.space_frames`.
        unlabelled: predictions in domains without labels.
        looks: by task and test set, the numbers of rows at which its results could be looked at.
        took: what its cells took, from `study.took_of`.
    """

    weights: pl.DataFrame | None = None
    divergences: pl.DataFrame | None = None
    space: SpaceFrames | None = None
    unlabelled: pl.DataFrame | None = None
    looks: Mapping[str, Mapping[str, Sequence[int]]] = field(default_factory=dict)
    took: Took | None = None


def build(
    study: StudySpec,
    predictions: pl.DataFrame,
    dev: pl.DataFrame,
    beside: Beside = Beside(),
    *,
    claims: Sequence[ClaimSpec] = (),
) -> Findings:
    """The findings of a run, as far as it has come.

    Args:
        study: the study.
        predictions: of the test rows, as `farfield predictions` prints them.
        dev: of the development rows.
        beside: what else the run holds.
        claims: declared before the run, from `spec.load_claims`.
    """
    frames = predictions, dev, predictions.clear() if beside.unlabelled is None else beside.unlabelled
    tasks = [
        TaskPredictions(study, name, *_of_task(name, *frames), looks=beside.looks.get(name)) for name in study.tasks
    ]
    found = tuple(task.findings() for task in tasks)
    subjects = [task.subject() for task in tasks]
    declared = tuple(judge_claims(study, claims, subjects, beside.weights))
    weights, divergences = beside.weights, beside.divergences
    moved = () if weights is None or divergences is None else tuple(moved_lines(weights, divergences))
    ahead = tuple(each for task in found for each in foretold(task.name, moved, _gains_elsewhere(task)))
    plain = study.plain_arm(with_demos=False) or study.plain_arm(with_demos=True)
    drops = {task.name: task.drop(plain) for task in tasks}
    space = None if beside.space is None else look(study, beside.space, drops)
    sure = tuple(sureness(study, subjects))
    bits = {task.task: task.bits for task in space.tasks} if space else {}
    return Findings(
        study.study,
        len(study.seeds),
        found,
        declared=declared,
        moved=moved,
        foretold=ahead if moved else (),
        dials=tuple(dials(study, subjects)),
        space=space,
        sureness=sure,
        foreseen=tuple(foreseen(study, subjects)),
        learnt=tuple(learnt(study, subjects)),
        economics=weigh(study, subjects, beside.took, sure, bits),
    )


def in_universes(
    study: StudySpec, asked: Sequence[Frames], *, weights: pl.DataFrame | None = None, claims: Sequence[ClaimSpec] = ()
) -> Multiverse | None:
    """Which conclusions survive other ways to ask and to look; None where the study asks for none.

    Args:
        study: the study.
        asked: predictions of each universe, the study's own first.
        weights: how far weights moved, as `build` takes them.
        claims: declared before the run.
    """
    return survey(study, asked, weights, lambda variant: _judged(study, claims, variant))


_STANDS = {Holding.holds: Stand.yes, Holding.cant_tell: Stand.open, Holding.does_not: Stand.no}
_GAINS = {Verdict.carries_fully: Stand.yes, Verdict.carries: Stand.yes, Verdict.no: Stand.no, Verdict.harms: Stand.no}


def _judged(study: StudySpec, claims: Sequence[ClaimSpec], variant: Variant) -> Iterator[Judged]:
    """What one variant says of each declared claim, and of the largest trained models on each tier."""
    frames = variant.test, variant.dev, variant.test.clear()
    tasks = [TaskPredictions(study, name, *_of_task(name, *frames), peeks=variant.peeks) for name in study.tasks]
    found = judge_claims(study, claims, [task.subject() for task in tasks], variant.weights)
    for claim, told in zip(claims, found, strict=True):
        if told.verdict in _STANDS:
            stand = _STANDS[told.verdict]
            yield Judged(claim.name, told.says, "", told.tasks, actors(study, claim), told.value, stand)
    for task in tasks:
        for gain in task.claims(largest=True):
            arms, stand = frozenset({gain.arm, "comparator"}), _GAINS.get(gain.verdict, Stand.open)
            yield Judged(gain.arm, {}, gain.tier, (task.name,), arms, gain.gain, stand)


def _of_task(name: str, *frames: pl.DataFrame) -> Iterator[pl.DataFrame]:
    return (frame.filter(pl.col("task") == name) for frame in frames)


def _gains_elsewhere(task: TaskFindings) -> dict[tuple[str, int], float]:
    """Mean gain over the new domains of each model that was trained on the task."""
    gains: dict[tuple[str, int], list[float]] = {}
    for line in task.lines:
        if line.trained_on == task.name and line.tier == "out_of_domain" and isinstance(line.gain, Estimate):
            gains.setdefault((line.arm, line.train_rows or 0), []).append(line.gain.value)
    return {model: sum(values) / len(values) for model, values in gains.items()}
