"""A trained model of a run as a folder of its own: weights, tokenizer, the prompt that it expects, and a model card."""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import TYPE_CHECKING

from farfield.atomic import fill_folder
from farfield.data import Demos, Example
from farfield.errors import RunError, UsageError
from farfield.models import Tokenizer, copy_tokenizer
from farfield.prompts import Prompter
from farfield.runs import Run
from farfield.study.card import ModelName, model_card
from farfield.study.cells import ChooseCell, EvaluateCell, MoveCell, TrainCell, Trained
from farfield.study.entries import AboutModel
from farfield.study.plan import Plan
from farfield.study.running import MakeEngine, Results, local_engine, prepare, settings_for
from farfield.study.searching import taught_as_found

if TYPE_CHECKING:
    from farfield.runs.address import Part
    from farfield.spec import StudySpec

__all__ = ["Exported", "Wanted", "export_model", "write_new"]


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which trained model.

    Attributes:
        arm: as it was trained.
        task: that it was trained on; None where the arm was trained on one task alone.
        train_rows: None for the most.
        seed: None for the study's first.
    """

    arm: str
    task: str | None = None
    train_rows: int | None = None
    seed: int | None = None


@dataclass(frozen=True, slots=True)
class Exported:
    """What was written: a folder, and the files in it by their paths there."""

    folder: Path
    files: tuple[str, ...]


def export_model(
    results: Results,
    wanted: Wanted,
    *,
    strength: float = 1.0,
    adapter: bool = False,
    out: Path | None = None,
    make_engine: "MakeEngine | None" = None,
) -> Exported:
    """Writes a folder that Transformers loads by itself, or PEFT beside the base model.

    Args:
        results: of the run.
        wanted: which of its trained models.
        strength: the share of what was learnt that is put into the weights, from 0 to 1.
        adapter: the adapter as it was trained, in place of merged weights.
        out: the folder; by default one in the run's folder that is called after the model.
        make_engine: another engine than this machine's.

    Raises:
        UsageError: no such model, nothing to export in this form, or a folder that is there already.
        RunError: the run has not finished its training.
    """
    run, study = results.run, results.study
    _require_possible(study, wanted.arm, strength, adapter=adapter)
    prepared = prepare(study)
    about = _picked(prepared.plan.moves, wanted)
    cell = taught_as_found(_training(prepared.plan, about, run), run)
    name = ModelName(about.arm, about.trained_on, about.train_rows, about.seed, strength)
    weights = run.cell(cell.address)

    def write(folder: Path) -> None:
        if adapter:
            for file in weights.glob("adapter_*"):
                (folder / file.name).write_bytes(file.read_bytes())
        else:
            engine = (make_engine or local_engine(study))(prepared.model, settings_for(run, None))
            engine.write(weights, folder, strength=strength)
            copy_tokenizer(prepared.model.path, folder)
        prompt = _prompt_of(about.arm, cell, prepared.plan, prepared.tokenizer)
        (folder / "prompt.json").write_text(json.dumps(prompt, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
        card = model_card(run, prepared.model, cell, name, adapter=adapter)
        (folder / "README.md").write_text(card, encoding="utf-8")

    return write_new(out or run.folder / "export" / f"{name}{'-adapter' if adapter else ''}", write)


def write_new(folder: Path, write: Callable[[Path], None]) -> Exported:
    """Makes a folder with what `write` puts into it, whole or not at all.

    Raises:
        UsageError: it is there already, or can't be made.
    """
    if folder.exists():
        raise UsageError(
            "the folder to write is there already",
            where=str(folder),
            mend="give another one with --out, or remove this one",
        )
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UsageError(
            f"the folder can't be made: {error.strerror}",
            where=str(folder),
            mend="give one that can be written to with --out",
        ) from error
    fill_folder(folder, folder.with_name(f"{folder.name}.half"), write)
    files = sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())
    return Exported(folder, tuple(files))


def _require_possible(study: "StudySpec", arm: str, strength: float, *, adapter: bool) -> None:
    """What the study file alone forbids."""
    trained = [name for name, spec in study.arms.items() if spec.trained]
    listed = f"trained arms: {', '.join(trained) or 'none'}"
    if arm not in study.arms:
        near = get_close_matches(arm, study.arms, 1, 0.5)
        raise UsageError(f"the study has no arm {arm!r}", mend=(f"did you mean {near[0]!r}? " if near else "") + listed)
    recipes = study.recipes(arm)
    if not recipes:
        raise UsageError(f"the arm {arm!r} is not trained: it is the base model as it is", mend=listed)
    if not 0 <= strength <= 1:
        raise UsageError(
            f"a strength of {strength:g} is no share of what was learnt",
            where="--strength",
            mend="give a number from 0, the base model, to 1, the tuned one",
        )
    if adapter and recipes[0].method != "lora":
        raise UsageError(
            f"the arm {arm!r} is trained in all weights and has no adapter", mend="export it without --adapter"
        )
    if adapter and strength != 1:
        raise UsageError(
            "an adapter is exported as it was trained, at strength 1",
            mend="leave --strength out, or leave --adapter out to have the share merged into the weights",
        )


def _picked(moves: Sequence[AboutModel], wanted: Wanted) -> AboutModel:
    """The one trained model that is wanted."""
    moves = [move for move in moves if move.arm == wanted.arm]
    tasks = list(dict.fromkeys(move.trained_on for move in moves))
    if wanted.task is None and len(tasks) != 1:
        raise UsageError(
            f"the arm {wanted.arm!r} is trained on {len(tasks)} tasks", mend=f"name one with --task: {', '.join(tasks)}"
        )
    moves = _where(moves, "task", wanted.task or tasks[0], lambda move: move.trained_on)
    most = max(move.train_rows for move in moves)
    moves = _where(moves, "number of rows", wanted.train_rows or most, lambda move: move.train_rows)
    first = moves[0].seed
    return _where(moves, "seed", first if wanted.seed is None else wanted.seed, lambda move: move.seed)[0]


def _where(
    moves: Sequence[AboutModel], what: str, value: str | int, of: Callable[[AboutModel], str | int]
) -> list[AboutModel]:
    found = [move for move in moves if of(move) == value]
    if not found:
        known = ", ".join(dict.fromkeys(str(of(move)) for move in moves))
        raise UsageError(f"the arm is not trained with the {what} {value!r}", mend=f"known: {known}")
    return found


def _training(plan: Plan, about: AboutModel, run: Run) -> TrainCell:
    """The training that left the model's weights: of several recipes the one that was chosen."""
    trained: Trained = next(c.trained for c in plan.cells if isinstance(c, MoveCell) and c.address == about.address)
    if not run.has(trained.address):
        raise RunError(
            "the run has not finished this training, or its rows or model have changed since",
            where=f"{run.folder}: {trained.label}",
            mend="run the study again: what is there already is kept",
        )
    if not isinstance(trained, ChooseCell):
        return trained
    taken = run.weights(trained.address).name
    return next(c.trained for c in trained.candidates if c.trained.address == taken)


