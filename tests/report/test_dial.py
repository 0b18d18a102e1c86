"""The page's section on dials: which strength it says was chosen, what that changes, and where the dots stand."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from farfield.findings import Findings, build
from farfield.report import render_html
from farfield.report.chart import Spot, trade_off_chart
from farfield.report.numbers import gain_text, number_text
from farfield.report.words import LANGUAGES, Words, words
from tests.findings.frames import defined, said, study
from tests.report.conftest import Reported, reported
from tests.report.page import Element, parsed, rows_of
from tests.report.test_sentences import FACTS, told
from tests.small import run_fake, small_study

DIAL = {"base": {}, "ft": {"trained": True, "strengths": [0, 0.25, 0.5, 0.75, 1]}}
STRENGTHS = (0.0, 0.25, 0.5, 0.75, 1.0)
HALF = {0.0: 0.1, 0.25: 0.3, 0.5: 0.6, 0.75: 0.6, 1.0: 0.6}
WAVE = np.tile([-0.05, 0.05], 20)


def planted(held: Mapping[float, float], *, domains: str = "ab") -> Findings:
    """Home gains with strength, the new domain loses beyond a quarter; `held` are the means of development rows."""
    frames = []
    for number, s in enumerate(STRENGTHS):
        noise = np.roll(WAVE, number)  # so that a difference of two strengths has some spread
        for domain, tier, mean in (("a", "in_domain", 0.3 + 0.2 * s), ("b", "out_of_domain", 0.5 - 0.2 * s)):
            if domain in domains:
                frames.append(said("ft", domain, mean + noise, tier=tier, trained=("title", 8), strength=s))
    dev = [said("ft", "a", mean + WAVE, trained=("title", 8), strength=s) for s, mean in held.items()]
    return build(study(arms=DIAL), pl.concat(frames), pl.concat([*dev, said("base", "a", [0.2])]))


def section(findings: Findings, language: str) -> Element | None:
    """The page's section on dials."""
    page = parsed(render_html(findings, FACTS, language=language))
    return next((e for e in page.all("section") if e.attributes.get("aria-labelledby") == "dial"), None)


def shown(findings: Findings, language: str) -> Element:
    found = section(findings, language)
    assert found is not None
    return found


def moved(findings: Findings, tier: str, say: Words) -> str:
    change = findings.dials[0].changes[tier]
    return say("dial.tier", tier=say(f"tier.{tier}"), gain=gain_text(change, say))


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_section_says_which_strength_was_chosen_and_what_it_changes(language: str) -> None:
    say, findings = words(language), planted(HALF)
    assert told(shown(findings, language), "headline") == [
        say("dial.part", chosen="0.5"),
        say("dial.up", chosen="0.5", tiers=moved(findings, "out_of_domain", say)),
        say("dial.down", chosen="0.5", tiers=moved(findings, "in_domain", say)),
    ]
    assert "+10.0" in told(shown(findings, language), "headline")[1]
    assert "−10.0" in told(shown(findings, language), "headline")[2]


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(
    ("held", "key"),
    [
        (dict.fromkeys(STRENGTHS, 0.5), "dial.base"),
        ({s: 0.2 + 0.2 * s for s in STRENGTHS}, "dial.whole"),
    ],
)
def test_both_ends_of_the_dial_have_their_own_sentence(language: str, held: Mapping[float, float], key: str) -> None:
    sentences = told(shown(planted(held), language), "headline")
    assert sentences[0] == words(language)(key)
    assert len(sentences) == (1 if key == "dial.whole" else 3)


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_change_that_may_be_nothing_is_said_to_be_open(language: str) -> None:
    say = words(language)
    findings = planted({0.0: 0.1, 0.25: 0.1, 0.5: 0.1, 0.75: 0.6, 1.0: 0.6})
    flat = [
        said("ft", "a", 0.5 + np.roll(WAVE, number), trained=("title", 8), strength=s)
        for number, s in enumerate(STRENGTHS)
    ]
    dev = [said("ft", "a", WAVE + (0.5 if s >= 0.75 else 0.1), trained=("title", 8), strength=s) for s in STRENGTHS]
    findings = build(study(arms=DIAL), pl.concat(flat), pl.concat(dev))
    assert told(shown(findings, language), "headline") == [
        say("dial.part", chosen="0.75"),
        say("dial.open", chosen="0.75", tiers=moved(findings, "in_domain", say)),
    ]


