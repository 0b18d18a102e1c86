import subprocess
import sys
import types

import numpy as np
import pytest
import sacrebleu

from farfield import metrics
from farfield.metrics import (
    RowScore,
    accuracy,
    best_difference,
    bleu,
    contrast,
    difference,
    estimate,
    macro_f1,
    mean_over,
    rouge_l,
    row_error,
    standard_error,
)
from farfield.stats import Estimate, Number, Undefined, bootstrap_mean, paired_difference, paired_proportions, wilson

SAID = [
    "the cat sat on the mat today",
    "a quick brown fox jumps up",
    "hello there general",
    "yes it is so",
    "油圧低下",
]
MEANT = [
    "the cat sat on a mat today",
    "the quick brown fox jumped",
    "hello there General",
    "yes it is not",
    "油圧が低下",
]


def rng(seed: int = 0) -> np.random.Generator:
    return np.random.default_rng(seed)


def flags(right: int, wrong: int) -> list[RowScore]:
    return [RowScore(1.0)] * right + [RowScore(0.0)] * wrong


def test_a_proportion_gets_wilson() -> None:
    assert estimate(accuracy(), flags(150, 100), rng=rng()) == wilson(150, 250)
    assert estimate(accuracy(), flags(9, 1), rng=rng(), level=0.9) == wilson(9, 10, level=0.9)


