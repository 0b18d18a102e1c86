"""Whether a classifier is right as often as it is sure."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from farfield.stats.bootstrap import bootstrap_mean
from farfield.stats.estimate import Number, Undefined
from farfield.stats.intervals import wilson
from farfield.stats.resampling import FloatArray

__all__ = ["Bin", "Calibration", "calibration", "probabilities", "temperature"]

# Equal numbers of rows a bin: bins of equal width leave most of them empty.
_BINS, _FEWEST = 10, 5
_WORLDS = 1000
_COLDEST = 20.0  # a temperature of 1/20 or 20 is the end of the scale: further off nothing changes any more


@dataclass(frozen=True, slots=True)
class Bin:
    """Rows of about the same confidence.

    Attributes:
        confidence: their mean confidence.
        right: the share that is right, with Wilson's interval.
        rows: how many.
    """

    confidence: float
    right: Number
    rows: int


@dataclass(frozen=True, slots=True)
class Calibration:
    """How well confidences foretell what is right.

    Attributes:
        brier: mean squared distance of the probabilities from the truth, summed over labels: 0 to 2, less is better.
        log_loss: mean of -log p(gold), nats.
        ece: mean distance of confidence from the share that is right, over the bins. Biased upwards: chance alone
            keeps the two apart.
        chance: the ece that a perfectly calibrated classifier of the same confidences shows on as many rows.
        p: share of such classifiers that show the seen ece or more.
        bins: by rising confidence.
    """

    brier: Number
    log_loss: Number
    ece: float
    chance: float
    p: float
    bins: tuple[Bin, ...]


def probabilities(logprobs: ArrayLike, *, temperature: float = 1.0) -> FloatArray:
    """Probabilities of the labels alone, `[n, labels]`, from the log-probabilities a model gives them.

    Args:
        logprobs: `[n, labels]`.
        temperature: what log-probabilities are divided by before.
    """
    scaled = np.asarray(logprobs, dtype=np.float64) / temperature
    weights = np.exp(scaled - scaled.max(axis=-1, keepdims=True))
    return np.asarray(weights / weights.sum(axis=-1, keepdims=True))


def calibration(shares: ArrayLike, gold: Sequence[int], *, rng: np.random.Generator) -> Calibration | Undefined:
    """Proper scores, the reliability table, and the expected calibration error beside what chance makes of it.

    Source: Brier (1950), Monthly Weather Review 78, 1-3; Naeini, Cooper & Hauskrecht (2015), AAAI, for the error, here
    over bins of equal numbers of rows; consistency resampling: Bröcker & Smith (2007), Weather and Forecasting 22, 651.

    Args:
        shares: probabilities of the labels, `[n, labels]`.
        gold: `[n]`, the number of each row's right label.
        rng: draws the bootstrap, and the worlds in which the confidences are true.

    Raises:
        ValueError: not one gold label for each row.
    """
    given, right = np.asarray(shares, dtype=np.float64), np.asarray(gold, dtype=np.intp)
    n = len(right)
    if given.ndim != 2 or len(given) != n:
        raise ValueError(f"{n} gold labels for probabilities of shape {given.shape}")
    if n < 2 * _FEWEST:
        return Undefined("too few rows", n)
    truth = np.eye(given.shape[1])[right]
    confidence, hit = given.max(axis=1), given.argmax(axis=1) == right
    order = np.argsort(confidence, kind="stable")
    edges = _edges(n)
    worlds = rng.random((_WORLDS, n)) < confidence
    seen = float(_errors(confidence[order], hit[order], edges))
    drawn = _errors(confidence[order], worlds[:, order], edges)
    likely = np.maximum(given[np.arange(n), right], np.finfo(np.float64).tiny)
    return Calibration(
        bootstrap_mean(((given - truth) ** 2).sum(axis=1), rng=rng, bounds=(0, 2)),
        bootstrap_mean(-np.log(likely), rng=rng),
        seen,
        float(drawn.mean()),
        float((1 + (drawn >= seen).sum()) / (1 + _WORLDS)),
        tuple(
            Bin(float(confidence[rows].mean()), wilson(int(hit[rows].sum()), len(rows)), len(rows))
            for rows in np.split(order, edges[1:])
        ),
    )


def temperature(logprobs: ArrayLike, gold: Sequence[int]) -> float | Undefined:
    """The temperature at which log-probabilities `[n, labels]` foretell the gold labels `[n]` best, by log loss.

    The loss is convex in 1 / temperature. Source: Guo, Pleiss, Sun & Weinberger (2017), arXiv 1706.04599, section 4.2.

    Returns:
        From 1/20 to 20; undefined without rows.
    """
    from scipy.optimize import minimize_scalar
    from scipy.special import logsumexp

    given, right = np.asarray(logprobs, dtype=np.float64), np.asarray(gold, dtype=np.intp)
    if len(given) == 0:
        return Undefined("no rows")
    chosen = given[np.arange(len(given)), right]

    def loss(inverse: float) -> float:
        return float(np.mean(logsumexp(inverse * given, axis=1) - inverse * chosen))

    # xatol of 1e-9: a temperature to nine digits, so that the last ones hang on nothing but the data.
    found = minimize_scalar(loss, bounds=(1 / _COLDEST, _COLDEST), method="bounded", options={"xatol": 1e-9})
    return float(1 / found.x)


def _edges(n: int) -> NDArray[np.intp]:
    """Where bins of equal numbers of rows begin."""
    bins = min(_BINS, n // _FEWEST)
    return (np.arange(bins) * n) // bins


def _errors(confidence: FloatArray, right: ArrayLike, edges: NDArray[np.intp]) -> FloatArray:
    """The expected calibration error of outcomes `[..., n]`, rows by rising confidence."""
    apart = np.add.reduceat(np.asarray(right, dtype=np.float64) - confidence, edges, axis=-1)
    return np.asarray(np.abs(apart).sum(axis=-1) / len(confidence))
