"""Puts the findings of a study together."""

from collections.abc import Iterator, Sequence

import polars as pl

from farfield.findings.declared import Holding, actors, judge_claims
from farfield.findings.dial import dials
from farfield.findings.model import Findings, TaskFindings, Verdict
from farfield.findings.moved import foretold, moved_lines
from farfield.findings.multiverse import Frames, Judged, Multiverse, Stand, Variant, survey
from farfield.findings.space import look
from farfield.findings.task import TaskPredictions
from farfield.spec import ClaimSpec, StudySpec
from farfield.stats import Estimate
from farfield.study import SpaceFrames

__all__ = ["build", "in_universes"]


def build(
    study: StudySpec,
    predictions: pl.DataFrame,
    dev: pl.DataFrame,
    *,
    weights: pl.DataFrame | None = None,
    divergences: pl.DataFrame | None = None,
    space: SpaceFrames | None = None,
    claims: Sequence[ClaimSpec] = (),
) -> Findings:
    """The findings of a run, as far as it has come.

    Args:
        study: the study.
        predictions: of the test rows, as `farfield predictions` prints them.
        dev: of the development rows.
        weights: how far weights moved, from `study.movements_frame`.
        divergences: how far answers moved, from `study.divergences_frame`.
        space: what models wrote, from `study.space_frames`.
        claims: declared before the run, from `spec.load_claims`.
    """
    tasks = [
        TaskPredictions(study, name, predictions.filter(pl.col("task") == name), dev.filter(pl.col("task") == name))
        for name in study.tasks
    ]
    found = tuple(task.findings() for task in tasks)
    subjects = [task.subject() for task in tasks]
    declared = tuple(judge_claims(study, claims, subjects, weights))
    moved = () if weights is None or divergences is None else tuple(moved_lines(weights, divergences))
    ahead = tuple(each for task in found for each in foretold(task.name, moved, _gains_elsewhere(task)))
    turned = tuple(dials(study, subjects))
    plain = study.plain_arm(with_demos=False) or study.plain_arm(with_demos=True)
    looked = None if space is None else look(study, space, {task.name: task.drop(plain) for task in tasks})
    return Findings(study.study, len(study.seeds), found, declared, moved, ahead if moved else (), turned, looked)


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
    test, dev = variant.test, variant.dev
    tasks = [
        TaskPredictions(
            study, name, test.filter(pl.col("task") == name), dev.filter(pl.col("task") == name), variant.peeks
        )
        for name in study.tasks
    ]
    found = judge_claims(study, claims, [task.subject() for task in tasks], variant.weights)
    for claim, told in zip(claims, found, strict=True):
        if told.verdict in _STANDS:
            stand = _STANDS[told.verdict]
            yield Judged(claim.name, told.says, "", told.tasks, actors(study, claim), told.value, stand)
    for task in tasks:
        for gain in task.claims(largest=True):
            arms, stand = frozenset({gain.arm, "comparator"}), _GAINS.get(gain.verdict, Stand.open)
            yield Judged(gain.arm, {}, gain.tier, (task.name,), arms, gain.gain, stand)


def _gains_elsewhere(task: TaskFindings) -> dict[tuple[str, int], float]:
    """Mean gain over the new domains of each model that was trained on the task."""
    gains: dict[tuple[str, int], list[float]] = {}
    for line in task.lines:
        if line.trained_on == task.name and line.tier == "out_of_domain" and isinstance(line.gain, Estimate):
            gains.setdefault((line.arm, line.train_rows or 0), []).append(line.gain.value)
    return {model: sum(values) / len(values) for model, values in gains.items()}
