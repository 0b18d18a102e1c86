"""Of several trainings of one arm, the one that does best on development rows; no test row is looked at."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

from farfield.metrics import metric
from farfield.runs import Run
from farfield.runs.address import Part
from farfield.study.cells import ChooseCell
from farfield.study.predictions import point_of

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["Chosen", "Tried", "chosen_of", "told_by"]


@dataclass(frozen=True, slots=True)
class Tried:
    """A recipe that was tried, and its score on development rows."""

    learning_rate: float
    epochs: int
    score: float


@dataclass(frozen=True, slots=True)
class Chosen:
    """What was tried for one trained arm, and which of them was taken, counted from 0."""

    arm: str
    trained_on: str
    train_rows: int
    seed: int
    metric: str
    dev_rows: int
    tried: tuple[Tried, ...]
    taken: int


def told_by(cell: ChooseCell, run: Run) -> dict[str, Part]:
    """What the cell's record tells: the address of the weights that are taken, and every candidate's score.

    The best score wins; of equal ones the gentlest recipe, as candidates come with rising learning rate and epochs.
    """
    spec = cell.task.spec
    of = metric(spec.scored_by[0], spec.labels)
    tried: list[Part] = []
    scores = []
    for candidate in cell.candidates:
        scores.append(point_of(of, run.predictions(candidate.dev.address)))
        recipe = candidate.trained.recipe
        tried.append({"learning_rate": recipe.learning_rate, "epochs": recipe.epochs, "score": scores[-1]})
    taken = scores.index(max(scores))
    return {
        "weights": cell.candidates[taken].trained.address,
        "metric": of.name,
        "dev_rows": len(cell.candidates[0].dev.domain.examples),
        "tried": tried,
        "taken": taken,
    }


def chosen_of(run: Run) -> Iterator[Chosen]:
    """Every finished choice of a run."""
    for choice in cast("list[Mapping[str, Part]]", run.manifest().get("choices", [])):
        if run.has(str(choice["address"])):
            told = dict(run.record(str(choice["address"])).facts)
            tried = [Tried(**line) for line in cast("list[dict[str, float]]", told.pop("tried"))]  # type: ignore[arg-type]
            keys = {name: choice[name] for name in ("arm", "trained_on", "train_rows", "seed")}
            told.pop("weights")
            yield Chosen(**keys, **told, tried=tuple(tried))  # type: ignore[arg-type]
