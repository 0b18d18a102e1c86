"""Claims, seeds, tiers, baselines and the rows on which arms differ."""

from dataclasses import replace

import numpy as np
import polars as pl
import pytest

from farfield.findings import Verdict, build
from farfield.metrics import macro_f1
from farfield.stats import Undefined
from tests.findings.frames import EMPTY, Scores, classifying, defined, flags, line_of, only, rng, said, study, width

TRAINED = ("title", 8)
IN, OUT = "in_domain", "out_of_domain"
DEV = said("base", "a", [1.0] * 4)


def against_half(arm: str, domain: str, scores: Scores, **named: str) -> list[pl.DataFrame]:
    """An arm's scores, and base's, which are one half everywhere."""
    tier = named.get("tier", OUT)
    base = said("base", domain, np.full(len(scores), 0.5), tier=tier)
    return [base, said(arm, domain, scores, tier=tier, trained=TRAINED)]


def test_a_claim_gives_each_domain_of_its_tier_equal_weight() -> None:
    small, large = 0.5 + rng(1).normal(0.4, 0.05, 20), 0.5 + rng(2).normal(0.0, 0.05, 180)
    home = 0.5 + rng(3).normal(0.3, 0.05, 40)
    frames = [*against_half("ft", "a", home, tier=IN), *against_half("ft", "b", small), *against_half("ft", "c", large)]
    claims = {claim.tier: claim for claim in only(build(study(), pl.concat(frames), DEV)).claims}
    assert set(claims) == {IN, OUT}
    assert claims[IN].domains == ("a",)
    assert claims[OUT].domains == ("b", "c")
    assert defined(claims[IN].gain).value == pytest.approx(home.mean() - 0.5)
    gain = defined(claims[OUT].gain)
    assert gain.value == pytest.approx((small.mean() + large.mean()) / 2 - 0.5)
    assert abs(gain.value - (np.concatenate([small, large]).mean() - 0.5)) > 0.1
    error = (small.var(ddof=1) / 20 + large.var(ddof=1) / 180) ** 0.5 / 2
    assert gain.high - gain.low == pytest.approx(2 * 1.96 * error, rel=0.1)
    assert (gain.level, gain.n, claims[OUT].verdict) == (0.95, 200, Verdict.carries)


def test_there_is_one_claim_for_each_trained_arm_size_and_tier() -> None:
    frames = [said("base", "a", flags(30, 0.5, 1)), said("base", "b", flags(30, 0.5, 2), tier=OUT)]
    for arm, size in (("ft", 8), ("ft", 16), ("fticl", 8)):
        form = (2 if arm == "fticl" else 0, 0)
        frames += [
            said(arm, d, flags(30, 0.6, 3), tier=t, trained=("title", size), form=form)
            for d, t in (("a", IN), ("b", OUT))
        ]
    claims = only(build(study(), pl.concat(frames), DEV)).claims
    found = [(claim.arm, claim.train_rows, claim.tier) for claim in claims]
    expected = [(arm, n, tier) for arm, n in (("ft", 8), ("ft", 16), ("fticl", 8)) for tier in (IN, OUT)]
    assert sorted(found) == sorted(expected)


def test_a_claim_speaks_of_the_metric_of_its_task() -> None:
    labels, of = ("good", "bad"), macro_f1(("good", "bad"))
    targets = [labels[int(flag)] for flag in flags(80, 0.2, 1)]
    answers = {"base": [labels[0]] * 80, "ft": [labels[int(flag)] for flag in flags(80, 0.3, 2)]}
    rows = {arm: [of.row(p, t) for p, t in zip(said_, targets, strict=True)] for arm, said_ in answers.items()}
    frames = [
        said(arm, "a", [r.score for r in scored], trained=TRAINED if arm == "ft" else None, metric="macro_f1",
             parts=[r.parts for r in scored])
        for arm, scored in rows.items()
    ]  # fmt: skip
    task = only(build(study(tasks=classifying("macro_f1")), pl.concat(frames), frames[0]))
    assert of.corpus is not None
    f1 = {arm: float(of.corpus(np.sum([r.parts for r in scored], axis=0))) for arm, scored in rows.items()}
    assert defined(line_of(task, "ft", "a").gain).value == pytest.approx(f1["ft"] - f1["base"])
    assert defined(task.claims[0].gain).value == pytest.approx(f1["ft"] - f1["base"])


