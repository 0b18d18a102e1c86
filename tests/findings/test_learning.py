"""Learning curves on scores made by hand."""

import polars as pl
import pytest

from farfield.findings import Learnt, build
from farfield.spec import StudySpec
from farfield.stats import Undefined
from tests.findings.frames import EMPTY, line_of, only, rng, said, study

SIZES = (50, 100, 200, 400, 800)


def asked(sizes: tuple[int, ...] = SIZES, *, seeds: int = 2, rows: int = 2000) -> pl.DataFrame:
    """Scores that rise with the number of training rows."""
    return pl.concat(
        said("ft", "a", (rng(size + seed).random(rows) > 0.1 + 2 * size**-0.5).astype(float), trained=("title", size),
             seed=seed)
        for size in sizes for seed in range(seeds)
    )  # fmt: skip


def curve(frame: pl.DataFrame, *, seeds: int = 2) -> tuple[Learnt, StudySpec]:
    task = study().tasks["title"].model_copy(update={"aim": 0.8})
    spec = study(seeds=list(range(seeds)))
    spec = spec.model_copy(update={"tasks": {"title": task}})
    (found,) = build(spec, frame, EMPTY).learnt
    return found, spec


def test_a_curve_is_carried_on_to_twice_and_four_times_the_largest_size() -> None:
    frame = asked(rows=3000)
    found, spec = curve(frame)
    assert (found.task, found.arm, found.domain, found.tier) == ("title", "ft", "a", "in_domain")
    assert not isinstance(found.ahead, Undefined)
    assert [each.size for each in found.ahead] == [1600, 3200]
    for each in found.ahead:
        assert each.expected.value == pytest.approx(1 - 0.1 - 2 * each.size**-0.5, abs=0.03)
        assert each.one_more.high - each.one_more.low >= each.expected.high - each.expected.low - 0.01
    assert found.needed is not None
    assert isinstance(found.needed.low, int)
    assert isinstance(found.needed.high, int)
    assert found.needed.low < 400 < found.needed.high
    lines = only(build(spec, frame, EMPTY))
    assert [number for _, number in found.points] == [line_of(lines, "ft", "a", size).value for size in SIZES]


@pytest.mark.parametrize(
    ("frame", "seeds", "reason"),
    [
        (asked(SIZES[:4]), 2, "a learning curve needs five sizes of training sets"),
        (asked(seeds=1), 1, "a learning curve needs two seeds of every size"),
    ],
)
def test_why_there_is_none(frame: pl.DataFrame, seeds: int, reason: str) -> None:
    found, _ = curve(frame, seeds=seeds)
    assert isinstance(found.ahead, Undefined)
    assert found.ahead.reason == reason
    assert found.needed is None


def test_one_size_is_no_curve() -> None:
    assert build(study(), asked((50,)), EMPTY).learnt == ()
