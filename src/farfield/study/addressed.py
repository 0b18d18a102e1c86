"""The making of cells: each under the address of all that it depends on, and of nothing else."""

from collections.abc import Sequence
from dataclasses import replace
from typing import cast

from farfield.data import Demos, fingerprint
from farfield.prompts import Scoring
from farfield.runs import address_of
from farfield.runs.address import Part
from farfield.spec import Recipe, TaskProtocol
from farfield.study.cells import (
    MEASURED_ROWS,
    BaselineCell,
    Candidate,
    Cell,
    ChooseCell,
    EvaluateCell,
    MoveCell,
    Share,
    SpaceCell,
    TrainCell,
    Trained,
)
from farfield.study.tasks import Domain, TaskData

__all__ = [
    "baseline_cell",
    "choose_cell",
    "evaluate_cell",
    "move_cell",
    "narrowed_cell",
    "space_cell",
    "train_cell",
    "unique",
]

# Raised when the same study would give other numbers: prompts, scoring, training or generation changed.
PROTOCOL = 1


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
    more: dict[str, Part] = {"answers": share.answers.address} if share.answers else {}
    more |= {"search": share.search.address} if share.search else {}
    more |= {} if share.cut is None else {"cut": share.cut}
    return {
        "prompt": task.spec.prompts[0],
        "target": task.spec.target,
        "labels": list(task.spec.labels),
        "chat": task.protocol.chat,
        "answer_prefix": task.protocol.answer_prefix,
        "demos": _shown(list(task.train_demos.values()), shots),
        "rows": fingerprint(share.rows),
        **more,
        **_bos(task.protocol),
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
        **_bos(task.protocol),
    }
    strength = strength if trained else 1.0
    return EvaluateCell(address_of(parts), trained, task, domain, shots, template, scoring, strength)


def narrowed_cell(cell: EvaluateCell, expression: str) -> EvaluateCell:
    """The same cell with its answers held to a regular expression."""
    parts: dict[str, Part] = {"kind": "narrowed", "of": cell.address, "format": expression}
    return replace(cell, address=address_of(parts), scoring=Scoring("constrained"), format=expression)


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
    parts: dict[str, Part] = {
        "protocol": PROTOCOL,
        "kind": "move",
        "weights": trained.address,
        "asked": [cell.address for cell in asked],
        "rows": MEASURED_ROWS,
    }
    return MoveCell(address_of(parts), trained, tuple(cell.first() for cell in asked))


def space_cell(trained: Trained | None, whole: Sequence[EvaluateCell]) -> SpaceCell:
    """The cell that looks at what a model writes where it is free to, on one test set of each task."""
    cell = SpaceCell("", trained, tuple(whole))
    parts: dict[str, Part] = {
        "protocol": PROTOCOL,
        "kind": "space",
        "asked": [each.address for each in whole],
        "stops": [each.task.spec.stop for each in whole],
        "rows": MEASURED_ROWS,
        "references": [fingerprint(rows) for rows in cell.references.values()],
    }
    return replace(cell, address=address_of(parts))


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


def _bos(protocol: TaskProtocol) -> dict[str, Part]:
    return {} if protocol.bos is None else {"bos": protocol.bos}


def _shown(held: Sequence[Demos], shots: int) -> Part:
    """What decides the demos of prompts: those that all see, or how each finds its own in which pool."""
    if not shots or all(demos.choice == "fixed" for demos in held):
        return fingerprint([demo for demos in held for demo in demos.first(shots)])
    return [[demos.choice, demos.balanced, shots, demos.fingerprint()] for demos in held]


def unique(cells: Sequence[Cell]) -> list[Cell]:
    """Each cell once, in order of first mention: two arms of equal value share their cells."""
    return list({cell.address: cell for cell in cells}.values())
