"""Tests: at most 5 of 100 find what isn't there, alone and in families."""

from functools import cache, partial

import numpy as np
from numpy.typing import NDArray
from scipy.special import stdtrit

from bench.simulate.case import Case, Measure, Measured, rate
from bench.simulate.worlds import answers, bca_of_worlds, blocks, gain_of, paired
from farfield.stats import (
    Estimate,
    FloatArray,
    MarginTest,
    Undefined,
    equivalence,
    holm,
    mcnemar,
    non_inferiority,
    paired_proportions,
    simultaneous_difference,
)
from farfield.stats.permutation import p_value, swapped_differences
from farfield.stats.resampling import resampled_sums

__all__ = ["CASES"]

_ALPHA, _MARGIN = 0.05, 0.05
_OF_BCA = (0.0, 0.055)  # its one-sided ends hold 94.5 to 95 %: both corrections are estimates themselves


def _alike(parts: FloatArray, units: int, worlds: int, draws: np.random.Generator) -> FloatArray:
    """Arms `[2, population, p]` made alike, since each drawn unit tosses which is which, `[2, units, worlds, p]`."""
    drawn = parts[:, draws.integers(parts.shape[1], size=(units, worlds))]
    tossed = draws.integers(2, size=(units, worlds, 1), dtype=bool)
    return np.where(tossed, drawn, drawn[::-1])


def _p_values(arms: FloatArray, of: str, draws: np.random.Generator) -> FloatArray:
    """The randomization test in each world, of 999 exchanges: arms `[2, g, worlds, p]` -> p `[worlds]`."""
    statistic, sums = answers()[of].statistic, arms.sum(axis=1)
    swaps = draws.integers(2, size=(999, arms.shape[1]), dtype=bool)
    found = swapped_differences([swaps], arms[0] - arms[1], sums, statistic)
    return p_value(found, statistic(sums[0]) - statistic(sums[1]), exact=False)


def _randomization(of: str, n: int, replications: int, draws: np.random.Generator) -> Measured:
    parts = answers()[of].parts
    found = [_p_values(_alike(parts, n, worlds, draws), of, draws) for worlds in blocks(replications)]
    return rate(np.concatenate(found) <= _ALPHA)


