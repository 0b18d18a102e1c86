"""The training rows of a cell as tokens."""

from typing import TYPE_CHECKING

from farfield.prompts import Prompter, TokenizerLike
from farfield.study.cells import TrainCell

if TYPE_CHECKING:
    from farfield.engine import Target

__all__ = ["lessons_of"]


def lessons_of(cell: TrainCell, tokenizer: TokenizerLike) -> "list[Target]":
    """Each row's prompt, with the arm's demos, and its target."""
    from farfield.engine.protocol import Target

    prompter = Prompter(tokenizer, cell.task.spec, cell.task.protocol)
    return [Target(*prompter.lesson(e, cell.task.train_demos[e.domain][: cell.shots])) for e in cell.rows]