def _pickable(demos: Demos, shots: int) -> tuple[Example, ...]:
    return demos.first(shots) if demos.choice == "fixed" else demos.pool if shots else ()


def _prompt_of(arm: str, cell: TrainCell, plan: Plan, tokenizer: Tokenizer) -> "dict[str, Part]":
    """All that serving needs: a prompt is the texts of the demos, then the template with a row's fields filled in.

    Where each row has its own demos, all that they are picked from stand here.
    """
    spec, protocol = cell.task.spec, cell.task.protocol
    form = next((share.form for share in cell.shares if share.task.name == cell.task.name), None)
    template = form.template if form else 0
    prompter = Prompter(tokenizer, spec, protocol, template)
    lines = [e for e in plan.entries if e.keys.arm == arm and e.keys.task == cell.task.name and not e.universe]
    own = {entry.address for entry in lines}
    asked = next(c for c in plan.cells if isinstance(c, EvaluateCell) and c.address in own)
    return {
        "task": cell.task.name,
        "kind": spec.kind,
        "template": spec.prompts[template],
        "target": spec.target,
        "answer_prefix": protocol.answer_prefix,
        "chat": protocol.chat,
        **({} if protocol.bos is None else {"bos": list(prompter.bos(cell.shots))}),
        "labels": list(spec.labels),
        "scoring": asked.scoring.name,
        "stop": spec.stop,
        "max_new_tokens": spec.max_new_tokens,
        **({"format": asked.format} if asked.format else {}),
        "shots": cell.shots,
        "demo_choice": protocol.demo_choice,
        "balance_demos": protocol.balance_demos,
        "demos": {
            domain: [
                {"fields": dict(demo.fields), "target": demo.target, "text": prompter.shown(demo)}
                for demo in (form.demos if form else _pickable(demos, cell.shots))
            ]
            for domain, demos in cell.task.train_demos.items()
        },
    }
