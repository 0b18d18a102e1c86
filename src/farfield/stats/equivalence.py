"""Two arms shown to be alike, or one to be no worse, within a margin. "No difference found" shows neither."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from farfield.stats.bootstrap import SAME, mean_statistic
from farfield.stats.estimate import Bounds, Undefined
from farfield.stats.paired import score_error
from farfield.stats.resampling import Clusters, FloatArray, Statistic, jackknife_error, unit_sums

__all__ = ["MarginTest", "equivalence", "non_inferiority"]


@dataclass(frozen=True, slots=True)
class MarginTest:
    """A test whose null hypothesis is a difference of the margin or more.

    Attributes:
        difference: the metric of the one minus that of the other.
        p: at or below the level, the difference is shown to lie within the margin.
        n: rows.
        method: "t"; "score" of rows that are right or wrong; "unseen-mass" where all differences are equal.
    """

    difference: float
    p: float
    n: int
    method: str


def equivalence(
    a: ArrayLike,
    b: ArrayLike,
    margin: float,
    *,
    statistic: Statistic = mean_statistic,
    clusters: Clusters | None = None,
    bounds: Bounds | None = None,
) -> MarginTest | Undefined:
    """Whether a and b are alike: -margin < a - b < margin, by two one-sided tests; p is the larger of the two.

    At p <= 0.05 the 90 % interval of the difference lies within the margin. Source: Schuirmann (1987), Journal of
    Pharmacokinetics and Biopharmaceutics 15, 657-680, with Student's t of the paired differences. For a corpus metric
    and for clusters the jackknife gives the standard error, and the units less one the degrees of freedom. Of rows
    that are right or wrong it is the score test of `paired_proportions`: where arms disagree on few rows, and always
    to the same side, t calls 9 of 100 pairs alike that are the margin apart.

    Args:
        a: [n], one arm's scores; or its parts [n, p], with the `statistic` of them.
        b: the other's, row by row the same examples.
        margin: above 0, in the unit of the metric.
        statistic: of a corpus metric: summed parts [..., p] -> the metric [...].
        clusters: [n]; rows of one cluster are one unit.
        bounds: what a row's difference can be; used for scores where all differences are equal and t does not exist.

    Raises:
        ValueError: a margin that is not above 0, arms of different shape, values that are not finite.
    """
    return _tested(_arms(a, b), margin, statistic, clusters, bounds, sides=(1, -1))


def non_inferiority(
    a: ArrayLike,
    b: ArrayLike,
    margin: float,
    *,
    statistic: Statistic = mean_statistic,
    clusters: Clusters | None = None,
    bounds: Bounds | None = None,
) -> MarginTest | Undefined:
    """Whether a is no worse than b: a - b > -margin, by one test; arguments and errors as of `equivalence`."""
    return _tested(_arms(a, b), margin, statistic, clusters, bounds, sides=(1,))


def _arms(a: ArrayLike, b: ArrayLike) -> tuple[FloatArray, FloatArray]:
    one, other = np.asarray(a, dtype=np.float64), np.asarray(b, dtype=np.float64)
    if one.shape != other.shape or one.ndim not in (1, 2) or not np.isfinite([one, other]).all():
        raise ValueError(f"arms must be finite and of one shape, not {one.shape} and {other.shape}")
    return one, other


def _tested(
    arms: tuple[FloatArray, FloatArray],
    margin: float,
    statistic: Statistic,
    clusters: Clusters | None,
    bounds: Bounds | None,
    sides: tuple[int, ...],
) -> MarginTest | Undefined:
    """The largest p of the sides: 1 asks that the difference be above -margin, -1 that it be below the margin."""
    from scipy.special import stdtr

    if margin <= 0:
        raise ValueError(f"a margin must lie above 0, not {margin}")
    n = len(arms[0])
    if n == 0:
        return Undefined("no rows")
    scores = arms[0].ndim == 1
    if scores and clusters is None and np.isin(arms, (0, 1)).all():
        return MarginTest(float(np.mean(arms[0] - arms[1])), max(_score_p(*arms, margin, s) for s in sides), n, "score")
    one, other = (np.stack([arm, np.ones(n)], axis=-1) if scores else arm for arm in arms)
    p = one.shape[1]

    def difference(sums: FloatArray) -> FloatArray:
        return np.asarray(statistic(sums[..., :p]) - statistic(sums[..., p:]))

    units = unit_sums(np.concatenate([one, other], axis=1), clusters)
    seen, error = float(difference(units.sum(axis=0))), jackknife_error(units, difference)
    if not np.isfinite(seen + error):
        return Undefined("one row or cluster alone shows no spread", n)
    if error > SAME:
        return MarginTest(seen, max(float(stdtr(len(units) - 1, -(margin + s * seen) / error)) for s in sides), n, "t")
    if bounds is None or not scores:
        return Undefined("the differences to a comparator show no spread", n)
    room = {1: seen - bounds[0], -1: bounds[1] - seen}
    return MarginTest(seen, max(_unseen(margin + s * seen, room[s], len(units)) for s in sides), n, "unseen-mass")


def _score_p(one: FloatArray, other: FloatArray, margin: float, side: int) -> float:
    from scipy.special import ndtr

    only = [int(np.sum(a > b)) for a, b in ((one, other), (other, one))]
    if margin >= 1:  # no two accuracies lie farther apart
        return 0.0
    beyond, error = score_error(only[0], only[1], len(one), -side * margin)
    return float(ndtr(-side * beyond / error))


def _unseen(distance: float, room: float, units: int) -> float:
    """How likely all units are equal although there are others that move the mean by this distance, within the room."""
    if distance <= 0:
        return 1.0
    return 0.0 if distance >= room else (1 - distance / room) ** units
