"""What a metric is: a score per row, and, for a corpus metric, a function of what the rows sum to."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal, Self, TypeAlias

from farfield.stats import Statistic

Kind: TypeAlias = Literal["classification", "generation"]


@dataclass(frozen=True, slots=True)
class RowScore:
    """One prediction's score.

    Attributes:
        score: from 0 to 1; for a corpus metric its value on this row alone, to look at and sort by.
        parts: what a corpus metric sums over rows, of the same length on every row; empty where the metric
            is the mean of the scores.
    """

    score: float
    parts: tuple[float, ...] = ()


class SeedScores(tuple[RowScore, ...]):
    """Scores of rows averaged over seeds, which remember what each seed scored.

    Attributes:
        seeds: of each seed, its scores of the same rows in the same order.
    """

    seeds: tuple[tuple[RowScore, ...], ...]

    def __new__(cls, seeds: Sequence[Sequence[RowScore]]) -> Self:
        """Averages them row by row."""
        found = super().__new__(cls, map(_mean, zip(*seeds, strict=True)))
        found.seeds = tuple(map(tuple, seeds))
        return found

    def of(self, rows: Sequence[int]) -> Self:
        """The scores of some of the rows, by their places."""
        return type(self)([[seed[row] for row in rows] for seed in self.seeds])


def _mean(several: tuple[RowScore, ...]) -> RowScore:
    count = len(several)
    parts = zip(*(each.parts for each in several), strict=True)
    return RowScore(sum(each.score for each in several) / count, tuple(sum(part) / count for part in parts))


@dataclass(frozen=True, slots=True)
class Metric:
    """A way to score predictions against targets.

    Attributes:
        name: as in the study file.
        version: names the rules and the scorer; raised when numbers stop being comparable.
        kind: the kind of task it scores.
        row: (prediction, target) -> the row's score.
        corpus: summed parts [..., p] -> the metric [...]; None where the metric is the mean of the scores.
        proportion: every score is 0 or 1 and the metric is their mean.
    """

    name: str
    version: str
    kind: Kind
    row: Callable[[str, str], RowScore]
    corpus: Statistic | None = None
    proportion: bool = False
