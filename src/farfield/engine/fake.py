"""A back end without a model: quick, deterministic, and with an accuracy that a test can set."""

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from farfield.engine.protocol import Choices, Ending, Ids, Progress, silent

__all__ = ["FakeBackend"]


@dataclass(slots=True)
class FakeBackend:
    """Scores by a hash of the tokens unless told otherwise; writes back the first tokens of what it was asked.

    Attributes:
        prefer: given all tokens of a prompt, the number of the label to put first; None leaves it to the hash.
        calls: how many rows were asked for, so that a test can see what was not computed again.
    """

    name: str = "fake"
    prefer: Callable[[Ids], int] | None = None
    calls: int = field(default=0)

    def score(self, prefix: Ids, rows: Sequence[Choices], progress: Progress = silent) -> list[tuple[float, ...]]:
        """Log-probabilities that depend on the prompt's and the label's tokens alone."""
        self.calls += len(rows)
        progress(len(rows), len(rows))
        return [self._scores(prefix + row.asked, row.labels) for row in rows]

    def generate(self, prefix: Ids, rows: Sequence[Ids], ending: Ending, progress: Progress = silent) -> list[Ids]:
        """The first tokens of each row, cut where the ending says."""
        del prefix  # what is shared would be the same for all rows
        self.calls += len(rows)
        progress(len(rows), len(rows))
        return [self._copied(row, ending) for row in rows]

    def _scores(self, asked: Ids, labels: Sequence[Ids]) -> tuple[float, ...]:
        scores = [-1.0 - _unit((*asked, -1, *label)) for label in labels]
        if self.prefer is not None:
            scores[self.prefer(asked)] = -0.5
        return tuple(scores)

    def _copied(self, row: Ids, ending: Ending) -> Ids:
        written: list[int] = []
        for token in row[: ending.max_new_tokens]:
            if token in ending.eos:
                break
            written.append(token)
            if ending.done(written):
                break
        return tuple(written)


def _unit(ids: Ids) -> float:
    """A number in [0, 1) from tokens."""
    return int(hashlib.sha256(repr(ids).encode()).hexdigest()[:12], 16) / 16**12
