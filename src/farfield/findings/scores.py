"""The predictions of a study as score tables: one arm in one form on one test set, a row an example."""

import hashlib
from dataclasses import dataclass

import numpy as np
import polars as pl

from farfield.metrics import Metric, RowScore, difference, estimate
from farfield.stats import FloatArray, Number, simultaneous_difference

__all__ = ["Scores", "gain_over", "generator", "scores_of", "value_of"]


@dataclass(frozen=True, slots=True)
class Scores:
    """Scores by row, averaged over seeds first: rows are the unit, seeds of one row are no further rows."""

    rows: tuple[int, ...]
    scores: tuple[RowScore, ...]
    seeds: int

    @property
    def array(self) -> FloatArray:
        """The rows' own scores, `[rows]`."""
        return np.array([row.score for row in self.scores])


def scores_of(frame: pl.DataFrame) -> Scores:
    """The scores of one arm in one form on one test set; `frame` holds its seeds' rows of one metric."""
    seeds = frame["seed"].n_unique()
    parts: dict[int, list[FloatArray]] = {}
    for row, score, part in frame.select("row", "score", "parts").iter_rows():
        parts.setdefault(row, []).append(np.array([score, *part]))
    means = {row: np.mean(found, axis=0) for row, found in sorted(parts.items())}
    scored = tuple(RowScore(float(m[0]), tuple(map(float, m[1:]))) for m in means.values())
    return Scores(tuple(means), scored, seeds)


def value_of(of: Metric, scores: Scores, *names: object) -> Number:
    """The metric with its 95 % interval."""
    return estimate(of, scores.scores, rng=generator("value", *names))


def gain_over(of: Metric, arm: Scores, others: list[Scores], level: float, *names: object) -> Number:
    """Paired gain of an arm over the comparator, or over the best of a family that nothing chose between."""
    rng = generator("gain", level, *names)
    if len(others) == 1:
        return difference(of, arm.scores, others[0].scores, rng=rng, level=level)
    return simultaneous_difference(arm.array, [other.array for other in others], rng=rng, level=level)


def generator(*names: object) -> np.random.Generator:
    """The draws of one number; they follow from its name, so a report is the same every time."""
    return np.random.default_rng(int(hashlib.sha256(repr(names).encode()).hexdigest()[:15], 16))
