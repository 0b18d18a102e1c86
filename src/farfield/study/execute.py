"""Carries out a plan on this machine: what is missing, cell by cell, safe to kill between any two instructions."""

import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, replace
from itertools import accumulate, pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Protocol, cast

from farfield.errors import FarfieldError
from farfield.models import ModelFolder, Tokenizer
from farfield.runs import CellRecord, Run, facts, peak_memory, seed_of
from farfield.runs.address import Part
from farfield.spec import claims_of, digest
from farfield.study.asking import prompts_of
from farfield.study.baselines import answer
from farfield.study.cells import BaselineCell, Cell, ChooseCell, EvaluateCell, MoveCell, SpaceCell, TrainCell, Trained
from farfield.study.choosing import told_by
from farfield.study.forms import SearchCell
from farfield.study.lengths import text_lengths
from farfield.study.lessons import lessons_of, references_of, without_end
from farfield.study.moving import write_moved
from farfield.study.notes import Note
from farfield.study.plan import Plan
from farfield.study.predictions import Prediction, write_predictions
from farfield.study.searching import asked_as_found, search_forms, taught_as_found
from farfield.study.spaces import write_space

if TYPE_CHECKING:
    from farfield.engine import Engine, Opened

__all__ = ["Place", "Quiet", "RunSettings", "Watch", "execute", "missing"]


@dataclass(frozen=True, slots=True)
class RunSettings:
    """What is fixed when a run is made and kept for all its cells: it decides how sums are rounded.

    Attributes:
        memory: bytes of activations of a training micro-batch.
        threads: processor threads.
    """

    memory: int
    threads: int


@dataclass(frozen=True, slots=True)
class Place:
    """Where a run stands when a cell begins.

    Attributes:
        number: of the cell among the missing ones, from 1.
        cells: how many are missing.
        before: share of the work that is done before the cell, by a rough count of characters.
        after: share that is done after it.
    """

    number: int
    cells: int
    before: float
    after: float


class Watch(Protocol):
    """Someone who watches a run; `Quiet` does not."""

    def begin(self, cell: Cell, place: Place) -> None:
        """A cell begins."""
        ...

    def advance(self, done: int, total: int, note: str = "") -> None:
        """Rows asked or steps trained, of the current cell."""
        ...

    def end(self, record: CellRecord) -> None:
        """The cell is finished and safe."""
        ...


class Quiet:
    """Nobody watches."""

    def begin(self, cell: Cell, place: Place) -> None:
        """See `Watch.begin`."""

    def advance(self, done: int, total: int, note: str = "") -> None:
        """See `Watch.advance`."""

    def end(self, record: CellRecord) -> None:
        """See `Watch.end`."""


def missing(plan: Plan, run: Run) -> list[Cell]:
    """The cells of the plan that the run has not finished."""
    return [cell for cell in plan.cells if not run.has(cell.address)]


def execute(
    plan: Plan,
    run: Run,
    model: ModelFolder,
    tokenizer: Tokenizer,
    make_engine: "Callable[[RunSettings], Engine]",
    settings: RunSettings,
    watch: Watch,
) -> None:
    """Finishes the run's missing cells, in the plan's order, and writes the manifest.

    Raises:
        RunError: another process holds the folder.
    """
    with run.locked():
        wanted = missing(plan, run)
        head = _head(plan, model, run, settings, working=bool(wanted))
        if wanted:
            head["texts"] = text_lengths(plan.tasks.values(), tokenizer)
        if not wanted:
            if any(run.manifest().get(part) != head[part] for part in ("entries", "universes")):
                run.write_manifest(head)
            return
        run.write_manifest(head)
        worker = _Worker(run, tokenizer, make_engine(settings), watch)
        try:
            for cell, place in zip(wanted, _places(wanted), strict=True):
                watch.begin(cell, place)
                try:
                    record = worker.work(cell)
                except FarfieldError as error:
                    error.where = ", ".join(filter(None, (error.where, cell.label)))  # a study has many cells
                    raise
                watch.end(record)
        finally:
            run.write_manifest(head)  # with the records of what was finished, however it ended


def _places(wanted: list[Cell]) -> Iterator[Place]:
    ends = [0, *accumulate(cell.work for cell in wanted)]
    for number, (before, after) in enumerate(pairwise(ends), 1):
        yield Place(number, len(wanted), before / ends[-1], after / ends[-1])


