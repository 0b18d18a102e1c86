"""Learning curves carried on to 2.5 times the largest size: does the interval hold what comes?"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial

import numpy as np
from numpy.typing import NDArray

from bench.simulate.case import Case, Measured, rate
from farfield.stats import LearningCurve, learning_curve

__all__ = ["CASES"]

_SIZES = (50.0, 100.0, 200.0, 400.0, 800.0)
_FURTHER = 2.5
# A fit takes some milliseconds.
_DEAR = 8
Values = NDArray[np.float64]
Law = Callable[[Values], Values]


@dataclass(frozen=True)
class _Design:
    """How a curve is measured: training sizes, seeds of each, test rows, and how far seeds vary, also by size."""

    sizes: tuple[float, ...] = _SIZES
    seeds: int = 2
    rows: int = 250
    seed_sd: float = 0.015
    fading: bool = False

    @property
    def aim(self) -> float:
        """The size that is foretold."""
        return _FURTHER * self.sizes[-1]

    def spread(self, size: float) -> float:
        """How far seeds vary: alike at all sizes, or, where it fades, more at smaller ones."""
        return self.seed_sd * (self.sizes[-1] / size) ** 0.5 if self.fading else self.seed_sd


def _power(sizes: Values) -> Values:
    return np.asarray(0.1 + 2.0 * sizes**-0.5)


def _rectified(sizes: Values) -> Values:
    return np.asarray(0.06 + 60 / (150 + sizes**0.95))


def _flat(sizes: Values) -> Values:
    return np.full(len(sizes), 0.25)


def _any(rng: np.random.Generator) -> Law:
    """A law of either kind: what 50 rows leave to learn, its floor, its exponent and what was learnt before vary."""
    floor, excess = rng.uniform(0.02, 0.3), rng.uniform(0.05, 0.4)
    exponent = rng.uniform(0.3, 1.2)
    learnt = rng.choice([0.0, 1.0]) * np.exp(rng.uniform(np.log(20), np.log(1000))) ** exponent
    return lambda sizes: np.asarray(floor + excess * (learnt + 50**exponent) / (learnt + sizes**exponent))


def _scores(error: float, hard: Values, seeds: int, sd: float, rng: np.random.Generator) -> Values:
    """Right or wrong, `[seeds, rows]`: some rows are harder, and a training is better or worse on all of them."""
    chance = error * hard + rng.normal(scale=sd, size=(seeds, 1))
    return np.asarray(rng.random((seeds, len(hard))) > chance, dtype=np.float64)


def _hard(rows: int, rng: np.random.Generator) -> Values:
    return rng.choice([0.4, 1.6], size=rows)


def _world(law: Law, design: _Design, hard: Values, rng: np.random.Generator) -> Mapping[int, Values]:
    errors = law(np.array(design.sizes))
    return {
        int(size): _scores(error, hard, design.seeds, design.spread(size), rng)
        for size, error in zip(design.sizes, errors, strict=True)
    }


def _held(
    replications: int,
    rng: np.random.Generator,
    *,
    law: Law | None,
    design: _Design,
    of: str,
    level: float = 0.95,
) -> Measured:
    """The share of curves whose interval at the aim holds what comes: the expected score, or one more training's.

    Worlds whose scores follow no curve claim nothing and are not counted.
    """
    held = []
    for _ in range(replications):
        true = law or _any(rng)
        hard = _hard(design.rows, rng)
        scores = _world(true, design, hard, rng)
        curve = learning_curve(scores, rng=rng, same_rows=of == "same rows")
        if not isinstance(curve, LearningCurve):
            continue
        error = float(true(np.array([design.aim]))[0])
        if of == "expected":
            told, comes = curve.at(design.aim, level=level), 1 - error
        else:
            others = None if of == "same rows" else design.rows
            on = hard if of == "same rows" else _hard(design.rows, rng)
            told = curve.one_more(design.aim, rng=rng, rows=others, level=level)
            comes = float(_scores(error, on, 1, design.spread(design.aim), rng).mean())
        held.append(told.low <= comes <= told.high)
    return rate(held)


def _in_log(replications: int, rng: np.random.Generator) -> Measured:
    """The same of the usual way: a straight line through log errors, its own residuals as the only doubt."""
    design, held = _Design(), []
    truth, at = float(_rectified(np.array([design.aim]))[0]), np.log(design.sizes)
    for _ in range(replications):
        errors = [1 - table.mean() for table in _world(_rectified, design, _hard(design.rows, rng), rng).values()]
        (slope, start), covariance = np.polyfit(at, np.log(errors), 1, cov=True)
        place = np.log(design.aim)
        spread = np.sqrt(covariance[0, 0] * place**2 + 2 * covariance[0, 1] * place + covariance[1, 1])
        low, high = np.exp(start + slope * place + np.array([-1.96, 1.96]) * spread)
        held.append(low <= truth <= high)
    return rate(held)


_LAWS: Mapping[str, Law | None] = {"power law": _power, "rectified law": _rectified, "no rise": _flat, "any law": None}
_WHAT = {
    "other rows": "one more training, on 250 other rows",
    "same rows": "one more training, on the same 250 rows",
    "expected": "the expected score, from 250 rows",
}
_LARGE = _Design(sizes=(*_SIZES, 1600.0), seeds=3, rows=1000)
# Of two seeds and 250 rows an interval may be too wide, but not too narrow; with more of both it must be what it says.
_WIDE, _EXACT = (0.93, 1.0), (0.93, 0.97)


def _case(
    name: str, of: str, law: Law | None, design: _Design, wanted: tuple[float, float] = _WIDE, *, level: float = 0.95
) -> Case:
    return Case("curves", name, wanted, partial(_held, of=of, law=law, design=design, level=level), dear=_DEAR)


CASES = (
    *(_case(f"{what}, {name}", of, law, _Design()) for of, what in _WHAT.items() for name, law in _LAWS.items()),
    _case("one more training, on 200 other rows, any law", "other rows", None, _Design(rows=200)),
    _case("the same, seeds vary by 4 points", "other rows", None, _Design(seed_sd=0.04)),
    _case("the same, seeds vary by 6 points at 50 rows, by 1.5 at 800", "other rows", None, _Design(fading=True)),
    _case("one more training, on 1000 other rows, 6 sizes of 3 seeds", "other rows", None, _LARGE, _EXACT),
    _case("the same at 90 %", "other rows", None, _LARGE, (0.88, 0.92), level=0.90),
    _case("the expected score, from 1000 rows, 6 sizes of 3 seeds", "expected", None, _LARGE, _EXACT),
    Case("curves", "a line through log errors, rectified law", _WIDE, _in_log, planted=True),
)
