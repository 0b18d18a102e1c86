"""Permutation tests against SciPy and sacrebleu, exchange by exchange."""

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from sacrebleu.metrics import BLEU
from sacrebleu.significance import PairedTest as SacrebleuTest
from scipy.stats import permutation_test

from farfield.metrics import bleu
from farfield.stats import FloatArray, PermutationTest, Undefined, mcnemar, paired_permutation, paired_randomization
from farfield.stats.permutation import p_value, swapped_differences
from farfield.stats.resampling import counted_sums

SEED = 12345  # sacrebleu's own where nothing else is set


def rng(seed: int = 0) -> np.random.Generator:
    return np.random.default_rng(seed)


def result_of(found: PermutationTest | Undefined) -> PermutationTest:
    assert isinstance(found, PermutationTest), found
    return found


def mean_difference(a: FloatArray, b: FloatArray, axis: int = -1) -> FloatArray:
    return np.asarray((a - b).mean(axis=axis))


@settings(max_examples=30, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 4), st.integers(0, 4)), min_size=2, max_size=9))
def test_all_exchanges_give_scipys_exact_p(pairs: list[tuple[int, int]]) -> None:
    a, b = np.array(pairs, dtype=np.float64).T
    found = result_of(paired_permutation(a, b, rng=rng()))
    expected = permutation_test((a, b), mean_difference, permutation_type="samples", vectorized=True)
    assert found.exact
    assert found.p == pytest.approx(expected.pvalue)
    assert found.difference == pytest.approx(expected.statistic)


def test_drawn_exchanges_give_scipys_p_within_monte_carlo_error() -> None:
    a, b = rng(1).random(60), rng(2).random(60) + 0.1
    found = result_of(paired_permutation(a, b, rng=rng(3)))
    expected = permutation_test((a, b), mean_difference, permutation_type="samples", vectorized=True, rng=rng(4))
    assert not found.exact
    assert found.p == pytest.approx(expected.pvalue, abs=0.015)


def test_right_and_wrong_give_mcnemars_exact_p() -> None:
    a, b = np.array([1] * 9 + [0] * 3 + [1] * 40), np.array([0] * 9 + [1] * 3 + [1] * 40)
    found = result_of(paired_permutation(a, b, rng=rng()))
    assert found.exact  # rows on which both are right need no exchange
    assert found.p == pytest.approx(mcnemar(9, 3).exact_p)
    assert (found.differing, found.n) == (12, 52)


def test_a_tie_is_called_a_tie() -> None:
    scores = rng().random(250)
    found = result_of(paired_permutation(scores, scores, rng=rng()))
    assert found == PermutationTest(0, 1, 0, 250, exact=True)
    assert found.tie
    assert not result_of(paired_permutation(scores, scores[::-1], rng=rng())).tie


def test_no_rows_is_undefined_and_rows_that_do_not_pair_are_refused() -> None:
    assert paired_permutation([], [], rng=rng()) == Undefined("no rows")
    with pytest.raises(ValueError, match="one shape"):
        paired_permutation([1.0], [1.0, 2.0], rng=rng())
    with pytest.raises(ValueError, match="finite"):
        paired_randomization([[np.nan]], [[1.0]], lambda sums: sums[..., 0], rng=rng())
    without = paired_randomization([[1.0]], [[1.0]], lambda sums: sums[..., 0] * np.nan, rng=rng())
    assert without == Undefined("the statistic does not exist on these rows", 1)


def test_rows_of_one_cluster_swap_together() -> None:
    a, b = rng(1).random(10), rng(2).random(10) + 0.3
    once = result_of(paired_permutation(a, b, rng=rng()))
    names = [i // 3 for i in range(30)]
    repeated = result_of(paired_permutation(np.repeat(a, 3), np.repeat(b, 3), rng=rng(), clusters=names))
    assert repeated.p == once.p
    assert (repeated.n, repeated.differing) == (30, 30)
    blind = result_of(paired_permutation(np.repeat(a, 3), np.repeat(b, 3), rng=rng()))
    assert blind.p < once.p


def texts() -> tuple[list[str], list[str], list[str]]:
    """Two systems' texts and their references, 40 rows."""
    draws = rng(7)
    words = np.array([f"w{i}" for i in range(30)])
    meant = [draws.choice(words, size=draws.integers(6, 20)) for _ in range(40)]

    def said(keeps: float) -> list[str]:
        return [" ".join(np.where(draws.random(len(t)) < keeps, t, draws.choice(words, size=len(t)))) for t in meant]

    return said(0.75), said(0.7), [" ".join(t) for t in meant]


def parts_of(said: list[str], meant: list[str]) -> FloatArray:
    return np.array([bleu().row(one, other).parts for one, other in zip(said, meant, strict=True)])


def corpus() -> Callable[[FloatArray], FloatArray]:
    statistic = bleu().corpus
    assert statistic is not None
    return statistic


def sacrebleus_p(kind: str, draws: int) -> float:
    one, other, meant = texts()
    systems = [("baseline", other), ("system", one)]
    test = SacrebleuTest(systems, {"BLEU": BLEU(references=[meant])}, None, test_type=kind, n_samples=draws)
    p = test()[1]["BLEU"][1].p_value
    assert isinstance(p, float)
    return p


def test_on_the_same_exchanges_the_randomization_test_is_sacrebleus() -> None:
    one, other, meant = texts()
    system, baseline = parts_of(one, meant), parts_of(other, meant)
    swaps = rng(SEED).integers(2, size=(2000, 40), dtype=bool)
    sums = np.stack([system.sum(axis=0), baseline.sum(axis=0)])
    found = swapped_differences([swaps], system - baseline, sums, corpus())
    seen = corpus()(sums[0]) - corpus()(sums[1])
    p = float(p_value(found, np.asarray(seen), exact=False))
    assert 0.001 < p < 0.5
    assert p == pytest.approx(sacrebleus_p("ar", 2000), abs=1e-9)


def test_on_the_same_rows_the_paired_bootstrap_is_sacrebleus() -> None:
    one, other, meant = texts()
    system, baseline = parts_of(one, meant), parts_of(other, meant)
    drawn: NDArray[np.int64] = rng(SEED).choice(40, size=(1000, 40), replace=True)
    gains = corpus()(counted_sums(system, drawn)) - corpus()(counted_sums(baseline, drawn))
    # Each resample's difference is sacrebleu's; how it counts them is its own (see bench.simulate.comparisons).
    metric = BLEU(references=[meant])
    stats = [np.array(metric._extract_corpus_statistics(said, None), dtype=np.float64) for said in (one, other)]
    theirs = [[metric._compute_score_from_stats(side[rows].sum(0)).score for rows in drawn[:50]] for side in stats]
    assert 100 * gains[:50] == pytest.approx(np.subtract(theirs[0], theirs[1]), abs=1e-9)
    seen = abs(float(corpus()(system.sum(axis=0)) - corpus()(baseline.sum(axis=0))))
    beyond = np.abs(gains) - np.abs(gains).mean() > seen
    assert (beyond.sum() + 1) / 1001 == pytest.approx(sacrebleus_p("bs", 1000), abs=1e-9)