def test_without_development_rows_a_gain_speaks_of_the_metric_of_its_task() -> None:
    of = macro_f1(("good", "bad"))
    targets = ["good"] * 30 + ["bad"] * 10
    answers = {("base", 0): ["good"] * 40, ("base", 2): ["bad"] * 40, ("ft", 0): ["good"] * 25 + ["bad"] * 15}
    frames, f1 = [], {}
    assert of.corpus is not None
    for (arm, shots), told in answers.items():
        rows = [of.row(p, t) for p, t in zip(told, targets, strict=True)]
        f1[arm, shots] = float(of.corpus(np.sum([r.parts for r in rows], axis=0)))
        frames.append(
            said(arm, "a", [r.score for r in rows], trained=TRAINED if arm == "ft" else None, metric="macro_f1",
                 parts=[r.parts for r in rows], form=(shots, 0))
        )  # fmt: skip
    task = only(build(study(tasks=classifying("macro_f1")), pl.concat(frames), EMPTY))
    best = max(f1["base", 0], f1["base", 2])
    assert defined(line_of(task, "ft", "a").gain).value == pytest.approx(f1["ft", 0] - best)


def three_seeds(metric: str, scores: list[Scores], base: Scores) -> pl.DataFrame:
    frames = [said("ft", "a", s, trained=TRAINED, seed=n, metric=metric) for n, s in enumerate(scores)]
    return pl.concat([said("base", "a", base, metric=metric), *frames])


def test_two_seeds_are_averaged_before_rows_are_resampled() -> None:
    base = rng(1).random(100)
    scores = [rng(seed).random(100) for seed in (2, 3)]
    spec = study(seeds=[0, 1])
    gain = defined(line_of(only(build(spec, three_seeds("rougeL", scores, base), DEV)), "ft", "a").gain)
    mean = np.mean(scores, axis=0)
    error = (mean - base).std(ddof=1) / 100**0.5
    naive = (np.concatenate(scores) - np.tile(base, 2)).std(ddof=1) / 200**0.5
    assert gain.value == pytest.approx((mean - base).mean())
    assert gain.n == 100
    assert gain.high - gain.low == pytest.approx(2 * 1.96 * error, rel=0.1)
    assert gain.high - gain.low > 1.15 * 2 * 1.96 * naive


def test_seeds_that_say_the_same_add_no_certainty() -> None:
    base, ft = rng(1).random(60), rng(2).random(60)
    one = line_of(only(build(study(), three_seeds("rougeL", [ft], base), DEV)), "ft", "a")
    three = line_of(only(build(study(seeds=[0, 1, 2]), three_seeds("rougeL", [ft] * 3, base), DEV)), "ft", "a")
    for ours, theirs in ((one.gain, three.gain), (one.bound, three.bound), (one.value, three.value)):
        a, b = defined(ours), defined(theirs)
        assert (a.value, a.n) == pytest.approx((b.value, b.n))
        assert b.high - b.low > 0.9 * (a.high - a.low)  # one is resampled, the other Student's


def test_from_three_seeds_on_the_interval_holds_what_seeds_differ_by() -> None:
    base = rng(1).random(200)
    scores = [
        np.clip(base + 0.2 + off + rng(n).normal(scale=0.05, size=200), 0, 1) for n, off in enumerate((-0.1, 0, 0.1))
    ]
    line = line_of(only(build(study(seeds=[0, 1, 2]), three_seeds("rougeL", scores, base), DEV)), "ft", "a")
    assert defined(line.gain).method == "crossed"
    assert width(line.gain) > 0.2
    assert line.spread is not None
    assert line.spread.seeds is not None
    assert line.spread.rows is not None
    assert line.spread.seeds > 5 * line.spread.rows
    assert line.spread.templates is None
    two = line_of(only(build(study(seeds=[0, 1]), three_seeds("rougeL", scores[:2], base), DEV)), "ft", "a")
    assert width(two.gain) < 0.1  # which speaks of these two trainings alone


