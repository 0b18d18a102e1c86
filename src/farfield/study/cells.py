"""The units of work of a study, each under the address of what it depends on."""

from collections.abc import Hashable, Sequence
from dataclasses import dataclass, replace

from farfield.data import Example
from farfield.prompts import Scoring
from farfield.spec import Recipe
from farfield.study.forms import PromptForm, SearchCell
from farfield.study.tasks import Domain, TaskData

__all__ = [
    "BaselineCell",
    "Candidate",
    "Cell",
    "ChooseCell",
    "EvaluateCell",
    "MoveCell",
    "Share",
    "SpaceCell",
    "TrainCell",
    "Trained",
]

# Test rows of a domain on which a divergence or a surprise is measured: they vary far less than a score does.
MEASURED_ROWS = 30


@dataclass(frozen=True, slots=True)
class Share:
    """Rows of one task that a training learns from.

    Attributes:
        answers: says them where they aren't the rows' own.
        search: what finds the form of their prompts; `form` is the longest one that it may find until it is done.
        cut: targets end where a prompt with so many demos leaves no more room for them; None leaves them whole.
    """

    task: TaskData
    rows: tuple[Example, ...]
    answers: "EvaluateCell | None" = None
    search: SearchCell | None = None
    form: PromptForm | None = None
    cut: int | None = None


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
        how = " with searched demos" if any(share.search for share in self.shares) else how
        beside = [share.task.name for share in self.shares if share.task.name != self.task.name]
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

    `strength` is the share of what was learnt that is put into the weights; `format` is the regular expression that
    answers are held to, or nothing. Where a `search` finds the demos, their number and the template, the longest ones
    that it may find stand here until it is done.
    """

    address: str
    trained: "Trained | None"
    task: TaskData
    domain: Domain
    shots: int
    template: int
    scoring: Scoring
    strength: float = 1.0
    search: SearchCell | None = None
    format: str = ""

    @property
    def label(self) -> str:
        """The cell in words, for progress."""
        part = "" if self.strength == 1.0 else f", strength {self.strength:g}"
        who = "untrained" if self.trained is None else f"trained ({self.trained.shots} demos{part})"
        form = "searched prompt" if self.search else f"{self.shots} shots, template {self.template}"
        held = ", in a format" if self.format else ""
        return f"ask {who}: {self.task.name} {self.domain.name}, {form}{held}"

    @property
    def work(self) -> int:
        """See `TrainCell.work`; a token that may be written costs about as much as ten characters read."""
        written = 10 * self.task.spec.max_new_tokens if self.task.spec.kind == "generation" else 0
        return 1 + _characters(self.domain.examples) + written * len(self.domain.examples)

    @property
    def form(self) -> tuple[Hashable, ...]:
        """What decides the cell's prompts within a study; all models read the same ones."""
        found = self.search.address if self.search else ""
        prompt, rows = self.task.spec.prompts[self.template], len(self.domain.examples)
        return (self.task.name, self.domain.name, rows, self.shots, prompt, found, self.task.protocol)

    def only(self, place: int) -> "EvaluateCell":
        """The same cell with one row of its domain."""
        return self._with(self.domain.examples[place : place + 1])

    def first(self) -> "EvaluateCell":
        """The same cell with the few rows that a divergence or a surprise needs."""
        return self._with(self.domain.examples[:MEASURED_ROWS])

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
    trained: Trained
    asked: tuple[EvaluateCell, ...]

    @property
    def label(self) -> str:
        """The cell in words, for progress."""
        return f"measure how far it moved: {self.trained.label.removeprefix('train ')}"

    @property
    def work(self) -> int:
        """See `TrainCell.work`; what the untrained model says is remembered."""
        return 1 + sum(_characters(cell.domain.examples) for cell in self.asked)


@dataclass(frozen=True, slots=True)
class SpaceCell:
    """What one model does in the space of answers: what it writes, and how much references surprise it.

    One cell for all tasks that a model is asked, so that its weights are loaded once. The untrained model's cell also
    keeps the tasks' references, by which the space itself is judged.

    Attributes:
        whole: test sets; what was written to those of generation tasks is read from these cells, which come before.
    """

    address: str
    trained: Trained | None
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


Cell = TrainCell | ChooseCell | SearchCell | EvaluateCell | BaselineCell | MoveCell | SpaceCell


def _characters(rows: Sequence[Example]) -> int:
    return sum(len(text) for row in rows for text in (*row.fields.values(), row.target))
