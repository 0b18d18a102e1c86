"""Rows with their targets as tokens: a cell's training rows, and a test set's references."""

from typing import TYPE_CHECKING

from farfield.prompts import Prompter, TokenizerLike
from farfield.study.cells import EvaluateCell, TrainCell

if TYPE_CHECKING:
    from farfield.engine import Target

__all__ = ["lessons_of", "references_of"]


def lessons_of(cell: TrainCell, tokenizer: TokenizerLike) -> "list[Target]":
    """Each row's prompt, with the arm's demos, and its target."""
    from farfield.engine.protocol import Target

    prompter = Prompter(tokenizer, cell.task.spec, cell.task.protocol)
    return [Target(*prompter.lesson(e, cell.task.train_demos[e.domain].shown(e, cell.shots))) for e in cell.rows]


def references_of(cell: EvaluateCell, tokenizer: TokenizerLike) -> "list[Target]":
    """Each test row's prompt in the cell's form, and its reference as if it were to be learnt."""
    from farfield.engine.protocol import Target

    prompter = Prompter(tokenizer, cell.task.spec, cell.task.protocol, cell.template)
    return [Target(*prompter.lesson(e, cell.domain.demos.shown(e, cell.shots))) for e in cell.domain.examples]
