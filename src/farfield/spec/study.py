"""What a study file may say. Each key's description is written here, once, and serves schema, docs and errors."""

from itertools import product
from pathlib import Path
from typing import Annotated, Literal, Self, get_args

from pydantic import (
    BeforeValidator,
    Field,
    PrivateAttr,
    field_validator,
    model_validator,
)

from farfield.spec.arms import ArmSpec, Format, Frozen, Name, Recipe, Size, TrainingSpec
from farfield.spec.business import BusinessSpec
from farfield.spec.template import Template
from farfield.spec.universes import (
    AnswerPrefix,
    Bos,
    DemoChoice,
    Factor,
    LabelScoring,
    Leaks,
    MultiverseSpec,
    Universe,
    one_change,
)

__all__ = [
    "OWN_TIERS",
    "TIERS",
    "AutomationSpec",
    "DomainSpec",
    "OwnTier",
    "StudySpec",
    "TaskProtocol",
    "TaskSpec",
    "Tier",
]

Kind = Literal["classification", "generation"]
OwnTier = Literal["in_domain", "out_of_domain", "later_time"]
Tier = Literal[OwnTier, "cross_task"]
OWN_TIERS: tuple[OwnTier, ...] = get_args(OwnTier)
"""Tiers of a task's own test sets, in the order in which they are told."""
TIERS: tuple[Tier, ...] = get_args(Tier)
DemoSource = Literal["train", "target"]
Count = Annotated[int, Field(ge=0)]


def _as_text(value: object) -> object:
    return str(value) if isinstance(value, int | float) and not isinstance(value, bool) else value


Label = Annotated[str, BeforeValidator(_as_text), Field(min_length=1)]

MARGINS = {
    "accuracy": 0.05,
    "macro_f1": 0.05,
    "exact_match": 0.05,
    "rougeL": 0.02,
    "bleu": 0.02,
    "chrf": 0.02,
}
DEFAULT_METRICS: dict[Kind, tuple[str, ...]] = {"classification": ("accuracy",), "generation": ("rougeL",)}


class DomainSpec(Frozen):
    """A named source of rows."""

    path: str = Field(
        description="File of rows: .json (a list), .jsonl, .csv, .tsv or .parquet; relative to the study file."
    )
    demos: str | None = Field(None, description="File of demos to show in prompts; the first k are shown for k shots.")
    rows: tuple[Count, Count] | None = Field(None, description="Takes rows a to b-1 of the file, counted from 0.")

    @field_validator("rows")
    @classmethod
    def _rising(cls, rows: tuple[int, int] | None) -> tuple[int, int] | None:
        if rows and rows[0] >= rows[1]:
            raise ValueError(f"rows {list(rows)} holds none: the first number must be below the second")
        return rows


class _ProtocolKeys(Frozen):
    label_scoring: LabelScoring | None = Field(
        None,
        description="Score labels by their first token or whole (default first_token; whole where two collide).",
    )
    answer_prefix: AnswerPrefix | None = Field(None, description='Stands before every answer: "" (default) or " ".')
    chat: bool | None = Field(None, description="Wraps prompts in the model's chat template (default false).")
    bos: Bos | None = Field(
        None,
        description="Begins prompts with the model's BOS token: true, false, or zero_shot (those without demos alone, "
        "as arXiv 2403.09162 did); by default as its tokenizer does.",
    )
    leaks: Leaks | None = Field(
        None, description="Test rows that equal a demo or a training row: leave_out (default), or keep."
    )
    demo_choice: DemoChoice | None = Field(
        None,
        description="How demos are picked, in prompts and in training: the first k (fixed, default), k at random for "
        "each row, or the nearest of the training rows (by TF-IDF; needs no `demos:`).",
    )
    demo_source: DemoSource | None = Field(
        None,
        description="Whose demos are shown on a test domain: its own (target, default) or the training domain's.",
    )
    balance_demos: bool | None = Field(
        None, description="Picks demos label by label in turns, so that labels are equally often shown."
    )
    margin: float | None = Field(
        None,
        gt=0,
        lt=1,
        description="Difference too small to matter (default 0.05 for accuracy, 0.02 for ROUGE-L).",
    )


