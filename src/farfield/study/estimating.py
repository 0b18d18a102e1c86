"""`plan`: time, memory, disk and tokens of a study before it runs, from a short trial of this very model here."""

import tempfile
from collections.abc import Mapping, Sequence
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
from farfield.study.lessons import lessons_of
from farfield.study.plan import Plan

if TYPE_CHECKING:
    from farfield.engine import Backend, Engine, StepReport

__all__ = ["Forecast", "Line", "forecast", "search_tokens"]

_TRIAL_ROWS = 32  # half of what a run writes side by side, so each written token is forecast a little dearer
# What training takes at the end over what its first two steps took: freed blocks of other sizes that the allocator
# keeps. Measured on two studies with SmolLM2-135M under glibc: 1.58 and 1.54.
_GROWTH = 1.55
# Times that weights are read besides those for evaluations, whose model stays open from one to the next.
_LOADS = {TrainCell: 1, MoveCell: 2, SpaceCell: 1}


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
class Rates:
    """What the trial measured: tokens a second read and trained, seconds a written token, seconds to load.

    Attributes:
        written: mean tokens that the untrained model writes for an answer, by number of shots.
        memory: bytes held at the most, training included.
        weights: bytes of one trained cell on disk.
    """

    read: float
    write: float
    written: Mapping[int, float]
    train: float
    load: float
    memory: int
    weights: int


def forecast(plan: Plan, tokenizer: Tokenizer, cells: Sequence[Cell], engine: "Engine") -> Forecast:
    """Measures this machine on the study's own first rows, half a minute or so, and adds up the cells."""
    rates = _trial(plan, tokenizer, engine)
    asking = PromptsOnce(tokenizer)
    lines = [_line(cell, tokenizer, rates, asking) for cell in cells]
    asked = [cell for cell in cells if isinstance(cell, EvaluateCell)]
    models = {(cell.trained.address if cell.trained else "", cell.strength) for cell in asked}
    trained = sum(isinstance(cell, TrainCell) for cell in cells)
    loads = len(models) + sum(_LOADS.get(type(cell), 0) for cell in cells)
    seconds = sum(line.seconds for line in lines) + rates.load * loads
    rows = sum(len(cell.domain.examples) for cell in asked)
    disk = trained * rates.weights + 200 * rows
    return Forecast(tuple(lines), seconds, rates.memory, disk, "a trial of this model on this machine, just now")


def _line(cell: Cell, tokenizer: Tokenizer, rates: Rates, asking: PromptsOnce) -> Line:
    if isinstance(cell, TrainCell):
        tokens = _training_tokens(cell, tokenizer)
        return Line(cell.label, tokens, tokens / rates.train)
    if isinstance(cell, MoveCell):
        tokens = 2 * sum(asking(asked).tokens for asked in cell.asked)
        return Line(cell.label, tokens, tokens / rates.read)
    if isinstance(cell, SpaceCell):
        return _space_line(cell, tokenizer, rates, asking)
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
    # A trained model writes about as much as its references; an untrained one as much as it did in the trial.
    long = rates.written.get(cell.shots) or mean(rates.written.values())
    if cell.trained:
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


def _space_line(cell: SpaceCell, tokenizer: Tokenizer, rates: Rates, asking: PromptsOnce) -> Line:
    """Every first row is read once, and once more where a label is written to it."""
    from farfield.study.evaluate import ending_of

    labels = [asked for asked in cell.asked if asked.task.spec.kind == "classification"]
    read = sum(asking(asked).tokens for asked in (*cell.asked, *labels))
    written = sum(ending_of(each.task.spec, tokenizer).max_new_tokens * len(each.domain.examples) for each in labels)
    return Line(cell.label, read + written, read / rates.read + written * rates.write)


def _training_tokens(cell: TrainCell, tokenizer: Tokenizer) -> int:
    """Tokens that go forward in training: rows end to end, shared demos once a step."""
    targets = lessons_of(cell, tokenizer)
    own = sum(len(row.ids) - 1 for row in targets)
    if not cell.shots or len(targets) < 2:
        return own * cell.recipe.epochs
    from farfield.prompts import common_prefix

    shared = common_prefix([row.ids for row in targets])
    steps = -(-len(targets) // cell.recipe.batch_size)
    return cell.recipe.epochs * (own - shared * (len(targets) - steps))


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
    train, weights = _train_trial(plan, tokenizer, engine)
    return Rates(read, write, written, train, load, before + round(_GROWTH * (peak_memory() - before)), weights)


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


def _train_trial(plan: Plan, tokenizer: Tokenizer, engine: "Engine") -> tuple[float, int]:
    """Tokens a second of training, and bytes of its weights on disk: two steps of the arm with the most demos.

    They take the longest rows, so that micro-batches are as full, and memory as taken, as it gets.
    """
    trained = [cell for cell in plan.cells if isinstance(cell, TrainCell)]
    if not trained:
        return 1.0, 0
    cell = max(trained, key=lambda cell: cell.shots)
    batch = sorted(lessons_of(cell, tokenizer), key=lambda row: -len(row.ids))[: 2 * cell.recipe.batch_size]
    recipe = cell.recipe.model_copy(update={"epochs": 1})
    steps: list[StepReport] = []
    with tempfile.TemporaryDirectory() as scratch:
        _, write = engine.train(batch, recipe, 0, Path(scratch), steps.append)
        folder = Path(scratch) / "weights"
        folder.mkdir()
        write(folder)
        weights = sum(path.stat().st_size for path in folder.iterdir())
    first, last = steps[0], steps[-1]
    if last is first:
        return last.tokens / last.seconds, weights
    # The first step also pays for waking up what later steps find awake.
    return (last.tokens - first.tokens) / (last.seconds - first.seconds), weights
