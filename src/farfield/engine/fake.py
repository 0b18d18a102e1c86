"""A back end and an engine without a model: quick, deterministic, with an accuracy that a test can set."""

import hashlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from farfield.engine.movement import Moved
from farfield.engine.open_backend import Opened
from farfield.engine.protocol import Choices, Ending, Ids, Progress, Target, silent
from farfield.engine.surprise import Surprise
from farfield.engine.train import StepReport, Trained
from farfield.spec import Recipe

__all__ = ["FakeBackend", "FakeEngine"]


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
        for token in self._said(row, ending):
            if token in ending.eos:
                break
            written.append(token)
            if ending.done(written):
                break
        return tuple(written)

    def _said(self, row: Ids, ending: Ending) -> Iterator[int]:
        """The row's tokens; under a format those that are allowed, else the end, else the first that is."""
        if ending.matcher is None:
            yield from row[: ending.max_new_tokens]
            return
        matcher = ending.matcher()
        for left in reversed(range(ending.max_new_tokens)):
            wanted, allowed = row[ending.max_new_tokens - left - 1 :][:1] + ending.eos, matcher.allowed()
            free = (token for token in (*wanted, *range(len(allowed))) if allowed[token])
            yield matcher.take(next(free), left)


@dataclass(slots=True)
class FakeEngine:
    """The engine without weights: every model is the fake back end, and training writes down what it was given.

    Attributes:
        prefer: for the model as it is (None) or a folder of trained weights, the back end's own `prefer`.
        before: called before every piece of work with its method's name; a test may raise there.
        done: the pieces of work, in order.
    """

    prefer: Callable[[Path | None], Callable[[Ids], int] | None] = lambda _: None
    before: Callable[[str], None] = lambda _: None
    done: list[str] = field(default_factory=list)

    def open(self, weights: Path | None = None, *, strength: float = 1.0, plain: bool = False) -> Opened:
        """See `Engine.open`; a part of what was learnt answers as all of it does."""
        del strength
        self._begin("open")
        return Opened(FakeBackend(prefer=self.prefer(weights)), "asked for" if plain else "")

    def train(
        self,
        rows: Sequence[Target],
        recipe: Recipe,
        seed: int,
        scratch: Path,
        watch: Callable[[StepReport], None],
    ) -> tuple[Trained, Callable[[Path], None]]:
        """See `Engine.train`; the weights are a text file with the seed and the number of rows."""
        del scratch
        self._begin("train")
        steps = recipe.epochs * -(-len(rows) // recipe.batch_size)
        tokens = recipe.epochs * sum(len(row.ids) for row in rows)
        for step in range(1, steps + 1):
            watch(StepReport(step, steps, 1.0 / step, tokens * step // steps, 1e-3 * step))
        targets = recipe.epochs * sum(len(row.ids) - row.start for row in rows)
        seen = Trained(tuple(1.0 / step for step in range(1, steps + 1)), targets, tokens, 1 << 20, 1e-3 * steps)

        def write(folder: Path) -> None:
            (folder / "fake.txt").write_text(f"{len(rows)} rows, seed {seed}\n", encoding="utf-8")

        return seen, write

    def moved(self, weights: Path, rows: Sequence[Sequence[Target]]) -> tuple[list[Moved], list[list[float]]]:
        """See `Engine.moved`; one weight that changed by the number of rows, and a divergence for each of them."""
        self._begin("moved")
        count = int((weights / "fake.txt").read_text(encoding="utf-8").split()[0])
        change = Moved("fake.weight", 4, 0.001 * count, 0.01, 1.0)
        return [change], [[_unit(row.ids) for row in part] for part in rows]

    def surprised(self, weights: Path | None, rows: Sequence[Sequence[Target]]) -> list[list[Surprise]]:
        """See `Engine.surprised`; up to one nat a token, from the tokens alone."""
        del weights
        self._begin("surprised")
        sizes = [[(row.ids, len(row.counts)) for row in part] for part in rows]
        return [[Surprise(n * _unit(ids), n * _unit(ids[1:]), n) for ids, n in part] for part in sizes]

    def write(self, weights: Path, folder: Path, *, strength: float = 1.0) -> None:
        """See `Engine.write`; what training wrote, and the strength."""
        self._begin("write")
        text = (weights / "fake.txt").read_text(encoding="utf-8")
        (folder / "fake.txt").write_text(f"{text}strength {strength:g}\n", encoding="utf-8")

    def _begin(self, work: str) -> None:
        self.before(work)
        self.done.append(work)


def _unit(ids: Ids) -> float:
    """A number in [0, 1) from tokens."""
    return int(hashlib.sha256(repr(ids).encode()).hexdigest()[:12], 16) / 16**12