def _clustered(of: str, n: int, replications: int, draws: np.random.Generator) -> Measured:
    parts = answers()[of].by_cluster
    found = [_p_values(_alike(parts, n // 3, worlds, draws), of, draws) for worlds in blocks(replications)]
    return rate(np.concatenate(found) <= _ALPHA)


def _torn(replications: int, draws: np.random.Generator) -> Measured:
    """An arm is better or worse by whole clusters of four rows; the rows are exchanged one by one."""
    found = []
    for worlds in blocks(replications):
        hard = np.repeat(draws.normal(size=(2, 20, worlds, 1)), 4, axis=1)
        scores = hard + draws.normal(size=(2, 80, worlds, 1))
        arms = np.concatenate([scores, np.ones_like(scores)], axis=-1)
        found.append(_p_values(arms, "ROUGE-L", draws))
    return rate(np.concatenate(found) <= _ALPHA)


@cache
def _mid_p(only_a: int, only_b: int) -> float:
    return mcnemar(only_a, only_b).mid_p


def _mcnemar(n: int, disagree: float, replications: int, draws: np.random.Generator) -> Measured:
    tables = draws.multinomial(n, [disagree / 2, disagree / 2, 1 - disagree], size=replications)
    return rate([_mid_p(a, b) <= _ALPHA for a, b, _ in tables.tolist()])


def _carries(of: str, n: int, replications: int, draws: np.random.Generator) -> Measured:
    """The verdict of a gain of 0: its 90 % interval lies above 0."""
    rows, found = answers()[of], []
    for worlds in blocks(replications):
        drawn = paired(_alike(rows.parts, n, worlds, draws))
        found.append(bca_of_worlds(drawn, gain_of(rows.statistic), draws, level=0.90)[0] > 0)
    return rate(np.concatenate(found))


def _carries_accuracy(n: int, disagree: float, replications: int, draws: np.random.Generator) -> Measured:
    tables = draws.multinomial(n, [disagree / 2, disagree / 2, 1 - disagree], size=replications)
    numbers = [paired_proportions(a, b, n, level=0.90) for a, b, _ in tables.tolist()]
    return rate([isinstance(number, Estimate) and number.low > 0 for number in numbers])


def _unpaired(replications: int, draws: np.random.Generator) -> Measured:
    """Welch's unpaired interval of a gain: the arms' errors add up as if they had answered rows of their own."""
    scores = answers()["ROUGE-L"].parts[..., 0]
    truth, n = float(np.subtract(*scores.mean(axis=1))), 100
    drawn = scores[:, draws.integers(scores.shape[1], size=(n, replications))]
    error = np.sqrt(drawn.var(axis=1, ddof=1).sum(axis=0) / n)
    return rate(np.abs(np.subtract(*drawn.mean(axis=1)) - truth) <= -stdtrit(2 * n - 2, 0.025) * error)


def _moses(replications: int, draws: np.random.Generator) -> Measured:
    """Koehn's paired bootstrap as Moses and sacrebleu count its p: |d*| less its mean, above |d|."""
    rows, found = answers()["BLEU"], []
    gain = gain_of(rows.statistic)
    for worlds in blocks(replications):
        drawn = paired(_alike(rows.parts, 100, worlds, draws))
        sums = resampled_sums(drawn.reshape(100, -1), 999, draws).reshape(999, worlds, -1)
        resampled, seen = np.abs(gain(sums)), np.abs(gain(drawn.sum(axis=0)))
        beyond = (resampled - resampled.mean(axis=0) > seen).sum(axis=0)
        found.append((beyond + 1) / 1000 <= _ALPHA)
    return rate(np.concatenate(found))


def _family(replications: int, draws: np.random.Generator) -> list[list[float]]:
    """Mid-p values of five arms against one comparator, all alike: `[worlds][5]`; rows that are hard are so for all."""
    found = []
    for _ in range(replications):
        ease = draws.normal(0.8, 1.5, size=250)
        right = ease + draws.normal(size=(6, 250)) > 0
        only = [((arm & ~right[0]).sum(), (~arm & right[0]).sum()) for arm in right[1:]]
        found.append([_mid_p(int(a), int(b)) for a, b in only])
    return found


def _holm(replications: int, draws: np.random.Generator) -> Measured:
    return rate([holm(p).min() <= _ALPHA for p in _family(replications, draws)])


def _one_by_one(replications: int, draws: np.random.Generator) -> Measured:
    return rate([min(p) <= _ALPHA for p in _family(replications, draws)])


def _best_of_four(replications: int, draws: np.random.Generator) -> FloatArray:
    """Scores of an arm and of four comparators that are all alike, `[worlds, 5, rows]`."""
    ease = draws.normal(size=(replications, 1, 100))
    return ease + draws.normal(size=(replications, 5, 100))


def _max_t(replications: int, draws: np.random.Generator) -> Measured:
    """How often the interval of the arm over the best of four, which the same rows choose, lies beside 0."""
    found = []
    for arm, *others in _best_of_four(replications, draws):
        number = simultaneous_difference(arm, others, rng=draws, resamples=400)
        found.append(isinstance(number, Undefined) or not number.low <= 0 <= number.high)
    return rate(found)


def _picked(replications: int, draws: np.random.Generator) -> Measured:
    """The same by the plain paired interval against the one that was best on these rows."""
    scores = _best_of_four(replications, draws)
    best = scores[:, 1:].mean(axis=-1).argmax(axis=1) + 1
    apart = scores[:, 0] - scores[np.arange(replications), best]
    error = apart.std(axis=1, ddof=1) / 10
    return rate(np.abs(apart.mean(axis=1)) > -stdtrit(99, 0.025) * error)


def _accuracies(n: int, gain: float, disagree: float, draws: np.random.Generator) -> NDArray[np.bool_]:
    """Which rows two arms get right, `[2, n]`, where they disagree on a share of them and one gains."""
    kind = draws.choice(4, size=n, p=[(disagree + gain) / 2, (disagree - gain) / 2, 0.6, 0.4 - disagree])
    return np.stack([(kind == 0) | (kind == 2), (kind == 1) | (kind == 2)])


def _passes(tested: MarginTest | Undefined) -> bool:
    return isinstance(tested, MarginTest) and tested.p <= _ALPHA


def _equivalent(n: int, disagree: float, replications: int, draws: np.random.Generator) -> Measured:
    worlds = (_accuracies(n, _MARGIN, disagree, draws) for _ in range(replications))
    return rate([_passes(equivalence(a, b, _MARGIN, bounds=(-1, 1))) for a, b in worlds])


def _not_worse(n: int, disagree: float, replications: int, draws: np.random.Generator) -> Measured:
    worlds = (_accuracies(n, -_MARGIN, disagree, draws) for _ in range(replications))
    return rate([_passes(non_inferiority(a, b, _MARGIN, bounds=(-1, 1))) for a, b in worlds])


def _equivalent_texts(of: str, n: int, replications: int, draws: np.random.Generator) -> Measured:
    """The margin is the arms' true difference."""
    rows = answers()[of]
    margin = float(gain_of(rows.statistic)(paired(rows.parts).sum(axis=0)))
    found = []
    for _ in range(replications):
        a, b = rows.parts[:, draws.integers(rows.parts.shape[1], size=n)]
        found.append(_passes(equivalence(a, b, margin, statistic=rows.statistic)))
    return rate(found)


def _none_found(replications: int, draws: np.random.Generator) -> Measured:
    """Arms that differ by the margin called alike because McNemar's test finds no difference."""
    tables = draws.multinomial(100, [(0.2 + _MARGIN) / 2, (0.2 - _MARGIN) / 2, 0.8], size=replications)
    return rate([_mid_p(a, b) > _ALPHA for a, b, _ in tables.tolist()])


def _case(name: str, measure: Measure, wanted: tuple[float, float] = (0.0, _ALPHA), *, planted: bool = False) -> Case:
    return Case("comparisons", name, wanted, measure, planted)


CASES = (
    *(
        _case(f"{of}, {n} rows, two arms alike: found by randomization", partial(_randomization, of, n))
        for of in ("ROUGE-L", "BLEU")
        for n in (30, 100)
    ),
    *(
        _case(f"{of}, {n} rows in clusters, two arms alike: found by randomization", partial(_clustered, of, n))
        for of in ("ROUGE-L", "BLEU")
        for n in (30, 100)
    ),
    *(
        _case(
            f"accuracy, {n} rows, {disagree} disagree, two arms alike: found by McNemar's mid-p",
            partial(_mcnemar, n, disagree),
        )
        for n, disagree in ((30, 0.2), (100, 0.1), (250, 0.2), (1000, 0.3))
    ),
    *(
        _case(f"{of}, {n} rows, two arms alike: the one carries", partial(_carries, of, n), _OF_BCA)
        for of in ("ROUGE-L", "BLEU")
        for n in (100, 250)
    ),
    *(
        _case(
            f"accuracy, {n} rows, {disagree} disagree, two arms alike: the one carries",
            partial(_carries_accuracy, n, disagree),
        )
        for n, disagree in ((100, 0.1), (250, 0.2))
    ),
    _case("five arms like their comparator: any found under Holm", _holm),
    _case("an arm like the best of four comparators: max-T tells them apart", _max_t),
    *(
        _case(
            f"accuracy, {n} rows, {disagree} disagree, apart by the margin: found equivalent",
            partial(_equivalent, n, disagree),
        )
        for n, disagree in ((30, 0.1), (100, 0.1), (250, 0.06), (250, 0.2))
    ),
    *(
        _case(
            f"accuracy, {n} rows, {disagree} disagree, worse by the margin: found no worse",
            partial(_not_worse, n, disagree),
        )
        for n, disagree in ((30, 0.1), (250, 0.2))
    ),
    *(
        _case(f"{of}, {n} rows, apart by the margin: found equivalent", partial(_equivalent_texts, of, n))
        for of in ("ROUGE-L", "BLEU")
        for n in (30, 100)
    ),
    _case("clusters that differ, exchanged row by row", _torn, planted=True),
    _case("gain's coverage by an unpaired interval", _unpaired, (0.93, 0.97), planted=True),
    _case(
        "BLEU, 100 rows, two arms alike: found by the paired bootstrap as Moses and sacrebleu count",
        _moses,
        planted=True,
    ),
    _case("five arms like their comparator: any found without Holm", _one_by_one, planted=True),
    _case("an arm like the best of four comparators: a plain interval tells them apart", _picked, planted=True),
    _case("apart by the margin, called alike since no difference is found", _none_found, planted=True),
)