@dataclass(slots=True)
class _Worker:
    """Works on one cell after another and keeps the last model open, as neighbours often ask the same one."""

    run: Run
    tokenizer: Tokenizer
    engine: "Engine"
    watch: Watch
    held: "tuple[tuple[str | None, float], Opened] | None" = None
    started: float = 0.0

    def work(self, cell: Cell) -> CellRecord:
        """Finishes one cell."""
        self.started = time.monotonic()
        if isinstance(cell, TrainCell):
            self.held = None  # two models at once would take twice the memory
            return self._train(cell)
        if isinstance(cell, EvaluateCell):
            return self._evaluate(cell)
        if isinstance(cell, SpaceCell):
            return self._look(cell)
        if isinstance(cell, MoveCell):
            self.held = None
            return self._measure(cell)
        if isinstance(cell, ChooseCell):
            return self._choose(cell)
        if isinstance(cell, SearchCell):
            return self._search(cell)
        return self._baseline(cell)

    def _train(self, cell: TrainCell) -> CellRecord:
        seen, write = self.engine.train(
            lessons_of(taught_as_found(cell, self.run), self.tokenizer, self._answered),
            cell.recipe,
            seed_of(cell.address),
            self.run.scratch(cell.address),
            lambda step: self.watch.advance(
                step.step,
                step.steps,
                f"loss {step.loss:.3f}, {step.tokens / max(step.seconds, 1e-9):.0f} tokens/s",
            ),
        )
        told: dict[str, Part] = {
            "losses": list(seen.losses),
            "target_tokens": seen.target_tokens,
            "rows": [example.row for example in cell.rows],
            "seed": seed_of(cell.address),
        }
        if len(cell.shares) > 1:
            told["shares"] = {share.task.name: len(share.rows) for share in cell.shares}
        return self._finished(cell, "train", seen.packed_tokens, told, write)

    def _answered(self, cell: EvaluateCell) -> list[str]:
        return self.run.predictions(cell.address)["prediction"].to_list()

    def _evaluate(self, cell: EvaluateCell) -> CellRecord:
        from farfield.study.evaluate import evaluate

        cell = asked_as_found(cell, self.run)
        asking = prompts_of(cell, self.tokenizer)
        opened = self._opened(cell.trained, cell.strength)
        predictions = evaluate(cell, asking, opened.backend, self.tokenizer, self.watch.advance)
        told: dict[str, Part] = {
            "backend": opened.backend.name,
            "reason": opened.reason,
            "scoring": cell.scoring.name,
            "shared_tokens": len(asking.prefix),
            **({"shots": cell.shots, "template": cell.template} if cell.search else {}),
            **({"format": cell.format} if cell.format else {}),
        }
        return self._finished(
            cell, "evaluate", asking.tokens, told, lambda folder: write_predictions(predictions, folder)
        )

    def _baseline(self, cell: BaselineCell) -> CellRecord:
        answers = answer(cell.name, cell.task, cell.domain)
        predictions = [
            Prediction(example.row, "", example.target, None, text)
            for example, text in zip(cell.domain.examples, answers, strict=True)
        ]
        told: dict[str, Part] = {"backend": "baseline", "scoring": "baseline"}
        return self._finished(cell, "baseline", 0, told, lambda folder: write_predictions(predictions, folder))

    def _measure(self, cell: MoveCell) -> CellRecord:
        cell = replace(cell, asked=tuple(asked_as_found(asked, self.run) for asked in cell.asked))
        rows = [references_of(asked, self.tokenizer) for asked in cell.asked]
        weights, divergences = self.engine.moved(self.run.weights(cell.trained.address), rows)
        tokens = 2 * sum(len(row.ids) for part in rows for row in part)
        return self._finished(cell, "move", tokens, {}, lambda folder: write_moved(cell, weights, divergences, folder))

    def _look(self, cell: SpaceCell) -> CellRecord:
        said = [self._said(whole, first) for whole, first in zip(cell.whole, cell.asked, strict=True)]
        self.held = None  # its weights are read once more, in the form that tells what it expected
        rows = [without_end(references_of(asked, self.tokenizer)) for asked in cell.asked]
        surprised = self.engine.surprised(self.run.weights(cell.trained.address) if cell.trained else None, rows)
        tokens = sum(len(row.ids) for part in rows for row in part)
        return self._finished(cell, "space", tokens, {}, lambda folder: write_space(cell, said, surprised, folder))

    def _said(self, whole: EvaluateCell, first: EvaluateCell) -> list[str]:
        """What a model wrote to a test set; where it only chose between labels, what it writes to the first rows."""
        from farfield.study.evaluate import written

        if whole.task.spec.kind == "generation":
            return list(self.run.predictions(whole.address)["prediction"])
        backend = self._opened(whole.trained, 1.0).backend
        return written(first, prompts_of(first, self.tokenizer), backend, self.tokenizer, self.watch.advance)

    def _choose(self, cell: ChooseCell) -> CellRecord:
        return self._finished(cell, "choose", 0, told_by(cell, self.run), lambda _: None)

    def _search(self, cell: SearchCell) -> CellRecord:
        from farfield.study.evaluate import evaluate

        tokens, done = 0, 0

        def ask(asked: EvaluateCell) -> list[Prediction]:
            nonlocal tokens, done
            asking = prompts_of(asked, self.tokenizer)
            tokens, done = tokens + asking.tokens, done + len(asking.rows)
            said = evaluate(asked, asking, self._opened(None, 1.0).backend, self.tokenizer, lambda *_: None)
            self.watch.advance(done, cell.prompts)
            return said

        told = search_forms(cell, self.run, ask)
        return self._finished(cell, "search", tokens, told, lambda _: None)

    def _finished(
        self, cell: Cell, kind: str, tokens: int, told: dict[str, Part], write: Callable[[Path], None]
    ) -> CellRecord:
        record = CellRecord(cell.address, kind, time.monotonic() - self.started, tokens, peak_memory(), told)
        self.run.finish(record, write)
        return record

    def _opened(self, trained: Trained | None, strength: float) -> "Opened":
        wanted = (trained.address if trained else None, strength)
        if self.held is None or self.held[0] != wanted:
            self.held = None  # lets go of the old weights before the new ones are read
            opened = self.engine.open(self.run.weights(trained.address) if trained else None, strength=strength)
            self.held = (wanted, opened)
        return self.held[1]


