"""Findings from predictions made by hand, where the truth is planted or computed another way."""

from pathlib import Path

import numpy as np
import polars as pl
import pytest
from statsmodels.stats.proportion import proportion_confint

from farfield.findings import Answer, Beside, Comparator, Verdict, build
from farfield.stats import MeanSequence, Undefined
from tests.findings.frames import (
    EMPTY,
    SCHEMA,
    classifying,
    defined,
    flags,
    line_of,
    only,
    rng,
    said,
    study,
    width,
)
from tests.small import run_fake, small_study

TRAINED = ("title", 8)
OUT = "out_of_domain"


def dev_of(*frames: pl.DataFrame) -> pl.DataFrame:
    """Development rows that leave no choice: `base`, no demos."""
    return pl.concat([said("base", "a", [1.0] * 4), *frames])


def test_the_frames_here_have_the_columns_of_a_run(tmp_path: Path, tiny_folder: Path) -> None:
    assert dict(run_fake(small_study(tmp_path, tiny_folder))[0].predictions.schema) == SCHEMA


def test_the_comparator_is_chosen_on_development_rows_alone() -> None:
    poor, good = rng(1).uniform(0.0, 0.4, 50), rng(2).uniform(0.5, 0.9, 50)
    test = pl.concat(
        [said("base", "a", good), said("base", "a", poor, form=(2, 0)), said("ft", "a", good, trained=TRAINED)]
    )
    dev = pl.concat([said("base", "a", poor[:10]), said("base", "a", good[:10], form=(2, 0))])
    task = only(build(study(), test, dev))
    assert task.comparator == Comparator("base", 2, 0, "dev", 10)
    assert defined(line_of(task, "base", "a", None).value).value == pytest.approx(poor.mean())
    assert defined(line_of(task, "ft", "a").gain).value == pytest.approx((good - poor).mean())


def test_the_comparator_may_be_any_untrained_arm_in_any_form_and_no_trained_one() -> None:
    arms = {"base": {}, "other": {}, "ft": {"trained": True}}
    forms = {("base", 0, 0): 0.2, ("base", 4, 1): 0.6, ("other", 2, 1): 0.7, ("other", 4, 0): 0.1}
    frames = [said(arm, "a", np.full(6, score), form=(k, t)) for (arm, k, t), score in forms.items()]
    test = pl.concat([*frames, said("ft", "a", np.full(6, 0.5), trained=TRAINED)])
    dev = pl.concat([*frames, said("ft", "a", np.ones(6), trained=TRAINED), said("lead", "a", np.ones(6))])
    assert only(build(study(arms=arms), test, dev)).comparator == Comparator("other", 2, 1, "dev", 6)


def test_the_comparator_is_the_best_by_the_metric_of_the_task_and_not_by_another() -> None:
    test = pl.concat([said("base", "a", [0.5, 0.1], form=(k, 0)) for k in (0, 2)])
    dev = [said("base", "a", [0.9], form=(0, 0)), said("base", "a", [0.8], form=(2, 0))]
    dev += [said("base", "a", [0.1], metric="bleu"), said("base", "a", [0.9], form=(2, 0), metric="bleu")]
    assert only(build(study(), test, pl.concat(dev))).comparator == Comparator("base", 0, 0, "dev", 1)


def test_without_development_rows_the_choice_among_forms_is_paid_for() -> None:
    forms = [rng(seed).uniform(0, 1, 120) for seed in range(3)]
    arm = rng(9).uniform(0.2, 1, 120)
    ft = said("ft", "a", arm, trained=TRAINED)
    test = pl.concat([*(said("base", "a", form, form=(k, 0)) for k, form in zip((0, 2, 4), forms, strict=True)), ft])
    best = int(np.argmax([form.mean() for form in forms]))
    alone = pl.concat([said("base", "a", forms[best], form=(2 * best, 0)), ft])
    family = only(build(study(), test, EMPTY))
    single = only(build(study(), alone, said("base", "a", [1.0], form=(2 * best, 0))))
    gain, chosen = line_of(family, "ft", "a").gain, line_of(single, "ft", "a").gain
    assert family.comparator is not None
    assert (family.comparator.chosen_on, family.comparator.rows) == ("none", 0)
    assert defined(gain).value == pytest.approx(arm.mean() - forms[best].mean())
    assert defined(gain).value == pytest.approx(defined(chosen).value)
    assert width(gain) > 1.1 * width(chosen)


