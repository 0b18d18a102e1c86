"""One prompt as the model reads it: every token, and which are shared, asked and scored."""

from collections.abc import Callable
from dataclasses import dataclass

from farfield.errors import UsageError
from farfield.models import Tokenizer
from farfield.prompts import Prompter
from farfield.study.asking import prompts_of
from farfield.study.cells import EvaluateCell
from farfield.study.plan import Plan

__all__ = ["Piece", "Shown", "shown"]


@dataclass(frozen=True, slots=True)
class Piece:
    """One token: its number in the vocabulary, its spelling there, and the text it stands for."""

    id: int
    token: str
    text: str


@dataclass(frozen=True, slots=True)
class Shown:
    """A prompt in parts.

    Attributes:
        bos: what the tokenizer's convention puts first; part of what is shared.
        shared: tokens that all prompts of the cell begin with.
        asked: the row's own tokens.
        scored: for each label, or for the reference answer, the tokens after the boundary.
        scoring: `first_token`, `whole_label` or `greedy`.
        trained: for a trained arm's prompt, the tokens that carry loss; else those of the gold answer.
    """

    text: str
    bos: tuple[Piece, ...]
    shared: tuple[Piece, ...]
    asked: tuple[Piece, ...]
    scored: dict[str, tuple[Piece, ...]]
    scoring: str
    trained: tuple[Piece, ...]


def shown(plan: Plan, tokenizer: Tokenizer, task: str, domain: str, row: int, form: tuple[int, int]) -> Shown:
    """The prompt of one row with (shots, template).

    Raises:
        UsageError: the study has no such task, domain, row, number of shots or template.
    """
    shots, template = form
    cell = _cell(plan, task, domain, shots, template)
    numbers = [example.row for example in cell.domain.examples]
    if row not in numbers:
        left = {gone.row: gone.reason for gone in cell.domain.left_out}
        raise UsageError(
            f"row {row} is not asked" + (f": it is left out ({left[row]})" if row in left else ""),
            where=f"task {task}, domain {domain}",
            mend=f"choose a row from {numbers[0]} to {numbers[-1]}",
        )
    asking = prompts_of(cell, tokenizer)
    example, asked = cell.domain.examples[numbers.index(row)], asking.rows[numbers.index(row)]
    prompter = Prompter(tokenizer, cell.task.spec, cell.task.protocol, template)
    lesson, start = prompter.lesson(example, cell.domain.demos.shown(example, shots))
    split, bos = len(asking.prefix), len(tokenizer.bos)
    scored = {
        label: _pieces(tokenizer, ids)
        for label, ids in zip(cell.task.spec.labels, cell.scoring.counted(asked.answers), strict=True)
    }
    return Shown(
        asked.text,
        _pieces(tokenizer, asked.ids[:bos]),
        _pieces(tokenizer, asked.ids[bos:split]),
        _pieces(tokenizer, asked.ids[max(split, bos) :]),
        scored,
        cell.scoring.name,
        _pieces(tokenizer, lesson[start:]),
    )


def _cell(plan: Plan, task: str, domain: str, shots: int, template: int) -> EvaluateCell:
    asked = [cell for cell in plan.cells if isinstance(cell, EvaluateCell) and cell.trained is None] or [
        cell for cell in plan.cells if isinstance(cell, EvaluateCell)
    ]
    keys: list[tuple[str, str | int, Callable[[EvaluateCell], str | int]]] = [
        ("task", task, lambda c: c.task.name),
        ("domain", domain, lambda c: c.domain.name),
        ("number of shots", shots, lambda c: c.shots),
        ("template", template, lambda c: c.template),
    ]
    for name, value, of in keys:
        known = sorted({str(of(cell)) for cell in asked})
        asked = [cell for cell in asked if of(cell) == value]
        if not asked:
            raise UsageError(f"the study asks no {name} {value!r}", mend=f"known: {', '.join(known)}")
    return asked[-1]  # the test set of a domain stands after its development rows


def _pieces(tokenizer: Tokenizer, ids: tuple[int, ...]) -> tuple[Piece, ...]:
    return tuple(Piece(i, tokenizer.token(i), tokenizer.decode([i])) for i in ids)
