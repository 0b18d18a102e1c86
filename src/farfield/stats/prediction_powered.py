"""A mean from few labelled rows and many unlabelled ones, with a model's guess at all of them."""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from farfield.stats.estimate import Bounds, Estimate, Undefined, tail

__all__ = ["PredictionPowered", "prediction_powered_mean"]

_FEWEST = 10  # labelled rows below which neither the weight nor the error is known


@dataclass(frozen=True, slots=True)
class PredictionPowered:
    """The mean, and what the guesses were worth.

    Attributes:
        mean: with its interval.
        weight: how far the guesses are trusted, from 0 (not at all: the labelled rows alone) to 1.
        worth: so many labelled rows alone would have given as narrow an interval; with guesses that are worth
            nothing as many as there are.
    """

    mean: Estimate
    weight: float
    worth: float


def prediction_powered_mean(
    labelled: ArrayLike,
    guessed: ArrayLike,
    guessed_more: ArrayLike,
    *,
    level: float = 0.95,
    bounds: Bounds | None = None,
) -> PredictionPowered | Undefined:
    """The mean of an outcome over a domain, of which few rows are labelled and all are guessed at.

    The guesses' mean over the unlabelled rows, plus the mean of what labels and guesses differ by on the labelled ones,
    each guess taken at a weight that makes the variance least. Guesses may be as wrong as they like: then the weight
    nears 0. Source: Angelopoulos, Duchi & Zrnic (2023), PPI++, arXiv 2311.01453, sections 2 and 6; the normal quantile
    is replaced by Student's, with one degree of freedom less for the weight, and the variance on the labelled rows is
    divided accordingly: with 30 labels the original holds in 93 of 100 worlds.

    Args:
        labelled: outcomes of the labelled rows, `[n]`.
        guessed: guesses at the same rows, `[n]`.
        guessed_more: guesses at the unlabelled rows, `[m]`.
        level: confidence of the two-sided interval.
        bounds: what the mean can be.

    Returns:
        Undefined below 10 labelled rows, or 2 unlabelled ones.

    Raises:
        ValueError: labels and guesses of different number.
    """
    from scipy.special import stdtrit

    outcome, guess = np.asarray(labelled, dtype=np.float64), np.asarray(guessed, dtype=np.float64)
    more = np.asarray(guessed_more, dtype=np.float64)
    if outcome.shape != guess.shape:
        raise ValueError(f"{len(outcome)} labels for {len(guess)} guesses")
    n, m = len(outcome), len(more)
    if n < _FEWEST or m < 2:
        return Undefined("too few rows", n)
    spread = float(np.var(np.concatenate([guess, more]), ddof=1))
    together = float(np.cov(outcome, guess, ddof=1)[0, 1])
    weight = min(1.0, max(0.0, together / ((1 + n / m) * spread))) if spread > 0 else 0.0
    left = outcome - weight * guess
    freedom = n - 2 if weight else n - 1
    of_labels = float(np.sum((left - left.mean()) ** 2)) / freedom / n
    error = math.sqrt(of_labels + weight**2 * float(np.var(more, ddof=1)) / m)
    alone = math.sqrt(float(np.var(outcome, ddof=1)) / n)
    if error == 0:
        return Undefined("the labelled rows show no spread", n)
    value, half = float(weight * more.mean() + left.mean()), -float(stdtrit(freedom, tail(level))) * error
    ends = bounds or (-math.inf, math.inf)
    low, high = max(value - half, ends[0]), min(value + half, ends[1])
    mean = Estimate(min(max(value, ends[0]), ends[1]), low, high, n, "prediction-powered", level)
    return PredictionPowered(mean, weight, n * (alone / error) ** 2)
