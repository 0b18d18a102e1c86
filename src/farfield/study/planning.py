"""`plan_study`: the forecast of a study beside what this machine has."""

import re
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from farfield.errors import DownloadError
from farfield.models import parameters_of, resolve
from farfield.runs import Run, facts
from farfield.spec import StudySpec
from farfield.study.asking import PromptsOnce
from farfield.study.cells import Cell, EvaluateCell, MoveCell, SpaceCell, TrainCell
from farfield.study.detecting import Detectable, detectable
from farfield.study.estimating import Forecast, Line, forecast, search_tokens
from farfield.study.execute import missing
from farfield.study.forms import SearchCell
from farfield.study.lengths import BYTES_A_TOKEN, ByteTokenizer
from farfield.study.notes import Note
from farfield.study.plan import Plan, make_plan
from farfield.study.running import MakeEngine, default_folder, local_engine, prepare, settings_for

__all__ = ["Planned", "Room", "plan_study"]


@dataclass(frozen=True, slots=True)
class Planned:
    """What a study will take and what is there.

    Attributes:
        problems: why it can't run here; empty where it can.
        detectable: what its test sets can show.
    """

    forecast: Forecast
    finished: int
    notes: tuple[Note, ...]
    memory_here: int
    disk_here: int
    problems: tuple[str, ...]
    detectable: tuple[Detectable, ...]


def plan_study(
    study: StudySpec,
    out: Path | None = None,
    *,
    memory: int | None = None,
    say: Callable[[str], None] = lambda _: None,
    make_engine: MakeEngine | None = None,
    room: "Callable[[Path], Room] | None" = None,
) -> Planned:
    """Lays out what is missing and forecasts it; without the model at hand, lengths come from bytes.

    Args:
        study: the study.
        out: the run's folder; by default beside the study.
        memory: as `run` takes it.
        say: told what takes long.
        make_engine: another engine than this machine's.
        room: how much memory and disk there is for a folder; this machine's by default.
    """
    folder = out or default_folder(study)
    run, here = Run(folder), (room or _room)(folder)
    try:
        resolve(study.model, beside=study.folder, say=say)
    except DownloadError as error:
        say(f"{error.what}; lengths are estimated from bytes, times from the model's name")
        plan = make_plan(study, ByteTokenizer(), "unknown")
        told = _by_bytes(plan, _named_parameters(study.model))
        # The forecast is for the machine that has the model; what is lacking here is no matter of it.
        return _planned(plan, told, 0, here, ())
    prepared = prepare(study, say=say)
    wanted = missing(prepared.plan, run)
    if not wanted:
        nothing = Forecast((), 0.0, 0, 0, "nothing is missing")
        return _planned(prepared.plan, nothing, len(prepared.plan.cells), here)
    finished = len(prepared.plan.cells) - len(wanted)
    sized = _by_bytes(prepared.plan, parameters_of(prepared.model))
    if sized.memory > here.memory or sized.disk > here.disk:  # trying it out would end this process
        return _planned(prepared.plan, sized, finished, here)
    say("measuring this machine on a few of the study's rows")
    engine = (make_engine or local_engine(study))(prepared.model, settings_for(run, memory))
    return _planned(prepared.plan, forecast(prepared.plan, prepared.tokenizer, wanted, engine), finished, here)


@dataclass(frozen=True, slots=True)
class Room:
    """Bytes of memory that this process may use, and of disk that are free."""

    memory: int
    disk: int


def _room(folder: Path) -> Room:
    there = next(path for path in (folder, *folder.parents) if path.exists())
    return Room(facts().memory, shutil.disk_usage(there).free)


def _planned(plan: Plan, told: Forecast, finished: int, here: Room, problems: tuple[str, ...] | None = None) -> Planned:
    found = tuple(_problems(told, here)) if problems is None else problems
    shown = tuple(each for task in plan.tasks.values() for each in detectable(task))
    return Planned(told, finished, plan.notes, here.memory, here.disk, found, shown)


# A stated assumption, not a measurement: half of a data-centre GPU's dense bf16 peak of about 300 TFLOP/s.
_ASSUMED_FLOPS = 150e12
_ASSUMED_PARAMETERS = 7e9


def _named_parameters(model: str) -> float:
    """How many parameters a model's name says it has: `llama-2-7b` has seven billion."""
    named = re.search(r"(\d+(?:\.\d+)?)([bm])(?![a-z])", model.lower())
    return float(named[1]) * {"b": 1e9, "m": 1e6}[named[2]] if named else _ASSUMED_PARAMETERS


def _by_bytes(plan: Plan, parameters: float) -> Forecast:
    """A forecast from lengths in bytes, 2 FLOP a parameter and token forward and 6 in training (2001.08361)."""
    asking = PromptsOnce(ByteTokenizer())
    lines = [_line_by_bytes(cell, parameters, asking) for cell in plan.cells]
    full = plan.study.training is not None and plan.study.training.method == "full"
    trained = sum(isinstance(cell, TrainCell) for cell in plan.cells)
    # fp32 weights; with their gradients and two moments where all of them learn.
    held = 16 if full and trained else 2 if plan.study.precision == "bf16" and not trained else 4
    memory = int(parameters * held)
    disk = int(trained * parameters * (4 if full else 0.04))
    basis = (
        f"lengths from bytes ({BYTES_A_TOKEN} a token); {parameters:.3g} parameters; assumed, not measured: "
        f"{_ASSUMED_FLOPS / 1e12:.0f} TFLOP/s of a GPU"
    )
    return Forecast(tuple(lines), sum(line.seconds for line in lines), memory, disk, basis)


def _line_by_bytes(cell: Cell, parameters: float, asking: PromptsOnce) -> Line:
    if isinstance(cell, TrainCell):
        learnt = [example for share in cell.shares for example in share.rows]
        rows = sum(sum(len(f.encode()) for f in (*e.fields.values(), e.target)) for e in learnt)
        tokens = cell.recipe.epochs * rows // BYTES_A_TOKEN
        return Line(cell.label, tokens, 6 * parameters * tokens / _ASSUMED_FLOPS)
    if isinstance(cell, MoveCell | SpaceCell):  # two models once, or one twice
        tokens = 2 * sum(asking(asked).tokens for asked in cell.asked)
        return Line(cell.label, tokens, 2 * parameters * tokens / _ASSUMED_FLOPS)
    if not isinstance(cell, EvaluateCell | SearchCell):
        return Line(cell.label, 0, 0.1)
    if isinstance(cell, SearchCell):
        tokens, prompts = search_tokens(cell, asking), cell.prompts
    else:
        tokens, prompts = asking(cell).tokens, len(cell.domain.examples)
    if cell.task.spec.kind == "generation":
        tokens += cell.task.spec.max_new_tokens * prompts
    return Line(cell.label, tokens, 2 * parameters * tokens / _ASSUMED_FLOPS)


def _problems(told: Forecast, here: Room) -> Iterator[str]:
    if told.memory > here.memory:
        yield (
            f"not enough memory: {told.memory >> 20} MiB are needed and {here.memory >> 20} MiB are here; "
            "lower --memory, choose a smaller model, or train by lora"
        )
    if told.disk > here.disk:
        yield (
            f"not enough disk: {told.disk >> 20} MiB are needed and {here.disk >> 20} MiB are free; "
            "name another --out, or train by lora"
        )