def test_without_development_rows_a_gain_on_every_row_is_seen() -> None:
    test = pl.concat([said("base", "a", np.zeros(60), form=(k, 0)) for k in (0, 2)])
    test = pl.concat([test, said("ft", "a", np.ones(60), trained=TRAINED)])
    line = line_of(only(build(study(), test, EMPTY)), "ft", "a")
    assert defined(line.gain).value == 1
    assert line.verdict is Verdict.carries


def test_a_gain_is_the_mean_of_the_differences_row_by_row() -> None:
    base, ft = rng(1).random(250), rng(2).random(250)
    rows = said("ft", "b", ft, tier=OUT, trained=TRAINED)
    test = pl.concat([said("base", "b", base, tier=OUT), rows.sample(fraction=1, shuffle=True, seed=3)])
    line = line_of(only(build(study(), test, dev_of())), "ft", "b")
    differences = ft - base
    error = differences.std(ddof=1) / 250**0.5
    for number, z in ((line.gain, 1.960), (line.bound, 1.645)):
        assert defined(number).value == pytest.approx(differences.mean())
        assert (defined(number).value - defined(number).low) / error == pytest.approx(z, rel=0.1)
        assert (defined(number).high - defined(number).value) / error == pytest.approx(z, rel=0.1)
    assert (defined(line.gain).level, defined(line.bound).level) == (0.95, 0.90)
    assert defined(line.gain).n == 250


def test_a_value_has_the_interval_of_its_metric() -> None:
    right = flags(80, 0.7, seed=1)
    test = said("base", "a", right, metric="accuracy")
    dev = said("base", "a", [1.0], metric="accuracy")
    value = defined(line_of(only(build(study(tasks=classifying()), test, dev)), "base", "a", None).value)
    expected = proportion_confint(int(right.sum()), 80, method="wilson")
    assert (value.value, value.low, value.high) == pytest.approx((right.mean(), *expected))


@pytest.mark.parametrize(
    ("shift", "n", "expected"),
    [
        (0.5, 40, Verdict.carries),
        (-0.5, 40, Verdict.harms),
        (-0.012, 900, Verdict.no),  # a loss, and one that is too small to matter
        (0.0, 900, Verdict.no_harm),
        (0.0, 8, Verdict.cant_tell),
    ],
)
def test_a_planted_gain_gets_its_verdict(shift: float, n: int, expected: Verdict) -> None:
    base = rng(1).uniform(0.45, 0.55, n) - shift / 2
    noise = rng(2).uniform(-0.1, 0.1, n)
    test = pl.concat([said("base", "a", base), said("ft", "a", base + shift + noise - noise.mean(), trained=TRAINED)])
    line = line_of(only(build(study(), test, dev_of())), "ft", "a")
    assert defined(line.gain).value == pytest.approx(shift)
    assert line.verdict is expected
    assert (line.more_rows is not None) <= (expected is Verdict.cant_tell)


def test_an_open_verdict_says_about_how_many_rows_it_lacks() -> None:
    base, ft = np.array([0.0, 1, 0, 1, 0, 0, 1, 0]), np.array([1.0, 1, 1, 0, 0, 1, 1, 0])
    test = pl.concat([said("base", "a", base), said("ft", "a", ft, trained=TRAINED)])
    task = only(build(study(), test, dev_of()))
    differences = ft - base
    needed = np.ceil(((1.644854 + 0.841621) * differences.std(ddof=1) / differences.mean()) ** 2) - 8
    for found in (line_of(task, "ft", "a"), task.claims[0]):
        assert found.verdict is Verdict.cant_tell
        assert found.more_rows is not None
        assert found.more_rows.likely == needed > 0
        assert found.more_rows.least < needed < found.more_rows.most


def test_one_row_alone_tells_nothing() -> None:
    test = pl.concat([said("base", "a", [0.0]), said("ft", "a", [1.0], trained=TRAINED)])
    line = line_of(only(build(study(), test, dev_of())), "ft", "a")
    assert (line.verdict, line.more_rows) == (Verdict.cant_tell, None)


