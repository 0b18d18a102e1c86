"""What a training learns from: a task's own rows, several tasks' together, or some of other tasks' beside them."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from itertools import cycle, islice

from farfield.data import Example
from farfield.spec import ArmSpec, StudySpec
from farfield.study.cells import EvaluateCell, Share
from farfield.study.tasks import TaskData

__all__ = ["in_shares", "own_share", "shares_of"]


def own_share(study: StudySpec, arm: ArmSpec, task: TaskData, size: int) -> Share:
    """The first `size` rows of a task as an arm learns them."""
    rows = task.learnt(arm, size)
    if rows == task.split.train[:size]:  # all of them fit
        return Share(task, rows)
    return Share(task, rows, cut=study.most_demos if arm.too_long == "cut_alike" else arm.train_shots)


def shares_of(
    study: StudySpec,
    arm: ArmSpec,
    tasks: Mapping[str, TaskData],
    own: Share,
    size: int,
    said_by_base: Callable[[TaskData, tuple[Example, ...]], EvaluateCell],
) -> list[Share]:
    """What an arm learns from, in the order of the study's tasks, so that tasks learnt together give one model.

    Args:
        study: the study.
        arm: with its `tasks` and `replay`.
        tasks: all of the study.
        own: the task's own rows.
        size: that is asked for, of each task.
        said_by_base: the cell that tells what the base model answers to rows.
    """
    learnt = [own_share(study, arm, tasks[name], size) for name in tasks if name in arm.tasks] or [own]
    if arm.tasks:
        counts = in_shares(sum(len(s.rows) for s in learnt), [len(s.rows) ** (1 / arm.temperature) for s in learnt])
        # A task that counts for more than its rows shows some of them again.
        learnt = [replace(s, rows=tuple(islice(cycle(s.rows), n))) for s, n in zip(learnt, counts, strict=True) if n]
    return [*learnt, *_replayed(arm, tasks, learnt, said_by_base)] if arm.replay else learnt


def _replayed(
    arm: ArmSpec,
    tasks: Mapping[str, TaskData],
    learnt: Sequence[Share],
    said_by_base: Callable[[TaskData, tuple[Example, ...]], EvaluateCell],
) -> list[Share]:
    known = {share.task.name for share in learnt}
    others = [task for name, task in tasks.items() if name not in known and task.split.train]
    wanted = round(sum(len(share.rows) for share in learnt) * arm.replay / (1 - arm.replay))
    replayed = []
    for task, count in zip(others, in_shares(wanted, [1.0] * len(others)), strict=True):
        rows = task.split.train[:count]
        if rows:
            replayed.append(Share(task, rows, said_by_base(task, rows) if arm.replay_answers == "base" else None))
    return replayed


def in_shares(total: int, weights: Sequence[float]) -> list[int]:
    """`total` divided in proportion to the weights, whole, by largest remainders."""
    if not weights:
        return []
    exact = [total * weight / sum(weights) for weight in weights]
    counts = [int(part) for part in exact]
    by_remainder = sorted(range(len(exact)), key=lambda place: counts[place] - exact[place])
    for place in by_remainder[: total - sum(counts)]:
        counts[place] += 1
    return counts