def _head(plan: Plan, model: ModelFolder, run: Run, settings: RunSettings, *, working: bool) -> dict[str, Part]:
    """The manifest without its cells; this machine is noted where it is `working` on some."""
    machines = cast("list[Part]", run.manifest().get("machines", []))
    here: Part = asdict(facts())
    if working and here not in machines:
        machines = [*machines, here]
    notes = [*plan.notes, *([Note("machines", {"kinds": len(machines)})] if len(machines) > 1 else [])]
    return {
        "study": plan.study.model_dump(mode="json", exclude_none=True),
        "folder": str(plan.study.folder),
        "given": _given(plan),
        "model": {"name": model.name, "fingerprint": model.fingerprint, "source": model.source},
        "settings": asdict(settings),
        "machines": machines,
        "notes": [asdict(note) for note in notes],
        "left_out": _left_out(plan),
        "looks": _looks(plan, run),
        "entries": [entry.as_part() for entry in plan.entries],
        # As they were when the run began: the report says so where they have changed since.
        "claims": run.manifest().get("claims") or digest(claims_of(plan.study)),
        "moves": [move.as_part() for move in plan.moves],
        "spaces": [space.as_part() for space in plan.spaces],
        "choices": [choice.as_part() for choice in plan.choices],
        "universes": [laid.as_part() for laid in plan.universes],
        "lapses": [lapse.as_part() for lapse in plan.lapses],
        "searches": [
            {"arm": arm, "task": task, "address": cell.address} for (arm, task), cell in plan.searches.items()
        ],
        "texts": run.manifest().get("texts", {}),
    }


def _looks(plan: Plan, run: Run) -> dict[str, Part]:
    """By task and test set, the numbers of rows at which its results could be looked at, this run's last.

    Who adds rows because of what was seen has had two chances to find something; findings take that into account.
    """
    before = cast("dict[str, dict[str, list[Part]]]", run.manifest().get("looks", {}))
    looks: dict[str, Part] = {}
    for task in plan.tasks.values():
        seen = before.get(task.name, {})
        told: dict[str, Part] = {}
        for domain in task.domains:
            rows, earlier = len(domain.examples), seen.get(domain.name, [])
            told[domain.name] = earlier if earlier[-1:] == [rows] else [*earlier, rows]
        looks[task.name] = told
    return looks


def _given(plan: Plan) -> dict[str, Part]:
    """Which training settings were given, and which are defaults."""
    training = plan.study.training
    if training is None:
        return {}
    return {key: key in training.model_fields_set for key in type(training).model_fields}


def _left_out(plan: Plan) -> list[Part]:
    return [
        {"task": task.name, "domain": name, "source": left.source, "row": left.row, "reason": left.reason}
        for task in plan.tasks.values()
        for name, lefts in (
            ("training", task.split.left_out),
            *((domain.name, domain.left_out) for domain in (*task.domains, *task.dev_domains, *task.unlabelled)),
        )
        for left in lefts
    ]
