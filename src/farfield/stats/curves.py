"""Learning curves: what more training rows would bring, with the doubt of law, rows and seeds.

A score rises with the number n of training rows as `1 - (c + a / (d + n^b))`: a power law with a floor c where d = 0
(Hestness et al. 2017, arXiv 1712.00409), and the rectified law with its pre-learned size where d > 0 (Lin et al. 2024,
arXiv 2402.02314, eq. 7); or it does not rise at all, a = 0. None of the three is chosen: they are laid on a grid of b,
of d and of how far seeds vary, each point weighed by how well it explains the scores, and c and a drawn from their
normal law at each, 0 <= c <= 1 and a >= 0. That is a posterior with flat priors, in closed form but for the grid. What
five sizes leave open about the law is thereby part of every interval, which a single best fit hides.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from farfield.stats.estimate import Estimate, Undefined, tail
from farfield.stats.resampling import FloatArray

__all__ = ["LearningCurve", "RowsNeeded", "learning_curve"]

_SIZES, _SEEDS = 5, 2
_EXPONENTS = np.linspace(0.1, 1.5, 40)
_LEARNT = 24  # sizes learnt before, between a tenth of the smallest and ten times the largest number of rows
_SPREADS = np.geomspace(0.05, 5, 20)  # of seeds, over their seen standard deviation
_DRAWS = 4000
_MISFIT = 0.001
_ROUNDS = 20  # of drawing curves, most of which rise
_FURTHEST = 100  # times the largest size: beyond that the law carries nothing


@dataclass(frozen=True, slots=True)
class RowsNeeded:
    """Training rows at which the expected score reaches another.

    Attributes:
        low: the fewest; 0 where a score is there without any. Undefined where even the best curves level off below it,
            or reach it only beyond a hundred times the largest size.
        high: the most, in the same way.
        reached: how likely it is that the score is reached at all, by any number of rows.
    """

    low: int | Undefined
    high: int | Undefined
    reached: float


@dataclass(frozen=True, slots=True)
class LearningCurve:
    """Draws of curves that explain what was measured.

    Attributes:
        sizes: training rows, rising, `[k]`.
        means: mean score at each, `[k]`.
        draws: floor c, scale a, exponent b and d of each drawn curve, `[draws, 4]`.
        seeds: standard deviation of one training's score around each drawn curve, `[draws]`.
        row_variance: of one training's scores over rows, at the largest size.
        same_rows: whether the curve speaks of these test rows, and not of all rows of their domain.
        n: test rows.
    """

    sizes: FloatArray
    means: FloatArray
    draws: FloatArray
    seeds: FloatArray
    row_variance: float
    same_rows: bool
    n: int

    @property
    def laws(self) -> Mapping[str, float]:
        """The weight of each law, summing to 1: `flat` (more rows bring nothing), `power`, `rectified`."""
        flat, rectified = self.draws[:, 1] == 0, self.draws[:, 3] > 0
        return {
            "flat": float(flat.mean()),
            "power": float((~flat & ~rectified).mean()),
            "rectified": float(rectified.mean()),
        }

    def at(self, size: float, *, level: float = 0.95) -> Estimate:
        """The expected score at a number of training rows: the mean over trainings, whose own noise is left out."""
        return self._between(self._scores(size), level)

    def gain(self, size: float, to: float, *, level: float = 0.95) -> Estimate:
        """By how much the expected score rises from one number of training rows to another.

        Each drawn curve is compared with itself, so that what is unknown of its height does not count.
        """
        return self._between(self._scores(to) - self._scores(size), level)

    def one_more(
        self, size: float, *, rng: np.random.Generator, rows: int | None = None, level: float = 0.95
    ) -> Estimate:
        """What one more training of this size will score: a prediction interval, its seed included.

        Args:
            size: training rows.
            rng: draws the noise.
            rows: test rows, others of the same domain, on which it will be measured; by default all that there could
                be, and of a curve of the `same_rows` these.
            level: of the interval.

        Raises:
            ValueError: other rows of a curve that speaks of the same ones.
        """
        if rows is not None and self.same_rows:
            raise ValueError("a curve of the same test rows can't foretell a score on others")
        variance = self.seeds**2 + (self.row_variance / rows if rows else 0.0)
        noise = rng.standard_normal(len(self.draws)) * np.sqrt(variance)
        return self._between(np.clip(self._scores(size) + noise, 0, 1), level)

    def rows_needed(self, score: float, *, level: float = 0.95) -> RowsNeeded:
        """The fewest and the most training rows at which the expected score reaches this one."""
        floor, scale, exponent, learnt = self.draws.T
        left = 1 - score - floor
        reached = left > 0
        powers = np.maximum(scale / np.where(reached, left, 1.0) - learnt, 0.0)
        # Logarithms, because a flat curve may ask for more rows than a float can count.
        with np.errstate(divide="ignore"):
            needed = np.where(reached, np.log(powers) / exponent, np.inf)
        outside, most = tail(level), math.log(_FURTHEST * self.sizes[-1])
        low = float(np.quantile(needed, outside, method="lower"))
        high = float(np.quantile(needed, 1 - outside, method="higher"))
        return RowsNeeded(_rows(low, most), _rows(high, most), float(reached.mean()))

    def _scores(self, size: float) -> FloatArray:
        floor, scale, exponent, learnt = self.draws.T
        return np.asarray(np.clip(1 - floor - scale / (learnt + size**exponent), 0, 1))

    def _between(self, scores: FloatArray, level: float) -> Estimate:
        outside = tail(level)
        low, middle, high = np.quantile(scores, [outside, 0.5, 1 - outside])
        return Estimate(float(middle), float(low), float(high), self.n, "learning-curve", level)


def _rows(needed: float, most: float) -> int | Undefined:
    """A number of rows, from its logarithm."""
    if needed == math.inf:
        return Undefined("the curve levels off below this score")
    if needed > most:
        return Undefined("more than a hundred times the largest training set")
    return math.ceil(math.exp(needed) - 1e-9)


def learning_curve(
    scores: Mapping[int, ArrayLike], *, rng: np.random.Generator, same_rows: bool = False, draws: int = _DRAWS
) -> LearningCurve | Undefined:
    """The curves that explain scores of the same test rows after trainings of several sizes and seeds.

    Args:
        scores: by number of training rows, `[seeds, rows]`, from 0 to 1; the same test rows in the same order.
        rng: draws the curves.
        same_rows: asks for the score on these very test rows, as a further training will be measured on them too.
            By default rows are drawn from a domain, and the score is that over all of it: less is known of it.
        draws: how many.

    Returns:
        Undefined below five sizes, below two seeds of any size, and where no such curve explains the scores.

    Raises:
        ValueError: sizes that were measured on different numbers of rows.
    """
    sizes = sorted(scores)
    tables = [np.atleast_2d(np.asarray(scores[size], dtype=np.float64)) for size in sizes]
    n = tables[0].shape[1] if tables else 0
    if len(sizes) < _SIZES:
        return Undefined("a learning curve needs five sizes of training sets", n)
    if min(len(table) for table in tables) < _SEEDS:
        return Undefined("a learning curve needs two seeds of every size", n)
    if len({table.shape[1] for table in tables}) > 1:
        raise ValueError("sizes were measured on different numbers of rows")
    if n < 2:
        return Undefined("too few rows", n)
    noise = _noise(tables, same_rows=same_rows)
    rows, means = np.array(sizes, dtype=np.float64), np.array([table.mean() for table in tables])
    grid, prior = _grid(rows)
    # In units of what the smallest size leaves to learn: so a is by how much its error lies above the floor.
    shapes = (grid[:, 1:] + rows[0] ** grid[:, :1]) / (grid[:, 1:] + rows ** grid[:, :1])
    fitted = _fitted(shapes, 1 - means, noise)
    drawn, spread = _drawn(fitted, prior, grid, draws, rng)
    if fitted.often < _MISFIT or len(drawn) < draws:
        return Undefined("the scores follow no learning curve", n)
    drawn[:, 1] *= drawn[:, 3] + rows[0] ** drawn[:, 2]
    # On the same rows, one training's own row noise is part of what is measured.
    seeds = np.sqrt(noise.spreads[spread] ** 2 + (noise.of_rows[-1] if same_rows else 0.0))
    row_variance = float(tables[-1].var(axis=1, ddof=1).mean())
    return LearningCurve(rows, means, drawn, seeds, row_variance, same_rows, n)


@dataclass(frozen=True, slots=True)
class _Noise:
    """What mean scores are off by.

    Attributes:
        covariance: of the sizes' means, by rows, `[k, k]`.
        of_rows: variance of one training's score by row noise that no other training shares, `[k]`.
        trained: number of seeds, `[k]`.
        squares: of the seeds' scores around their means, summed, `[k]`.
    """

    covariance: FloatArray
    of_rows: FloatArray
    trained: FloatArray
    squares: FloatArray

    @property
    def spreads(self) -> FloatArray:
        """Standard deviations over seeds that are thought possible, `[j]`, even in their logarithm."""
        seen = float(self.squares.sum() / (self.trained - 1).sum())
        return np.asarray(_SPREADS * math.sqrt(max(seen, float(self.of_rows.mean()))))

    @property
    def seen(self) -> FloatArray:
        """Log-likelihood of each spread by the seeds' own scores, with a flat prior on the spread, `[j]`."""
        variances = self.spreads[:, None] ** 2 + self.of_rows
        terms = (self.trained - 1) * np.log(variances) + self.squares / variances
        return np.asarray(np.log(self.spreads) - terms.sum(axis=1) / 2)


