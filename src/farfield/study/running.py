"""`run`: a study in, a finished run out. The three hops of a newcomer: cli -> here -> engine."""

import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from farfield.errors import SpecError
from farfield.models import ModelFolder, Tokenizer, layers_of, load_tokenizer, resolve
from farfield.runs import Run
from farfield.spec import StudySpec, claims_of, load_study
from farfield.study.execute import Quiet, RunSettings, Watch, execute
from farfield.study.notes import Note
from farfield.study.plan import Plan, make_plan
from farfield.study.results import predictions_frame, results_frame

if TYPE_CHECKING:
    import polars as pl

    from farfield.engine import Engine

__all__ = [
    "MakeEngine",
    "Prepared",
    "Results",
    "default_folder",
    "local_engine",
    "open_results",
    "prepare",
    "run",
    "settings_for",
]

GIB = 1 << 30

# A model and the run's settings in, what scores, generates and trains with it out.
MakeEngine = Callable[[ModelFolder, RunSettings], "Engine"]


@dataclass(frozen=True, slots=True)
class Prepared:
    """A study with its model at hand and its cells laid out; nothing has run yet."""

    plan: Plan
    model: ModelFolder
    tokenizer: Tokenizer


@dataclass(frozen=True, slots=True)
class Results:
    """A run's numbers as Polars frames; columns as `farfield results` and `farfield predictions` print them."""

    run: Run

    @property
    def folder(self) -> Path:
        """The run's folder."""
        return self.run.folder

    @property
    def notes(self) -> list[Note]:
        """What a reader should know before the numbers."""
        kept = cast("list[dict[str, Any]]", self.run.manifest().get("notes", []))
        return [Note(note["code"], note["values"]) for note in kept]

    @property
    def study(self) -> StudySpec:
        """The study that was run, from the run's own copy."""
        manifest = self.run.manifest()
        return StudySpec.model_validate(manifest["study"]).in_folder(Path(str(manifest["folder"])))

    @property
    def frame(self) -> "pl.DataFrame":
        """One row per cell and metric, with its interval."""
        return results_frame(self.run)

    @property
    def predictions(self) -> "pl.DataFrame":
        """One row per example, cell and metric."""
        return predictions_frame(self.run)


def run(
    study: StudySpec,
    out: Path | None = None,
    *,
    memory: int | None = None,
    watch: Watch | None = None,
    say: Callable[[str], None] = lambda _: None,
    make_engine: "MakeEngine | None" = None,
) -> Results:
    """Runs what is missing of a study and returns its results; safe to kill and to call again.

    Args:
        study: from `load_study`.
        out: the run's folder; by default `runs/NAME` beside the study file.
        memory: bytes that a training micro-batch's activations may take; by default 2 GiB or half of what is
            free, whichever is less. Kept by the run.
        watch: told of every cell's progress.
        say: told in words what takes long before the first cell.
        make_engine: another engine than this machine's; tests give a fake one.

    Raises:
        FarfieldError: with what, where and how to mend it; what was finished before is kept.
    """
    prepared = prepare(study, say=say)
    here = Run.create(out or default_folder(study))
    settings = settings_for(here, memory)
    engine_of = make_engine or local_engine(study)
    execute(
        prepared.plan,
        here,
        prepared.model,
        prepared.tokenizer,
        lambda fixed: engine_of(prepared.model, fixed),
        settings,
        watch or Quiet(),
    )
    return Results(here)


def prepare(study: StudySpec, *, say: Callable[[str], None] = lambda _: None) -> Prepared:
    """Finds the model, reads the data and the claims, lays out the cells.

    Raises:
        FarfieldError: what can be known to fail, so that it fails before anything runs.
    """
    claims_of(study)
    model = resolve(study.model, beside=study.folder, say=say)
    _require_layers(study, model)
    tokenizer = load_tokenizer(model.path)
    return Prepared(make_plan(study, tokenizer, model.fingerprint), model, tokenizer)


def _require_layers(study: StudySpec, model: ModelFolder) -> None:
    wanted = {name: arm for arm, spec in study.arms.items() for name in spec.target_modules}
    known = layers_of(model) if wanted else set()
    for name, arm in wanted.items():
        if known and name not in known:
            raise SpecError(
                f"the model has no linear layer named {name!r}",
                where=f"arms.{arm}.target_modules",
                mend=f"choose among {', '.join(sorted(known))}",
            )


def open_results(place: Path) -> Results:
    """The results of a run on disk, as far as it has come.

    Args:
        place: the run's folder, or a study file whose run has the default folder.
    """
    return Results(Run.open(default_folder(load_study(place)) if place.is_file() else place))


def default_folder(study: StudySpec) -> Path:
    """`runs/NAME` beside the study file."""
    return study.folder / "runs" / study.study


def settings_for(run: Run, memory: int | None) -> RunSettings:
    """The run's own settings; for a new run, what this machine allows."""
    kept = cast("dict[str, int] | None", run.manifest().get("settings"))
    if kept:
        return RunSettings(memory or kept["memory"], kept["threads"])
    import psutil

    threads = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return RunSettings(memory or min(2 * GIB, psutil.virtual_memory().available // 2), threads)


def local_engine(study: StudySpec) -> "MakeEngine":
    """The engine of this machine, in the study's precision."""

    def make(model: ModelFolder, fixed: RunSettings) -> "Engine":
        # Torch takes seconds to load, so it is loaded only where a cell is missing.
        from farfield.engine import LocalEngine, Settings

        return LocalEngine(model, Settings(fixed.memory, fixed.threads, study.precision))

    return make
