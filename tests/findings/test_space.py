"""The answer space in the findings: figures by hand, and what they foretell over planted tasks."""

import math

import numpy as np
import polars as pl
import pytest
from scipy.stats import spearmanr

from farfield.findings import Beside, Space, build
from farfield.findings.space import look
from farfield.spec import StudySpec
from farfield.stats import Estimate, Number, RankCorrelation, Undefined, wilson
from farfield.study import SpaceFrames
from tests.findings.frames import classifying, defined, rng, said, study

Row = dict[str, object]
MODEL = {"arm": pl.String(), "trained_on": pl.String(), "train_rows": pl.Int64(), "seed": pl.Int64()}
ANSWERS = {**MODEL, "task": pl.String(), "row": pl.Int64(), "target": pl.String(), "answer": pl.String(),
           "copied": pl.Float64()}  # fmt: skip
SURPRISES = {**MODEL, "task": pl.String(), "row": pl.Int64(), "nll": pl.Float64(), "entropy": pl.Float64(),
             "tokens": pl.Int64()}  # fmt: skip
REFERENCES = {"task": pl.String(), "target": pl.String(), "copied": pl.Float64()}
BASE: Row = {"arm": None, "trained_on": None, "train_rows": None, "seed": None}
TUNED: Row = {"arm": "ft", "trained_on": "title", "train_rows": 8}
NONE: Number = Undefined("no drop of plain fine-tuning is known")


def two_tasks() -> StudySpec:
    """`mood` with two labels and `title` in free text."""
    return study(tasks={"mood": classifying()["title"], "title": study().tasks["title"].model_dump()})


def frames(answers: list[Row], surprises: list[Row], references: dict[str, list[str]]) -> SpaceFrames:
    known = [{"task": task, "target": text, "copied": 0.5} for task, texts in references.items() for text in texts]
    return SpaceFrames(
        pl.DataFrame(answers, schema=ANSWERS),
        pl.DataFrame(surprises, schema=SURPRISES),
        pl.DataFrame(known, schema=REFERENCES),
    )


def wrote(task: str, texts: list[str], targets: list[str], model: Row) -> list[Row]:
    return [
        {**model, "task": task, "row": row, "target": target, "answer": text, "copied": 0.25 * (row % 4)}
        for row, (text, target) in enumerate(zip(texts, targets, strict=True))
    ]


def looked(seen: SpaceFrames, drops: dict[str, Number] | None = None, of: StudySpec | None = None) -> Space:
    found = look(of or two_tasks(), seen, drops or {"mood": NONE, "title": NONE})
    assert found is not None
    return found


TITLES = [f"Pump {n} leaks at gate {n % 7}" for n in range(20)]
MOODS = ["good", "bad"] * 10
KNOWN = {"mood": MOODS, "title": TITLES}


def test_nothing_seen_is_no_section() -> None:
    assert look(two_tasks(), frames([], [], {}), {}) is None


def test_narrow_and_wide_tasks_are_told_apart_by_their_references() -> None:
    mood, title = looked(frames([], [], KNOWN | {"title": [*TITLES[:-1], "Pump 19 leaks"]})).tasks
    assert (mood.size, mood.rows, mood.wide) == (2, 20, False)
    assert mood.bits == defined(mood.entropy).value == 1
    assert (title.size, title.rows, title.wide) == (20, 20, True)
    assert title.bits == pytest.approx(math.log2(20))
    assert title.entropy == Undefined("many answers stand once", 20)
    assert defined(mood.words).value == 1
    assert defined(title.words).value == pytest.approx((19 * 6 + 3) / 20)
    assert defined(title.copied).value == 0.5


def test_what_a_model_writes_is_counted_seeds_of_a_row_together() -> None:
    first = ["good", "Pump 3 leaks at gate 3", "bad", "fine"]
    answers = wrote("mood", first, MOODS[:4], TUNED | {"seed": 0})
    answers += wrote("mood", ["good"] * 4, MOODS[:4], TUNED | {"seed": 1})
    answers += wrote("title", ["good", "good", "Pump 5 leaks", "Pump 6 leaks"], TITLES[:4], TUNED | {"seed": 0})
    surprises: list[Row] = [
        {**TUNED, "seed": seed, "task": "mood", "row": row, "nll": (row + 1) * math.log(2), "entropy": 0.5 * (row + 1),
         "tokens": row + 1}
        for seed in (0, 1) for row in range(4)
    ]  # fmt: skip
    mood, title = looked(frames(answers, surprises, KNOWN)).models
    assert (mood.arm, mood.trained_on, mood.train_rows, mood.task) == ("ft", "title", 8, "mood")
    assert isinstance(mood.perplexity, Undefined)  # every row says 2: there is no spread
    assert defined(mood.invalid).value == pytest.approx(2 / 8)
    assert defined(mood.invalid).n == 4
    # One of eight outputs is a title; "fine" is nearer to a label, or to a title: the judge says, and is told of.
    assert defined(mood.elsewhere).value >= 1 / 8
    assert defined(mood.length).value == pytest.approx((4 + (1 + 6 + 1 + 1)) / 8)
    assert mood.copied == Undefined("labels are chosen, not copied")
    assert title.invalid == Undefined("a generation task has no labels")
    assert title.elsewhere == wilson(2, 4)
    assert defined(title.copied).value == pytest.approx((0 + 0.25 + 0.5 + 0.75) / 4)
    assert list(title.distinct) == [5 / 8, 1]
    assert title.perplexity == Undefined("no rows")


