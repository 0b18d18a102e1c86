"""Two people label the same rows: how far they agree, and what that leaves for a model to reach."""

import math
from collections.abc import Hashable, Sequence
from dataclasses import replace

import numpy as np

from farfield.stats.estimate import Estimate, Number, Undefined, normal_quantile, tail
from farfield.stats.intervals import score_interval, wilson
from farfield.stats.resampling import FloatArray

__all__ = ["cohens_kappa", "kappa_error", "label_ceiling", "raw_agreement"]


def raw_agreement(a: Sequence[Hashable], b: Sequence[Hashable], *, level: float = 0.95) -> Number:
    """The share of rows on which two labellers agree, with Wilson's interval.

    Args:
        a: [n], one labeller's labels.
        b: [n], the other's, of the same rows.
        level: confidence of the two-sided interval.

    Raises:
        ValueError: a and b differ in length.
    """
    return wilson(sum(one == other for one, other in zip(a, b, strict=True)), len(a), level=level)


def cohens_kappa(a: Sequence[Hashable], b: Sequence[Hashable], *, level: float = 0.95) -> Number:
    """Agreement beyond chance: 0 where the labellers agree as often as their shares of labels alone bring about.

    Source: Cohen (1960), Educational and Psychological Measurement 20, 37-46. The interval is Wilson's of the
    agreement, at as many rows as kappa's standard error is worth, and scaled as kappa is. The usual one, kappa ± z
    standard errors, holds in 82 to 91 of 100 worlds of 30 rows where this one holds in 92 to 96, and where labellers
    never differ it has no width.

    Args:
        a: [n], one labeller's labels, any number of different ones.
        b: [n], the other's, of the same rows.
        level: confidence of the two-sided interval.

    Returns:
        Up to 1; undefined where all labels are one and the same, which chance would bring about as well.

    Raises:
        ValueError: a and b differ in length.
    """
    labels = {label: i for i, label in enumerate(dict.fromkeys([*a, *b]))}
    n = len(a)
    if n == 0:
        return Undefined("no rows")
    if len(labels) < 2:
        return Undefined("all values are equal", n)
    table = np.zeros((len(labels), len(labels)))
    for one, other in zip(a, b, strict=True):
        table[labels[one], labels[other]] += 1
    observed, expected, error = kappa_error(table)
    within = 0 < observed < 1 and error > 1e-6  # below it, rounding: one labeller gave one label only
    worth = observed * (1 - observed) / ((1 - expected) * error) ** 2 if within else n
    ends = score_interval(observed, worth, -normal_quantile(tail(level)))
    kappa, low, high = ((share - expected) / (1 - expected) for share in (observed, *ends))
    return Estimate(kappa, max(-1.0, low), high, n, "wilson", level)


def kappa_error(table: FloatArray) -> tuple[float, float, float]:
    """The agreement observed and by chance, and kappa's standard error, of a table of counts [labels, labels].

    Source: Fleiss, Cohen & Everitt (1969), Psychological Bulletin 72, 323-327, eq. 13.
    """
    share = table / table.sum()
    first, second = share.sum(axis=1), share.sum(axis=0)
    observed, expected = float(np.trace(share)), float(first @ second)
    beyond = (1 - observed) / (1 - expected)  # 1 - kappa
    # How far each cell of the table pulls; kappa's variance is that of the pull over the rows.
    pull = -beyond * (second[:, None] + first[None, :]) + np.eye(len(share))
    variance = np.sum(share * pull**2) - np.sum(share * pull) ** 2
    return observed, expected, math.sqrt(max(0.0, variance) / table.sum()) / (1 - expected)


def label_ceiling(a: Sequence[Hashable], b: Sequence[Hashable], *, labels: int, level: float = 0.95) -> Number:
    """The accuracy that a perfect model would be measured with on one label a row: the share of labels that are right.

    Taken for granted: a label is right with one probability r, whoever gave it, on every row, whatever its true label;
    two labellers err independently; an error is each of the other labels alike. They then agree with probability
    A = r² + (1 - r)² / (L - 1), which is solved for r >= 1 / L, and the interval of A is carried over. What labellers
    get wrong together (hard rows, a guideline misread) they agree on, and then this ceiling is too high. It is no
    ceiling for a model that learnt the labellers' own errors.

    Args:
        a: [n], one labeller's labels.
        b: [n], the other's, of the same rows.
        labels: L, how many labels there are to choose from.
        level: confidence of the two-sided interval.

    Returns:
        From 1 / L to 1; undefined where the two agree less often than guesses would.

    Raises:
        ValueError: a and b differ in length, or fewer than two labels.
    """
    if labels < 2:
        raise ValueError(f"a choice needs two labels or more, not {labels}")
    agreed = raw_agreement(a, b, level=level)
    if isinstance(agreed, Undefined):
        return agreed
    if agreed.value < 1 / labels:
        return Undefined("the labellers agree less often than guesses would", agreed.n)

    def right(share: float) -> float:
        return (1 + math.sqrt(max(0.0, (labels - 1) * (labels * share - 1)))) / labels

    return replace(agreed, value=right(agreed.value), low=right(agreed.low), high=right(agreed.high))
