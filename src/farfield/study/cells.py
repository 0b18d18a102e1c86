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

__all__ = ["BaselineCell", "Cell", "Entry", "EvaluateCell", "Keys", "Move", "MoveCell", "TrainCell"]

# Raised when the same study would give other numbers: prompts, scoring, training or generation changed.
PROTOCOL = 1

# Test rows of a domain on which a divergence is measured: it varies far less than a score does.
_MOVE_ROWS = 30

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

    `strength` is the share of what was learnt that is put into the weights; `format` is the regular expression that
    answers are held to, or nothing.
    """

    address: str
    trained: TrainCell | None
    task: TaskData
    domain: Domain
    shots: int
    template: int
    scoring: Scoring
    strength: float = 1.0
    format: str = ""

    @property
    def label(self) -> str:
        """The cell in words, for progress."""
        part = "" if self.strength == 1.0 else f", strength {self.strength:g}"
        who = "untrained" if self.trained is None else f"trained ({self.trained.shots} demos{part})"
        held = ", in a format" if self.format else ""
        return f"ask {who}: {self.task.name} {self.domain.name}, {self.shots} shots, template {self.template}{held}"

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
        return replace(self, domain=replace(self.domain, examples=self.domain.examples[place : place + 1]))


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


Cell = TrainCell | EvaluateCell | BaselineCell | MoveCell


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
class Move:
    """A trained arm, and the cell that measures how far it moved."""

    arm: str
    trained_on: str
    train_rows: int
    seed: int
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


def narrowed_cell(cell: EvaluateCell, expression: str) -> EvaluateCell:
    """The same cell with its answers held to a regular expression."""
    parts: dict[str, Part] = {"kind": "narrowed", "of": cell.address, "format": expression}
    return replace(cell, address=address_of(parts), scoring=Scoring("constrained"), format=expression)


def move_cell(trained: TrainCell, asked: Sequence[EvaluateCell]) -> MoveCell:
    """The cell that measures how far a training moved its model, on the first rows of what `asked` ask."""
    short = tuple(replace(c, domain=replace(c.domain, examples=c.domain.examples[:_MOVE_ROWS])) for c in asked)
    parts: dict[str, Part] = {
        "protocol": PROTOCOL,
        "kind": "move",
        "weights": trained.address,
        "asked": [cell.address for cell in asked],
        "rows": _MOVE_ROWS,
    }
    return MoveCell(address_of(parts), trained, short)


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
