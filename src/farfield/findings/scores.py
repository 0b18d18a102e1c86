"""The predictions of a task as score tables: one arm in one form on one test set, a row an example."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from statistics import NormalDist
from typing import TypeAlias

import numpy as np
import polars as pl

from farfield.metrics import Metric, Pair, RowScore, SeedScores, best_difference, contrast, difference, estimate
from farfield.spec import OWN_TIERS, ArmSpec, TaskSpec
from farfield.stats import Number, RowRange, Undefined, rows_range

__all__ = [
    "BOUND",
    "Form",
    "Scores",
    "Subject",
    "Table",
    "gain_over",
    "generator",
    "more_rows",
    "pair_of",
    "topped_up",
    "value_of",
]

BOUND = 0.90
"""A two-sided interval at this level has one-sided 95 % bounds for its ends; verdicts rest on these."""

_NO_SPREAD = ("bounds", "unseen-mass")  # intervals that say nothing of the rows' spread

Form: TypeAlias = tuple[str, int, int]
"""How something is asked: arm, number of shots, template."""


@dataclass(frozen=True, slots=True)
class Scores:
    """Scores by row, averaged over seeds: seeds of one row are no further rows.

    Attributes:
        rows: number of each row in its file, and which one of that number it is.
        scores: of each; they remember each seed's.
    """

    rows: tuple[tuple[int, int], ...]
    scores: SeedScores


@dataclass(frozen=True)
class Table:
    """One task's predictions of one metric, by models; baselines stand apart, whatever they are called.

    Attributes:
        frame: as `farfield predictions` prints it, of one task.
        metric: whose rows are looked at.
    """

    frame: pl.DataFrame
    metric: Metric

    @cached_property
    def models(self) -> pl.DataFrame:
        """The rows of models."""
        return self._own.filter(pl.col("backend") != "baseline")

    @cached_property
    def baselines(self) -> pl.DataFrame:
        """The rows of trivial baselines."""
        return self._own.filter(pl.col("backend") == "baseline")

    @property
    def _own(self) -> pl.DataFrame:
        return self.frame.filter(pl.col("metric") == self.metric.name)

    def forms(self, arm: str) -> list[Form]:
        """The forms in which an arm was asked, in the study's order; a searched arm has one."""
        asked = self.models.filter(pl.col("arm") == arm).select("shots", "template").unique(maintain_order=True)
        return [(arm, shots, template) for shots, template in asked.iter_rows()]

    def primary(self, arm: str, spec: ArmSpec, task: TaskSpec) -> Form:
        """The form by which an arm is judged: the one that its search found, else the shots it was trained with.

        Where the study asks no such shots, the nearest ones stand in.
        """
        found = self.forms(arm) if spec.search else []
        return found[0] if found else (arm, task.nearest_shots(spec.train_shots), 0)

    def sizes(self, arm: str, on: str) -> list[int]:
        """Numbers of training rows of an arm that was trained on a task, rising."""
        own = self.models.filter((pl.col("arm") == arm) & (pl.col("trained_on") == on))
        return sorted(own["train_rows"].unique().to_list())

    def asked(
        self, form: Form, *, size: int | None = None, on: str | None = None, domain: str = "", strength: float = 1.0
    ) -> pl.DataFrame:
        """The rows of a model in a form: untrained without `size`, on all test sets without `domain`."""
        arm, shots, template = form
        found = self.models.filter(
            (pl.col("arm") == arm) & (pl.col("shots") == shots) & (pl.col("template") == template)
        )
        if size is not None:
            found = found.filter((pl.col("train_rows") == size) & (pl.col("trained_on") == on))
            found = found.filter(pl.col("strength") == strength)  # a part of what was learnt is another model
        return found.filter(pl.col("domain") == domain) if domain else found

    def answers(self, form: Form, *, size: int | None = None, on: str | None = None, domain: str = "") -> pl.DataFrame:
        """The rows of one trained model, of several seeds the first one's, that tell how likely each label was."""
        found = self.asked(form, size=size, on=on, domain=domain).filter(pl.col("label_logprobs").is_not_null())
        return found if size is None else found.filter(pl.col("seed") == pl.col("seed").min())

    def scores(
        self, form: Form, *, size: int | None = None, on: str | None = None, domain: str = "", strength: float = 1.0
    ) -> Scores:
        """The scores of the same rows; empty where they were not asked yet."""
        return scores_of(self.asked(form, size=size, on=on, domain=domain, strength=strength))