def test_the_drop_is_the_gain_at_home_minus_the_gain_there() -> None:
    shifts = {"a": (0.3, 200), "b": (0.1, 120)}
    frames, gained = [], {}
    for seed, (domain, (shift, n)) in enumerate(shifts.items()):
        gained[domain] = shift + rng(seed).uniform(-0.2, 0.2, n)
        tier = "in_domain" if domain == "a" else OUT
        frames += [said("base", domain, np.full(n, 0.4), tier=tier)]
        frames += [said("ft", domain, 0.4 + gained[domain], tier=tier, trained=TRAINED)]
    task = only(build(study(), pl.concat(frames), dev_of()))
    drop = defined(line_of(task, "ft", "b").drop)
    error = sum(values.var(ddof=1) / len(values) for values in gained.values()) ** 0.5
    assert line_of(task, "ft", "a").drop is None
    assert drop.value == pytest.approx(gained["a"].mean() - gained["b"].mean())
    assert drop.high - drop.low == pytest.approx(2 * 1.645 * error, rel=0.1)
    assert drop.level == 0.90
    assert line_of(task, "ft", "b").verdict is Verdict.carries


def test_the_same_gain_everywhere_carries_fully() -> None:
    frames = []
    for seed, (domain, tier) in enumerate((("a", "in_domain"), ("b", OUT))):
        base = rng(seed).uniform(0.2, 0.3, 200)
        frames += [said("base", domain, base, tier=tier)]
        frames += [said("ft", domain, base + 0.5 + rng(9 + seed).normal(0, 0.02, 200), tier=tier, trained=TRAINED)]
    task = only(build(study(), pl.concat(frames), dev_of()))
    assert line_of(task, "ft", "a").verdict is Verdict.carries
    assert line_of(task, "ft", "b").verdict is Verdict.carries_fully
    assert [(c.tier, c.verdict) for c in task.claims] == [("in_domain", Verdict.carries), (OUT, Verdict.carries)]


def test_an_arm_is_judged_at_the_shots_it_was_trained_with() -> None:
    base, low, high = np.full(30, 0.5), rng(1).uniform(0, 0.2, 30), rng(2).uniform(0.8, 1, 30)
    frames = [said("base", "a", base, form=(k, t)) for k in (0, 2) for t in (0, 1)]
    frames += [said("ft", "a", high, trained=TRAINED), said("ft", "a", low, trained=TRAINED, form=(2, 0))]
    frames += [said("fticl", "a", low, trained=TRAINED), said("fticl", "a", high, trained=TRAINED, form=(2, 0))]
    frames += [said(arm, "a", low, trained=TRAINED, form=(k, 1)) for arm in ("ft", "fticl") for k in (0, 2)]
    task = only(build(study(), pl.concat(frames), dev_of()))
    for arm, shots in (("ft", 0), ("fticl", 2)):
        line = line_of(task, arm, "a")
        assert defined(line.value).value == pytest.approx(high.mean())
        assert (line.shots, line.verdict) == (shots, Verdict.carries)


def test_a_line_tells_the_shots_that_its_value_comes_from() -> None:
    spec = study(arms={"base": {}, "fticl": {"trained": True, "train_shots": 3}})
    by_shots = {0: 0.125, 2: 0.25, 4: 0.5}
    frames = [said("base", "a", np.zeros(9))]
    frames += [said("fticl", "a", np.full(9, s), trained=TRAINED, form=(k, 0)) for k, s in by_shots.items()]
    line = line_of(only(build(spec, pl.concat(frames), dev_of())), "fticl", "a")
    assert by_shots.get(line.shots) == defined(line.value).value


def test_other_metrics_and_other_tasks_change_nothing() -> None:
    base, ft = rng(1).random(60), rng(2).random(60)
    test = pl.concat([said("base", "a", base), said("ft", "a", ft, trained=TRAINED)])
    more = [said("ft", "a", base, trained=TRAINED, metric="bleu", parts=[[1.0]] * 60)]
    more += [said("ft", "a", base, trained=("else", 8), task="else"), said("base", "a", base, task="else")]
    assert build(study(), pl.concat([test, *more]), dev_of()) == build(study(), test, dev_of())


def test_findings_are_the_same_every_time_and_in_any_order_of_rows() -> None:
    frames = [said("base", d, flags(40, 0.4, s), tier=t) for s, (d, t) in enumerate((("a", "in_domain"), ("b", OUT)))]
    frames += [said("ft", f["domain"][0], flags(40, 0.7, 9), tier=f["tier"][0], trained=TRAINED) for f in frames]
    test = pl.concat(frames)
    found = build(study(), test, dev_of())
    assert build(study(), test, dev_of()) == found
    assert build(study(), test.sort("row", descending=True, maintain_order=True), dev_of()).tasks[0].lines == (
        found.tasks[0].lines
    )