def _noise(tables: Sequence[FloatArray], *, same_rows: bool) -> _Noise:
    """The parts of a two-way analysis of variance, rows by seeds, at each size; the same test rows tie sizes together.

    Source: Searle, Casella & McCulloch (1992), Variance Components, section 4.3.
    """
    n = tables[0].shape[1]
    trained = np.array([len(table) for table in tables], dtype=np.float64)
    squares, own = np.empty(len(tables)), np.empty(len(tables))
    for i, table in enumerate(tables):
        off = table.mean(axis=1) - table.mean()
        left = table - table.mean(axis=0) - off[:, None]
        squares[i] = off @ off
        own[i] = (left**2).sum() / ((len(table) - 1) * (n - 1)) / n
    # Rows that are all right don't say that all are: one in n + 2 may be otherwise (Laplace), the same for all sizes.
    least = (n + 1) / (n + 2) ** 2 / n
    own = np.maximum(own, least)
    by_row = np.stack([table.mean(axis=0) for table in tables])
    covariance = np.diag(own / trained) if same_rows else np.cov(by_row) / n + least
    return _Noise(covariance + 1e-10 * np.eye(len(tables)), own, trained, squares)


def _grid(sizes: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Exponents and d of both laws, `[g, 2]`, d = 0 for the power law; log priors of these and of no rise, `[g + 1]`.

    All three are as likely as one another before anything was seen.
    """
    learnt = np.geomspace(sizes[0] / 10, sizes[-1] * 10, _LEARNT)
    grid = np.array([(b, 0.0) for b in _EXPONENTS] + [(b, size**b) for b in _EXPONENTS for size in learnt])
    plain = grid[:, 1] == 0
    return grid, np.append(-np.log(np.where(plain, plain.sum(), (~plain).sum())), 0.0)


@dataclass(frozen=True, slots=True)
class _Fitted:
    """The normal law of (c, a) at each spread of seeds and point of the grid, the last without a rise: `[j, g + 1]`.

    Attributes:
        fit: log-likelihood with c and a integrated out, c from 0 up.
        floor: mean of c.
        floor_sd: its standard deviation.
        start: mean of a at c = 0.
        slope: how much less a is for each unit of c.
        scale_sd: standard deviation of a at a given c.
        often: how often noise alone would leave the best curve as far off as it is.
    """

    fit: FloatArray
    floor: FloatArray
    floor_sd: FloatArray
    start: FloatArray
    slope: FloatArray
    scale_sd: FloatArray
    often: float


def _fitted(shapes: FloatArray, errors: FloatArray, noise: _Noise) -> _Fitted:
    """Generalised least squares of `errors [k] = c + a shapes [g, k]`, in closed form for all points at once."""
    from scipy.special import log_ndtr

    covariances = noise.covariance + np.einsum("j,kl->jkl", noise.spreads**2, np.diag(1 / noise.trained))
    inverses = np.linalg.inv(covariances)
    weighed = shapes @ inverses  # [j, g, k]
    ones, of_errors = inverses.sum(axis=(1, 2))[:, None], (inverses @ errors).sum(axis=1)[:, None]
    mixed, squared, along = weighed.sum(axis=2), (weighed * shapes).sum(axis=2), weighed @ errors
    whole = (errors @ inverses @ errors)[:, None]
    determinant = np.maximum(ones * squared - mixed**2, 1e-12 * ones * squared)
    floor = (squared * of_errors - mixed * along) / determinant
    scale = (ones * along - mixed * of_errors) / determinant
    floor_sd = np.sqrt(squared / determinant)
    misfit = whole - floor * of_errors - scale * along
    flat = whole - of_errors**2 / ones
    # Of curves that fall, with a floor of 0 or more, the nearest lies inside or on one of the two edges.
    inside = np.where((floor >= 0) & (scale >= 0), misfit, np.inf).min(axis=1, keepdims=True)
    no_floor = np.where(along >= 0, whole - along**2 / squared, np.inf).min(axis=1, keepdims=True)
    often = _often(np.minimum(np.minimum(inside, no_floor), flat)[:, 0], noise.seen, len(errors))
    # What remains of the density where a is 0 and not integrated over lacks its sqrt(2 pi).
    left = np.hstack([misfit + np.log(determinant), flat + np.log(ones) + math.log(2 * math.pi)])
    floor, floor_sd = np.hstack([floor, of_errors / ones]), np.hstack([floor_sd, 1 / np.sqrt(ones)])
    fit = noise.seen[:, None] - (np.linalg.slogdet(covariances)[1][:, None] + left) / 2
    fit += log_ndtr(floor / floor_sd)  # the share of c above 0
    start, slope, scale_sd = (
        np.hstack([each, np.zeros_like(ones)]) for each in (along / squared, mixed / squared, 1 / np.sqrt(squared))
    )
    return _Fitted(fit, floor, floor_sd, start, slope, scale_sd, often)


def _often(least: FloatArray, seen: FloatArray, sizes: int) -> float:
    """How often noise alone is as far off: chi-square with three parameters fitted, averaged over spreads of seeds."""
    from scipy.special import chdtrc

    weights = np.exp(seen - seen.max())
    return float(weights @ chdtrc(sizes - 3, np.maximum(least, 0)) / weights.sum())


def _drawn(
    fitted: _Fitted, prior: FloatArray, grid: FloatArray, draws: int, rng: np.random.Generator
) -> tuple[FloatArray, NDArray[np.intp]]:
    """Curves `[draws, 4]` that don't fall and whose floor lies in [0, 1]; the number of each one's spread of seeds."""
    from scipy.special import log_ndtr, ndtri_exp

    weights = np.exp(fitted.fit + prior - (fitted.fit + prior).max())
    weights /= weights.sum()
    grid = np.vstack([grid, (1.0, 0.0)])  # of a curve that doesn't rise any exponent will do
    kept: list[FloatArray] = []
    spreads: list[NDArray[np.intp]] = []
    for _ in range(_ROUNDS):
        points = rng.choice(weights.size, size=draws, p=weights.ravel())
        spread, point = np.divmod(points, len(grid))
        mean, sd = fitted.floor.ravel()[points], fitted.floor_sd.ravel()[points]
        # The upper part of a normal law, cut at 0, by its inverse in logarithms: nothing is lost far out.
        floor = mean - sd * ndtri_exp(log_ndtr(mean / sd) + np.log1p(-rng.random(draws)))
        centre = fitted.start.ravel()[points] - fitted.slope.ravel()[points] * floor
        scale = centre + fitted.scale_sd.ravel()[points] * rng.standard_normal(draws)
        fit = (floor <= 1) & (scale >= 0)
        kept.append(np.column_stack([floor, scale, grid[point]])[fit])
        spreads.append(spread[fit])
        if sum(map(len, kept)) >= draws:
            break
    return np.concatenate(kept)[:draws], np.concatenate(spreads)[:draws]
