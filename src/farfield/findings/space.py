"""The answer space: how wide each task's answers are before any training, what models write, and what it foretells."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import polars as pl

from farfield.findings.scores import generator
from farfield.metrics import (
    Formats,
    answer_counts,
    distinct_share,
    entropy_bits,
    entropy_interval,
    is_label,
    learn_formats,
    lengths,
    perplexity,
    ratio,
    words,
)
from farfield.spec import StudySpec
from farfield.stats import (
    Estimate,
    Number,
    RankCorrelation,
    Undefined,
    bootstrap_mean,
    bootstrap_statistic,
    rank_correlation,
    wilson,
)
from farfield.study import SpaceFrames

__all__ = ["Indicated", "ModelSpace", "Space", "TaskSpace", "look"]

_MODEL = ("arm", "trained_on", "train_rows")
_FEWEST_TASKS = 8


@dataclass(frozen=True, slots=True)
class TaskSpace:
    """A task's answers as its labelled rows show them, before any training.

    Attributes:
        rows: labelled rows that were looked at.
        size: different answers among them.
        bits: their entropy, which these rows bound at log2(rows); see `metrics.entropy_bits`.
        entropy: the same with its interval; Undefined where many answers stand once, and `bits` is a lower bound.
        words: mean length of an answer.
        copied: share of an answer's word pairs that stand in its input.
        drop: gain of plain fine-tuning in the training domain minus its mean gain in new ones.
    """

    task: str
    kind: str
    rows: int
    size: int
    bits: float
    entropy: Number
    words: Number
    copied: Number
    drop: Number

    @property
    def wide(self) -> bool:
        """Whether texts are written of which hardly any stands twice."""
        return self.kind == "generation" and self.size > 1 and isinstance(self.entropy, Undefined)


@dataclass(frozen=True, slots=True)
class ModelSpace:
    """What one model says to one task, seeds together; `arm` None is the model as it is.

    Attributes:
        perplexity: of the references.
        uncertainty: entropy in nats a token of what the model expected where the references go on.
        length: words written over words of the reference.
        distinct: distinct-1 and distinct-2; without interval, since a row drawn twice lowers them by itself.
        copied: share of an output's word pairs that stand in its input, in generation tasks.
        elsewhere: share of outputs that look like another task's answer.
        invalid: share of freely written labels that are none, in classification tasks.
    """

    arm: str | None
    trained_on: str | None
    train_rows: int | None
    task: str
    perplexity: Number
    uncertainty: Number
    length: Number
    distinct: tuple[float | None, float | None]
    copied: Number
    elsewhere: Number
    invalid: Number


@dataclass(frozen=True, slots=True)
class Indicated:
    """Over the tasks: does a figure that is known before training foretell the drop out of domain?

    Attributes:
        points: task, figure, drop.
        correlation: Undefined below eight tasks.
    """

    indicator: str
    points: tuple[tuple[str, float, float], ...]
    correlation: RankCorrelation | Undefined


@dataclass(frozen=True, slots=True)
class Space:
    """All that is told of the answer space.

    Attributes:
        told_apart: how often the judge of formats is right about references, cross-validated.
    """

    tasks: tuple[TaskSpace, ...]
    models: tuple[ModelSpace, ...]
    indicated: tuple[Indicated, ...]
    told_apart: Number


def look(study: StudySpec, seen: SpaceFrames, drops: Mapping[str, Number]) -> Space | None:
    """What a run saw of the answer space; None as long as it saw nothing.

    Args:
        study: the study.
        seen: from `study.space_frames`.
        drops: of each task, as `TaskSpace.drop` has it.
    """
    if seen.references.is_empty():
        return None
    references = {str(name): frame for (name,), frame in seen.references.group_by("task", maintain_order=True)}
    labels = {name: task.labels for name, task in study.tasks.items() if task.labels and name in references}
    formats = learn_formats({name: frame["target"].to_list() for name, frame in references.items()}, labels)
    tasks = [_task(study, name, frame, drops[name]) for name, frame in references.items()]
    models = [
        _model(study.tasks[task].labels, formats, (arm, on, rows, task), *_of(seen, arm, on, rows, task))
        for arm, on, rows, task in seen.answers.select(*_MODEL, "task").unique(maintain_order=True).iter_rows()
    ]
    apart = formats.accuracy if isinstance(formats, Formats) else formats
    return Space(tuple(tasks), tuple(models), tuple(_indicated(tasks, models)), apart)


def _task(study: StudySpec, name: str, references: pl.DataFrame, drop: Number) -> TaskSpace:
    answers = references["target"].to_list()
    counts, labels = answer_counts(answers), study.tasks[name].labels
    # Labels of one length have no spread, and need none: no answer can be longer or shorter.
    said = [len(words(label)) for label in labels]
    bounds = (min(said), max(said)) if said else None
    return TaskSpace(
        name,
        study.tasks[name].kind,
        len(answers),
        len(counts),
        float(entropy_bits(counts, len(labels))),
        entropy_interval(counts, len(labels), rng=generator("answers", name)),
        bootstrap_mean([len(words(answer)) for answer in answers], rng=generator("words", name), bounds=bounds),
        _share(references["copied"].drop_nulls().to_list(), "references copied", name),
        drop,
    )


def _of(seen: SpaceFrames, *keys: object) -> tuple[pl.DataFrame, pl.DataFrame]:
    """One model's answers to one task, and what surprised it there."""
    own = pl.lit(value=True)
    for name, value in zip((*_MODEL, "task"), keys, strict=True):
        own &= pl.col(name).eq_missing(pl.lit(value))
    return seen.answers.filter(own), seen.surprises.filter(own)


