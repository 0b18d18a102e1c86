"""Which of a label's tokens are scored: the first, or all of them, or all of them and an end."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import permutations

from farfield.data import Example
from farfield.prompts.prompt import BLANK_LINE, Asked, Ids, Prompter, common_length

__all__ = ["Scoring", "label_scoring"]


@dataclass(frozen=True, slots=True)
class Scoring:
    """How the labels of a task are scored.

    Attributes:
        name: `first_token` or `whole_label`; what a results row says.
        ends: tokens whose summed probability closes a label; empty unless one label is the prefix of another.
    """

    name: str
    ends: Ids = ()

    def counted(self, answers: Sequence[Ids]) -> tuple[Ids, ...]:
        """The tokens of each label that are scored."""
        return tuple(ids[:1] for ids in answers) if self.name == "first_token" else tuple(answers)


def label_scoring(prompters: Sequence[Prompter], example: Example) -> Scoring:
    """How a task's labels are scored, alike for all its templates, domains and shots.

    Scored by first token where the study allows it and no two labels collide there under any template; else
    whole. A label that another one begins with is told from it by its end: EOS or the start of a blank line.
    """
    prompter = prompters[0]
    labels = prompter.task.labels
    first_allowed = prompter.protocol.label_scoring == "first_token"
    if first_allowed and not any(_collide(p.asked(example, (), labels)) for p in prompters):
        return Scoring("first_token")
    if not any(a.startswith(b) for a, b in permutations(labels, 2)):
        return Scoring("whole_label")
    return Scoring("whole_label", tuple(sorted({prompter.tokenizer.eos_id, _blank_line_start(prompter)})))


def _collide(asked: Asked) -> bool:
    firsts = [ids[0] for ids in asked.answers]
    return len(set(firsts)) < len(firsts)


def _blank_line_start(prompter: Prompter) -> int:
    """The first token of a blank line after a label."""
    label = prompter.task.labels[0]
    before, after = (prompter.tokenizer.encode(label + end) for end in ("", BLANK_LINE))
    return after[common_length(before, after)]
