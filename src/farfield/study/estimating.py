"""`plan`: time, memory, disk and tokens of a study before it runs, from a short trial of this very model here."""

import tempfile
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import mean
from time import monotonic
from typing import TYPE_CHECKING

from farfield.models import Tokenizer
from farfield.runs import peak_memory
from farfield.study.asking import PromptsOnce, prompts_of
from farfield.study.cells import Cell, EvaluateCell, MoveCell, SpaceCell, TrainCell
from farfield.study.forms import SearchCell
from farfield.study.lessons import lessons_of, references_of
from farfield.study.plan import Plan

if TYPE_CHECKING:
    from farfield.engine import Backend, Engine, StepReport

__all__ = ["Forecast", "Line", "forecast", "search_tokens"]

_TRIAL_ROWS = 32  # half of what a run writes side by side, so each written token is forecast a little dearer
# What training takes at the end over what its first two steps took: freed blocks of other sizes that the allocator
# keeps. Measured on two studies with SmolLM2-135M under glibc: 1.58 and 1.54.
_GROWTH = 1.55
# Times that weights are read besides those for evaluations, whose model stays open from one to the next. What it takes
# to read two models and compare them is measured whole.
_LOADS = {TrainCell: 1, SpaceCell: 1}


@dataclass(frozen=True, slots=True)
class Line:
    """One cell's share: tokens through the model and seconds."""

    label: str
    tokens: int
    seconds: float


@dataclass(frozen=True, slots=True)
class Forecast:
    """What the missing cells will take.

    Attributes:
        lines: one a cell.
        seconds: all of them, with loading.
        memory: most bytes that the process will hold.
        disk: bytes that the run will add.
        basis: what the figures rest on, in words.
    """

    lines: tuple[Line, ...]
    seconds: float
    memory: int
    disk: int
    basis: str

    @property
    def tokens(self) -> int:
        """Tokens through the model in all."""
        return sum(line.tokens for line in self.lines)


@dataclass(frozen=True, slots=True)
class _Training:
    """What two steps of training measured.

    Attributes:
        rate: tokens a second.
        compare: seconds to read two models and compare their weights.
        limit: the most tokens of a micro-batch.
        weights: bytes of one trained cell on disk.
    """

    rate: float = 1.0
    compare: float = 0.0
    limit: int = 1
    weights: int = 0


@dataclass(frozen=True, slots=True)
class Rates:
    """What the trial measured: tokens a second read, seconds a written token, seconds to load.

    Attributes:
        written: mean tokens that the untrained model writes for an answer, by number of shots.
        memory: bytes held at the most, training included.
    """

    read: float
    write: float
    written: Mapping[int, float]
    load: float
    memory: int
    training: _Training


class _Reading:
    """Tokens that go forward where references are read; all models read the same ones, the untrained one once."""

    def __init__(self, tokenizer: Tokenizer) -> None:
        self.tokenizer = tokenizer
        self._held: dict[tuple[Hashable, ...], int] = {}
        self._compared: set[tuple[Hashable, ...]] = set()

    def compared(self, cell: MoveCell) -> int:
        """Where a trained model is compared with the untrained one, whose answers are remembered."""
        new = [asked for asked in cell.asked if asked.form not in self._compared]
        self._compared |= {asked.form for asked in new}
        return sum(map(self, cell.asked)) + sum(map(self, new))

    def __call__(self, cell: EvaluateCell) -> int:
        """Of the references of a test set: long shared demos stand in every pack once."""
        from farfield.engine.losses import reading_packs

        if cell.form not in self._held:
            packs = reading_packs(references_of(cell, self.tokenizer))
            self._held[cell.form] = sum(pack.tokens for pack in packs)
        return self._held[cell.form]


