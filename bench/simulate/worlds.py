"""Worlds to draw from: made-up texts that two arms answer, and the intervals of many worlds at once.

A world is a draw of rows, with replacement, from a population whose true score is known. Rows stand in clusters (the
sentences of one document) of one to five that are hard alike.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import repeat

import numpy as np
from numpy.typing import NDArray

from farfield.metrics import bleu, rouge_l
from farfield.stats import RESAMPLES, FloatArray, Statistic, mean_statistic
from farfield.stats.resampling import bca_interval, reach, resample

__all__ = ["Answers", "answers", "bca_of_worlds", "blocks", "gain_of", "paired"]

_BLOCK = 100  # worlds that share their resamples: one large matrix product, and still many draws in a run
_CLUSTERS, _WORDS = 600, 3000


@dataclass(frozen=True, slots=True)
class Answers:
    """What two arms score on the rows of the population.

    Attributes:
        parts: of each arm, `[2, rows, p]`.
        statistic: summed parts -> the metric.
        clusters: `[rows]`, the number of each row's cluster; rows of one stand together.
    """

    parts: FloatArray
    statistic: Statistic
    clusters: NDArray[np.int64]

    @property
    def by_cluster(self) -> FloatArray:
        """Parts summed within clusters, `[2, clusters, p]`."""
        return np.add.reduceat(self.parts, np.flatnonzero(np.diff(self.clusters, prepend=-1)), axis=1)


@cache
def answers() -> dict[str, Answers]:
    """BLEU and ROUGE-L of some 1,800 rows: the one arm keeps a little more of the reference's words than the other."""
    draws = np.random.default_rng(20261125)
    sizes = draws.integers(1, 6, size=_CLUSTERS)
    clusters = np.repeat(np.arange(_CLUSTERS), sizes)
    ease = np.repeat(draws.normal(scale=0.8, size=_CLUSTERS), sizes) + draws.normal(scale=0.8, size=len(clusters))
    corpus, rows = bleu(), rouge_l()
    counts: list[list[tuple[float, ...]]] = [[], []]
    scores: list[list[tuple[float, float]]] = [[], []]
    for easy in ease:
        target = _words(int(draws.lognormal(2.6, 0.4)) + 4, draws)
        for arm, skill in enumerate((0.6, 0.4)):
            said = _answered(target, 1 / (1 + np.exp(-easy - skill)), draws)
            one, other = (" ".join(f"w{word}" for word in words) for words in (said, target))
            counts[arm].append(corpus.row(one, other).parts)
            scores[arm].append((rows.row(one, other).score, 1.0))
    assert corpus.corpus is not None
    return {
        "BLEU": Answers(np.array(counts), corpus.corpus, clusters),
        "ROUGE-L": Answers(np.array(scores), mean_statistic, clusters),
    }


def _words(n: int, draws: np.random.Generator) -> NDArray[np.int64]:
    """Words by Zipf's law."""
    shares = np.cumsum(1 / np.arange(1, _WORDS + 1))
    return np.searchsorted(shares / shares[-1], draws.random(n))


def _answered(target: NDArray[np.int64], keeps: float, draws: np.random.Generator) -> NDArray[np.int64]:
    """The target with words replaced, and some left out."""
    said = np.where(draws.random(len(target)) < keeps, target, _words(len(target), draws))
    kept = said[draws.random(len(said)) < 0.7 + 0.3 * keeps]
    return kept if len(kept) else said[:1]


def gain_of(statistic: Statistic) -> Statistic:
    """The metric of one arm minus that of the other, of both arms' parts side by side."""

    def gain(sums: FloatArray) -> FloatArray:
        one, other = np.split(sums, 2, axis=-1)
        return np.asarray(statistic(one) - statistic(other))

    return gain


def paired(parts: FloatArray) -> FloatArray:
    """Both arms' parts side by side, `[2, rows, p]` -> `[rows, 2p]`."""
    return np.concatenate([parts[0], parts[1]], axis=-1)


def blocks(replications: int) -> Iterator[int]:
    """Sizes of the blocks of worlds that make up so many."""
    whole, rest = divmod(replications, _BLOCK)
    yield from repeat(_BLOCK, whole)
    if rest:
        yield rest


def bca_of_worlds(
    units: FloatArray,
    statistic: Statistic,
    draws: np.random.Generator,
    *,
    level: float = 0.95,
    out: float | None = None,
) -> tuple[FloatArray, FloatArray]:
    """The bootstrap's interval in each world, made as `stats` makes it: units `[g, worlds, p]` -> ends `[worlds]`.

    `out` is how far out the ends lie in standard errors, in place of what so few units ask for.
    """
    worlds = units.shape[1:]

    def combine(sums: Sequence[FloatArray]) -> FloatArray:
        return statistic(sums[0].reshape(*sums[0].shape[:-1], *worlds))

    sample = resample([units.reshape(len(units), -1)], combine, RESAMPLES, draws)
    low, high, _ = bca_interval(sample, reach(level, sample.jackknife) if out is None else out)
    return low, high
