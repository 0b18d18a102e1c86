"""The dial on predictions made by hand: the curve, the strength that development rows choose, and what it changes."""

from collections.abc import Mapping

import numpy as np
import polars as pl
import pytest
from numpy.typing import ArrayLike

from farfield.findings import Dial, Findings, build
from farfield.findings.scores import generator
from farfield.metrics import RowScore, bleu, contrast, macro_f1
from farfield.spec import DomainSpec, StudySpec
from farfield.stats import Undefined, paired_difference, stratified_mean
from tests.findings.frames import Scores, classifying, defined, flags, line_of, only, rng, said, study

STRENGTHS = (0.0, 0.5, 1.0)
SETS = {"a": "in_domain", "b": "out_of_domain", "c": "out_of_domain"}
WAVE = np.tile([-0.2, 0.2], 10)
N = {"a": 20, "b": 10, "c": 30}


def dialled(**changes: object) -> StudySpec:
    return study(**{"arms": {"base": {}, "ft": {"trained": True, "strengths": [0.5, 0]}}} | changes)


def scores_at(strength: float, domain: str, seed: int = 0) -> Scores:
    return rng(int(10 * strength) + 100 * ord(domain) + seed).random(N[domain])


def asked(seeds: int = 1, size: int = 16) -> pl.DataFrame:
    """Test rows of one arm at three strengths."""
    return pl.concat(
        said("ft", domain, scores_at(strength, domain, seed), tier=tier, trained=("title", size), seed=seed,
             strength=strength)
        for domain, tier in SETS.items() for strength in STRENGTHS for seed in range(seeds)
    )  # fmt: skip


def held(scores: Mapping[float, ArrayLike]) -> pl.DataFrame:
    """Development rows by strength."""
    return pl.concat(said("ft", "a", found, trained=("title", 16), strength=s) for s, found in scores.items())


def test_development_rows_of_another_domain_choose_what_is_best_there() -> None:
    tasks = {"title": study().tasks["title"].model_copy(update={"dev_domains": {"z": DomainSpec(path="z.jsonl")}})}
    spec = dialled().model_copy(update={"tasks": tasks})
    home = held({0.0: np.full(20, 0.5), 0.5: np.full(20, 0.5), 1.0: np.full(20, 0.9)})
    there = {0.0: 0.40 + WAVE, 0.5: 0.41 + WAVE, 1.0: 0.30 + WAVE}  # within one standard error of the base model
    beyond = pl.concat(
        said("ft", "z", found, tier="out_of_domain", trained=("title", 16), strength=s) for s, found in there.items()
    )
    dial = the_dial(build(spec, asked(), pl.concat([home, beyond])))
    assert (dial.chosen, dial.elsewhere) == (0.5, ("z",))
    assert [defined(point.dev).value for point in dial.points] == pytest.approx([0.40, 0.41, 0.30])
    at_home = the_dial(build(dialled(), asked(), home))
    assert (at_home.chosen, at_home.elsewhere) == (1.0, ())


def the_dial(findings: Findings) -> Dial:
    (found,) = findings.dials
    return found


def chosen(scores: Mapping[float, ArrayLike]) -> float | Undefined:
    return the_dial(build(dialled(), asked(), held(scores))).chosen


def test_a_curve_has_the_mean_of_each_tier_with_its_domains_at_equal_weight_and_seeds_averaged() -> None:
    small = asked(size=8).with_columns(score=pl.lit(0.0))  # fewer rows, looked at by nobody
    dev = {strength: rng(int(10 * strength)).random(12) for strength in STRENGTHS}
    dial = the_dial(build(dialled(seeds=[0, 1]), pl.concat([small, asked(seeds=2)]), held(dev)))
    assert (dial.task, dial.metric, dial.arm, dial.train_rows) == ("title", "rougeL", "ft", 16)
    assert tuple(point.strength for point in dial.points) == STRENGTHS
    for point in dial.points:
        rows = {d: (scores_at(point.strength, d, 0) + scores_at(point.strength, d, 1)) / 2 for d in SETS}
        assert set(point.scores) == {"in_domain", "out_of_domain"}
        assert defined(point.scores["in_domain"]).value == pytest.approx(rows["a"].mean())
        away = defined(point.scores["out_of_domain"])
        assert away.value == pytest.approx((rows["b"].mean() + rows["c"].mean()) / 2)
        assert away.n == 40
        names = ("value", "title", "ft", 16, "title", "b", "c", "out_of_domain")
        expected = defined(stratified_mean([rows["b"], rows["c"]], rng=generator(*names), bounds=(0, 1)))
        assert (away.low, away.high) == pytest.approx((expected.low, expected.high))
        assert defined(point.dev).value == pytest.approx(dev[point.strength].mean())


