"""The units of work of a study, each under the address of what it depends on."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from typing import Literal, cast

from farfield.data import Example, fingerprint
from farfield.prompts import Scoring
from farfield.runs import address_of
from farfield.runs.address import Part
from farfield.spec import Recipe
from farfield.study.tasks import Domain, TaskData

__all__ = ["BaselineCell", "Cell", "Entry", "EvaluateCell", "Keys", "Measured", "MoveCell", "SpaceCell", "TrainCell"]

# Raised when the same study would give other numbers: prompts, scoring, training or generation changed.
PROTOCOL = 1

# Test rows of a domain on which a divergence or a surprise is measured: they vary far less than a score does.
_MEASURED_ROWS = 30

SplitName = Literal["test", "dev"]


@dataclass(frozen=True, slots=True)
class TrainCell:
    """One training run: a task's first rows, with `shots` demos in each prompt."""

    address: str
    task: TaskData
    rows: tuple[Example, ...]
    shots: int
    seed: int
    recipe: Recipe

    @property
    def label(self) -> str:
        """The cell in words, for progress."""
        how = f" with {self.shots} demos" if self.shots else ""
        more = "".join(f", {name}" for name in self.recipe.remedies)
        return f"train {self.task.name} on {len(self.rows)} rows{how}{more}, seed {self.seed}"

    @property
    def work(self) -> int:
        """About how much there is to do, in characters read: training goes forward once and back for two."""
        return 1 + 3 * self.recipe.epochs * _characters(self.rows)


@dataclass(frozen=True, slots=True)
class EvaluateCell:
    """One model on one test set, with one template and number of shots; `trained` is None for the model as it is.

    `strength` is the share of what was learnt that is put into the weights.
    """

    address: str
    trained: TrainCell | None
    task: TaskData
    domain: Domain
    shots: int
    template: int
    scoring: Scoring
    strength: float = 1.0

    @property
    def label(self) -> str:
        """The cell in words, for progress."""
        part = "" if self.strength == 1.0 else f", strength {self.strength:g}"
        who = "untrained" if self.trained is None else f"trained ({self.trained.shots} demos{part})"
        return f"ask {who}: {self.task.name} {self.domain.name}, {self.shots} shots, template {self.template}"

    @property
    def work(self) -> int:
        """See `TrainCell.work`; a token that may be written costs about as much as ten characters read."""
        written = 10 * self.task.spec.max_new_tokens if self.task.spec.kind == "generation" else 0
        return 1 + _characters(self.domain.examples) + written * len(self.domain.examples)

    @property
    def form(self) -> tuple[str, str, int, int, int]:
        """What decides the cell's prompts within a study; all models read the same ones."""
        return (self.task.name, self.domain.name, len(self.domain.examples), self.shots, self.template)

    def only(self, place: int) -> "EvaluateCell":
        """The same cell with one row of its domain."""
        return self._with(self.domain.examples[place : place + 1])

    def first(self) -> "EvaluateCell":
        """The same cell with the few rows that a divergence or a surprise needs."""
        return self._with(self.domain.examples[:_MEASURED_ROWS])

    def _with(self, examples: tuple[Example, ...]) -> "EvaluateCell":
        return replace(self, domain=replace(self.domain, examples=examples))


@dataclass(frozen=True, slots=True)
class BaselineCell:
    """A trivial baseline on one test set, chosen on the training rows."""

    address: str
    name: str
    task: TaskData
    domain: Domain

    @property
    def label(self) -> str:
        """The cell in words, for progress."""
        return f"baseline {self.name}: {self.task.name} {self.domain.name}"

    @property
    def work(self) -> int:
        """See `TrainCell.work`; next to nothing."""
        return 1


@dataclass(frozen=True, slots=True)
class MoveCell:
    """How far a training moved its model: in its weights, and in what it says of the first rows of test sets."""

    address: str
    trained: TrainCell
    asked: tuple[EvaluateCell, ...]

    @property
    def label(self) -> str:
        """The cell in words, for progress."""
        return f"measure how far it moved: {self.trained.label.removeprefix('train ')}"

    @property
    def work(self) -> int:
        """See `TrainCell.work`; two models read the same rows."""
        return 1 + 2 * sum(_characters(cell.domain.examples) for cell in self.asked)


@dataclass(frozen=True, slots=True)
class SpaceCell:
    """What one model does in the space of answers: what it writes, and how much references surprise it.

    One cell for all tasks that a model is asked, so that its weights are loaded once. The untrained model's cell also
    keeps the tasks' references, by which the space itself is judged.

    Attributes:
        whole: test sets; what was written to those of generation tasks is read from these cells, which come before.
    """

    address: str
    trained: TrainCell | None
    whole: tuple[EvaluateCell, ...]

    @property
    def label(self) -> str:
        """The cell in words, for progress."""
        return f"measure the answers: {self.trained.label.removeprefix('train ') if self.trained else 'untrained'}"

    @property
    def references(self) -> dict[str, tuple[Example, ...]]:
        """By task."""
        return {} if self.trained else {cell.task.name: cell.task.references for cell in self.whole}

    @property
    def asked(self) -> tuple[EvaluateCell, ...]:
        """Their first rows: whose references are measured, and to which labels are written."""
        return tuple(cell.first() for cell in self.whole)

    @property
    def work(self) -> int:
        """See `TrainCell.work`; labels are a few tokens on rows that are read again."""
        return 1 + 2 * sum(_characters(cell.domain.examples) for cell in self.asked)