def test_answers_sort_the_new_domains_by_verdict() -> None:
    gains = {"a": (0.3, 200), "b": (0.25, 200), "c": (0.0, 5), "d": (-0.4, 50)}
    frames = []
    for seed, (domain, (gain, n)) in enumerate(gains.items()):
        tier = {"a": "in_domain", "d": "later_time"}.get(domain, OUT)
        noise = rng(seed).uniform(-0.08, 0.08, n)
        frames += [said("base", domain, np.full(n, 0.5), tier=tier)]
        frames += [said("ft", domain, 0.5 + gain + noise - noise.mean(), tier=tier, trained=TRAINED)]
    task = only(build(study(), pl.concat(frames), dev_of()))
    home = line_of(task, "ft", "a")
    assert task.answers == (Answer("ft", 8, "a", Verdict.carries, home.gain, ("b",), ("c",), ("d",)),)


def test_a_gain_without_rows_is_undefined_and_not_zero() -> None:
    test = said("ft", "a", [0.5, 0.7], trained=TRAINED)
    task = only(build(study(), test, EMPTY))
    assert task.comparator is None
    line = line_of(task, "ft", "a")
    assert defined(line.value).value == pytest.approx(0.6)
    assert (line.gain, line.bound, line.drop, line.verdict) == (None, None, None, None)


def test_no_predictions_at_all_find_nothing() -> None:
    findings = build(study(), EMPTY, EMPTY)
    task = only(findings)
    assert (findings.study, findings.seeds, task.name, task.metric, task.margin) == ("made", 1, "title", "rougeL", 0.02)
    assert (task.comparator, task.lines, task.baselines, task.claims) == (None, (), (), ())
    assert (task.answers, task.differing) == ((), ())


def test_an_arm_that_saw_no_rows_is_left_out() -> None:
    test = pl.concat([said("base", "a", np.zeros(20)), said("ft", "a", np.ones(20), trained=TRAINED)])
    task = only(build(study(), test, dev_of()))
    assert {line.arm for line in task.lines} == {"base", "ft"}
    assert {claim.arm for claim in task.claims} == {"ft"}


@pytest.mark.parametrize("missing", [("ft", "b"), ("ft", "a"), ("base", "b"), ("base", "a")])
def test_a_run_that_has_not_come_as_far_as_one_test_set_tells_the_others(missing: tuple[str, str]) -> None:
    frames = {}
    for domain, tier in (("a", "in_domain"), ("b", OUT)):
        frames["base", domain] = said("base", domain, np.zeros(30), tier=tier)
        frames["ft", domain] = said("ft", domain, np.ones(30), tier=tier, trained=TRAINED)
    del frames[missing]
    task = only(build(study(), pl.concat(frames.values()), dev_of()))
    there = "a" if missing[1] == "b" else "b"
    assert line_of(task, "ft", there).verdict is Verdict.carries
    gone = [line for line in task.lines if line.domain == missing[1] and line.arm == "ft"]
    assert all(line.gain is None or isinstance(line.gain, Undefined) for line in gone)


def test_rows_that_were_added_after_a_look_are_judged_by_intervals_that_hold_at_all_looks() -> None:
    base, ft = flags(400, 0.4, 1), flags(400, 0.7, 2)
    frame = pl.concat(
        [said("base", "a", base, metric="accuracy"), said("ft", "a", ft, trained=TRAINED, metric="accuracy")]
    )
    dev = said("base", "a", [1.0], metric="accuracy")
    spec = study(tasks=classifying())
    once, again = (only(build(spec, frame, dev, Beside(looks={"title": {"a": seen}}))) for seen in ([400], [200, 400]))
    first, second = line_of(once, "ft", "a"), line_of(again, "ft", "a")
    assert defined(second.gain).method == defined(again.claims[0].gain).method == "betting"
    assert defined(second.gain).value == pytest.approx(defined(first.gain).value)
    expected = MeanSequence((-1, 1)).update(ft - base).estimate(0.90)
    assert second.bound == expected
    assert width(second.gain) > 1.2 * width(first.gain)
    assert second.verdict is Verdict.carries


def test_a_family_that_nothing_chose_from_has_no_interval_for_all_looks() -> None:
    looks = Beside(looks={"title": {"a": [2, 4]}})
    forms = [said("base", "a", [0.1, 0.2, 0.1, 0.2], form=(shots, 0)) for shots in (0, 2)]
    frame = pl.concat([*forms, said("ft", "a", [0.5, 0.6, 0.7, 0.5], trained=TRAINED)])
    line = line_of(only(build(study(), frame, EMPTY, looks)), "ft", "a")
    assert line.gain == Undefined("rows were added, and nothing chose the comparator")
    assert line.verdict is Verdict.cant_tell