def test_the_whole_says_of_one_test_set_what_the_carry_table_says() -> None:
    findings = build(dialled(), pl.concat([asked(), said("base", "a", scores_at(0.0, "a"))]), asked().clear())
    assert the_dial(findings).points[-1].scores["in_domain"] == line_of(only(findings), "ft", "a", 16).value


# Of 16 rows right or wrong, 12 right have a mean of 0.75 and a standard error of sqrt(0.75 · 0.25 / 15) = 0.1118:
# 11 right (0.6875) are within it of the best and 10 (0.625) are not.
@pytest.mark.parametrize(
    ("right", "expected"),
    [
        ({0.0: 10, 0.5: 11, 1.0: 12}, 0.5),  # the best is not chosen: less of it does as well
        ({0.0: 10, 0.5: 12, 1.0: 11}, 0.5),  # the best is chosen: nothing smaller comes near
        ({0.0: 11, 0.5: 10, 1.0: 12}, 0.0),  # the nearest to the base model, whatever lies between
        ({0.0: 9, 0.5: 10, 1.0: 12}, 1.0),
        ({0.0: 15, 0.5: 16, 1.0: 16}, 0.5),  # all right: no spread, and equals are equal
    ],
)
def test_the_strength_is_chosen_by_one_standard_error(right: Mapping[float, int], expected: float) -> None:
    scores = {strength: np.array([1.0] * n + [0.0] * (16 - n)) for strength, n in right.items()}
    assert chosen(scores) == expected


def test_a_corpus_metric_is_chosen_by_its_own_standard_error() -> None:
    labels = ("good", "bad")
    of = macro_f1(labels)
    meant = [labels[n % 2] for n in range(40)]
    wrong = {0.0: 12, 0.5: 4, 1.0: 3}

    def rows(strength: float) -> list[RowScore]:
        flipped = range(wrong[strength])
        return [of.row(labels[(n + (n in flipped)) % 2], target) for n, target in enumerate(meant)]

    def frame(strength: float) -> pl.DataFrame:
        found = rows(strength)
        return said("ft", "a", [row.score for row in found], trained=("title", 16), strength=strength,
                    metric="macro_f1", parts=[row.parts for row in found])  # fmt: skip

    frames = pl.concat(map(frame, STRENGTHS))
    dial = the_dial(build(dialled(tasks=classifying("macro_f1")), frames, frames))
    assert dial.chosen == 0.5
    change = defined(dial.changes["in_domain"])
    names = ("dial", "title", "ft", 16, "title", "a", "in_domain")
    assert change == contrast(of, [(rows(0.5), rows(1.0))], rng=generator(*names))
    assert change.value == pytest.approx(defined(dial.points[1].dev).value - defined(dial.points[2].dev).value)


def test_the_choice_looks_at_no_test_row_and_is_weighed_on_the_same_ones() -> None:
    dev = {0.0: [0.0] * 8, 0.5: [0.8, 0.9] * 4, 1.0: [0.85] * 8}
    dial = the_dial(build(dialled(), asked(), held(dev)))
    assert dial.chosen == 0.5
    a, b, c = (scores_at(0.5, domain) - scores_at(1.0, domain) for domain in SETS)
    home = paired_difference(scores_at(0.5, "a"), scores_at(1.0, "a"), bounds=(-1, 1),
                             rng=generator("dial", "title", "ft", 16, "title", "a", "in_domain"))  # fmt: skip
    assert dial.changes["in_domain"] == home
    assert defined(home).value == pytest.approx(a.mean())
    assert defined(dial.changes["out_of_domain"]).value == pytest.approx((b.mean() + c.mean()) / 2)
    backwards = asked().with_columns(score=1 - pl.col("score"))
    assert the_dial(build(dialled(), backwards, held(dev))).chosen == 0.5


def test_where_the_whole_is_chosen_nothing_changes() -> None:
    dial = the_dial(build(dialled(), asked(), held({0.0: [0.0, 0.1], 0.5: [0.2, 0.3], 1.0: [0.8, 0.9]})))
    assert dial.chosen == 1
    assert dial.changes == {}


