"""One prompt as the model reads it: every token, and which are shared, asked and scored."""

from collections.abc import Callable
from dataclasses import dataclass

from farfield.errors import UsageError
from farfield.models import Tokenizer
from farfield.prompts import Prompter
from farfield.runs import Run
from farfield.study.asking import prompts_of
from farfield.study.cells import EvaluateCell
from farfield.study.forms import PromptForm, in_form
from farfield.study.plan import Plan
from farfield.study.searching import found_form

__all__ = ["Piece", "Shown", "found_by", "shown"]


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


def shown(
    plan: Plan, tokenizer: Tokenizer, task: str, domain: str, row: int, form: tuple[int, int] | PromptForm
) -> Shown:
    """The prompt of one row with (shots, template), or in the form that a search found.

    Raises:
        UsageError: the study has no such task, domain, row, number of shots or template.
    """
    cell = _cell(plan, task, domain, form)
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
    prompter = Prompter(tokenizer, cell.task.spec, cell.task.protocol, cell.template)
    lesson, start = prompter.lesson(example, cell.domain.demos.shown(example, cell.shots))
    split, bos = len(asking.prefix), len(prompter.bos(cell.shots))
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


def found_by(plan: Plan, run: Run, arm: str, task: str) -> PromptForm:
    """The form of prompt that an arm's search found for a task.

    Raises:
        UsageError: the arm has no search there, or the run has not come so far.
    """
    search = plan.searches.get((arm, task))
    if search is None:
        known = sorted({name for name, _ in plan.searches}) or ["none"]
        raise UsageError(f"arm {arm!r} searches no prompt of task {task!r}", mend=f"known: {', '.join(known)}")
    if not run.has(search.address):
        where, mend = str(run.folder), "run the study first: the search is part of it"
        raise UsageError(f"the search of arm {arm!r} has found nothing yet", where=where, mend=mend)
    return found_form(search, run)


def _cell(plan: Plan, task: str, domain: str, form: tuple[int, int] | PromptForm) -> EvaluateCell:
    usual = {entry.address for entry in plan.entries if not entry.universe}
    every = [cell for cell in plan.cells if isinstance(cell, EvaluateCell) and cell.address in usual]
    if not isinstance(form, PromptForm):
        every = [cell for cell in every if cell.search is None]
    asked = [cell for cell in every if cell.trained is None] or every
    keys: list[tuple[str, str | int, Callable[[EvaluateCell], str | int]]] = [
        ("task", task, lambda c: c.task.name),
        ("domain", domain, lambda c: c.domain.name),
    ]
    if not isinstance(form, PromptForm):
        keys += [("number of shots", form[0], lambda c: c.shots), ("template", form[1], lambda c: c.template)]
    for name, value, of in keys:
        known = sorted({str(of(cell)) for cell in asked})
        asked = [cell for cell in asked if of(cell) == value]
        if not asked:
            raise UsageError(f"the study asks no {name} {value!r}", mend=f"known: {', '.join(known)}")
    last = asked[-1]  # the test set of a domain stands after its development rows
    return in_form(last, form) if isinstance(form, PromptForm) else last


def _pieces(tokenizer: Tokenizer, ids: tuple[int, ...]) -> tuple[Piece, ...]:
    return tuple(Piece(i, tokenizer.token(i), tokenizer.decode([i])) for i in ids)
