"""Scores a sample of a run again by the plain one-row forward: the check that catches most mistakes of such systems."""

from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from math import ceil
from typing import TYPE_CHECKING

import numpy as np

from farfield.errors import RunError
from farfield.runs import Run
from farfield.study.asking import prompts_of
from farfield.study.cells import EvaluateCell
from farfield.study.running import MakeEngine, Prepared, Results, local_engine, prepare, settings_for
from farfield.study.searching import asked_as_found

if TYPE_CHECKING:
    from farfield.engine import Backend
    from farfield.study.predictions import Prediction

__all__ = ["Verified", "verify"]


@dataclass(frozen=True, slots=True)
class Verified:
    """What the sample showed.

    Attributes:
        rows: rows done again.
        worst: largest difference of a label's log-probability, in nats.
        worst_at: which cell and row that was.
        labels_differ: rows whose label changed.
        texts: generated rows done again; `texts_differ` of them came out different.
    """

    rows: int
    worst: float
    worst_at: str
    labels_differ: int
    texts: int
    texts_differ: int

    def holds(self, tolerance: float) -> bool:
        """Whether the run is what the plain forward says: near-ties may flip one text in fifty."""
        return self.worst <= tolerance and self.texts_differ <= max(1, 0.02 * self.texts)


def verify(
    results: Results,
    *,
    share: float = 0.01,
    seed: int = 0,
    make_engine: "MakeEngine | None" = None,
    progress: Callable[[int, int], None] = lambda *_: None,
) -> Verified:
    """Scores `share` of a run's finished rows again, at least ten, drawn with `seed`."""
    run, prepared = results.run, prepare(results.study)
    engine = (make_engine or local_engine(results.study))(prepared.model, settings_for(run, None))
    rng = np.random.default_rng(seed)
    asked = [c for c in prepared.plan.cells if isinstance(c, EvaluateCell) and run.has(c.address)]
    cells = [asked_as_found(cell, run) for cell in asked]
    places = [(cell, place) for cell in cells for place in range(len(cell.domain.examples))]
    if not places:
        raise RunError(
            "no finished cell of this run fits its study any more",
            where=str(run.folder),
            mend="the data or the model changed; run the study again first",
        )
    wanted = rng.choice(len(places), size=min(len(places), max(10, ceil(share * len(places)))), replace=False)
    by_model: dict[tuple[str | None, float], list[tuple[EvaluateCell, int]]] = defaultdict(list)
    for number in sorted(wanted):
        cell, place = places[number]
        by_model[cell.trained.address if cell.trained else None, cell.strength].append((cell, place))
    seen = _Tally()
    for (address, strength), chosen in by_model.items():
        opened = engine.open(run.weights(address) if address else None, strength=strength, plain=True)
        for cell, place in chosen:
            _again(prepared, run, cell, place, opened.backend, seen)
            progress(seen.rows, len(wanted))
    return Verified(seen.rows, seen.worst, seen.worst_at, seen.labels_differ, seen.texts, seen.texts_differ)


@dataclass(slots=True)
class _Tally:
    rows: int = 0
    worst: float = 0.0
    worst_at: str = ""
    labels_differ: int = 0
    texts: int = 0
    texts_differ: int = 0


def _again(prepared: Prepared, run: Run, cell: EvaluateCell, place: int, backend: "Backend", seen: _Tally) -> None:
    from farfield.study.evaluate import evaluate

    asking = prompts_of(cell, prepared.tokenizer).only(place)
    plain: Prediction = evaluate(cell.only(place), asking, backend, prepared.tokenizer, lambda *_: None)[0]
    kept = run.predictions(cell.address).row(place, named=True)
    seen.rows += 1
    if plain.label_logprobs is None:
        seen.texts += 1
        seen.texts_differ += plain.prediction != kept["prediction"]
        return
    difference = max(abs(a - b) for a, b in zip(plain.label_logprobs, kept["label_logprobs"], strict=True))
    seen.labels_differ += plain.prediction != kept["prediction"]
    if difference >= seen.worst:
        seen.worst, seen.worst_at = difference, f"{cell.label}, row {plain.row}"