@pytest.mark.parametrize(
    ("dev", "reason"),
    [
        ({}, "not every strength was asked development rows"),
        ({0.0: [0.5, 0.6], 1.0: [0.5, 0.7]}, "not every strength was asked development rows"),
        ({0.0: [0.5], 0.5: [0.6], 1.0: [0.5]}, "one row or cluster alone shows no spread"),
    ],
)
def test_without_development_rows_nothing_is_chosen(dev: Mapping[float, ArrayLike], reason: str) -> None:
    dial = the_dial(build(dialled(), asked(), held(dev) if dev else asked().clear()))
    assert dial.chosen == Undefined(reason)
    assert dial.changes == {}
    assert all(defined(number) for point in dial.points for number in point.scores.values())


def test_other_tasks_count_alike_each_by_its_own_first_metric() -> None:
    """Two other tasks, one of labels with two test sets and one of corpus BLEU with one."""
    title, moods = study().tasks["title"].model_dump(), classifying()["title"]
    assert isinstance(moods, dict)
    tasks = {"title": title, "mood": moods, "short": title | {"metrics": ["bleu"]}}
    right = {s: {d: flags(n, 0.3 + 0.4 * s, n) for d, n in (("a", 12), ("b", 24))} for s in STRENGTHS}
    counts = {
        s: [(6.0 + s, 5.0, 4.0, 3.0 + n % 2, 10.0, 9.0, 8.0, 7.0, 10.0, 11.0) for n in range(9)] for s in STRENGTHS
    }
    frames = [asked()]
    for s in STRENGTHS:
        frames += [said("ft", d, right[s][d], tier="cross_task", trained=("title", 16), strength=s, task="mood",
                        metric="accuracy") for d in right[s]]  # fmt: skip
        frames.append(said("ft", "a", [0.5] * 9, tier="cross_task", trained=("title", 16), strength=s, task="short",
                           metric="bleu", parts=counts[s]))  # fmt: skip
    dev = held({0.0: [0.0] * 8, 0.5: [0.8, 0.9] * 4, 1.0: [0.85] * 8})
    dial = the_dial(build(dialled(tasks=tasks, cross_task="all"), pl.concat(frames), dev))
    corpus = bleu().corpus
    assert corpus is not None
    expected = {
        s: (np.mean([right[s]["a"].mean(), right[s]["b"].mean()]) + float(corpus(np.sum(counts[s], axis=0)))) / 2
        for s in STRENGTHS
    }
    for point in dial.points:
        number = defined(point.scores["cross_task"])
        assert number.value == pytest.approx(expected[point.strength])
        assert number.low < number.value < number.high
    assert dial.chosen == 0.5
    assert defined(dial.changes["cross_task"]).value == pytest.approx(expected[0.5] - expected[1.0])


def test_a_task_that_the_arm_learnt_too_is_no_other_task() -> None:
    task = study().tasks["title"].model_dump()
    arms = {
        "base": {},
        "ft": {"trained": True, "strengths": [0.5, 0], "tasks": ["title", "more"]},
        "one": {"trained": True},
    }
    tasks = {"title": task, "more": task, "other": task}
    frames = [asked()]
    for s in STRENGTHS:
        frames.append(
            said("ft", "a", scores_at(s, "b"), tier="cross_task", trained=("title", 16), strength=s, task="other")
        )
    frames.append(said("one", "a", scores_at(1, "a"), tier="cross_task", trained=("title", 16), task="more"))
    points = the_dial(
        build(dialled(arms=arms, tasks=tasks, cross_task=True), pl.concat(frames), frames[0].clear())
    ).points
    for point in points:
        assert defined(point.scores["cross_task"]).value == pytest.approx(scores_at(point.strength, "b").mean())


def test_an_arm_with_one_strength_or_without_predictions_has_no_dial() -> None:
    frame = said("ft", "a", rng().random(10), trained=("title", 16))
    assert build(study(), frame, frame.clear()).dials == ()
    assert build(dialled(), frame.clear(), frame.clear()).dials == ()


def test_a_strength_that_was_not_asked_yet_is_undefined_and_the_others_are_there() -> None:
    part = asked().filter((pl.col("strength") != 0.5) | (pl.col("domain") == "a"))
    points = the_dial(build(dialled(), part, part.clear())).points
    assert points[1].scores["out_of_domain"] == Undefined("no rows")
    assert defined(points[1].scores["in_domain"])
    assert defined(points[2].scores["out_of_domain"])
