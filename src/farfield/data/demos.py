"""Which demos a prompt shows: the first ones, some at random, or those nearest to what is asked."""

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import chain, zip_longest
from typing import TYPE_CHECKING

import numpy as np

from farfield.data.examples import Example, fingerprint, key
from farfield.metrics import character_tfidf
from farfield.spec import DemoChoice, TaskSpec

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

__all__ = ["Demos"]


@dataclass(frozen=True)
class Demos:
    """The examples that prompts of a task may show.

    Attributes:
        pool: in the order of their file.
        task: whose prompts show them.
        choice: `fixed` shows the first k to all; `random` draws k for each example, the same ones every time;
            `nearest` shows those most like the example by TF-IDF of character n-grams, the nearest last,
            beside the question (Liu et al., arXiv 2101.06804).
        balanced: takes the labels in turns.
    """

    pool: tuple[Example, ...]
    task: TaskSpec
    choice: DemoChoice = "fixed"
    balanced: bool = False

    def shown(self, example: Example, shots: int) -> tuple[Example, ...]:
        """The demos of an example's prompt, never a row that asks the same; fewer shots are the best of more."""
        if not shots:
            return ()
        if self.choice == "fixed":
            return self.first(shots)
        own = key(example, self.task)
        ranked = [self.pool[place] for place in self._ranking(example) if self._keys[place] != own]
        chosen = self._in_turns(ranked)[:shots]
        return tuple(reversed(chosen)) if self.choice == "nearest" else tuple(chosen)

    def first(self, shots: int) -> tuple[Example, ...]:
        """The demos that every prompt of `fixed` choice shows."""
        return tuple(self._in_turns(self.pool)[:shots])

    def fingerprint(self) -> str:
        """SHA-256 of the pool; see `data.fingerprint`."""
        return fingerprint(self.pool)

    def _in_turns(self, ranked: Sequence[Example]) -> Sequence[Example]:
        """Balanced: the best of each label, then each one's second; the label of the best one begins."""
        if not self.balanced:
            return ranked
        labels = dict.fromkeys(demo.target for demo in ranked)
        turns = zip_longest(*([demo for demo in ranked if demo.target == label] for label in labels))
        return [demo for demo in chain.from_iterable(turns) if demo is not None]

    def _ranking(self, example: Example) -> Sequence[int]:
        if self.choice == "nearest":
            return self._nearness(example)
        # The draw follows from the row and the pool, so each model, shot and run sees the same demos.
        seed = hashlib.sha256(f"{fingerprint([example])} {self._drawn_from}".encode()).digest()
        drawn: list[int] = np.random.default_rng(int.from_bytes(seed[:8])).permutation(len(self.pool)).tolist()
        return drawn

    @cached_property
    def _keys(self) -> list[str]:
        return [key(demo, self.task) for demo in self.pool]

    @cached_property
    def _drawn_from(self) -> str:
        return self.fingerprint()

    @cached_property
    def _nearness(self) -> "Callable[[Example], Sequence[int]]":
        index = character_tfidf()
        matrix: csr_matrix = index.fit_transform([demo.asked for demo in self.pool])

        def ranking(example: Example) -> Sequence[int]:
            likeness = (matrix @ index.transform([example.asked]).T).toarray()[:, 0]
            order: list[int] = np.argsort(-likeness, kind="stable").tolist()
            return order

        return ranking
