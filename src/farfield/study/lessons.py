"""Rows with their targets as tokens: a cell's training rows, and a test set's references."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from farfield.prompts import Prompter, TokenizerLike
from farfield.study.cells import EvaluateCell, TrainCell

if TYPE_CHECKING:
    from farfield.engine import Target

__all__ = ["Answers", "lessons_of", "references_of", "without_end"]

# The texts that a finished cell answered, in the order of its rows.
Answers = Callable[[EvaluateCell], Sequence[str]]


def lessons_of(cell: TrainCell, tokenizer: TokenizerLike, answers: Answers | None = None) -> "list[Target]":
    """Each row's prompt, with the arm's demos, and its target.

    Args:
        cell: the training.
        tokenizer: of the model.
        answers: what a cell answered, where rows are taught by another model; an empty answer teaches nothing and
            its row is left out. Without them the rows' own targets stand in, for an estimate.
    """
    from farfield.engine.protocol import Target

    lessons = []
    for share in cell.shares:
        form = share.form
        prompter = Prompter(tokenizer, share.task.spec, share.task.protocol, form.template if form else 0)
        given = answers(share.answers) if share.answers and answers else [example.target for example in share.rows]
        for example, target in zip(share.rows, given, strict=True):
            if target:
                held = share.task.train_demos[example.domain]
                shown = form.demos if form else held.shown(example, cell.shots)
                ids, start = prompter.lesson(replace(example, target=target), shown)
                if share.cut is not None:
                    _, asked = prompter.lesson(example, held.shown(example, share.cut))
                    ids = ids[: min(cell.recipe.max_length, start + max(0, cell.recipe.max_length - asked))]
                if len(ids) > start:  # a target that is cut off whole teaches nothing either
                    lessons.append(Target(ids, start))
    return lessons


def references_of(cell: EvaluateCell, tokenizer: TokenizerLike) -> "list[Target]":
    """Each test row's prompt in the cell's form, and its reference as if it were to be learnt."""
    from farfield.engine.protocol import Target

    prompter = Prompter(tokenizer, cell.task.spec, cell.task.protocol, cell.template)
    return [Target(*prompter.lesson(e, cell.domain.demos.shown(e, cell.shots))) for e in cell.domain.examples]


def without_end(rows: "Sequence[Target]") -> "list[Target]":
    """The same references without their EOS: a model that ends answers with a blank line isn't surprised by words."""
    return [replace(row, ids=row.ids[:-1]) for row in rows]
