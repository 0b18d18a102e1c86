"""The one Protocol between a study and whatever runs its prompts, and the values that cross it.

Everything here is plain Python: a study can be planned, and tested with the fake back end, without torch.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

__all__ = ["Backend", "Choices", "Ending", "Ids", "Matcher", "Progress", "Target", "silent"]

Ids = tuple[int, ...]

# Called with units done and units in all; what a unit is (a row, a step), the caller of the engine knows.
Progress = Callable[[int, int], None]


def silent(done: int, total: int) -> None:
    """A progress that nobody watches."""


@dataclass(frozen=True, slots=True)
class Choices:
    """One row to be scored: which of its labels would the model say?

    Attributes:
        asked: the row's own tokens, after the shared prefix; at least one.
        labels: the tokens of each label that count, at least one each.
        ends: tokens of which any may close a label; their probabilities are summed after its last token.
            Empty where a label needs no end to be told from another.
    """

    asked: Ids
    labels: tuple[Ids, ...]
    ends: Ids = ()


class Matcher(Protocol):
    """Holds one row's answer to a format while it is written."""

    def allowed(self) -> bytes:
        """One byte for each token of the vocabulary: 0 where no match could follow it."""
        ...

    def take(self, token: int, left: int) -> int:
        """Writes an allowed token, and returns what was written.

        Where a match could not be reached in the `left` tokens that may still come, that is another token: the next
        one of a shortest way to a match.
        """
        ...


@dataclass(frozen=True, slots=True)
class Ending:
    """When a generated row ends: a token of `eos`, `max_new_tokens`, or `done(tokens so far)`, whichever is first.

    Attributes:
        matcher: makes the matcher of each row, where answers have a format.
    """

    max_new_tokens: int
    eos: Ids = ()
    done: Callable[[Sequence[int]], bool] = lambda _: False
    matcher: Callable[[], Matcher] | None = None


@dataclass(frozen=True, slots=True)
class Target:
    """One training row: `ids[start:]` is learnt, what stands before is only read.

    Attributes:
        weights: what each learnt token counts in the loss; empty where each counts 1.
    """

    ids: Ids
    start: int
    weights: tuple[float, ...] = ()

    @property
    def counts(self) -> tuple[float, ...]:
        """What each learnt token counts."""
        return self.weights or (1.0,) * (len(self.ids) - self.start)


class Backend(Protocol):
    """A model that scores and generates; the continuations of one call share `prefix`.

    Results stand in the order of `rows` and depend on nothing but the arguments: not on earlier calls.
    """

    name: str

    def score(self, prefix: Ids, rows: Sequence[Choices], progress: Progress = silent) -> list[tuple[float, ...]]:
        """Log-probability in nats of each row's labels, `[rows][labels]`."""
        ...

    def generate(self, prefix: Ids, rows: Sequence[Ids], ending: Ending, progress: Progress = silent) -> list[Ids]:
        """Greedy continuations, without the token of `ending.eos` that closed them."""
        ...