def forecast(plan: Plan, tokenizer: Tokenizer, cells: Sequence[Cell], engine: "Engine") -> Forecast:
    """Measures this machine on the study's own first rows, half a minute or so, and adds up the cells."""
    rates = _trial(plan, tokenizer, engine)
    asking, reading = PromptsOnce(tokenizer), _Reading(tokenizer)
    lines = [_line(cell, rates, asking, reading) for cell in cells]
    asked = [cell for cell in cells if isinstance(cell, EvaluateCell)]
    models = {(cell.trained.address if cell.trained else "", cell.strength) for cell in asked}
    trained = sum(isinstance(cell, TrainCell) for cell in cells)
    loads = len(models) + sum(_LOADS.get(type(cell), 0) for cell in cells)
    seconds = sum(line.seconds for line in lines) + rates.load * loads
    rows = sum(len(cell.domain.examples) for cell in asked)
    disk = trained * rates.training.weights + 200 * rows
    return Forecast(tuple(lines), seconds, rates.memory, disk, "a trial of this model on this machine, just now")


def _line(cell: Cell, rates: Rates, asking: PromptsOnce, reading: _Reading) -> Line:
    tokenizer = reading.tokenizer
    if isinstance(cell, TrainCell):
        tokens = _training_tokens(cell, tokenizer, rates.training.limit)
        return Line(cell.label, tokens, tokens / rates.training.rate)
    if isinstance(cell, MoveCell):
        tokens = reading.compared(cell)
        return Line(cell.label, tokens, rates.training.compare + tokens / rates.read)
    if isinstance(cell, SpaceCell):
        return _space_line(cell, rates, asking, reading)
    if isinstance(cell, SearchCell):
        tokens = search_tokens(cell, asking)
        long = mean(rates.written.values()) if cell.task.spec.kind == "generation" else 0
        written = round(long * cell.prompts)
        return Line(cell.label, tokens + written, tokens / rates.read + written * rates.write)
    if not isinstance(cell, EvaluateCell):
        return Line(cell.label, 0, 0.1)
    found = asking(cell)
    seconds = found.tokens / rates.read
    if cell.task.spec.kind == "classification":
        return Line(cell.label, found.tokens, seconds)
    # A trained model writes about as much as its references; to another task's rows, as an untrained one anywhere, as
    # much as the model as it is did in the trial.
    long = rates.written.get(cell.shots) or mean(rates.written.values())
    if cell.trained and cell.task.name == cell.trained.task.name:
        references = [len(tokenizer.encode(e.target)) + 1 for e in cell.trained.rows[:100]]
        long = min(mean(references), cell.task.spec.max_new_tokens)
    written = round(long * len(found.rows))
    return Line(cell.label, found.tokens + written, seconds + written * rates.write)


def search_tokens(cell: SearchCell, asking: PromptsOnce) -> int:
    """Tokens that a search reads, forecast from the mean lengths of the study's own forms with demos."""
    found = [asking(own) for own in cell.own if own.shots]
    shared = mean(len(each.prefix) for each in found)
    whole = mean(len(row.ids) for each in found for row in each.rows)
    return round(cell.calls * shared + cell.prompts * (whole - shared))


def _space_line(cell: SpaceCell, rates: Rates, asking: PromptsOnce, reading: _Reading) -> Line:
    """Every first row is read once, and once more where a label is written to it."""
    from farfield.study.evaluate import ending_of

    labels = [asked for asked in cell.asked if asked.task.spec.kind == "classification"]
    read = sum(map(reading, cell.asked)) + sum(asking(asked).tokens for asked in labels)
    written = sum(
        ending_of(each.task.spec, reading.tokenizer).max_new_tokens * len(each.domain.examples) for each in labels
    )
    return Line(cell.label, read + written, read / rates.read + written * rates.write)


def _training_tokens(cell: TrainCell, tokenizer: Tokenizer, limit: int) -> int:
    """Tokens that go forward in training: rows end to end, shared demos once a micro-batch."""
    from farfield.engine.losses import step_packs

    targets, size = lessons_of(cell, tokenizer), cell.recipe.batch_size
    steps = (targets[start : start + size] for start in range(0, len(targets), size))
    return cell.recipe.epochs * sum(pack.tokens for step in steps for pack in step_packs(step, limit))


