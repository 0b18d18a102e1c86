"""What a cell's evaluation leaves on disk, one row an example."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from farfield.metrics import Metric, point

if TYPE_CHECKING:
    import polars as pl

__all__ = ["Prediction", "point_of", "prediction_schema", "write_predictions"]


@dataclass(frozen=True, slots=True)
class Prediction:
    """What a model said to one row."""

    row: int
    prompt_sha256: str
    target: str
    label_logprobs: tuple[float, ...] | None
    prediction: str


def write_predictions(predictions: Sequence[Prediction], folder: Path) -> None:
    """Writes a cell's predictions as Parquet."""
    import polars as pl

    frame = pl.DataFrame(
        {
            "row": [p.row for p in predictions],
            "prompt_sha256": [p.prompt_sha256 for p in predictions],
            "target": [p.target for p in predictions],
            "label_logprobs": [None if p.label_logprobs is None else list(p.label_logprobs) for p in predictions],
            "prediction": [p.prediction for p in predictions],
        },
        schema=prediction_schema(),
    )
    frame.write_parquet(folder / "predictions.parquet")


def prediction_schema() -> "dict[str, pl.DataType]":
    """The columns of a cell's predictions."""
    import polars as pl

    return {
        "row": pl.Int64(),
        "prompt_sha256": pl.String(),
        "target": pl.String(),
        "label_logprobs": pl.List(pl.Float64),
        "prediction": pl.String(),
    }


def point_of(of: Metric, frame: "pl.DataFrame") -> float:
    """The metric of a cell's predictions without its interval, for a choice between models or prompts."""
    return point(of, [of.row(said, gold) for said, gold in zip(frame["prediction"], frame["target"], strict=True)])
