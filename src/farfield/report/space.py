"""What the page says of the answer space: where to invest, how wide answers are, what models write."""

from collections.abc import Sequence
from dataclasses import dataclass

from farfield.findings import Findings, Indicated, ModelSpace, Space, TaskSpace
from farfield.report.chart import scatter_chart
from farfield.report.numbers import coefficient_text, gain_text, number_text, plain_text
from farfield.report.words import Words
from farfield.stats import Undefined

__all__ = ["SpaceView", "space_view"]


@dataclass(frozen=True, slots=True)
class SpaceView:
    """The section's texts.

    Attributes:
        meaning: what a manager should take from it.
        tasks: of each task its name and its figures before any training.
        models: of each model and task the names and the figures of what was written.
        indicated: indicator, tasks, rank correlation with the drop.
        chart: empty where no task has a drop.
    """

    meaning: list[str]
    tasks: list[list[str]]
    models: list[list[str]]
    judge: str
    indicated: list[tuple[str, int, str]]
    chart: str


def space_view(findings: Findings, say: Words) -> SpaceView | None:
    """The section; None where nothing was seen yet."""
    space = findings.space
    if space is None:
        return None
    base = {model.task: model for model in space.models if model.arm is None}
    return SpaceView(
        _meaning(space.tasks, say),
        [_task(task, base.get(task.task), say) for task in space.tasks],
        [_model(model, say) for model in space.models],
        say("space.judge", right=number_text(space.told_apart, say)),
        [(say(f"indicator.{each.indicator}"), len(each.points), _correlation(each, say)) for each in space.indicated],
        _chart(space, say),
    )


def _meaning(tasks: Sequence[TaskSpace], say: Words) -> list[str]:
    sides = {
        "space.narrow": [task.task for task in tasks if not task.wide],
        "space.wide": [task.task for task in tasks if task.wide],
    }
    return [say(side, tasks=say("list.comma").join(names)) for side, names in sides.items() if names]


def _task(task: TaskSpace, base: ModelSpace | None, say: Words) -> list[str]:
    bits = say("space.least", bits=f"{task.bits:.1f}") if task.wide else plain_text(task.entropy, say)
    return [
        task.task,
        say("space.size", size=task.size, rows=task.rows),
        bits,
        plain_text(task.words, say, digits=1),
        number_text(task.copied, say),
        plain_text(base.perplexity, say) if base else "–",
        plain_text(base.uncertainty, say) if base else "–",
        gain_text(task.drop, say),
    ]


def _model(model: ModelSpace, say: Words) -> list[str]:
    named = {"arm": model.arm, "task": model.trained_on, "rows": model.train_rows}
    return [
        say("moved.model", **named) if model.arm is not None else say("space.base"),
        model.task,
        plain_text(model.length, say),
        " / ".join("–" if share is None else f"{share:.2f}" for share in model.distinct),
        *(number_text(share, say) for share in (model.copied, model.elsewhere, model.invalid)),
        plain_text(model.perplexity, say),
        plain_text(model.uncertainty, say),
    ]


def _correlation(each: Indicated, say: Words) -> str:
    found = each.correlation
    if isinstance(found, Undefined):
        return say(f"reason.{found.reason}")
    return say("indicator.value", value=coefficient_text(found.value), p=f"{found.p:.3f}")


def _chart(space: Space, say: Words) -> str:
    """Entropy against drop: the one indicator that needs no model."""
    (drawn,) = (each.points for each in space.indicated if each.indicator == "bits")
    if not drawn:
        return ""
    dots = [(task, bits, 100 * drop) for task, bits, drop in drawn]
    return scatter_chart(dots, say("space.chart"), say("indicator.bits"), say("space.tasks.drop"))