@pytest.mark.parametrize("language", LANGUAGES)
def test_without_development_rows_the_curve_is_there_and_the_reason(language: str) -> None:
    say, part = words(language), shown(planted({}), language)
    reason = say("reason.not every strength was asked development rows")
    assert told(part, "headline") == [say("dial.none", reason=reason)]
    assert not [e for e in part.all("circle") if e.has_class("ring")]
    assert say("dial.ring") not in part.text()
    assert len(rows_of(part.one("table"))) == len(STRENGTHS)


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_table_has_every_number_with_its_interval(language: str) -> None:
    say, findings = words(language), planted(HALF)
    (dial,) = findings.dials
    rows = [[cell.text() for cell in cells] for cells in rows_of(shown(findings, language).one("table"))]
    assert [row[0] for row in rows] == [
        "0", "0.25", say("dial.picked", strength="0.5"), "0.75", "1", say("dial.against", chosen="0.5"),
    ]  # fmt: skip
    for point, row in zip(dial.points, rows, strict=False):
        assert row[1:] == [number_text(number, say) for number in (point.dev, *point.scores.values())]
    assert rows[-1][1:] == ["–", *(gain_text(change, say) for change in dial.changes.values())]


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_study_without_a_dial_has_no_such_section(language: str, small_run: Reported) -> None:
    assert all(e.attributes.get("id") != "dial" for e in small_run.pages[language].all("h2"))
    frame = said("ft", "a", WAVE + 0.5, trained=("title", 8))
    assert section(build(study(), frame, frame.clear()), language) is None


def test_a_tier_alone_has_a_table_and_no_chart() -> None:
    part = shown(planted(HALF, domains="a"), "en")
    assert not list(part.all("svg"))
    assert len(rows_of(part.one("table"))) == len(STRENGTHS) + 1


def places(chart: Element, way: str) -> dict[float, float]:
    """Ticks of one axis by value."""
    anchor, name = ("middle", "x") if way == "x" else ("end", "y")
    shift = 0 if way == "x" else -4  # the figure's foot stands below its line
    return {
        float(e.text()): float(e.attributes[name]) + shift
        for e in chart.all("text")
        if e.has_class("axis") and e.attributes["text-anchor"] == anchor
    }


def at(ticks: Mapping[float, float], value: float) -> float:
    first, last = min(ticks), max(ticks)
    return ticks[first] + (value - first) / (last - first) * (ticks[last] - ticks[first])


def test_dots_stand_where_both_scores_say_and_are_joined_in_order() -> None:
    findings = planted(HALF)
    (dial,) = findings.dials
    chart = shown(findings, "en").one("svg")
    dots = [(float(e.attributes["cx"]), float(e.attributes["cy"])) for e in chart.all("circle") if e.has_class("dot")]
    across, up = places(chart, "x"), places(chart, "y")
    assert min(len(across), len(up)) >= 3
    for point, (x, y) in zip(dial.points, dots, strict=True):
        home, away = (defined(point.scores[tier]).value for tier in ("in_domain", "out_of_domain"))
        assert x == pytest.approx(at(across, 100 * home), abs=0.3)
        assert y == pytest.approx(at(up, 100 * away), abs=0.3)
    joined = [tuple(map(float, pair.split(","))) for pair in chart.one("polyline").attributes["points"].split()]
    assert joined == dots
    (ring,) = (e for e in chart.all("circle") if e.has_class("ring"))
    assert (float(ring.attributes["cx"]), float(ring.attributes["cy"])) == dots[2]
    assert chart.attributes["aria-label"] == words("en")(
        "dial.chart.title", arm="ft", task="title", places="new domains"
    )
    assert [g.one("title").text().split(":")[0] for g in chart.all("g")] == ["0", "0.25", "0.5", "0.75", "1"]