def asked_by(template: int, gain: float, seed: int) -> list[pl.DataFrame]:
    """Untrained and trained scores of 200 rows by one template."""
    base = 0.3 * rng(seed).random(200)
    ft = np.clip(base + gain + rng(seed + 50).normal(scale=0.05, size=200), 0, 1)
    return [
        said("base", "a", base, form=(0, template)),
        said("ft", "a", ft, trained=TRAINED, form=(0, template)),
    ]


def test_what_the_template_does_to_a_gain_stands_beside_what_rows_do() -> None:
    dev = said("base", "a", [1.0] * 4)
    alike = pl.concat([*asked_by(0, 0.2, 1), *asked_by(1, 0.2, 2), *asked_by(2, 0.2, 3)])
    apart = pl.concat([*asked_by(0, 0.1, 1), *asked_by(1, 0.2, 2), *asked_by(2, 0.3, 3)])
    spreads = [line_of(only(build(study(), frames, dev)), "ft", "a").spread for frames in (alike, apart)]
    assert all(spread is not None and spread.rows is spread.seeds is None for spread in spreads)
    little, much = (spread.templates for spread in spreads if spread and spread.templates is not None)
    assert much == pytest.approx(0.1, rel=0.15)  # the standard deviation of 0.1, 0.2 and 0.3
    assert little < 0.02
    one = pl.concat(asked_by(0, 0.1, 1))
    assert line_of(only(build(study(), one, dev)), "ft", "a").spread is None


def test_the_accuracy_of_several_seeds_is_the_mean_of_their_accuracies() -> None:
    scores = [(rng(n).permutation(10) < right).astype(np.float64) for n, right in enumerate((4, 5, 5))]
    spec = study(seeds=[0, 1, 2], tasks=classifying())
    dev = said("base", "a", [1.0], metric="accuracy")
    line = line_of(only(build(spec, three_seeds("accuracy", scores, np.zeros(10)), dev)), "ft", "a")
    assert defined(line.gain).value == pytest.approx(14 / 30)
    assert defined(line.value).value == pytest.approx(14 / 30)


@pytest.mark.parametrize("seeds", [1, 3, 5])
def test_findings_say_how_many_seeds_they_rest_on(seeds: int) -> None:
    assert build(study(seeds=list(range(seeds))), EMPTY, EMPTY).seeds == seeds


def crossed_frames() -> dict[tuple[str, str], Scores]:
    """By arm and task trained on: its scores on the test set a of `title`."""
    return {
        ("ft", "title"): rng(1).uniform(0.7, 0.9, 50),
        ("ft", "mood"): rng(2).uniform(0.1, 0.3, 50),
        ("ft", "other"): rng(3).uniform(0.5, 0.6, 50),
    }


def test_arms_trained_on_another_task_stand_under_cross_task() -> None:
    frames = [said("base", "a", np.full(50, 0.45)), said("base", "b", np.full(50, 0.45), tier=OUT)]
    scores = crossed_frames()
    for (arm, on), values in scores.items():
        tier = IN if on == "title" else "cross_task"
        frames.append(said(arm, "a", values, tier=tier, trained=(on, 8)))
    frames.append(said("ft", "b", scores["ft", "title"], tier=OUT, trained=TRAINED))
    task = only(build(study(), pl.concat(frames), DEV))
    crossed = {round(defined(x.value).value, 9): x for x in task.lines if x.tier == "cross_task"}
    assert len(crossed) == 2
    for on, verdict in (("mood", Verdict.harms), ("other", Verdict.carries)):
        line = crossed[round(float(scores["ft", on].mean()), 9)]
        assert (line.arm, line.domain, line.verdict, line.drop) == ("ft", "a", verdict, None)
        assert defined(line.gain).value == pytest.approx(scores["ft", on].mean() - 0.45)
    own = {(x.arm, x.domain, x.tier) for x in task.lines if x.tier != "cross_task"}
    assert own == {("base", "a", IN), ("base", "b", OUT), ("ft", "a", IN), ("ft", "b", OUT)}
    assert {claim.tier for claim in task.claims} == {IN, OUT}
    (answer,) = task.answers
    assert (answer.home_verdict, answer.carried, answer.open, answer.lost) == (Verdict.carries, ("b",), (), ())


