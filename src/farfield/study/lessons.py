"""Rows with their targets as tokens: a cell's training rows, and a test set's references."""

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from farfield.prompts import Prompter, TokenizerLike
from farfield.study.cells import EvaluateCell, TrainCell

if TYPE_CHECKING:
    from farfield.engine import Target

__all__ = ["lessons_of", "references_of", "without_end"]


def lessons_of(cell: TrainCell, tokenizer: TokenizerLike) -> "list[Target]":
    """Each row's prompt, with the arm's demos, and its target."""
    from farfield.engine.protocol import Target

    prompter = Prompter(tokenizer, cell.task.spec, cell.task.protocol)
    return [Target(*prompter.lesson(e, cell.task.train_demos[e.domain][: cell.shots])) for e in cell.rows]


def references_of(cell: EvaluateCell, tokenizer: TokenizerLike) -> "list[Target]":
    """Each test row's prompt in the cell's form, and its reference as if it were to be learnt."""
    from farfield.engine.protocol import Target

    prompter = Prompter(tokenizer, cell.task.spec, cell.task.protocol, cell.template)
    return [Target(*prompter.lesson(e, cell.domain.demos[: cell.shots])) for e in cell.domain.examples]


def without_end(rows: "Sequence[Target]") -> "list[Target]":
    """The same references without their EOS: a model that ends answers with a blank line isn't surprised by words."""
    return [replace(row, ids=row.ids[:-1]) for row in rows]