def _model(
    labels: Sequence[str],
    formats: Formats | Undefined,
    keys: tuple[str | None, str | None, int | None, str],
    answers: pl.DataFrame,
    surprises: pl.DataFrame,
) -> ModelSpace:
    sums = surprises.group_by("row", maintain_order=True).agg(pl.col("nll", "entropy", "tokens").sum())
    texts = answers["answer"].to_list()
    written = [lengths(answer, target) for answer, target in answers.select("answer", "target").iter_rows()]

    def by_row(values: Sequence[float | None] | Sequence[bool]) -> list[float]:
        """Seeds of one row are no further rows."""
        frame = pl.DataFrame({"row": answers["row"], "value": pl.Series(values, dtype=pl.Float64)}).drop_nulls()
        return frame.group_by("row", maintain_order=True).agg(pl.col("value").mean())["value"].to_list()

    copied: Number = Undefined("labels are chosen, not copied")
    invalid: Number = Undefined("a generation task has no labels")
    if labels:
        invalid = _share(by_row([not is_label(text, labels) for text in texts]), "invalid", *keys)
    else:
        copied = _share(by_row(answers["copied"].to_list()), "copied", *keys)
    elsewhere: Number = formats if isinstance(formats, Undefined) else Undefined("no rows")
    if isinstance(formats, Formats):
        elsewhere = _share(by_row(formats.elsewhere(texts, keys[-1])), "elsewhere", *keys)
    said, meant = (by_row([pair[side] for pair in written]) for side in (0, 1))
    return ModelSpace(
        *keys,
        bootstrap_statistic(sums.select("nll", "tokens").to_numpy(), perplexity, rng=generator("perplexity", *keys)),
        bootstrap_statistic(sums.select("entropy", "tokens").to_numpy(), ratio, rng=generator("entropy", *keys)),
        bootstrap_statistic(list(zip(said, meant, strict=True)), ratio, rng=generator("length", *keys)),
        (_distinct(answers, 1), _distinct(answers, 2)),
        copied,
        elsewhere,
        invalid,
    )


def _distinct(answers: pl.DataFrame, n: int) -> float | None:
    """Mean over seeds: the texts of two models are no one corpus."""
    found = [distinct_share(own["answer"].to_list(), n) for _, own in answers.group_by("seed", maintain_order=True)]
    values = [value for value in found if value is not None]
    return sum(values) / len(values) if values else None


def _share(values: Sequence[float], *names: object) -> Number:
    """The mean of shares of rows; Wilson where each row is a plain yes or no."""
    if values and set(values) <= {0.0, 1.0}:
        return wilson(int(sum(values)), len(values))
    return bootstrap_mean(values, rng=generator("space", *names), bounds=(0, 1))


def _indicated(tasks: Sequence[TaskSpace], models: Sequence[ModelSpace]) -> Iterator[Indicated]:
    """Every figure that is known before training, with the tasks that have it and a drop."""
    base = {model.task: model for model in models if model.arm is None}
    of_task: dict[str, Callable[[TaskSpace], Number | float]] = {
        "bits": lambda task: task.bits,
        "words": lambda task: task.words,
        "copied": lambda task: task.copied,
    }
    of_base: dict[str, Callable[[ModelSpace], Number | float | None]] = {
        "perplexity": lambda model: model.perplexity,
        "uncertainty": lambda model: model.uncertainty,
        "length": lambda model: model.length,
        "distinct": lambda model: model.distinct[1],
        "elsewhere": lambda model: model.elsewhere,
        "invalid": lambda model: model.invalid,
    }
    found = {name: {task.task: _point(read(task)) for task in tasks} for name, read in of_task.items()}
    found |= {name: {task: _point(read(model)) for task, model in base.items()} for name, read in of_base.items()}
    drops = {task.task: drop for task in tasks if (drop := _point(task.drop)) is not None}
    for name, values in found.items():
        yield _one(
            name, [(task, value, drops[task]) for task, value in values.items() if value is not None and task in drops]
        )


def _one(indicator: str, points: Sequence[tuple[str, float, float]]) -> Indicated:
    correlation: RankCorrelation | Undefined = Undefined("fewer than eight tasks", len(points))
    if len(points) >= _FEWEST_TASKS:
        values, drops = [value for _, value, _ in points], [drop for *_, drop in points]
        correlation = rank_correlation(values, drops, rng=generator("indicated", indicator))
    return Indicated(indicator, tuple(points), correlation)


def _point(value: Number | float | None) -> float | None:
    if isinstance(value, Estimate):
        return value.value
    return value if isinstance(value, float) else None
