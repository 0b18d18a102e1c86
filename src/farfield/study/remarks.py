"""What a reader should know of a study's rows before its numbers."""

from collections.abc import Iterator, Mapping

from farfield.spec import StudySpec
from farfield.stats import Number, Undefined, cohens_kappa, label_ceiling
from farfield.study.notes import Note
from farfield.study.tasks import TaskData

__all__ = ["remarks"]


def remarks(study: StudySpec, tasks: Mapping[str, TaskData]) -> Iterator[Note]:
    """What a reader should know before the numbers."""
    for task in tasks.values():
        held, asked = len(task.split.train), task.split.asked
        if study.training and any(arm.trained for arm in study.arms.values()) and held < asked:
            yield Note("rows_short", {"task": task.name, "asked": asked, "held": held})
        if task.spec.train and study.dev > 0 and len(task.split.dev) < study.dev:
            yield Note("dev_short", {"task": task.name, "held": len(task.split.dev), "asked": study.dev})
        long = sum(left.reason == "too_long" for left in task.split.left_out)
        if long:
            yield Note("too_long", {"task": task.name, "rows": long})
        if agreed := _agreement(task):
            yield agreed
        cut = len(set(map(id, task.split.uncut)) - set(map(id, task.split.train)))
        if cut and any(arm.too_long != "leave_out" for arm in study.arms.values()):
            yield Note("cut", {"task": task.name, "rows": cut})


def _agreement(task: TaskData) -> Note | None:
    """Kappa and the ceiling over all rows that have two labels; None where none has."""
    rows = (*task.split.train, *task.split.dev, *(row for domain in task.domains for row in domain.examples))
    both = [row for row in rows if row.second]
    if not both:
        return None
    first, second = [row.target for row in both], [row.second for row in both]
    ceiling = label_ceiling(first, second, labels=len(task.spec.labels))
    values = {"kappa": _text(cohens_kappa(first, second)), "ceiling": _text(ceiling)}
    return Note("agreement", {"task": task.name, "rows": len(both), **values})


def _text(number: Number) -> str:
    return "–" if isinstance(number, Undefined) else f"{number.value:.2f} [{number.low:.2f}, {number.high:.2f}]"
