"""The universes of a study, laid out: each task under each other way to ask, where that is another way at all."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, TypeAlias, cast

from farfield.data import Example
from farfield.errors import DataError, ModelError
from farfield.prompts import Prompter, Scoring, TokenizerLike, label_scoring
from farfield.runs import Run
from farfield.runs.address import Part
from farfield.spec import Bos, Factor, FactorValue, LabelScoring, StudySpec, TaskProtocol, Universe
from farfield.study.tasks import TaskData, retold

__all__ = ["Known", "Laid", "Lapse", "lapses_of", "lay_out", "scoring_of", "universes_of"]

Asked: TypeAlias = tuple[TaskData, Scoring]
"""A task as it is asked: its rows, demos and protocol, and how its labels are scored."""


@dataclass(frozen=True, slots=True)
class Lapse:
    """A factor's value that is no other way to ask a task, and the code of the reason."""

    task: str
    factor: Factor
    value: str
    reason: str

    def as_part(self) -> Part:
        """The lapse for the manifest."""
        return {"task": self.task, "factor": self.factor, "value": self.value, "reason": self.reason}


@dataclass(frozen=True, slots=True)
class Laid:
    """One universe with the tasks that are asked in no earlier one as they are here.

    Attributes:
        told: for every task of the study, the name of the universe whose cells answer for it here: this one's, or
            an earlier one's where what is changed comes to the same for the task.
    """

    universe: Universe
    tasks: Mapping[str, Asked]
    told: Mapping[str, str]

    def as_part(self) -> Part:
        """The universe for the manifest."""
        changes: dict[str, Part] = {factor: str(value) for factor, value in self.universe.changes.items()}
        return {"name": self.universe.name, "changes": changes, "told": dict(self.told)}


def lay_out(
    study: StudySpec, tasks: Mapping[str, TaskData], tokenizer: TokenizerLike
) -> tuple[tuple[Laid, ...], tuple[Lapse, ...]]:
    """All universes but the study's own, each once, and what could not be changed.

    Args:
        study: the study.
        tasks: as they are asked in it.
        tokenizer: of the model; decides what can be changed.
    """
    layer = _Layer(study, tokenizer)
    seen: dict[str, dict[str, Asked]] = {
        name: {"": (task, scoring_of(tokenizer, task))} for name, task in tasks.items()
    }
    laid = [Laid(Universe(), {}, dict.fromkeys(tasks, ""))]
    for universe in study.universes:
        asked = {name: layer.otherwise(task, universe) for name, task in tasks.items()}
        told = {
            name: next((earlier for earlier, other in seen[name].items() if other == asked[name]), universe.name)
            for name in tasks
        }
        if told not in [other.told for other in laid]:
            fresh = {name: asked[name] for name, teller in told.items() if teller == universe.name}
            laid.append(Laid(universe, fresh, told))
            for name in fresh:
                seen[name][universe.name] = asked[name]
    return tuple(laid[1:]), tuple(dict.fromkeys(layer.lapses))


def scoring_of(tokenizer: TokenizerLike, task: TaskData) -> Scoring:
    """How a task's answers are scored: labels by their tokens, or text as it is written."""
    if task.spec.kind == "generation":
        return Scoring("greedy")
    return label_scoring(_prompters(tokenizer, task), _neutral(task))