def _trial(plan: Plan, tokenizer: Tokenizer, engine: "Engine") -> Rates:
    """Reads, writes and trains a little of each, on the study's own rows."""
    asked = [cell for cell in plan.cells if isinstance(cell, EvaluateCell) and cell.domain.examples]
    started = monotonic()
    backend = engine.open().backend
    load = monotonic() - started
    from farfield.engine import Choices

    found = prompts_of(asked[0], tokenizer)
    rows = [Choices(row.ids[len(found.prefix) :], ((1,),)) for row in found.rows[:_TRIAL_ROWS]]
    backend.score(found.prefix, rows[:2])  # the first call wakes threads and caches
    started = monotonic()
    backend.score(found.prefix, rows)
    read = sum(len(row.asked) for row in rows) / (monotonic() - started)
    write, written = _write_trial(asked, tokenizer, backend, read)
    del backend
    before = peak_memory()
    training = _train_trial(plan, tokenizer, engine)
    memory = before + round(_GROWTH * (peak_memory() - before))
    return Rates(read, write, written, load, memory, training)


def _write_trial(
    asked: Sequence[EvaluateCell], tokenizer: Tokenizer, backend: "Backend", read: float
) -> tuple[float, dict[int, float]]:
    """Seconds a written token, and tokens an answer with the fewest and with the most demos.

    A study without a generation task still writes labels, so there the trial does.
    """
    from farfield.study.evaluate import ending_of

    texts = [cell for cell in asked if cell.task.spec.kind == "generation"] or asked
    by_shots = {cell.shots: cell for cell in texts if cell.task.name == texts[0].task.name}
    spent, count, written = 0.0, 0, {}
    for shots in sorted({min(by_shots), max(by_shots)}):
        spec, found = by_shots[shots].task.spec, prompts_of(by_shots[shots], tokenizer)
        ids = [row.ids[len(found.prefix) :] for row in found.rows[:_TRIAL_ROWS]]
        started = monotonic()
        answers = backend.generate(found.prefix, ids, ending_of(spec, tokenizer))
        spent += max(1e-3, monotonic() - started - sum(map(len, ids)) / read)
        tokens = sum(len(answer) + 1 for answer in answers)
        count, written[shots] = count + tokens, tokens / len(ids)
    return spent / max(1, count), written


def _train_trial(plan: Plan, tokenizer: Tokenizer, engine: "Engine") -> _Training:
    """Two steps of the arm with the most demos, and the comparison of its weights with the base model's.

    They take the longest rows, so that micro-batches are as full, and memory as taken, as it gets.
    """
    trained = [cell for cell in plan.cells if isinstance(cell, TrainCell)]
    if not trained:
        return _Training()
    cell = max(trained, key=lambda cell: cell.shots)
    batch = sorted(lessons_of(cell, tokenizer), key=lambda row: -len(row.ids))[: 2 * cell.recipe.batch_size]
    recipe = cell.recipe.model_copy(update={"epochs": 1})
    steps: list[StepReport] = []
    with tempfile.TemporaryDirectory() as scratch:
        seen, write = engine.train(batch, recipe, 0, Path(scratch), steps.append)
        folder = Path(scratch) / "weights"
        folder.mkdir()
        write(folder)
        weights = sum(path.stat().st_size for path in folder.iterdir())
        started = monotonic()
        engine.moved(folder, [])
        compare = monotonic() - started
    first, last = steps[0], steps[-1]
    rate = last.tokens / last.seconds
    if last is not first:  # the first step also pays for waking up what later steps find awake
        rate = (last.tokens - first.tokens) / (last.seconds - first.seconds)
    return _Training(rate, compare, seen.limit, weights)