def test_labels_that_would_cover_each_other_give_way_to_the_chosen_one_and_the_ends() -> None:
    """Three strengths at one place, the middle one chosen, and one far away."""
    near = [(50.0, 45.0, 55.0), (50.1, 45.0, 55.0), (50.2, 45.0, 55.0), (70.0, 65.0, 75.0)]
    spots = [Spot(f"{n / 3:.1f}", x, x, "<&>", n == 1) for n, x in enumerate(near)]
    chart = parsed(trade_off_chart(spots, "A <title>", "home", "away")).one("svg")
    assert [e.text() for e in chart.all("text") if e.has_class("label")] == ["0.3", "1.0"]
    assert [g.one("title").text() for g in chart.all("g")] == [f"{spot.label}: <&>" for spot in spots]
    for element in chart.all("circle", "line", "text"):
        for name in ("x", "y", "x1", "x2", "y1", "y2", "cx", "cy"):
            assert 0 <= float(element.attributes.get(name, 0)) <= 360


@pytest.fixture(scope="module")
def dialled_run(tmp_path_factory: pytest.TempPathFactory, tiny_folder: Path) -> Reported:
    """The small study with a dial on one of its arms, through the fake engine."""
    arms = DIAL | {"fticl": {"trained": True, "train_shots": 2}}
    study_ = small_study(tmp_path_factory.mktemp("dialled"), tiny_folder, arms=arms, cross_task=True)
    return reported(run_fake(study_)[0])


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_whole_run_with_strengths_shows_a_dial_for_each_task(dialled_run: Reported, language: str) -> None:
    say, page = words(language), dialled_run.pages[language]
    dials = dialled_run.findings.dials
    assert [(dial.task, dial.arm) for dial in dials] == [("mood", "ft"), ("title", "ft")]
    part = next(e for e in page.all("section") if e.attributes.get("aria-labelledby") == "dial")
    assert [e.text() for e in part.all("h3")] == [
        say("moved.model", arm="ft", task=dial.task, rows=dial.train_rows) for dial in dials
    ]
    tiers = ("in_domain", "out_of_domain", "cross_task")
    for table, dial in zip(part.all("table"), dials, strict=True):
        heads = [cell.text() for cell in table.one("thead").one("tr").elements()]
        assert heads == [say("dial.strength"), say("dial.dev"), *(say(f"tier.{tier}") for tier in tiers)]
        assert len(rows_of(table)) == len(STRENGTHS) + bool(dial.changes)
    assert len({e.attributes["aria-label"] for e in page.all("svg")}) == len(list(page.all("svg"))) == 6


def test_the_dial_ends_at_the_base_model_and_at_the_carry_table(dialled_run: Reported) -> None:
    for task, dial in zip(dialled_run.findings.tasks, dialled_run.findings.dials, strict=True):
        whole = {line.tier: line.value for line in task.lines if line.arm == "ft" and line.trained_on == task.name}
        assert whole == {tier: dial.points[-1].scores[tier] for tier in whole}
        assert set(whole) == {"in_domain", "out_of_domain"}
        base = dialled_run.results.frame.filter(
            (pl.col("task") == task.name) & (pl.col("arm") == "base") & (pl.col("shots") == 0)
            & (pl.col("metric") == task.metric)
        )  # fmt: skip
        told_ = dict(base.select("tier", "value").iter_rows())
        assert {tier: defined(dial.points[0].scores[tier]).value for tier in told_} == pytest.approx(told_)


@pytest.mark.parametrize("language", LANGUAGES)
def test_all_results_of_a_dial_can_be_told_apart(dialled_run: Reported, language: str) -> None:
    rows = rows_of(list(dialled_run.pages[language].all("table"))[-1])
    names = [tuple(cell.text() for cell in cells[:-1]) for cells in rows]
    assert len(set(names)) == len(names)
    assert {"mood 8 × 0", "mood 8 × 0.25", "mood 8"} <= {name[1] for name in names}