Cell = TrainCell | EvaluateCell | BaselineCell | MoveCell | SpaceCell


@dataclass(frozen=True, slots=True)
class Keys:
    """What names one row of the results, besides its metric; the untrained arms' last four are None."""

    arm: str
    strength: float | None
    trained_on: str | None
    train_rows: int | None
    seed: int | None
    task: str
    domain: str
    tier: str
    shots: int
    demo_choice: str
    template: int


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the study: its keys, the cell that answers it, and how many rows it was asked without."""

    keys: Keys
    split: SplitName
    address: str
    metrics: tuple[str, ...]
    labels: tuple[str, ...]
    left_out: int

    def as_part(self) -> Part:
        """The entry for the manifest."""
        return {**asdict(self), "metrics": list(self.metrics), "labels": list(self.labels)}


@dataclass(frozen=True, slots=True)
class Measured:
    """An arm, and the cell that measures something of its model; for the untrained model the first four are None."""

    arm: str | None
    trained_on: str | None
    train_rows: int | None
    seed: int | None
    address: str

    def as_part(self) -> Part:
        """The measure for the manifest."""
        return asdict(self)


def train_cell(
    weights: str, task: TaskData, size: int, shots: int, seed: int, recipe: Recipe, precision: str
) -> TrainCell:
    """The cell that trains on the task's first `size` rows."""
    rows = task.split.train[:size]
    demos = [demo for shown in task.train_demos.values() for demo in shown[:shots]]
    parts: dict[str, Part] = {
        "protocol": PROTOCOL,
        "kind": "train",
        "weights": weights,
        "precision": precision,
        "prompt": task.spec.prompts[0],
        "target": task.spec.target,
        "labels": list(task.spec.labels),
        "chat": task.protocol.chat,
        "answer_prefix": task.protocol.answer_prefix,
        "shots": shots,
        "demos": fingerprint(demos),
        "rows": fingerprint(rows),
        "seed": seed,
        "recipe": cast("Part", recipe.parts),
    }
    return TrainCell(address_of(parts), task, rows, shots, seed, recipe)


def evaluate_cell(
    weights: str,
    trained: TrainCell | None,
    task: TaskData,
    domain: Domain,
    form: tuple[int, int, Scoring],
    precision: str,
    *,
    strength: float = 1.0,
) -> EvaluateCell:
    """The cell that asks `domain` in the form (shots, template, scoring); nothing learnt is the model as it is."""
    shots, template, scoring = form
    trained = trained if strength else None
    part: dict[str, Part] = {"strength": strength} if trained and strength != 1.0 else {}
    generation: dict[str, Part] = {"max_new_tokens": task.spec.max_new_tokens, "stop": task.spec.stop}
    parts: dict[str, Part] = {
        "protocol": PROTOCOL,
        "kind": "evaluate",
        "weights": trained.address if trained else weights,
        "precision": precision,
        "prompt": task.spec.prompts[template],
        "target": task.spec.target,
        "labels": list(task.spec.labels),
        "chat": task.protocol.chat,
        "answer_prefix": task.protocol.answer_prefix,
        "scoring": [scoring.name, list(scoring.ends)],
        "demos": fingerprint(domain.demos[:shots]),
        "rows": fingerprint(domain.examples),
        **(generation if task.spec.kind == "generation" else {}),
        **part,
    }
    strength = strength if trained else 1.0
    return EvaluateCell(address_of(parts), trained, task, domain, shots, template, scoring, strength)


def move_cell(trained: TrainCell, asked: Sequence[EvaluateCell]) -> MoveCell:
    """The cell that measures how far a training moved its model, on the first rows of what `asked` ask."""
    parts: dict[str, Part] = {
        "protocol": PROTOCOL,
        "kind": "move",
        "weights": trained.address,
        "asked": [cell.address for cell in asked],
        "rows": _MEASURED_ROWS,
    }
    return MoveCell(address_of(parts), trained, tuple(cell.first() for cell in asked))


def space_cell(trained: TrainCell | None, whole: Sequence[EvaluateCell]) -> SpaceCell:
    """The cell that looks at what a model writes where it is free to, on one test set of each task."""
    cell = SpaceCell("", trained, tuple(whole))
    parts: dict[str, Part] = {
        "protocol": PROTOCOL,
        "kind": "space",
        "asked": [each.address for each in whole],
        "stops": [each.task.spec.stop for each in whole],
        "rows": _MEASURED_ROWS,
        "references": [fingerprint(rows) for rows in cell.references.values()],
    }
    return replace(cell, address=address_of(parts))


def baseline_cell(name: str, task: TaskData, domain: Domain) -> BaselineCell:
    """The cell that lets a trivial baseline answer `domain`."""
    parts: dict[str, Part] = {
        "protocol": PROTOCOL,
        "kind": name,
        "labels": list(task.spec.labels),
        "metrics": list(task.spec.scored_by),
        "train": fingerprint(task.split.train),
        "rows": fingerprint(domain.examples),
    }
    return BaselineCell(address_of(parts), name, task, domain)


def _characters(rows: Sequence[Example]) -> int:
    return sum(len(text) for row in rows for text in (*row.fields.values(), row.target))


def unique(cells: Sequence[Cell]) -> list[Cell]:
    """Each cell once, in order of first mention: two arms of equal value share their cells."""
    return list({cell.address: cell for cell in cells}.values())