def test_perplexity_and_uncertainty_are_those_of_all_tokens_together() -> None:
    drawn = rng().uniform(0.5, 2, size=(30, 2))
    tokens = rng(1).integers(1, 9, size=30)
    surprises: list[Row] = [
        {**BASE, "task": "title", "row": row, "nll": float(a), "entropy": float(b), "tokens": int(n)}
        for row, ((a, b), n) in enumerate(zip(drawn, tokens, strict=True))
    ]
    (base,) = looked(frames(wrote("title", TITLES, TITLES, BASE), surprises, KNOWN)).models
    perplexity, uncertainty = defined(base.perplexity), defined(base.uncertainty)
    assert perplexity.value == pytest.approx(math.exp(drawn[:, 0].sum() / tokens.sum()))
    assert uncertainty.value == pytest.approx(drawn[:, 1].sum() / tokens.sum())
    assert perplexity.low < perplexity.value < perplexity.high
    assert uncertainty.low < uncertainty.value < uncertainty.high


def test_one_task_has_no_other_format_to_fall_into() -> None:
    space = looked(frames(wrote("title", TITLES, TITLES, BASE), [], {"title": TITLES}), {"title": NONE})
    assert space.told_apart == space.models[0].elsewhere == Undefined("all tasks have one format")


def _widths(count: int) -> tuple[StudySpec, SpaceFrames, dict[str, Number]]:
    """Tasks with 2, 3, 4 … answers and a drop that rises with them, but for one."""
    task = classifying()["title"]
    assert isinstance(task, dict)
    names = [f"t{n}" for n in range(count)]
    tasks = {name: {**task, "labels": [f"l{k}" for k in range(n + 2)]} for n, name in enumerate(names)}
    known = {name: [f"l{k % (n + 2)}" for k in range(120)] for n, name in enumerate(names)}
    values = np.linspace(0.0, 0.2, count)
    values[[0, 2]] = values[[2, 0]]
    drops: dict[str, Number] = {
        name: Estimate(value, -1, 1, 9, "bca") for name, value in zip(names, values.tolist(), strict=True)
    }
    return study(tasks=tasks), frames([], [], known), drops


def test_eight_tasks_tell_what_foretells_the_drop_exactly() -> None:
    spec, seen, drops = _widths(8)
    bits = looked(seen, drops, spec).indicated[0]
    assert bits.indicator == "bits"
    assert [task for task, *_ in bits.points] == list(drops)
    expected = spearmanr([x for _, x, _ in bits.points], [y for *_, y in bits.points])
    assert isinstance(bits.correlation, RankCorrelation)
    assert bits.correlation.value == pytest.approx(expected.statistic)
    assert bits.correlation.p < 0.05


def test_seven_tasks_are_drawn_and_not_judged() -> None:
    spec, seen, drops = _widths(7)
    space = looked(seen, drops, spec)
    assert {each.correlation for each in space.indicated} >= {Undefined("fewer than eight tasks", 7)}
    assert all(isinstance(each.correlation, Undefined) for each in space.indicated)
    assert len(space.indicated[0].points) == 7


def test_the_drop_is_that_of_plain_fine_tuning_at_its_largest_size() -> None:
    base = [said("base", domain, np.full(40, 0.5), tier=tier) for domain, tier in
            (("a", "in_domain"), ("b", "out_of_domain"), ("c", "out_of_domain"))]  # fmt: skip
    tuned = [
        said(arm, domain, np.full(40, 0.5 + gain) + 0.01 * rng(size).standard_normal(40), tier=tier,
             trained=("title", size))
        for arm, size, gains in (("ft", 8, (0, 0, 0)), ("ft", 16, (0.3, 0.1, 0)), ("fticl", 16, (0.3, 0.3, 0.3)))
        for (domain, tier), gain in
        zip((("a", "in_domain"), ("b", "out_of_domain"), ("c", "out_of_domain")), gains, strict=True)
    ]  # fmt: skip
    dev = said("base", "a", [1.0] * 4)
    seen = frames([], [], {"title": TITLES})
    found = build(study(), pl.concat([*base, *tuned]), dev, Beside(space=seen))
    assert found.space is not None
    drop = defined(found.space.tasks[0].drop)
    assert drop.value == pytest.approx(0.3 - 0.05, abs=1e-9)
    assert drop.low < drop.value < drop.high
    alone = build(study(), pl.concat(base), dev, Beside(space=seen)).space
    assert alone is not None
    assert alone.tasks[0].drop == NONE
