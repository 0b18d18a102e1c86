"""What benchmarks share: their options, rows of a study, and the sweep that gives a peer its best batch size."""

import argparse
import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path

from bench.record import timed
from farfield.engine import TorchBackend, open_backend
from farfield.models import load_model
from farfield.spec import load_study
from farfield.study import Prepared, prepare
from farfield.study.cells import EvaluateCell, TrainCell

__all__ = [
    "backend_of",
    "best_size",
    "cell_of",
    "chosen",
    "first_rows",
    "options",
    "prepared_study",
    "train_cell",
]

SIZES = (1, 2, 4, 8, 16, 32)
"""Batch sizes that a peer is tried at."""


MEMORY = 2 << 30
"""What a run lets its prefixes take where the machine has twice as much."""


def options(doc: str | None, cases: Iterable[str], *, repeats: int = 3) -> argparse.Namespace:
    """The command line: a study file, and which of its cases to run; all of them by default."""
    parser = argparse.ArgumentParser(description=doc, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("study", type=Path, help="a study with the tasks of arXiv 2403.09162")
    parser.add_argument("--model", default="smollm2-135m-instruct")
    parser.add_argument("--case", action="append", choices=list(cases), help="only this case; may be repeated")
    parser.add_argument("--repeats", type=int, default=repeats)
    return parser.parse_args()


def chosen(given: argparse.Namespace, cases: Iterable[str]) -> list[str]:
    """The cases that were asked for, in the order of `cases`."""
    return [name for name in cases if not given.case or name in given.case]


def prepared_study(given: argparse.Namespace, **changes: object) -> Prepared:
    """The study with another model, and with the changes."""
    return prepare(load_study(given.study).model_copy(update={"model": given.model, **changes}))


def backend_of(prepared: Prepared, *, memory: int = MEMORY) -> TorchBackend:
    """The back end for the study's model, as a run gets it."""
    backend = open_backend(load_model(prepared.model), memory=memory).backend
    if not isinstance(backend, TorchBackend):
        raise TypeError(f"{prepared.model.name} takes the {backend.name} path; there is nothing to measure")
    return backend


def cell_of(prepared: Prepared, task: str, domain: str, shots: int, rows: int) -> EvaluateCell:
    """The untrained cell of a test set, with its first rows."""
    found = next(
        cell
        for cell in prepared.plan.cells
        if isinstance(cell, EvaluateCell) and cell.trained is None and cell.template == 0
        and (cell.task.name, cell.domain.name) == (task, domain) and len(cell.domain.demos.pool) >= shots
    )  # fmt: skip
    return first_rows(replace(found, shots=shots), rows)


def first_rows(cell: EvaluateCell, rows: int) -> EvaluateCell:
    """The same cell with the first rows of its domain."""
    return replace(cell, domain=replace(cell.domain, examples=cell.domain.examples[:rows]))


def train_cell(prepared: Prepared, task: str) -> TrainCell:
    """The task's first training without demos."""
    return next(c for c in prepared.plan.cells if isinstance(c, TrainCell) and c.task.name == task and not c.shots)


def best_size(
    peer: str,
    run: Callable[[int], object],
    sizes: Sequence[int] = SIZES,
    *,
    rows: Callable[[int], int] = lambda _: 1,
) -> int:
    """The size at which `run` is fastest for each of the `rows` that it takes at that size; prints the sweep."""
    run(sizes[0])
    seconds = {size: timed(partial(run, size))[1] / rows(size) for size in sizes}
    best = min(seconds, key=lambda size: seconds[size])
    told = {"peer": peer, "sweep": {str(size): round(spent, 3) for size, spent in seconds.items()}, "best": best}
    print(json.dumps(told), flush=True)
    return best
