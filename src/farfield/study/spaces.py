"""What models write, and what surprises them, beside the answers that were asked for: on disk, and as frames."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from farfield.metrics import copied_share
from farfield.runs import Run
from farfield.study.cells import SpaceCell
from farfield.study.moving import measured_frame

if TYPE_CHECKING:
    import polars as pl

    from farfield.engine import Surprise

__all__ = ["SpaceFrames", "space_frames", "write_space"]

_ANSWERS, _SURPRISES, _REFERENCES = "answers.parquet", "surprises.parquet", "references.parquet"


@dataclass(frozen=True, slots=True)
class SpaceFrames:
    """What was seen of the answer space; `arm`, `trained_on`, `train_rows`, `seed` are null for the untrained model.

    Attributes:
        answers: one row a model and test row: those four, task, row, target, answer, copied (share of the answer's
            word pairs that stand in the input; null for an answer without words).
        surprises: one row a model and test row, of the first ones: those four, task, row, nll, entropy (sums over
            the reference, in nats), tokens.
        references: one row a labelled row: task, target, copied.
    """

    answers: "pl.DataFrame"
    surprises: "pl.DataFrame"
    references: "pl.DataFrame"


def write_space(
    cell: SpaceCell, said: Sequence[Sequence[str]], surprised: "Sequence[Sequence[Surprise]]", folder: Path
) -> None:
    """Writes what the model said to each test set, what surprised it there, and the references that the cell keeps."""
    import polars as pl

    answers = [
        {"task": asked.task.name, "row": example.row, "target": example.target, "answer": text,
         "copied": copied_share(text, example.asked)}
        for asked, texts in zip(cell.whole, said, strict=True)
        for example, text in zip(asked.domain.examples[: len(texts)], texts, strict=True)
    ]  # fmt: skip
    surprises = [
        {"task": asked.task.name, "row": example.row, "nll": one.nll, "entropy": one.entropy, "tokens": one.tokens}
        for asked, found in zip(cell.asked, surprised, strict=True)
        for example, one in zip(asked.domain.examples, found, strict=True)
    ]
    references = [
        {"task": task, "target": example.target, "copied": copied_share(example.target, example.asked)}
        for task, examples in cell.references.items()
        for example in examples
    ]
    for rows, file, schema in (
        (answers, _ANSWERS, _answers_schema()),
        (surprises, _SURPRISES, _surprises_schema()),
        (references, _REFERENCES, _references_schema()),
    ):
        pl.DataFrame(rows, schema=schema).write_parquet(folder / file)


def space_frames(run: Run) -> SpaceFrames:
    """What the run's finished cells saw of the answer space."""
    return SpaceFrames(
        measured_frame(run, "spaces", _ANSWERS, _answers_schema()),
        measured_frame(run, "spaces", _SURPRISES, _surprises_schema()),
        measured_frame(run, "spaces", _REFERENCES, _references_schema()).select(*_references_schema()),
    )


def _answers_schema() -> "dict[str, pl.DataType]":
    import polars as pl

    text, real = pl.String(), pl.Float64()
    return {"task": text, "row": pl.Int64(), "target": text, "answer": text, "copied": real}


def _surprises_schema() -> "dict[str, pl.DataType]":
    import polars as pl

    whole, real = pl.Int64(), pl.Float64()
    return {"task": pl.String(), "row": whole, "nll": real, "entropy": real, "tokens": whole}


def _references_schema() -> "dict[str, pl.DataType]":
    import polars as pl

    return {"task": pl.String(), "target": pl.String(), "copied": pl.Float64()}