def test_lines_of_arms_trained_on_different_tasks_can_be_told_apart() -> None:
    frames = [said("base", "a", np.full(50, 0.45))]
    for (arm, on), values in crossed_frames().items():
        frames.append(said(arm, "a", values, tier=IN if on == "title" else "cross_task", trained=(on, 8)))
    lines = only(build(study(), pl.concat(frames), DEV)).lines
    blank = Undefined("left out here")
    keys = {
        replace(line, value=blank, gain=None, bound=None, drop=None, verdict=None, more_rows=None) for line in lines
    }
    assert len(keys) == len(lines) == 4


def test_rows_that_differ_are_those_that_differ_most() -> None:
    base, ft = np.full(40, 0.5), np.full(40, 0.5)
    ft[[3, 7, 20]] = [1.0, 0.1, 0.75]  # apart by 0.5, 0.4 and 0.25
    test = pl.concat([said("base", "a", base), said("ft", "a", ft, trained=TRAINED)])
    found = only(build(study(), test, DEV)).differing
    assert [(d.domain, d.row, d.target) for d in found] == [("a", 3, "target 3"), ("a", 7, "target 7")]
    assert found[0].answers == (("base", "base on row 3", 0.5), ("ft", "ft on row 3", 1.0))


def test_at_most_a_dozen_rows_that_differ_are_shown() -> None:
    base, ft = np.zeros(40), np.linspace(0.3, 1, 40)
    test = pl.concat([said("base", "a", base), said("ft", "a", ft, trained=TRAINED)])
    found = only(build(study(), test, DEV)).differing
    assert [d.row for d in found] == list(range(39, 27, -1))


def test_rows_that_differ_come_from_the_largest_training_set_and_the_comparator() -> None:
    frames = [said("base", "a", np.zeros(6)), said("base", "a", np.ones(6), form=(2, 0))]
    frames += [
        said("ft", "a", [1.0, 0, 0, 0, 0, 0], trained=("title", 16)),
        said("ft", "a", np.ones(6), trained=TRAINED),
    ]
    (differing,) = only(build(study(), pl.concat(frames), DEV)).differing
    assert (differing.row, [arm for arm, *_ in differing.answers]) == (0, ["base", "ft"])


def test_baselines_are_listed_with_their_values_and_without_verdicts() -> None:
    scores = {("lead", "a"): rng(1).random(30), ("lead", "b"): rng(2).random(30), ("constant", "a"): rng(3).random(30)}
    frames = [said("base", "a", np.zeros(30)), said("base", "b", np.zeros(30), tier=OUT)]
    frames += [
        said(name, d, values, tier=IN if d == "a" else OUT, backend="baseline") for (name, d), values in scores.items()
    ]
    task = only(build(study(), pl.concat(frames), DEV))
    assert {(x.arm, x.domain) for x in task.baselines} == set(scores)
    for line in task.baselines:
        assert defined(line.value).value == pytest.approx(scores[line.arm, line.domain].mean())
        assert line.tier == (IN if line.domain == "a" else OUT)
        assert (line.gain, line.verdict, line.train_rows) == (None, None, None)
    assert {line.arm for line in task.lines} == {"base"}
    assert task.comparator is not None
    assert task.comparator.arm == "base"


def test_an_untrained_arm_may_have_the_name_of_a_baseline() -> None:
    model, baseline = rng(1).random(30), rng(2).random(30)
    frames = [said("lead", "a", model), said("lead", "a", baseline, backend="baseline")]
    task = only(build(study(arms={"lead": {}}), pl.concat(frames), said("lead", "a", [1.0])))
    assert defined(line_of(task, "lead", "a", None).value).value == pytest.approx(model.mean())
    assert defined(task.baselines[0].value).value == pytest.approx(baseline.mean())