def test_a_proportion_in_clusters_is_bootstrapped() -> None:
    names = [i // 5 for i in range(250)]
    number = estimate(accuracy(), flags(150, 100), rng=rng(), clusters=names)
    plain = wilson(150, 250)
    assert isinstance(number, Estimate)
    assert isinstance(plain, Estimate)
    assert number.method == "bca"
    assert number.high - number.low > 1.5 * (plain.high - plain.low)


def test_a_mean_of_scores_gets_bca() -> None:
    scores = rng(1).random(50)
    rows = [RowScore(float(s)) for s in scores]
    assert estimate(rouge_l(), rows, rng=rng()) == bootstrap_mean(scores, rng=rng())


def test_a_corpus_metric_gets_bca_around_the_corpus_value() -> None:
    rows = [bleu().row(a, b) for a, b in zip(SAID * 10, MEANT * 10, strict=True)]
    number = estimate(bleu(), rows, rng=rng())
    assert isinstance(number, Estimate)
    assert number.method == "bca"
    assert number.low < number.value < number.high
    english = estimate(bleu(), rows[:4], rng=rng())
    assert isinstance(english, Estimate)
    assert english.value == pytest.approx(sacrebleu.corpus_bleu(SAID[:4], [MEANT[:4]]).score / 100)


def test_the_value_is_shown_even_where_the_interval_says_nothing() -> None:
    perfect = [bleu().row(line, line) for line in MEANT]
    assert estimate(bleu(), perfect, rng=rng()) == Estimate(1, 0, 1, 5, "bounds")
    one = estimate(rouge_l(), [RowScore(0.4)], rng=rng())
    assert isinstance(one, Estimate)
    assert one.value == 0.4
    assert one.low < 0.05
    assert one.high > 0.95


def test_no_rows_is_undefined() -> None:
    for metric in (accuracy(), rouge_l(), bleu(), macro_f1(("a", "b"))):
        assert estimate(metric, [], rng=rng()) == Undefined("no rows")
        assert difference(metric, [], [], rng=rng()) == Undefined("no rows")


def test_difference_of_scores_is_paired() -> None:
    a, b = rng(1).random(60), rng(2).random(60)
    rows_a, rows_b = ([RowScore(float(s)) for s in scores] for scores in (a, b))
    assert difference(rouge_l(), rows_a, rows_b, rng=rng()) == paired_difference(a, b, rng=rng())


def test_a_gain_of_proportions_is_a_score_interval_unless_rows_stand_in_clusters() -> None:
    a, b = flags(40, 20), [*flags(30, 5), *flags(5, 20)]  # 5 rows more on the one side, none on the other
    assert difference(accuracy(), a, b, rng=rng()) == paired_proportions(5, 0, 60)
    clustered = difference(accuracy(), a, b, rng=rng(), clusters=[i // 2 for i in range(60)])
    assert isinstance(clustered, Estimate)
    assert clustered.method == "bca"


def test_difference_of_a_corpus_metric_is_that_of_the_corpus_values() -> None:
    f1 = macro_f1(("a", "b"))
    gold = ["a", "b"] * 30
    first = [f1.row(g, g) for g in gold]
    second = [f1.row("a", g) for g in gold]
    number = difference(f1, first, second, rng=rng())
    assert isinstance(number, Estimate)
    assert number.value == pytest.approx(1 - (2 * 30 / 90) / 2)


def test_identical_arms_differ_by_zero_and_the_interval_says_how_surely() -> None:
    number = difference(accuracy(), flags(150, 100), flags(150, 100), rng=rng())
    assert isinstance(number, Estimate)
    assert (number.value, number.method) == (0, "unseen-mass")
    assert number.high < 0.02


def test_scores_averaged_over_seeds_are_no_proportion() -> None:
    thirds = [RowScore(n % 4 / 3) for n in range(40)]
    number = estimate(accuracy(), thirds, rng=rng())
    assert isinstance(number, Estimate)
    assert number.value == pytest.approx(0.5)
    assert number.method == "bca"


def test_a_contrast_is_the_mean_of_gains_or_their_difference() -> None:
    f1 = macro_f1(("a", "b"))
    gold = ["a", "b"] * 20
    right, half = [f1.row(g, g) for g in gold], [f1.row("a", g) for g in gold]
    gain = 1 - (2 * 20 / 60) / 2
    mean = contrast(f1, [(right, half), (right, right)], rng=rng())
    drop = contrast(f1, [(right, half), (half, right)], (1, -1), rng=rng())
    assert isinstance(mean, Estimate)
    assert isinstance(drop, Estimate)
    assert mean.value == pytest.approx(gain / 2)
    assert drop.value == pytest.approx(2 * gain)
    assert contrast(f1, [(right, half), ([], [])], rng=rng()) == Undefined("a group has no rows")
    assert standard_error(f1, [(right, half)]) is None
    a, b = rng(1).random(30), rng(2).random(30)
    rows_a, rows_b = ([RowScore(float(s)) for s in scores] for scores in (a, b))
    assert standard_error(rouge_l(), [(rows_a, rows_b)]) == pytest.approx((a - b).std(ddof=1) / 30**0.5)


def test_test_sets_of_different_metrics_have_one_mean_and_one_contrast() -> None:
    f1 = macro_f1(("a", "b"))
    gold = ["a", "b"] * 20
    some = [f1.row("a" if n % 5 == 0 else g, g) for n, g in enumerate(gold)]
    half = [f1.row("a", g) for g in gold]
    scores, others = ([RowScore(float(s)) for s in rng(seed).random(30)] for seed in (1, 2))
    alone = [estimate(of, rows, rng=rng()) for of, rows in ((f1, some), (rouge_l(), scores))]
    assert mean_over([f1], [some], rng=rng()) == alone[0]
    both = mean_over([f1, rouge_l()], [some, scores], (0.25, 0.75), rng=rng())
    values = [number.value for number in alone if isinstance(number, Estimate)]
    assert isinstance(both, Estimate)
    assert both.value == pytest.approx(0.25 * values[0] + 0.75 * values[1])
    assert both.low < both.value < both.high
    gain = contrast([f1, rouge_l()], [(some, half), (scores, others)], rng=rng())
    parts = [difference(f1, some, half, rng=rng()), difference(rouge_l(), scores, others, rng=rng())]
    assert isinstance(gain, Estimate)
    assert gain.value == pytest.approx(np.mean([part.value for part in parts if isinstance(part, Estimate)]))
    assert mean_over([f1, rouge_l()], [some, []], rng=rng()) == Undefined("a group has no rows", 40)


def test_the_error_of_a_metric_is_that_of_its_rows() -> None:
    assert row_error(accuracy(), flags(12, 4)) == pytest.approx((0.75 * 0.25 / 15) ** 0.5)
    f1 = macro_f1(("a", "b"))
    rows = [f1.row("a" if n % 3 else "b", "ab"[n % 2]) for n in range(60)]
    number = estimate(f1, rows, rng=rng())
    assert isinstance(number, Estimate)
    assert row_error(f1, rows) == pytest.approx((number.high - number.low) / 2 / 1.96, rel=0.15)
    assert row_error(f1, rows[:1]) is None
    assert row_error(f1, []) is None


def test_the_best_of_several_is_paid_for_in_every_metric() -> None:
    f1 = macro_f1(("a", "b"))
    gold = ["a", "b"] * 40
    draws = rng(3)

    def said(right: float) -> list[RowScore]:
        return [f1.row(g if draws.random() < right else "ab"[g == "a"], g) for g in gold]

    arm, others = said(0.9), [said(0.6), said(0.7)]
    number = best_difference(f1, arm, others, rng=rng())
    plain = min(point(difference(f1, arm, other, rng=rng())) for other in others)
    assert point(number) == pytest.approx(plain)
    assert isinstance(number, Estimate)
    assert -1 <= number.low < number.value < number.high <= 1


def point(number: Number) -> float:
    assert isinstance(number, Estimate)
    return number.value


def test_arms_of_different_length_are_refused() -> None:
    with pytest.raises(ValueError, match="different number"):
        difference(accuracy(), flags(1, 0), flags(1, 1), rng=rng())


def test_public_is_what_stands_in_all() -> None:
    public = {
        name
        for name, value in vars(metrics).items()
        if not name.startswith("_") and not isinstance(value, types.ModuleType)
    }
    assert public == set(metrics.__all__)


def test_importing_the_room_loads_no_scorer() -> None:
    heavy = "scipy sacrebleu nltk rouge_score sklearn torch"
    code = f"import sys, farfield.metrics; print([m for m in '{heavy}'.split() if m in sys.modules])"
    shown = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert shown.stdout.strip() == "[]"
