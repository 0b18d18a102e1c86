"""The prompts of a cell as tokens, and what they share."""

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from typing import Protocol

from farfield.data import Example
from farfield.errors import PromptError
from farfield.prompts import Asked, Prompter, TokenizerLike, common_prefix
from farfield.study.cells import EvaluateCell

__all__ = ["Asking", "PromptsOnce", "Reader", "prompts_of"]

Ids = tuple[int, ...]


class Reader(TokenizerLike, Protocol):
    """A tokenizer that also knows how long a prompt its model can read."""

    @property
    def max_positions(self) -> int:
        """Most tokens of a prompt with its answer."""
        ...


@dataclass(frozen=True, slots=True)
class Asking:
    """The prompts of a cell: the tokens that all share, and each row's own."""

    prefix: Ids
    rows: tuple[Asked, ...]

    @property
    def tokens(self) -> int:
        """Tokens that go through the model, the shared ones once."""
        return len(self.prefix) + sum(len(row.ids) - len(self.prefix) for row in self.rows)

    def only(self, place: int) -> "Asking":
        """One row's prompt, with nothing shared."""
        return Asking((), self.rows[place : place + 1])


def prompts_of(cell: EvaluateCell, tokenizer: Reader) -> Asking:
    """Tokenises the cell's prompts and finds what they share.

    Raises:
        PromptError: a prompt with its answer is longer than the model can read.
    """
    task = cell.task
    prompter = Prompter(tokenizer, task.spec, task.protocol, cell.template)
    rows = tuple(_asked(prompter, e, cell.domain.demos.shown(e, cell.shots)) for e in cell.domain.examples)
    room = task.spec.max_new_tokens if task.spec.kind == "generation" else 0
    for example, row in zip(cell.domain.examples, rows, strict=True):
        longest = len(row.ids) + max((len(ids) for ids in row.answers), default=room)
        if longest > tokenizer.max_positions:
            raise PromptError(
                f"a prompt of {longest} tokens is longer than the model can read ({tokenizer.max_positions})",
                where=f"{example.source}, row {example.row}, {cell.shots} shots, template {cell.template}",
                mend="ask for fewer shots, shorten the row, or choose a model with a longer context",
            )
    # One token of each row stays its own: what is scored comes after it.
    shared = min(common_prefix([row.ids for row in rows]), *(len(row.ids) - 1 for row in rows)) if rows else 0
    return Asking(rows[0].ids[:shared] if rows else (), rows)


class PromptsOnce:
    """`prompts_of` for many cells: all models read the same prompts, which are tokenised once a form."""

    def __init__(self, tokenizer: Reader) -> None:
        self.tokenizer = tokenizer
        self._held: dict[tuple[Hashable, ...], Asking] = {}

    def __call__(self, cell: EvaluateCell) -> Asking:
        """See `prompts_of`."""
        if cell.form not in self._held:
            self._held[cell.form] = prompts_of(cell, self.tokenizer)
        return self._held[cell.form]


def _asked(prompter: Prompter, example: Example, demos: Sequence[Example]) -> Asked:
    if prompter.task.labels:
        return prompter.asked(example, demos, prompter.task.labels)
    return Asked(prompter.text(example, demos), prompter.question(example, demos), ())