class TaskProtocol(Frozen):
    """The protocol keys of one task, after the study's and the task's own are merged."""

    label_scoring: LabelScoring = "first_token"
    answer_prefix: AnswerPrefix = ""
    chat: bool = False
    bos: Bos | None = None
    leaks: Leaks = "leave_out"
    demo_choice: DemoChoice = "fixed"
    demo_source: DemoSource = "target"
    balance_demos: bool = False
    margin: float = 0.05


class TaskSpec(_ProtocolKeys):
    """One job of a model."""

    kind: Kind = Field(description="classification (labels are scored) or generation (text is written).")
    labels: tuple[Label, ...] = Field((), description="The label words of a classification task.")
    drop_labels: tuple[Label, ...] = Field((), description="Gold labels whose rows are dropped, such as '-'.")
    prompts: tuple[str, ...] = Field(
        min_length=1, description="Prompt templates with {fields}; the first is trained on."
    )
    target: str = Field(description='Template of the answer, such as "{output}".')
    second_target: str | None = Field(
        None,
        description="The answer as a second person gave it, where two labelled the same rows: tells how far people "
        "agree, and what accuracy label noise leaves to reach.",
    )
    metrics: tuple[str, ...] = Field((), description="Metrics; the first decides (default accuracy, or rougeL).")
    aim: float | None = Field(
        None, gt=0, lt=1, description="Score to reach; learning curves tell how many training rows that would take."
    )
    max_new_tokens: Size = Field(60, description="Most tokens of a generated answer.")
    stop: str = Field("\n\n", min_length=1, description="Text that ends a generated answer.")
    shots: tuple[Count, ...] = Field((0,), min_length=1, description="Numbers of demos to evaluate with.")
    group: str | None = Field(None, description="Column whose values never straddle training and development rows.")
    train: dict[Name, DomainSpec] = Field({}, description="Training domains; may be left out when no arm is trained.")
    in_domain: dict[Name, DomainSpec] = Field({}, description="Test sets from the training domain.")
    out_of_domain: dict[Name, DomainSpec] = Field({}, description="Test sets from other domains.")
    later_time: dict[Name, DomainSpec] = Field({}, description="Test sets of the training domain from a later time.")
    dev_domains: dict[Name, DomainSpec] = Field(
        {},
        description="Development rows of other domains, on which the strength of a dial is chosen in place of those of "
        "the training file; no finding counts them.",
    )
    unlabelled: dict[Name, DomainSpec] = Field(
        {},
        description="Domains whose rows have no label, or few (the target's columns left empty): what a classifier "
        "scores there is estimated.",
    )

    @field_validator("prompts", "target", "second_target")
    @classmethod
    def _readable(cls, value: str | tuple[str, ...] | None) -> str | tuple[str, ...] | None:
        for text in (value,) if isinstance(value, str) else value or ():
            _ = Template(text).fields  # raises on a brace that belongs to no field
        return value

    @model_validator(mode="after")
    def _of_its_kind(self) -> Self:
        if self.kind == "classification":
            if len(set(self.labels)) < 2:
                raise ValueError("a classification task needs `labels:` with at least two different words")
            if len(set(self.labels)) < len(self.labels):
                raise ValueError("a label stands twice in `labels:`")
            return self
        for key, why in (
            ("labels", "a generation task has no `labels:`; remove them, or make the kind classification"),
            ("balance_demos", "balance_demos balances labels, and a generation task has none; remove it"),
            ("second_target", "agreement of two people is counted by labels; remove `second_target:`"),
            ("unlabelled", "without labels only a classifier's score can be estimated; remove `unlabelled:`"),
        ):
            if getattr(self, key):
                raise ValueError(why)
        return self

    @model_validator(mode="after")
    def _each_domain_once(self) -> Self:
        if not (self.in_domain or self.out_of_domain or self.later_time):
            raise ValueError("nothing to test on: give `in_domain:`, `out_of_domain:` or `later_time:`")
        names = [name for tier in (self.in_domain, self.out_of_domain, self.later_time) for name in tier]
        if len(set(names)) < len(names):
            raise ValueError("a domain stands in two tiers; a test set has one")
        for key in ("dev_domains", "unlabelled"):
            if taken := sorted(set(getattr(self, key)) & {*names, *self.train}):
                raise ValueError(f"the domain {taken[0]!r} of `{key}:` trains or tests too; it can't be both")
        return self

    @property
    def fields(self) -> tuple[str, ...]:
        """Fields that the prompts ask for, each once."""
        return tuple(dict.fromkeys(f for prompt in self.prompts for f in Template(prompt).fields))

    def nearest_shots(self, trained_with: int) -> int:
        """The primary number of shots of a model: that it was trained with, or of those asked the nearest."""
        return min(self.shots, key=lambda asked: abs(asked - trained_with))

    @property
    def scored_by(self) -> tuple[str, ...]:
        """Names of the task's metrics; the first one decides."""
        return self.metrics or DEFAULT_METRICS[self.kind]


