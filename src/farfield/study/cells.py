"""The units of work of a study, each under the address of what it depends on."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from typing import Literal, cast

from farfield.data import Demos, Example, fingerprint
from farfield.prompts import Scoring
from farfield.runs import address_of
from farfield.runs.address import Part
from farfield.spec import Recipe
from farfield.study.tasks import Domain, TaskData

__all__ = [
    "AboutModel",
    "BaselineCell",
    "Candidate",
    "Cell",
    "ChooseCell",
    "Entry",
    "EvaluateCell",
    "Keys",
    "MoveCell",
    "Share",
    "TrainCell",
    "Trained",
]

# Raised when the same study would give other numbers: prompts, scoring, training or generation changed.
PROTOCOL = 1

# Test rows of a domain on which a divergence is measured: it varies far less than a score does.
_MOVE_ROWS = 30

SplitName = Literal["test", "dev"]


@dataclass(frozen=True, slots=True)
class Share:
    """Rows of one task that a training learns from; `answers` says them where they aren't the rows' own."""

    task: TaskData
    rows: tuple[Example, ...]
    answers: "EvaluateCell | None" = None


@dataclass(frozen=True, slots=True)
class TrainCell:
    """One training run, with `shots` demos in each prompt.

    Attributes:
        task: for which the model is trained.
        rows: the task's first rows, which the size of the training set counts.
        shares: all that is learnt: those rows, or a mixture with rows of other tasks.
    """

    address: str
    task: TaskData
    rows: tuple[Example, ...]
    shots: int
    seed: int
    recipe: Recipe
    shares: tuple[Share, ...]

    @property
    def label(self) -> str:
        """The cell in words, for progress."""
        how = f" with {self.shots} demos" if self.shots else ""
        beside = [share.task.name for share in self.shares if share.task is not self.task]
        more = "".join(f", {name}" for name in (*self.recipe.remedies, *(f"beside {name}" for name in beside)))
        return f"train {self.task.name} on {len(self.rows)} rows{how}{more}, seed {self.seed}"

    @property
    def work(self) -> int:
        """About how much there is to do, in characters read: training goes forward once and back for two."""
        return 1 + 3 * self.recipe.epochs * sum(_characters(share.rows) for share in self.shares)


@dataclass(frozen=True, slots=True)
class Candidate:
    """A training that may be chosen, and what it answers to development rows."""

    trained: TrainCell
    dev: "EvaluateCell"


@dataclass(frozen=True, slots=True)
class ChooseCell:
    """Of trainings that differ in their recipe alone, the one that does best on development rows."""

    address: str
    candidates: tuple[Candidate, ...]

    @property
    def label(self) -> str:
        """The cell in words, for progress."""
        return f"choose among {len(self.candidates)}: {self._any.label.removeprefix('train ')}"

    @property
    def work(self) -> int:
        """See `TrainCell.work`; next to nothing."""
        return 1

    @property
    def task(self) -> TaskData:
        """For which the models are trained."""
        return self._any.task

    @property
    def rows(self) -> tuple[Example, ...]:
        """The task's rows that all of them learnt."""
        return self._any.rows

    @property
    def shots(self) -> int:
        """Demos in each training prompt."""
        return self._any.shots

    @property
    def seed(self) -> int:
        """The study's seed."""
        return self._any.seed

    @property
    def _any(self) -> TrainCell:
        return self.candidates[0].trained


Trained = TrainCell | ChooseCell
"""What leaves weights to evaluate."""


@dataclass(frozen=True, slots=True)
class EvaluateCell:
    """One model on one test set, with one template and number of shots; `trained` is None for the model as it is.

    `strength` is the share of what was learnt that is put into the weights.
    """

    address: str
    trained: "Trained | None"
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
    trained: Trained
    asked: tuple[EvaluateCell, ...]

    @property
    def label(self) -> str:
        """The cell in words, for progress."""
        return f"measure how far it moved: {self.trained.label.removeprefix('train ')}"

    @property
    def work(self) -> int:
        """See `TrainCell.work`; two models read the same rows."""
        return 1 + 2 * sum(_characters(cell.domain.examples) for cell in self.asked)


Cell = TrainCell | ChooseCell | EvaluateCell | BaselineCell | MoveCell


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
class AboutModel:
    """A trained arm, and the cell that tells something of it: how far it moved, or how its recipe was chosen."""

    arm: str
    trained_on: str
    train_rows: int
    seed: int
    address: str

    def as_part(self) -> Part:
        """The line for the manifest."""
        return asdict(self)


def train_cell(
    weights: str, own: Share, shares: Sequence[Share], shots: int, seed: int, recipe: Recipe, precision: str
) -> TrainCell:
    """The cell that trains for the task of `own`, on `shares`; models that learn the same are one cell."""
    parts: dict[str, Part] = {
        "protocol": PROTOCOL,
        "kind": "train",
        "weights": weights,
        "precision": precision,
        "shots": shots,
        "seed": seed,
        "recipe": cast("Part", recipe.parts),
    }
    alone = len(shares) == 1 and shares[0].answers is None
    parts |= _learnt(shares[0], shots) if alone else {"shares": [_learnt(share, shots) for share in shares]}
    return TrainCell(address_of(parts), own.task, own.rows, shots, seed, recipe, tuple(shares))


def _learnt(share: Share, shots: int) -> dict[str, Part]:
    task = share.task
    answers: dict[str, Part] = {"answers": share.answers.address} if share.answers else {}
    return {
        "prompt": task.spec.prompts[0],
        "target": task.spec.target,
        "labels": list(task.spec.labels),
        "chat": task.protocol.chat,
        "answer_prefix": task.protocol.answer_prefix,
        "demos": _shown(list(task.train_demos.values()), shots),
        "rows": fingerprint(share.rows),
        **answers,
    }


def evaluate_cell(
    weights: str,
    trained: Trained | None,
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
        "demos": _shown([domain.demos], shots),
        "rows": fingerprint(domain.examples),
        **(generation if task.spec.kind == "generation" else {}),
        **part,
    }
    strength = strength if trained else 1.0
    return EvaluateCell(address_of(parts), trained, task, domain, shots, template, scoring, strength)


def choose_cell(candidates: Sequence[Candidate]) -> ChooseCell:
    """The cell that chooses among trainings by what they answer to the same development rows."""
    parts: dict[str, Part] = {
        "protocol": PROTOCOL,
        "kind": "choose",
        "metric": candidates[0].dev.task.spec.scored_by[0],
        "candidates": [candidate.dev.address for candidate in candidates],
    }
    return ChooseCell(address_of(parts), tuple(candidates))


def move_cell(trained: Trained, asked: Sequence[EvaluateCell]) -> MoveCell:
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


def _shown(held: Sequence[Demos], shots: int) -> Part:
    """What decides the demos of prompts: those that all see, or how each finds its own in which pool."""
    if not shots or all(demos.choice == "fixed" for demos in held):
        return fingerprint([demo for demos in held for demo in demos.first(shots)])
    return [[demos.choice, demos.balanced, shots, demos.fingerprint()] for demos in held]


def _characters(rows: Sequence[Example]) -> int:
    return sum(len(text) for row in rows for text in (*row.fields.values(), row.target))


def unique(cells: Sequence[Cell]) -> list[Cell]:
    """Each cell once, in order of first mention: two arms of equal value share their cells."""
    return list({cell.address: cell for cell in cells}.values())
