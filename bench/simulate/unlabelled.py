"""A domain's accuracy without labels, or from few and many guesses: does what is told of it hold?"""

from collections.abc import Sequence
from functools import partial

import numpy as np
from numpy.typing import NDArray

from bench.simulate.case import Case, Measured, rate
from farfield.stats import Known, PredictionPowered, Trial, leave_one_domain_out, prediction_powered_mean

__all__ = ["CASES"]

_UNLABELLED = 1000
_WORDS = {0.0: "guesses that are right on the mean", 0.15: "guesses that are 15 points too high"}
_DOMAINS, _ROWS = 4, 200
# Each world asks five domains in every way.
_DEAR = 4


def _guessed(labels: int, off: float, rng: np.random.Generator) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Outcomes of the labelled rows, and guesses at all; each row's chance of being right is drawn from Beta(6, 2)."""
    chance = rng.beta(6, 2, labels + _UNLABELLED)
    return (rng.random(labels) < chance[:labels]).astype(np.float64), np.clip(chance + off, 0, 1)


def _held(replications: int, rng: np.random.Generator, *, labels: int, off: float, guessed_alone: bool) -> Measured:
    """The share of worlds whose true mean lies in the interval; guesses may be off by as much on every row."""
    held = np.zeros(replications, dtype=bool)
    truth = 6 / 8
    for world in range(replications):
        outcome, guess = _guessed(labels, off, rng)
        if guessed_alone:
            error = guess.std(ddof=1) / np.sqrt(len(guess))
            held[world] = abs(guess.mean() - truth) <= 1.96 * error
            continue
        found = prediction_powered_mean(outcome, guess[:labels], guess[labels:], bounds=(0, 1))
        # Labels without any spread give no interval: nothing is claimed, and nothing missed.
        held[world] = not isinstance(found, PredictionPowered) or found.mean.low <= truth <= found.mean.high
    return rate(held)


def _worth(replications: int, rng: np.random.Generator, *, labels: int) -> Measured:
    """The labels that guesses are said to be worth, over those that they are worth by the spread over worlds."""
    told, powered, alone = (np.empty(replications) for _ in range(3))
    for world in range(replications):
        outcome, guess = _guessed(labels, 0.0, rng)
        found = prediction_powered_mean(outcome, guess[:labels], guess[labels:])
        if not isinstance(found, PredictionPowered):
            raise TypeError("labels that are all alike are not to be expected here")
        told[world], powered[world], alone[world] = found.worth, found.mean.value, outcome.mean()
    saved = alone.var() / powered.var()
    # The error of a ratio of two variances over as many worlds, taken as independent.
    return Measured(float(told.mean() / labels / saved), float(2 / np.sqrt(replications)), replications)


def _domain(spread: float, rng: np.random.Generator, *, heat: float = 1.0) -> Sequence[Known]:
    """A classifier's answers in one domain: the wider its logits spread the better; at heat 1 it is calibrated."""
    logits = rng.normal(scale=spread, size=_ROWS)
    shares, truth = (1 / (1 + np.exp(-logits / cooled)) for cooled in (1.0, heat))
    return (Known(np.column_stack([shares, 1 - shares]), (rng.random(_ROWS) > truth).astype(np.intp)),)


def _trial(rng: np.random.Generator, domains: int, *, heat: float = 1.0) -> Trial:
    """Domains harder or easier than home, in each of which the classifier is too sure by a factor of its own."""
    spreads, heats = rng.uniform(0.7, 3.5, domains), rng.uniform(1, heat, domains)
    there = {str(i): _domain(spreads[i], rng, heat=heats[i]) for i in range(domains)}
    found = leave_one_domain_out(_domain(2.5, rng), there)
    if not isinstance(found, Trial):
        raise TypeError("no rows")
    return found


def _nearer(replications: int, rng: np.random.Generator, *, way: str) -> Measured:
    """How far a way is off, over how far the accuracy at home is, where confidence keeps its meaning."""
    trials = [_trial(rng, _DOMAINS) for _ in range(replications)]
    off, assumed = (np.array([trial.mean(each) for trial in trials]) for each in (way, "assumed"))
    ratio = off.mean() / assumed.mean()
    return Measured(float(ratio), float((off - ratio * assumed).std() / assumed.mean() / len(off) ** 0.5), len(off))


def _within(replications: int, rng: np.random.Generator, *, way: str) -> Measured:
    """The share of further domains, drawn as the known ones, in which a way is no further off than in any of these."""
    held = []
    for _ in range(replications):
        off = np.abs(_trial(rng, _DOMAINS + 1, heat=4.0).off[way])
        held.append(off[-1] <= off[:-1].max())
    return rate(held)


CASES = (
    *(
        Case("unlabelled", f"prediction-powered interval of {labels} labels, {_WORDS[off]}", (0.93, 0.97),
             partial(_held, labels=labels, off=off, guessed_alone=False))
        for labels in (30, 100, 200) for off in _WORDS
    ),
    Case("unlabelled", "what guesses are worth, told over true, 100 labels", (0.9, 1.1), partial(_worth, labels=100)),
    Case("unlabelled", "guesses taken for labels, 15 points too high", (0.93, 0.97),
         partial(_held, labels=100, off=0.15, guessed_alone=True), planted=True),
    *(
        Case("unlabelled", f"{way}: how far off, over how far home's accuracy is, confidences that are true", (0, most),
             partial(_nearer, way=way), dear=_DEAR)
        # The other two take all errors to lie below a confidence; where they don't, they help nothing and harm little.
        for way, most in {"average_confidence": 0.6, "threshold_confidence": 1.2, "transported_confidence": 1.2}.items()
    ),
    Case("unlabelled", f"a further domain keeps within the worst of {_DOMAINS} known ones, too sure in some",
         (_DOMAINS / (_DOMAINS + 1), _DOMAINS / (_DOMAINS + 1)), partial(_within, way="average_confidence"),
         dear=_DEAR),
)  # fmt: skip
