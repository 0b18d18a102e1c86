"""Selective prediction: how often a guarantee is broken, in worlds where the true share of errors is known."""

from collections.abc import Callable
from functools import partial

import numpy as np
from numpy.typing import NDArray

from bench.simulate.case import Case, Measured, rate
from farfield.stats import Calibration, Undefined, calibration, safe_threshold

__all__ = ["CASES"]

_LIMIT = 0.05
_POPULATION = 200_000
_CALIBRATED, _REFERENCE = 300, 200
# A thousand worlds are drawn inside each calibration.
_DEAR = 10
Values = NDArray[np.float64]
Chance = Callable[[Values], Values]


def _confidences(n: int, rng: np.random.Generator) -> Values:
    """Of two labels, from logits that spread by 4: a classifier that gets 87 of 100 right if it is as sure as it is."""
    first = 1 / (1 + np.exp(-rng.normal(scale=4, size=n)))
    return np.maximum(first, 1 - first)


def _true(sure: Values) -> Values:
    return sure


def _too_sure(sure: Values) -> Values:
    """Right as often as the same answers with half their log-odds would say."""
    # Confidences of 1 - 1e-17 are 1 to a float.
    odds = np.sqrt(sure / np.maximum(1 - sure, 1e-16))
    return np.asarray(odds / (1 + odds))


def _on_the_line(sure: Values) -> Values:
    """A hair more than the limit goes wrong at every threshold, so each one that passes is a false promise."""
    return np.full(len(sure), 1 - _LIMIT - 1e-4)


def _surest_worst(sure: Values) -> Values:
    """Those of which the model is surest are wrong more often than the limit allows, and so are all together."""
    return np.where(sure > 0.99, 0.94, 0.9499)


def _broken(replications: int, rng: np.random.Generator, *, right: Chance, guaranteed: bool) -> Measured:
    """The share of worlds in which more than the limit of all answered rows is wrong."""
    answered, risk = _answers(replications, rng, right=right, guaranteed=guaranteed)
    return rate((answered > 0) & (risk > _LIMIT))


def _answered(replications: int, rng: np.random.Generator, *, right: Chance) -> Measured:
    """The share of all rows that is answered, on average: a guarantee that answers nothing is never broken."""
    answered, _ = _answers(replications, rng, right=right, guaranteed=True)
    return Measured(float(answered.mean()), float(answered.std() / np.sqrt(replications)), replications)


def _answers(replications: int, rng: np.random.Generator, *, right: Chance, guaranteed: bool) -> tuple[Values, Values]:
    """Of each world, the share of all rows that its threshold answers, and the share of these that is wrong."""
    everyone = np.sort(_confidences(_POPULATION, rng))[::-1]
    wrong = np.cumsum(1 - right(everyone)) / np.arange(1, _POPULATION + 1)
    answered, risk = np.zeros(replications), np.zeros(replications)
    for world in range(replications):
        sure, reference = _confidences(_CALIBRATED, rng), _confidences(_REFERENCE, rng)
        hit = rng.random(_CALIBRATED) < right(sure)
        found = safe_threshold(sure, hit, reference, limit=_LIMIT) if guaranteed else _best(sure, hit)
        if not isinstance(found, Undefined):
            rows = int(np.searchsorted(-everyone, -found, side="right"))
            answered[world], risk[world] = rows / _POPULATION, wrong[max(rows, 1) - 1]
    return answered, risk


def _best(sure: Values, hit: NDArray[np.bool_]) -> float | Undefined:
    """The loosest threshold whose errors on the calibration rows themselves keep within the limit."""
    order = np.argsort(-sure)
    kept = np.flatnonzero(np.cumsum(~hit[order]) <= _LIMIT * np.arange(1, len(sure) + 1))
    return float(sure[order][kept[-1]]) if len(kept) else Undefined("no threshold looks safe")


def _doubted(replications: int, rng: np.random.Generator, *, right: Chance) -> Measured:
    """The share of worlds in which a test at 5 % says that a classifier is not as sure as it should be."""
    doubted = []
    for _ in range(replications):
        sure = _confidences(_REFERENCE, rng)
        hit = rng.random(_REFERENCE) < right(sure)
        found = calibration(np.column_stack([sure, 1 - sure]), (~hit).astype(np.intp).tolist(), rng=rng)
        doubted.append(isinstance(found, Calibration) and found.p <= 0.05)
    return rate(doubted)


CASES = (
    *(
        Case("selective", f"a guarantee of 5 % errors is broken, {what}", (0, 0.05),
             partial(_broken, right=right, guaranteed=True))
        for what, right in {
            "a classifier as sure as it should be": _true,
            "one that is too sure": _too_sure,
            "errors just above the limit at every threshold": _on_the_line,
            "the surest rows the worst": _surest_worst,
        }.items()
    ),
    Case("selective", "rows that the guarantee answers, a classifier as sure as it should be", (0.3, 1),
         partial(_answered, right=_true)),
    Case("selective", "the threshold that looks best on the calibration rows breaks it", (0, 0.05),
         partial(_broken, right=_true, guaranteed=False), planted=True),
    Case("selective", "calibration is doubted at 5 %, confidences that are true", (0.02, 0.06),
         partial(_doubted, right=_true), dear=_DEAR),
    Case("selective", "calibration is doubted at 5 %, a classifier that is too sure", (0.8, 1),
         partial(_doubted, right=_too_sure), dear=_DEAR),
)  # fmt: skip