@dataclass(frozen=True, slots=True)
class Subject:
    """What findings across tasks can look at in one task.

    Attributes:
        table: of the test rows.
        dev: of the development rows.
        comparator: the best untrained form, by test set; empty where nothing chose one.
        domains: names of the test sets by tier; under `cross_task` those that other tasks' models were asked.
        margin: difference too small to matter.
        home: the test set of the training's own domain; empty without any.
        dev_domain: by what name development rows of the training file go.
        choosing: domains of the development rows that choose a dial's strength.
        unlabelled: the answers in domains without labels.
    """

    name: str
    kind: str
    metric: Metric
    table: Table
    dev: Table
    comparator: Mapping[str, Form]
    domains: Mapping[str, Sequence[str]]
    margin: float
    home: str
    dev_domain: str
    choosing: Sequence[str]
    unlabelled: Table

    @property
    def tiers(self) -> dict[str, str]:
        """The tier of each of the task's own test sets, tier by tier."""
        return {domain: tier for tier in OWN_TIERS for domain in self.domains[tier]}


def scores_of(frame: pl.DataFrame) -> Scores:
    """The scores of one model in one form on one test set; `frame` holds its seeds' rows of one metric."""
    # Development rows come from several files at times, where a number stands for a row of each.
    numbered = frame.with_columns(nth=pl.int_range(pl.len()).over("seed", "row"))
    seeds: dict[int | None, dict[tuple[int, int], RowScore]] = {}
    for seed, row, nth, score, parts in numbered.select("seed", "row", "nth", "score", "parts").iter_rows():
        seeds.setdefault(seed, {})[row, nth] = RowScore(score, tuple(parts))
    rows = tuple(sorted(set.intersection(*map(set, seeds.values())))) if seeds else ()
    return Scores(rows, SeedScores([[scores[row] for row in rows] for scores in seeds.values()]))


def value_of(of: Metric, scores: Scores, *names: object) -> Number:
    """The metric with its 95 % interval."""
    return estimate(of, scores.scores, rng=generator("value", *names))


def pair_of(arm: Scores, other: Scores) -> Pair:
    """Both arms' scores row by row; empty where one of them was not asked yet.

    Raises:
        ValueError: the two were asked different rows.
    """
    if not arm.rows or not other.rows:
        return (), ()
    if arm.rows != other.rows:
        raise ValueError("two arms that were asked different rows can't be paired")
    return arm.scores, other.scores


def gain_over(
    of: Metric, arm: Scores, others: list[Scores], level: float, *names: object, again: bool = False
) -> Number:
    """Paired gain of an arm over the comparator, or over the best of a family that nothing chose between.

    Of rows that were added to after a look (`again`), the interval holds at all looks together; over a family it can't.
    """
    rng = generator("gain", level, *names)
    pairs = [pair_of(arm, other) for other in others]
    if not pairs or not all(a for a, _ in pairs):
        return Undefined("no rows")
    if again:
        nothing_chose = Undefined("rows were added, and nothing chose the comparator")
        return contrast(of, pairs, rng=rng, level=level, again=True) if len(pairs) == 1 else nothing_chose
    if len(pairs) == 1:
        return difference(of, *pairs[0], rng=rng, level=level)
    return best_difference(of, arm.scores, [other for _, other in pairs], rng=rng, level=level)


def more_rows(bound: Number, *, line: float = 0.0, error: float | None = None) -> RowRange | None:
    """How many more rows would likely settle on which side of the line a number lies; None where nothing tells.

    Args:
        bound: the number with its interval at the level `BOUND`.
        line: what it should lie above or below of.
        error: its standard error; without one it follows from the interval's width.
    """
    if isinstance(bound, Undefined) or bound.method in _NO_SPREAD or bound.value == line:
        return None
    if error is None:  # half a 90 % interval is 1.64 standard errors
        error = (bound.high - bound.low) / 2 / NormalDist().inv_cdf((1 + BOUND) / 2)
    found = rows_range(bound, error, bound=line)
    return None if isinstance(found, Undefined) else found


def topped_up(looks: Mapping[str, Sequence[int]]) -> list[str]:
    """The test sets that grew after their results could be looked at, from their numbers of rows at each look."""
    return [domain for domain, seen in looks.items() if len(seen) > 1]


def generator(*names: object) -> np.random.Generator:
    """The draws of one number; they follow from its name, so a report is the same every time."""
    return np.random.default_rng(int(hashlib.sha256(repr(names).encode()).hexdigest()[:15], 16))
