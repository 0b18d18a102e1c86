"""What changed between two runs, on predictions made by hand."""

from dataclasses import replace

import numpy as np
import polars as pl
import pytest

from farfield.findings import Between, Change, Held, Turn, between
from farfield.spec import StudySpec
from farfield.stats import Undefined
from tests.findings.frames import defined, rng, said, study

TRAINED = ("title", 8)
DEV = said("base", "a", [1.0] * 4)


def held(base: np.ndarray, ft: np.ndarray, *, spec: StudySpec | None = None, domain: str = "a") -> Held:
    frames = [said("base", domain, base), said("ft", domain, ft, trained=TRAINED)]
    return Held(spec or study(), pl.concat(frames), DEV)


def later(run: Held) -> Held:
    """The same answers to rows of a new file: other prompts under the same numbers."""
    return replace(run, test=run.test.with_columns(prompt_sha256=pl.lit("of the new file ") + pl.col("prompt_sha256")))


def of(found: Between, arm: str | None) -> Change:
    (change,) = (change for change in found.changes if change.arm == arm)
    return change


def scores(n: int, mean: float, seed: int) -> np.ndarray:
    return np.clip(rng(seed).normal(mean, 0.1, n), 0, 1)


def test_the_same_rows_are_compared_row_by_row() -> None:
    base, before = scores(200, 0.4, 1), scores(200, 0.5, 2)
    now = np.clip(before + 0.03 + rng(3).normal(scale=0.01, size=200), 0, 1)
    found = between(held(base, before), held(base, now))
    assert of(found, "ft").shared == 200
    assert defined(of(found, "ft").change).value == pytest.approx((now - before).mean())
    assert of(found, "ft").turn is Turn.better
    assert of(found, None).turn is Turn.alike  # the comparator said the very same
    apart = of(between(held(base, before), later(held(base, now))), "ft")
    assert apart.shared == 0
    assert defined(apart.change).value == pytest.approx((now - before).mean())
    width = defined(apart.change).high - defined(apart.change).low
    paired = defined(of(found, "ft").change)
    assert width > 3 * (paired.high - paired.low)
    error = (now.var(ddof=1) / 200 + before.var(ddof=1) / 200) ** 0.5
    assert width == pytest.approx(2 * 1.96 * error, rel=0.1)


def test_a_run_compared_with_itself_has_not_changed() -> None:
    run = held(scores(200, 0.4, 1), scores(200, 0.5, 2))
    found = between(run, run)
    assert {change.turn for change in found.changes} == {Turn.alike}
    assert all(defined(change.change).value == 0 for change in found.changes)
    assert found.gone == found.new == ()


def test_which_way_it_went_depends_on_the_margin_and_the_rows() -> None:
    base = scores(100, 0.4, 1)
    ft = scores(100, 0.6, 2)
    worse = between(held(base, ft), held(base, np.clip(ft - 0.2, 0, 1)))
    assert of(worse, "ft").turn is Turn.worse
    few = between(held(base[:5], ft[:5]), later(held(base[:5], ft[:5] + 0.02)))
    assert of(few, "ft").turn is Turn.open


def test_what_only_one_run_has_is_named() -> None:
    base, ft = scores(20, 0.4, 1), scores(20, 0.5, 2)
    more = study(arms={"base": {}, "ft": {"trained": True}, "gentle": {"trained": True, "learning_rate": 1e-5}})
    less = study(arms={"base": {}, "ft": {"trained": True}})
    found = between(held(base, ft, spec=more), held(base, ft, spec=less))
    assert found.gone == ("gentle",)
    assert found.new == ()
    assert {change.arm for change in found.changes} == {None, "ft"}


def test_a_test_set_that_was_not_finished_is_undefined() -> None:
    base, ft = scores(20, 0.4, 1), scores(20, 0.5, 2)
    whole = held(base, ft)
    begun = replace(whole, test=whole.test.filter((pl.col("arm") == "base") | (pl.col("row") < 0)))
    assert [change.arm for change in between(whole, begun).changes] == [None]
    empty = replace(whole, test=whole.test.filter(pl.col("arm") != "base"))
    assert isinstance(of(between(empty, whole), "ft").change, Undefined) is False
