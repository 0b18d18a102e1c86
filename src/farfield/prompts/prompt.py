"""How a prompt is worded, and where in its tokens the answer begins.

A prompt is the k demos, each `template(demo) + answer + blank line`, then `template(example)`. The scored part
starts after the longest token prefix common to tokens(prompt) and to tokens(prompt + answer) for every answer
in question. So " positive" after "Sentiment:" is scored as one token, and a template that ends in a space does
not tear the space from the word that it belongs to.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from farfield.data import Example
from farfield.errors import PromptError
from farfield.spec import TaskProtocol, TaskSpec, Template

__all__ = ["BLANK_LINE", "Asked", "Prompter", "TokenizerLike", "common_length", "common_prefix"]

Ids = tuple[int, ...]
BLANK_LINE = "\n\n"


class TokenizerLike(Protocol):
    """What a prompt needs of a tokenizer; `farfield.models.Tokenizer` is one, tests have a smaller one."""

    @property
    def bos(self) -> Ids:
        """The tokens that the tokenizer's own convention puts before a text; often none."""
        ...

    @property
    def named_bos(self) -> Ids:
        """The token that the model has for the beginning of a text, whatever the convention; empty without one."""
        ...

    @property
    def eos_id(self) -> int:
        """The token that ends an answer."""
        ...

    def encode(self, text: str) -> Sequence[int]:
        """Tokens of user text, without BOS; control tokens inside the text stay plain text."""
        ...

    def encode_control(self, text: str) -> Sequence[int]:
        """Tokens of a chat template's own text, control tokens taken as such."""
        ...

    def chat(self, text: str) -> tuple[str, str]:
        """What the model's chat template puts before and after one user message."""
        ...


@dataclass(frozen=True, slots=True)
class Asked:
    """One prompt with its answers: `ids` up to the boundary, then each answer's own tokens.

    Attributes:
        text: the prompt as written.
        ids: tokens of the prompt up to where the answers part from it, BOS included.
        answers: the tokens of each answer after the boundary.
    """

    text: str
    ids: Ids
    answers: tuple[Ids, ...]


@dataclass(frozen=True, slots=True)
class Prompter:
    """Words and tokenises the prompts of one task with one template.

    Args:
        tokenizer: of the model that will read them.
        task: whose target and labels are asked for.
        protocol: the task's settings: chat, answer prefix.
        template: number of the prompt template, from 0.
    """

    tokenizer: TokenizerLike
    task: TaskSpec
    protocol: TaskProtocol
    template: int = 0

    def text(self, example: Example, demos: Sequence[Example] = ()) -> str:
        """The prompt as written, without chat wrapping."""
        return "".join(map(self.shown, demos)) + self._template.render(example.fields)

    def shown(self, demo: Example) -> str:
        """A demo as it stands in a prompt."""
        return f"{self._template.render(demo.fields)}{self.answer(demo.target)}{BLANK_LINE}"

    def answer(self, target: str) -> str:
        """An answer as it stands after a prompt."""
        return self.protocol.answer_prefix + target

    def question(self, example: Example, demos: Sequence[Example] = ()) -> Ids:
        """All tokens of a prompt, for generation."""
        return self._tokens(self.text(example, demos), "", len(demos))

    def bos(self, shots: int) -> Ids:
        """What a prompt with so many demos begins with."""
        if self.protocol.bos is None:
            return self.tokenizer.bos
        begun = shots == 0 if self.protocol.bos == "zero_shot" else self.protocol.bos
        return self.tokenizer.named_bos if begun else ()

    def asked(self, example: Example, demos: Sequence[Example], answers: Sequence[str]) -> Asked:
        """A prompt and its answers, parted where the first of them leaves the prompt's tokens.

        Raises:
            PromptError: an answer adds no token to the prompt.
        """
        text = self.text(example, demos)
        prompt = self._tokens(text, "", len(demos))
        whole = [self._tokens(text, self.answer(answer), len(demos)) for answer in answers]
        start = min(common_length(prompt, ids) for ids in whole)
        for answer, ids in zip(answers, whole, strict=True):
            if len(ids) <= start:
                raise PromptError(
                    f"the answer {answer!r} adds no token to its prompt",
                    where=f"{example.source}, row {example.row}",
                    mend="give every row a target, and every label a word",
                )
        return Asked(text, prompt[:start], tuple(ids[start:] for ids in whole))

    def lesson(self, example: Example, demos: Sequence[Example] = ()) -> tuple[Ids, int]:
        """A training row: the prompt with its target and EOS, and where the learnt part starts.

        Classification cuts where scoring cuts: after what the prompt shares with every label.
        """
        asked = self.asked(example, demos, self.task.labels or (example.target,))
        whole = self._tokens(asked.text, self.answer(example.target), len(demos))
        return (*whole, self.tokenizer.eos_id), len(asked.ids)

    @property
    def _template(self) -> Template:
        return Template(self.task.prompts[self.template])

    def _tokens(self, prompt: str, answer: str, shots: int) -> Ids:
        tokenizer, bos = self.tokenizer, self.bos(shots)
        if not self.protocol.chat:
            return (*bos, *tokenizer.encode(prompt + answer))
        before, after = tokenizer.chat(prompt)
        head = tuple(tokenizer.encode_control(before))
        bos = () if head[: len(bos)] == bos else bos  # many chat templates begin with it
        wrapped = (*bos, *head, *tokenizer.encode(prompt), *tokenizer.encode_control(after))
        return (*wrapped, *tokenizer.encode(answer)) if answer else wrapped


def common_length(left: Sequence[int], right: Sequence[int]) -> int:
    """Length of the longest common prefix of two token rows."""
    for place, (a, b) in enumerate(zip(left, right, strict=False)):
        if a != b:
            return place
    return min(len(left), len(right))


def common_prefix(rows: Sequence[Ids]) -> int:
    """Length of the longest prefix that all rows share."""
    if not rows:
        return 0
    low, high = min(rows), max(rows)  # whatever the extremes share in lexicographic order, all share
    for place, (a, b) in enumerate(zip(low, high, strict=False)):
        if a != b:
            return place
    return min(len(low), len(high))
