"""How items end, by test domain: answered rightly or wrongly by the model, left to a person, or edited from a draft.

Shares of kinds of outcome are drawn by the Bayesian bootstrap (Rubin 1981, Annals of Statistics 9, 130-134): each row
weighs an exponential draw. One imagined row, spread evenly over the kinds that were possible (Perks 1947), keeps what
was never seen from being impossible. Seeds are drawn too, crossed with rows (Owen & Eckles 2012, Annals of Applied
Statistics 6, 895-927).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from farfield.stats import FloatArray

__all__ = ["PERSON", "RIGHT", "WRONG", "Ends", "best_threshold", "classified", "graded"]

PERSON, RIGHT, WRONG = "person", "right", "wrong"
Codes = NDArray[np.intp]


@dataclass(frozen=True, slots=True)
class Ends:
    """How the rows of one test domain end.

    Attributes:
        kinds: names of the kinds of outcome.
        codes: `[seeds, n]`, the number of each row's kind.
        imagined: `[kinds]`, how the imagined row spreads; all zero where nothing was possible but one kind.
    """

    kinds: tuple[str, ...]
    codes: Codes
    imagined: FloatArray

    @property
    def rows(self) -> int:
        """How many."""
        return int(self.codes.shape[1])

    @property
    def mean(self) -> FloatArray:
        """The expected share of each kind, `[kinds]`: what draws are on average."""
        counts = np.stack([np.bincount(seed, minlength=len(self.kinds)) for seed in self.codes]).mean(axis=0)
        return np.asarray((counts + self.imagined) / (self.rows + self.imagined.sum()))

    def drawn(self, rows: ArrayLike, imagined: ArrayLike, seeds: ArrayLike) -> FloatArray:
        """Shares of kinds under given weights, `[draws, kinds]`.

        Args:
            rows: weights of rows, `[draws, n]`.
            imagined: weights of the imagined row's parts, `[draws, kinds]`.
            seeds: weights of seeds, `[draws, seeds]`, each draw summing to 1.
        """
        rows, seeds = np.asarray(rows, dtype=np.float64), np.asarray(seeds, dtype=np.float64)
        sums = np.asarray(imagined, dtype=np.float64).copy()
        for number, seed in enumerate(self.codes):
            for kind in range(len(self.kinds)):
                sums[:, kind] += seeds[:, number] * rows[:, seed == kind].sum(axis=1)
        return np.asarray(sums / sums.sum(axis=1, keepdims=True))

    def draws(self, draws: int, rng: np.random.Generator, *, seeds: bool = True) -> FloatArray:
        """Shares of kinds, `[draws, kinds]`; the same rng gives as many rows the same weights.

        Args:
            draws: how many.
            rng: draws rows, and seeds.
            seeds: whether seeds are drawn, or all count alike.
        """
        number = len(self.codes)
        rows = rng.standard_exponential((draws, self.rows))
        chosen = rng.dirichlet(np.ones(number), draws) if seeds else np.full((draws, number), 1 / number)
        possible = self.imagined > 0
        imagined = np.zeros((draws, len(self.kinds)))
        imagined[:, possible] = rng.standard_gamma(self.imagined[possible], (draws, int(possible.sum())))
        return self.drawn(rows, imagined, chosen)


def best_threshold(confidence: ArrayLike, saved: ArrayLike) -> float:
    """The confidence from which on answering automatically saved most on development rows; infinite if nothing did.

    Elkan (2001), IJCAI, section 1: what is done follows from expected cost; here the threshold is the one of all seen
    confidences with the largest sum of savings, of equal ones the strictest.

    Args:
        confidence: of development rows, `[n]`.
        saved: what the automatic answer to each saves, `[n]`.
    """
    sure, worth = np.asarray(confidence, dtype=np.float64), np.asarray(saved, dtype=np.float64)
    if not len(sure):
        return np.inf
    order = np.argsort(-sure, kind="stable")
    total = np.cumsum(worth[order])
    last = np.append(np.flatnonzero(np.diff(sure[order])), len(sure) - 1)  # rows of one confidence go together
    best = last[np.argmax(total[last])]
    return float(sure[order][best]) if total[best] > 0 else np.inf


def classified(
    seeds: Sequence[tuple[FloatArray, NDArray[np.intp], NDArray[np.intp]]],
    thresholds: Sequence[float],
    named: Mapping[tuple[int, int], str],
) -> Ends:
    """How a classifier's rows end.

    Args:
        seeds: of each seed, confidences, labels given, and gold labels as numbers, all `[n]`.
        thresholds: of each seed, the confidence from which on it answers.
        named: errors of a kind of their own, by gold and given label.
    """
    kinds = (PERSON, RIGHT, WRONG, *dict.fromkeys(named.values()))
    codes = np.stack([_codes(*seed, at, named, kinds) for seed, at in zip(seeds, thresholds, strict=True)])
    answered = bool((codes != 0).any())
    imagined = np.array([0.0, 0.5, 0.5, *[0.0] * (len(kinds) - 3)]) * answered
    return Ends(kinds, codes, imagined)


def _codes(
    sure: FloatArray, said: Codes, gold: Codes, at: float, named: Mapping[tuple[int, int], str], kinds: tuple[str, ...]
) -> Codes:
    codes = np.where(said == gold, 1, 2)
    for (right, given), name in named.items():
        codes[(gold == right) & (said == given)] = kinds.index(name)
    codes[sure < at] = 0
    return codes


def graded(seeds: Sequence[ArrayLike], starts: Sequence[float]) -> Ends:
    """How written answers end: in the band of quality that their row's score lies in.

    Args:
        seeds: of each seed, the scores `[n]`.
        starts: where bands begin, rising from 0.
    """
    codes = np.stack([np.searchsorted(starts, np.asarray(scores), side="right") - 1 for scores in seeds])
    return Ends(tuple(f"{start:g}" for start in starts), codes, np.full(len(starts), 1 / len(starts)))