@dataclass(slots=True)
class _Layer:
    """Asks one task after another otherwise; what can't be changed stays as the study has it, and is noted."""

    study: StudySpec
    tokenizer: TokenizerLike
    lapses: list[Lapse] = field(default_factory=list)
    held: dict[tuple[str, TaskProtocol], TaskData] = field(default_factory=dict)

    def otherwise(self, task: TaskData, universe: Universe) -> Asked:
        """The task under a universe."""
        changes = {f: value for f, value in universe.changes.items() if not self._own(task, f, value)}
        for factor in list(changes):
            reason = self._obstacle(task, universe, factor)
            if reason:
                self._lapse(task, factor, changes.pop(factor), reason)
        first = int(changes.pop("template", 0))
        told = self._retold(task, {f: value for f, value in changes.items() if f in ("demo_choice", "leaks")})
        told = replace(told, protocol=_with(task, changes).protocol)
        if first:
            prompts = task.spec.prompts
            order = (prompts[first], *prompts[:first], *prompts[first + 1 :])
            told = replace(told, spec=task.spec.model_copy(update={"prompts": order}))
        return self._scored(told, usual=task.protocol.label_scoring)

    def _own(self, task: TaskData, factor: Factor, value: FactorValue) -> bool:
        """Whether the study asks so anyway."""
        if factor == "template":
            return value == 0
        if factor == "bos":  # the tokenizer's own convention is one of the values
            return self._begun(task, value) == self._begun(task, task.protocol.bos)
        return bool(value == getattr(task.protocol, factor))

    def _begun(self, task: TaskData, bos: FactorValue | None) -> list[Bos | None]:
        told, by_itself = _with(task, {"bos": bos}), bool(self.tokenizer.bos)
        return [told.begun(shots, by_itself=by_itself).protocol.bos for shots in (0, 1)]

    def _obstacle(self, task: TaskData, universe: Universe, factor: Factor) -> str:
        """Why a task can't be asked so, or why that changes nothing for it; empty where it does."""
        shows = max((*task.spec.shots, self.study.most_demos)) > 0
        if factor == "label_scoring":
            return "no_labels" if task.spec.kind == "generation" else ""
        if factor == "template":
            return "one_template" if (universe.template or 0) >= len(task.spec.prompts) else ""
        if factor == "chat":
            return "no_chat" if universe.chat and not self._chats() else ""
        if factor == "bos":
            return self._unbegun(task, universe) if shows or universe.bos != "zero_shot" else "no_shots"
        if factor == "demo_choice":
            return self._undemonstrated(task, universe) if shows else "no_shots"
        if factor == "leaks":
            kept = self._retold(task, {"leaks": universe.leaks or "leave_out"})
            return "no_leaks" if [d.examples for d in kept.domains] == [d.examples for d in task.domains] else ""
        return ""

    def _unbegun(self, task: TaskData, universe: Universe) -> str:
        named = self.tokenizer.named_bos
        if not named:
            return "no_bos"
        chat = task.protocol.chat if universe.chat is None else universe.chat
        if chat and self._chats():
            head = self.tokenizer.encode_control(self.tokenizer.chat("x")[0])
            return "chat_begins" if tuple(head[: len(named)]) == named else ""
        return ""

    def _undemonstrated(self, task: TaskData, universe: Universe) -> str:
        try:
            self._retold(task, {"demo_choice": universe.demo_choice or "fixed"})
        except DataError:
            return "no_demos"
        return ""

    def _chats(self) -> bool:
        try:
            self.tokenizer.chat("x")
        except ModelError:
            return False
        return True

    def _retold(self, task: TaskData, changes: Mapping[Factor, FactorValue]) -> TaskData:
        if not changes:
            return task
        protocol = _with(task, changes).protocol
        if (task.name, protocol) not in self.held:  # reads files
            self.held[task.name, protocol] = retold(self.study, task, protocol)
        return self.held[task.name, protocol]

    def _scored(self, told: TaskData, *, usual: LabelScoring) -> Asked:
        """With its scoring; asked for another one that scores the same tokens, a task keeps its usual one."""
        scoring = scoring_of(self.tokenizer, told)
        if told.protocol.label_scoring == usual:
            return told, scoring
        as_usual = _with(told, {"label_scoring": usual})
        other = scoring_of(self.tokenizer, as_usual)
        answers = [p.asked(_neutral(told), (), told.spec.labels).answers for p in _prompters(self.tokenizer, told)]
        if scoring.ends != other.ends or any(scoring.counted(ids) != other.counted(ids) for ids in answers):
            return told, scoring
        reason = "labels_collide" if scoring == other else "labels_single"
        self._lapse(told, "label_scoring", told.protocol.label_scoring, reason)
        return as_usual, other

    def _lapse(self, task: TaskData, factor: Factor, value: FactorValue, reason: str) -> None:
        self.lapses.append(Lapse(task.name, factor, str(value), reason))


def _with(task: TaskData, changes: Mapping[Factor, FactorValue | None]) -> TaskData:
    update = {str(factor): value for factor, value in changes.items()}
    return replace(task, protocol=task.protocol.model_copy(update=update))


def _prompters(tokenizer: TokenizerLike, task: TaskData) -> list[Prompter]:
    return [Prompter(tokenizer, task.spec, task.protocol, number) for number in range(len(task.spec.prompts))]


def _neutral(task: TaskData) -> Example:
    return Example(dict.fromkeys(task.spec.fields, "x"), task.spec.labels[0], "", 0, "")


@dataclass(frozen=True, slots=True)
class Known:
    """A universe of a run on disk: its name, what it changes, and who tells of each task; see `Laid.told`."""

    name: str
    changes: Mapping[str, str]
    told: Mapping[str, str]


def universes_of(run: Run) -> tuple[Known, ...]:
    """The universes of a run, its own first."""
    manifest = run.manifest()
    kept = cast("list[dict[str, Any]]", manifest.get("universes", []))
    tasks = cast("dict[str, Any]", manifest.get("study", {})).get("tasks", {})
    return (Known("", {}, dict.fromkeys(tasks, "")), *(Known(**part) for part in kept))


def lapses_of(run: Run) -> tuple[Lapse, ...]:
    """What could not be changed, or would have changed nothing."""
    kept = cast("list[dict[str, Any]]", run.manifest().get("lapses", []))
    return tuple(Lapse(**part) for part in kept)
