"""Intervals: does the true number lie in 95 of 100?"""

from functools import partial
from statistics import NormalDist

import numpy as np
from scipy.stats import binom

from bench.simulate.case import Case, Measure, Measured, held, rate
from bench.simulate.worlds import answers, bca_of_worlds, blocks, gain_of, paired
from farfield.stats import (
    Estimate,
    FloatArray,
    Statistic,
    bootstrap_mean,
    crossed_mean,
    crossed_statistic,
    mean_statistic,
    paired_proportions,
    wilson,
)

__all__ = ["CASES"]


def _wilsons(n: int) -> FloatArray:
    """Both ends of Wilson's interval for 0 to n successes, `[2, n + 1]`."""
    found = [wilson(k, n) for k in range(n + 1)]
    return np.array([[number.low, number.high] for number in found if isinstance(number, Estimate)]).T


def _wilson_off(n: int, share: float, replications: int, draws: np.random.Generator) -> Measured:
    """Coverage in drawn worlds less the exact one; a hundred times the worlds, since each is but one draw."""
    low, high = _wilsons(n)
    holds = (low <= share) & (share <= high)
    found = rate(holds[draws.binomial(n, share, size=100 * replications)])
    exact = float(binom.pmf(np.arange(n + 1), n, share) @ holds)
    return Measured(found.value - exact, found.error, found.replications)


def _wilson_on_average(_replications: int, _draws: np.random.Generator) -> Measured:
    """Exact coverage, averaged over 30 to 1,000 rows and rates of 0.02 to 0.98."""
    shares, found = np.linspace(0.02, 0.98, 49), []
    for n in (30, 50, 75, 100, 150, 250, 400, 600, 1000):
        low, high = _wilsons(n)[..., None]
        chances = binom.pmf(np.arange(n + 1)[:, None], n, shares)
        found.append((chances * ((low <= shares) & (shares <= high))).sum(axis=0).mean())
    return Measured(float(np.mean(found)), 0.0, len(found) * len(shares))


def _covered(
    parts: FloatArray, statistic: Statistic, units: int, replications: int, draws: np.random.Generator
) -> Measured:
    """Coverage of the bootstrap over units drawn from the population `[units, p]`."""
    truth, found = statistic(parts.sum(axis=0)), []
    for worlds in blocks(replications):
        low, high = bca_of_worlds(parts[draws.integers(len(parts), size=(units, worlds))], statistic, draws)
        found.append((low <= truth) & (truth <= high))
    return rate(np.concatenate(found))


def _of_rows(metric: str, n: int, replications: int, draws: np.random.Generator) -> Measured:
    rows = answers()[metric]
    return _covered(rows.parts[0], rows.statistic, n, replications, draws)


