"""What the page says in words, against planted findings: the answer on top must be the one that the tables give."""

from collections.abc import Mapping

import numpy as np
import polars as pl
import pytest

from farfield.findings import Findings, build
from farfield.report import RunFacts, render_html
from farfield.report.words import LANGUAGES, places, words
from tests.findings.frames import only, rng, said, study
from tests.report.page import Element, numbers, parsed, rows_of

FACTS = RunFacts(facts=[], settings=[], left_out=[], notes=[], results=[], texts={})
UP, OPEN, DOWN = (0.3, 200), (0.0, 5), (-0.4, 50)
"""Gains that carry, that are open, that harm: shift and number of rows."""


def planted(gains: Mapping[str, tuple[float, int]], *, seeds: int = 1, lead: float = 0.0) -> Findings:
    """Findings of one trained arm; domain a is at home, the others are new."""
    frames = []
    for number, (domain, (gain, n)) in enumerate(gains.items()):
        tier = "in_domain" if domain == "a" else "out_of_domain"
        noise = rng(number).uniform(-0.08, 0.08, n)
        scores = 0.5 + gain + noise - noise.mean()
        frames += [said("base", domain, np.full(n, 0.5), tier=tier)]
        frames += [said("ft", domain, scores, tier=tier, trained=("title", 8), seed=s) for s in range(seeds)]
        if lead:
            frames += [said("lead", domain, np.full(n, lead), tier=tier, backend="baseline")]
    return build(study(seeds=list(range(seeds))), pl.concat(frames), said("base", "a", [1.0] * 4))


def page_of(findings: Findings, language: str) -> Element:
    return parsed(render_html(findings, FACTS, language=language))


def told(page: Element, name: str) -> list[str]:
    """Paragraphs of one class."""
    return [e.text() for e in page.all("p") if e.has_class(name)]


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(
    ("gains", "key", "carried", "new"),
    [
        ({"a": UP, "b": UP, "c": UP}, "answer.everywhere", 2, 2),
        ({"a": UP, "b": UP, "c": OPEN}, "answer.somewhere", 1, 2),
        ({"a": UP, "b": OPEN, "c": DOWN}, "answer.nowhere", 0, 2),
        ({"a": UP}, "answer.home_only", 0, 0),
        ({"a": OPEN, "b": OPEN}, "answer.no_gain", 0, 1),
        ({"a": DOWN}, "answer.no_gain", 0, 0),
    ],
)
def test_the_answer_on_top_counts_what_was_found(
    language: str, gains: dict[str, tuple[float, int]], key: str, carried: int, new: int
) -> None:
    page = page_of(planted(gains), language)
    say = words(language)
    expected = say(key, home=1, models=1, carried=carried, new=new, places=say("places.new"))
    assert told(page, "answer") == [expected]


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(("tiers", "key"), [({"later_time"}, "later"), ({"later_time", "out_of_domain"}, "both")])
def test_later_times_are_not_called_new_domains(language: str, tiers: set[str], key: str) -> None:
    assert places({"in_domain", *tiers}, words(language)) == words(language)(f"places.{key}")


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("gains", [{"a": OPEN, "b": UP}, {"b": UP}])
def test_a_gain_on_a_new_domain_is_not_denied_on_top(language: str, gains: dict[str, tuple[float, int]]) -> None:
    findings = planted(gains)
    assert [line.verdict for line in only(findings).lines if line.domain == "b"][-1] == "carries"
    assert told(page_of(findings, language), "answer") != [words(language)("answer.no_gain")]


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(("home", "kind"), [(UP, "yes"), (OPEN, "open"), (DOWN, "no")])
def test_the_headline_of_an_arm_names_its_domains_by_verdict(language: str, home: tuple[float, int], kind: str) -> None:
    say = words(language)
    findings = planted({"a": home, "b": UP, "c": OPEN, "d": DOWN})
    (headline,) = told(page_of(findings, language), "headline")
    who = say("who.model", arm="ft", rows=8)
    before = say(f"headline.home.{kind}", who=who, domain="a", gain="|").split("|")[0]
    assert headline.startswith(before)
    assert float(numbers(headline)[0]) == pytest.approx(100 * home[0])
    named = {"carried": "b", "open": "c", "lost": "d"}
    places = [headline.index(say(f"headline.{kind}", domains=domain)) for kind, domain in named.items()]
    assert places == sorted(places)


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_it_means_counts_open_and_lost_comparisons(language: str) -> None:
    say = words(language)
    meaning = told(page_of(planted({"a": UP, "b": OPEN, "c": OPEN, "d": DOWN}), language), "meaning")
    assert meaning[0].startswith(say("meaning.open", n=2, of=4))
    assert meaning[1] == say("meaning.lost", names="ft · d")
    assert meaning[2:] == [say("meaning.seeds", seeds=1)]


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(
    ("seeds", "key", "who"), [(2, "meaning.seeds", "who.model"), (3, "meaning.method", "who.method")]
)
def test_three_seeds_speak_of_the_method_and_fewer_do_not(language: str, seeds: int, key: str, who: str) -> None:
    say = words(language)
    page = page_of(planted({"a": UP}, seeds=seeds), language)
    assert told(page, "meaning") == [say(key, seeds=seeds)]
    assert told(page, "headline")[0].startswith(say(who, arm="ft", rows=8))


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(("lead", "beats"), [(0.79, False), (0.81, True)])
def test_a_baseline_that_beats_every_model_is_told(language: str, lead: float, beats: bool) -> None:
    meaning = told(page_of(planted({"a": UP}, lead=lead), language), "meaning")
    assert (words(language)("meaning.baseline", names="title · a") in meaning) == beats


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_study_without_an_untrained_arm_is_not_said_to_be_compared(language: str) -> None:
    scores = said("ft", "a", rng().random(30), trained=("title", 8))
    page = page_of(build(study(arms={"ft": {"trained": True}}), scores, scores.clear()), language)
    assert words(language)("comparator.none") not in told(page, "note")


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_gain_shows_its_verdict_in_words_and_colour(language: str) -> None:
    say = words(language)
    page = page_of(planted({"a": UP, "b": UP, "c": OPEN, "d": DOWN}), language)
    carry, claims, *_ = page.all("table")
    row = next(cells for cells in rows_of(carry) if cells[0].text().startswith("ft"))
    expected = [
        ("verdict.better", "good"),  # at home a gain carries nowhere
        ("verdict.carries", "good"),
        ("verdict.cant_tell", "open"),
        ("verdict.harms", "bad"),
    ]
    for cell, (key, tone) in zip(row[1:], expected, strict=True):
        assert say(key) in cell.text()
        assert cell.has_class(tone)
    home, away = rows_of(claims)
    assert say("verdict.better") in home[-1].text()
    # (0.3 + 0.0 - 0.4) / 3: three domains of unequal size at equal weight.
    assert numbers(away[2].text())[0] == "-3.3"


def test_a_gain_that_rounds_to_nothing_has_no_minus_sign() -> None:
    base = np.array([0.5, 0.9, 0.1, 0.7, 0.3])
    change = np.array([-0.2002, 0.05, 0.1, -0.05, 0.1])  # -0.00004 on average
    frames = [said("base", "a", base), said("ft", "a", base + change, trained=("title", 8))]
    page = page_of(build(study(), pl.concat(frames), said("base", "a", [1.0])), "en")
    assert numbers(told(page, "headline")[0])[0] == "0.0"