class AutomationSpec(Frozen):
    """What may be answered without a person."""

    errors: tuple[Annotated[float, Field(gt=0, lt=1)], ...] = Field(
        (0.05,), min_length=1, description="Shares of automatic answers that may be wrong; each gets its threshold."
    )
    confidence: float = Field(0.95, gt=0.5, lt=1, description="Confidence of the guarantee.")


class StudySpec(_ProtocolKeys):
    """A whole study."""

    study: Name = Field(description="Name of the study; the run folder is called after it.")
    model: str = Field(min_length=1, description="A catalogue name, a hub id, or a folder.")
    seeds: tuple[Count, ...] = Field((0,), min_length=1, description="One training run for each.")
    cross_task: bool | Literal["all"] = Field(
        False, description="Evaluate trained arms on the other tasks: their first in-domain test set, or all."
    )
    dev: Count = Field(100, description="Development rows, taken from the training file after the training rows.")
    precision: Literal["fp32", "bf16"] = Field("fp32", description="Arithmetic of all arms alike.")
    tasks: dict[Name, TaskSpec] = Field(min_length=1, description="The tasks.")
    arms: dict[Name, ArmSpec] = Field(min_length=1, description="The arms.")
    training: TrainingSpec | None = Field(None, description="Needed as soon as one arm is trained.")
    automation: AutomationSpec = Field(
        AutomationSpec(), description="How many answers of a classifier may be wrong where no person looks at them."
    )
    business: BusinessSpec = Field(
        BusinessSpec(), description="What turns scores into money; what is left out is assumed, and told."
    )
    claims: str | None = Field(
        None, description="File of claims to test, declared before the run (default those of arXiv 2403.09162)."
    )
    multiverse: MultiverseSpec | None = Field(
        None,
        description="Other ways to ask all models, each combined with each; the report tells what survives them, and "
        "single seeds, a comparator picked on test rows, and arms that differ in learning rate or too_long alone.",
    )
    sensitivity: tuple[Factor, ...] = Field(
        (), description="Factors of `multiverse:` to change one at a time, to each of their other values."
    )
    _folder: Path = PrivateAttr(default=Path())

    @model_validator(mode="after")
    def _agrees(self) -> Self:
        trained = [name for name, arm in self.arms.items() if arm.trained]
        if trained and self.training is None:
            raise ValueError(f"arm {trained[0]!r} is trained, and the study has no `training:`")
        for name, task in self.tasks.items():
            if trained and not task.train:
                raise ValueError(f"arm {trained[0]!r} is trained, and task {name!r} has no `train:` rows")
            if self.protocol(name).demo_choice == "nearest" and not task.train:
                raise ValueError(f"task {name!r} shows the nearest training rows as demos, and has no `train:` rows")
        for name, arm in self.arms.items():
            if len(self.recipes(name)) > 1 and not self.dev:
                raise ValueError(f"development rows choose the recipe of arm {name!r}, and `dev:` is 0")
            unknown = [task for task in arm.tasks if task not in self.tasks]
            if unknown:
                raise ValueError(f"arm {name!r} names the task {unknown[0]!r}; the tasks are {', '.join(self.tasks)}")
            if arm.replay and len(arm.tasks or (name,)) >= len(self.tasks):
                raise ValueError(f"arm {name!r} replays other tasks' rows, and there is no other task")
        if len(set(self.seeds)) < len(self.seeds):
            raise ValueError("a seed stands twice in `seeds:`")
        return self

    @model_validator(mode="after")
    def _has_templates(self) -> Self:
        most = max(len(task.prompts) for task in self.tasks.values())
        beyond = [number for number in (self.multiverse.template if self.multiverse else ()) if number >= most]
        if beyond:
            raise ValueError(f"`multiverse:` asks by template {beyond[0]}, and no task has more than {most}, from 0")
        return self

    @model_validator(mode="after")
    def _searchable(self) -> Self:
        searching = [(name, arm) for name, arm in self.arms.items() if arm.search]
        for (name, arm), (task, spec) in product(searching, self.tasks.items()):
            who = f"arm {name!r} searches for its prompts"
            if not self.dev:
                raise ValueError(f"{who} on development rows, and `dev:` is 0")
            if not any(source.demos for source in spec.train.values()):
                raise ValueError(f"{who} among the demos of `train:`, and task {task!r} has none there")
            if (choice := self.protocol(task).demo_choice) != "fixed":
                raise ValueError(f"{who}, and task {task!r} has `demo_choice: {choice}`; use one of the two")
            if not any(arm.searched_shots(spec.shots)):
                raise ValueError(f"{who}, and task {task!r} asks for no demos; name `shots:` above 0 in `search:`")
        return self

    @model_validator(mode="after")
    def _formats_fit(self) -> Self:
        for name, arm in self.arms.items():
            for on, form in arm.format.items():
                self._check_format(f"arms.{name}.format.{on}", on, form)
        return self

    @model_validator(mode="after")
    def _business_fits(self) -> Self:
        for name in self.business.tasks:
            task = self.tasks.get(name)
            if task is None:
                raise ValueError(f"business.tasks: there is no task {name!r}; the tasks are {', '.join(self.tasks)}")
            domains = (*task.in_domain, *task.out_of_domain, *task.later_time)
            if fault := self.business.fault(name, task.kind, task.labels, domains):
                raise ValueError(fault)
        return self

    def _check_format(self, key: str, on: str, form: Format) -> None:
        task = self.tasks.get(on)
        if task is None:
            raise ValueError(f"{key}: there is no task {on!r}; the tasks are {', '.join(self.tasks)}")
        if task.kind == "classification":
            raise ValueError(f"{key}: labels are scored and nothing is written, so there is nothing to narrow; drop it")
        if fault := form.fault(task.stop):
            raise ValueError(
                f"{key}: no answer can be held to {form.pattern!r}: {fault}; write a regular expression of the whole "
                f"answer, without look-around and back references, whose matches don't hold `stop:` ({task.stop!r})"
            )

    def in_folder(self, folder: Path) -> "StudySpec":
        """The same study with its paths starting from `folder`."""
        study = self.model_copy()
        study._folder = folder
        return study

    @property
    def folder(self) -> Path:
        """The folder that the study file's paths start from."""
        return self._folder

    def resolve(self, path: str) -> Path:
        """A path of the study file as a path of this machine."""
        return self.folder / path

    @property
    def most_demos(self) -> int:
        """The most demos in a training prompt of any arm."""
        return max(arm.train_shots for arm in self.arms.values())

    def plain_arm(self, *, with_demos: bool) -> str | None:
        """The first plain arm, with demos in its prompts or without."""
        found = (name for name, arm in self.arms.items() if arm.plain and bool(arm.train_shots) == with_demos)
        return next(found, None)

    @property
    def universes(self) -> tuple[Universe, ...]:
        """All ways to ask that the study names, its own first; for a task, some may come to the same."""
        templates = max(len(task.prompts) for task in self.tasks.values())
        found = (self.multiverse or MultiverseSpec()).product()
        found += [universe for factor in self.sensitivity for universe in one_change(factor, templates)]
        return tuple(dict.fromkeys(found))

    @property
    def varied(self) -> bool:
        """Whether the study looks at its conclusions in other ways than its own."""
        return self.multiverse is not None or bool(self.sensitivity)

    def recipes(self, arm: str) -> tuple[Recipe, ...]:
        """How an arm may be trained, of which development rows choose one; none where it is not trained."""
        found = self.arms[arm]
        return found.recipes(self.training) if found.trained and self.training else ()

    def protocol(self, task: str) -> TaskProtocol:
        """The protocol of one task: its own keys before the study's before the defaults."""
        keys = TaskProtocol.model_fields
        merged = {key: getattr(self, key) for key in keys if getattr(self, key) is not None}
        merged |= {key: getattr(self.tasks[task], key) for key in keys if getattr(self.tasks[task], key) is not None}
        merged.setdefault("margin", MARGINS.get(self.tasks[task].scored_by[0], 0.05))
        return TaskProtocol(**merged)