def _of_clusters(metric: str, n: int, replications: int, draws: np.random.Generator) -> Measured:
    """Of n rows on average, three a cluster."""
    rows = answers()[metric]
    return _covered(rows.by_cluster[0], rows.statistic, n // 3, replications, draws)


def _of_gains(metric: str, n: int, replications: int, draws: np.random.Generator) -> Measured:
    rows = answers()[metric]
    return _covered(paired(rows.parts), gain_of(rows.statistic), n, replications, draws)


def _ends_of_a_normal_law(replications: int, draws: np.random.Generator) -> Measured:
    """BCa of six clusters as textbooks have it, its ends not moved out for so few."""
    rows, found = answers()["BLEU"], []
    parts = rows.by_cluster[0]
    truth = rows.statistic(parts.sum(axis=0))
    for worlds in blocks(replications):
        low, high = bca_of_worlds(parts[draws.integers(len(parts), size=(6, worlds))], rows.statistic, draws, out=1.96)
        found.append((low <= truth) & (truth <= high))
    return rate(np.concatenate(found))


def _accuracy_gain(n: int, disagree: float, gain: float, replications: int, draws: np.random.Generator) -> Measured:
    """Coverage of the score interval of two accuracies on the same rows."""
    tables = draws.multinomial(n, [(disagree + gain) / 2, (disagree - gain) / 2, 1 - disagree], size=replications)
    return held([paired_proportions(a, b, n) for a, b, _ in tables.tolist()], gain)


def _naive(metric: str, replications: int, draws: np.random.Generator) -> Measured:
    """Rows of 20 clusters of five, resampled as if they were 100 rows."""
    rows = answers()[metric]
    members = np.flatnonzero(np.bincount(rows.clusters) == 5)
    first = np.searchsorted(rows.clusters, members)
    parts = rows.parts[0][first[:, None] + np.arange(5)]  # [clusters, 5, p]
    truth, found = rows.statistic(parts.sum(axis=(0, 1))), []
    for worlds in blocks(replications):
        drawn = parts[draws.integers(len(parts), size=(20, worlds))].swapaxes(1, 2).reshape(100, worlds, -1)
        low, high = bca_of_worlds(drawn, rows.statistic, draws)
        found.append((low <= truth) & (truth <= high))
    return rate(np.concatenate(found))


def _seeded(seeds: int, rows: int, ratio: float, draws: np.random.Generator) -> FloatArray:
    """Scores `[seeds, rows]` about 0; `ratio` is the error that seeds bring over that of rows."""
    of_rows, noise = 1.0, 0.7
    of_seeds = ratio * np.sqrt((of_rows**2 + noise**2 / seeds) / rows * seeds)
    return np.asarray(
        of_rows * draws.normal(size=(1, rows))
        + of_seeds * draws.normal(size=(seeds, 1))
        + noise * draws.normal(size=(seeds, rows))
    )


def _crossed(seeds: int, rows: int, ratio: float, replications: int, draws: np.random.Generator) -> Measured:
    return held([crossed_mean(_seeded(seeds, rows, ratio, draws)) for _ in range(replications)], 0.0)


def _crossed_accuracy(seeds: int, rows: int, ease: float, replications: int, draws: np.random.Generator) -> Measured:
    """Right where ease, row, seed and noise together lie above 0; seeds and rows bring about the same error."""
    hard, of_seeds, noise = 3.0, 0.35, 1.0
    truth = NormalDist().cdf(ease / np.sqrt(hard**2 + of_seeds**2 + noise**2))
    numbers = []
    for _ in range(replications):
        latent = hard * draws.normal(size=(1, rows)) + of_seeds * draws.normal(size=(seeds, 1))
        right = ease + latent + noise * draws.normal(size=(seeds, rows)) > 0
        numbers.append(crossed_mean(right, bounds=(0, 1)))
    return held(numbers, truth)


def _crossed_bleu(seeds: int, rows: int, replications: int, draws: np.random.Generator) -> Measured:
    """Each seed answers a share of the rows, its own, as the one arm does, and the others as the other arm."""
    of = answers()["BLEU"]
    truth = float(of.statistic(of.parts.sum(axis=(0, 1)) / 2))
    numbers = []
    for _ in range(replications):
        drawn = draws.integers(of.parts.shape[1], size=rows)
        arms = (draws.random((seeds, rows)) < draws.random((seeds, 1))).astype(int)
        numbers.append(crossed_statistic(of.parts[arms, drawn], of.statistic, bounds=(0, 1)))
    return held(numbers, truth)


def _rows_alone(replications: int, draws: np.random.Generator) -> Measured:
    """Three seeds averaged, then the rows resampled: as if the next training gave the same model."""
    found = []
    for worlds in blocks(replications):
        means = np.stack([_seeded(3, 100, 1.0, draws).mean(axis=0) for _ in range(worlds)], axis=1)
        low, high = bca_of_worlds(np.stack([means, np.ones_like(means)], axis=-1), mean_statistic, draws)
        found.append((low <= 0) & (high >= 0))
    return rate(np.concatenate(found))


def _pigeonhole(replications: int, draws: np.random.Generator) -> Measured:
    """Rows and seeds both resampled (Owen 2007): of three seeds a resample holds two thirds of the variance."""
    found, resamples = [], 1000
    for worlds in blocks(replications):
        scores = np.stack([_seeded(3, 100, 3.0, draws) for _ in range(worlds)])
        of_seeds = draws.multinomial(3, [1 / 3] * 3, size=resamples) / 3
        of_rows = draws.multinomial(100, [1 / 100] * 100, size=resamples) / 100
        means = (np.tensordot(of_rows, scores, axes=(1, 2)) * of_seeds[:, None]).sum(axis=-1)
        low, high = np.quantile(means, (0.025, 0.975), axis=0)
        found.append((low <= 0) & (high >= 0))
    return rate(np.concatenate(found))


def _one_row(replications: int, draws: np.random.Generator) -> Measured:
    """What one row of a skewed score says of their mean, a quarter."""
    scores = draws.beta(0.5, 1.5, size=replications)
    return held([bootstrap_mean([score], rng=draws, bounds=(0, 1)) for score in scores], 0.25)


def _no_error_at_one_row(replications: int, draws: np.random.Generator) -> Measured:
    """The same with a standard error of 0, as a formula without a guard gives it."""
    scores = draws.beta(0.5, 1.5, size=replications)
    return held([Estimate(score, score, score, 1, "none") for score in scores], 0.25)


def _case(name: str, wanted: tuple[float, float], measure: Measure, *, planted: bool = False) -> Case:
    return Case("intervals", name, wanted, measure, planted)


_FEW, _MANY, _CROSSED = (0.92, 0.97), (0.93, 0.97), (0.93, 0.98)

CASES = (
    *(
        _case(
            f"Wilson, {n} rows, rate {share}: coverage less the exact one",
            (-0.003, 0.003),
            partial(_wilson_off, n, share),
        )
        for n, share in ((30, 0.02), (30, 0.5), (100, 0.1), (250, 0.7), (1000, 0.98))
    ),
    _case(
        "Wilson, 30 to 1,000 rows, rates 0.02 to 0.98: exact coverage on average", (0.945, 0.955), _wilson_on_average
    ),
    *(
        _case(
            f"{metric}, {n} {kind}: coverage of the bootstrap", _FEW if n < 100 else _MANY, partial(measure, metric, n)
        )
        for metric in ("ROUGE-L", "BLEU")
        for kind, measure in (("rows", _of_rows), ("rows in clusters", _of_clusters), ("rows, gain", _of_gains))
        for n in (30, 100, 250)
        if n < 250 or kind == "rows"
    ),
    *(
        _case(
            f"accuracy, {n} rows, {disagree} disagree, gain {gain}: coverage of the score interval",
            (0.93, 0.99) if n * disagree < 20 else _MANY,
            partial(_accuracy_gain, n, disagree, gain),
        )
        for n, disagree, gain in ((30, 0.2, 0.0), (30, 0.4, 0.1), (100, 0.1, 0.05), (250, 0.1, 0.05), (250, 0.2, 0.0))
    ),
    *(
        _case(
            f"{seeds} seeds × {rows} rows, seeds' error {ratio} of rows': coverage of the crossed interval",
            _CROSSED,
            partial(_crossed, seeds, rows, ratio),
        )
        for seeds, rows, ratio in (
            (3, 30, 1.0),
            (3, 250, 0.5),
            (3, 250, 1.0),
            (3, 250, 3.0),
            (5, 250, 0.5),
            (5, 250, 1.0),
            (5, 250, 3.0),
        )
    ),
    *(
        _case(
            f"accuracy {told}, {seeds} seeds × {rows} rows: coverage of the crossed interval",
            _CROSSED,
            partial(_crossed_accuracy, seeds, rows, ease),
        )
        for told, ease in (("0.75", 2.15), ("0.97", 6.0))
        for seeds, rows in ((3, 100), (5, 100))
    ),
    *(
        _case(
            f"BLEU, {seeds} seeds × {rows} rows: coverage of the crossed interval",
            _CROSSED,
            partial(_crossed_bleu, seeds, rows),
        )
        for seeds, rows in ((3, 30), (3, 100), (5, 100))
    ),
    _case("one row of a score from 0 to 1: coverage of the interval without spread", (0.95, 1.0), _one_row),
    _case("one row with a standard error of 0", _FEW, _no_error_at_one_row, planted=True),
    _case("BLEU, six clusters, ends of a normal law", (0.93, 0.97), _ends_of_a_normal_law, planted=True),
    _case("rows in clusters taken as independent", _MANY, partial(_naive, "ROUGE-L"), planted=True),
    _case("three seeds, the rows' error alone", _CROSSED, _rows_alone, planted=True),
    _case("three seeds, pigeonhole bootstrap", _CROSSED, _pigeonhole, planted=True),
)
