"""What finished cells took: seconds and tokens of each model's answers, and seconds of trainings by number of rows."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

from farfield.runs import Run
from farfield.study.results import KEYS

if TYPE_CHECKING:
    import polars as pl

    from farfield.runs.address import Part

__all__ = ["Took", "took_of"]


@dataclass(frozen=True, slots=True)
class Took:
    """What a run measured of its own time.

    Attributes:
        answers: one row for each finished line of test rows, asked as the study asks: the keys, seconds and tokens of
            all its rows together. A searched form has the shots it was planned with.
        training: mean seconds of a training, by its number of rows of its own task.
    """

    answers: "pl.DataFrame"
    training: Mapping[int, float]


def took_of(run: Run) -> Took:
    """What the finished cells of a run took."""
    return Took(_answers(run), _training(run))


def _answers(run: Run) -> "pl.DataFrame":
    import polars as pl

    lines = [
        {**cast("dict[str, Part]", entry["keys"]), "seconds": record.seconds, "tokens": record.tokens}
        for entry in cast("list[dict[str, Part]]", run.manifest().get("entries", []))
        if entry["split"] == "test" and not entry.get("universe") and run.has(str(entry["address"]))
        for record in [run.record(str(entry["address"]))]
    ]
    text, whole, real = pl.String(), pl.Int64(), pl.Float64()
    types: dict[str, pl.DataType] = {
        **dict.fromkeys(KEYS, text), "strength": real, "train_rows": whole, "seed": whole, "shots": whole,
        "template": whole, "seconds": real, "tokens": whole,
    }  # fmt: skip
    return pl.DataFrame(lines, schema=types)


def _training(run: Run) -> Mapping[int, float]:
    took: dict[int, list[float]] = {}
    for record in run.records():
        rows = record.facts.get("rows")
        if record.kind == "train" and isinstance(rows, list):
            took.setdefault(len(rows), []).append(record.seconds)
    return {rows: sum(seconds) / len(seconds) for rows, seconds in took.items()}
