"""How far trained arms moved: what a measuring cell leaves on disk, and the frames that findings read."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, cast

from farfield.runs import Run
from farfield.study.cells import MoveCell

if TYPE_CHECKING:
    import polars as pl

    from farfield.engine import Moved
    from farfield.runs.address import Part

__all__ = ["divergences_frame", "measured_frame", "movements_frame", "write_moved"]

_WEIGHTS, _DIVERGENCES = "weights.parquet", "divergences.parquet"
_KEYS = ("arm", "trained_on", "train_rows", "seed")


def write_moved(
    cell: MoveCell, weights: "Sequence[Moved]", divergences: Sequence[Sequence[float]], folder: Path
) -> None:
    """Writes a line for each weight, and one for each row that both models were asked."""
    import polars as pl

    home = cell.trained.task.name
    pl.DataFrame(
        [{"name": w.name, "elements": w.elements, "mean_abs": w.mean_abs, "relative": w.relative, "rank": w.rank}
         for w in weights],
        schema=_weights_schema(),
    ).write_parquet(folder / _WEIGHTS)  # fmt: skip
    rows = [
        {"task": asked.task.name, "domain": asked.domain.name, "row": example.row, "kl": value,
         "tier": asked.domain.tier if asked.task.name == home else "cross_task"}
        for asked, values in zip(cell.asked, divergences, strict=True)
        for example, value in zip(asked.domain.examples, values, strict=True)
    ]  # fmt: skip
    pl.DataFrame(rows, schema=_divergences_schema()).write_parquet(folder / _DIVERGENCES)


def movements_frame(run: Run) -> "pl.DataFrame":
    """One row a trained model and weight.

    Columns: arm, trained_on, train_rows, seed, name, elements, mean_abs, relative, rank; see `engine.Moved`.
    """
    return measured_frame(run, "moves", _WEIGHTS, _weights_schema())


def divergences_frame(run: Run) -> "pl.DataFrame":
    """One row a trained model and test row.

    Columns: arm, trained_on, train_rows, seed, task, domain, row, kl (in nats, a mean over the reference), tier.
    """
    return measured_frame(run, "moves", _DIVERGENCES, _divergences_schema())


def measured_frame(run: Run, measures: str, file: str, schema: "dict[str, pl.DataType]") -> "pl.DataFrame":
    """A file of all finished cells that the manifest lists under `measures`, with its model in each row, or null."""
    import polars as pl

    keys = {"arm": pl.String(), "trained_on": pl.String(), "train_rows": pl.Int64(), "seed": pl.Int64()}
    frames = [pl.DataFrame(schema={**keys, **schema})]
    for measured in cast("list[dict[str, Part]]", run.manifest().get(measures, [])):
        if run.has(str(measured["address"])):
            own = [pl.lit(measured.get(name), dtype=keys[name]).alias(name) for name in _KEYS]
            frames.append(pl.read_parquet(run.cell(str(measured["address"])) / file).select(*own, *schema))
    return pl.concat(frames)


def _weights_schema() -> "dict[str, pl.DataType]":
    import polars as pl

    real = pl.Float64()
    return {"name": pl.String(), "elements": pl.Int64(), "mean_abs": real, "relative": real, "rank": real}


def _divergences_schema() -> "dict[str, pl.DataType]":
    import polars as pl

    return {"task": pl.String(), "domain": pl.String(), "row": pl.Int64(), "kl": pl.Float64(), "tier": pl.String()}
