"""Page 1: five questions answered, the plan, risks and phrases; words that explain themselves; what follows."""

from dataclasses import replace

import polars as pl
import pytest

from farfield.findings import Findings, build
from farfield.report.formats import to_markdown
from farfield.report.front import front_view
from farfield.report.html import render_html
from farfield.report.terms import TERMS, Terms
from farfield.report.words import LANGUAGES, words
from tests.findings.economics.test_weighing import rows, sorting
from tests.findings.frames import study
from tests.findings.test_sureness import answers
from tests.report.conftest import HOSTILE_NAMES, Reported
from tests.report.page import Element, parsed, rows_of
from tests.report.test_sentences import DOWN, FACTS, OPEN, UP, planted

QUESTIONS = ("first", "back", "sure", "burden", "stop")


def priced(accuracy: float, n: int = 400) -> Findings:
    frame = pl.concat([answers("ft", "a", rows(n, accuracy), trained=True), answers("base", "a", rows(n, 0.5))])
    held = pl.concat([answers("ft", "a", rows(100, 0.95), trained=True), answers("base", "a", rows(100, 0.5))])
    return build(sorting(), frame, held)


def front_of(findings: Findings, language: str) -> Element:
    (front,) = [
        e for e in parsed(render_html(findings, FACTS, language=language)).all("section") if e.has_class("front")
    ]
    return front


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(("accuracy", "n", "key"), [(0.99, 400, "invest"), (0.95, 40, "wait"), (0.6, 400, "none")])
def test_five_questions_are_asked_and_answered(language: str, accuracy: float, n: int, key: str) -> None:
    say, findings = words(language), priced(accuracy, n)
    front = front_of(findings, language)
    assert [e.text() for e in front.one("dl").all("dt")] == [say(f"question.{name}") for name in QUESTIONS]
    first, back, sure, burden, stop = (e.text() for e in front.one("dl").all("dd"))
    assert first.startswith(say(f"front.first.{key}", task="title", way="|", more="|").split("|")[0])
    assert ("¥" if language == "en" else "円") in back
    assert "%" in sure
    assert say("role.expert") in burden
    assert (stop == say("front.stop.nothing")) == (key == "none")
    money = findings.economics
    assert money is not None
    assert f"{100 * round(money.tasks[0].choices[0].loss, 2):.3g}" in sure


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(("accuracy", "money"), [(0.99, True), (0.6, True), (0.99, False)])
def test_the_plan_has_at_most_three_lines_and_there_are_three_risks(
    language: str, accuracy: float, money: bool
) -> None:
    findings = priced(accuracy) if money else replace(priced(accuracy), economics=None)
    say, view = words(language), front_view(findings, 7, words(language))
    assert 1 <= len(view.plan) <= 3
    assert len(view.risks) == 3
    assert len(set(view.risks)) == 3
    assert 2 <= len(view.phrases) <= 4
    assert all(told for _, told in view.questions)
    front = front_of(findings, language)
    assert [e.text() for e in front.one("ol").all("li")] == [" ".join(line.split()) for line in view.plan]
    assert say("front.phrases") in [e.text() for e in front.all("h3")]


@pytest.mark.parametrize("language", LANGUAGES)
def test_without_money_the_page_says_why_and_goes_by_scores(language: str) -> None:
    say = words(language)
    told = dict(front_view(replace(planted({"a": UP, "b": OPEN}), economics=None), 0, say).questions)
    reason = say("front.no_money")
    assert told[say("question.back")] == say("front.back.unpriced", reason=reason)
    assert told[say("question.first")].startswith(say("front.first.unpriced", reason=reason))
    assert "title" in told[say("question.first")]
    assert told[say("question.stop")] == say("front.stop.unpriced")


@pytest.mark.parametrize("language", LANGUAGES)
def test_risks_come_by_their_rules(language: str) -> None:
    say = words(language)
    bare = replace(planted({"a": UP, "d": DOWN, "c": OPEN}), economics=None)
    worst, unsure, seeds = front_view(bare, 0, say).risks
    assert worst == say("risk.lost", names="ft · d")
    assert unsure.startswith(say("risk.open", n=1, of=3))
    assert seeds == say("risk.seeds", seeds=1)
    several = replace(planted({"a": UP}, seeds=3), economics=None)
    assert front_view(several, 7, say).risks == [
        say("risk.left_out", rows=7), say("risk.drift"), say("risk.no_new"),
    ]  # fmt: skip


@pytest.mark.parametrize("language", LANGUAGES)
def test_terms_are_explained_where_they_first_stand(small_run: Reported, language: str) -> None:
    page = small_run.pages[language]
    (front,) = [e for e in page.all("section") if e.has_class("front")]
    terms = [e for e in front.all("a") if e.has_class("term")]
    texts = {e.attributes["id"]: e.text() for e in page.all("dd") if "id" in e.attributes}
    assert len(terms) >= 3
    assert len({e.attributes["href"] for e in terms}) == len(terms)
    for e in terms:
        assert texts[e.attributes["aria-describedby"]] == e.attributes["data-tip"]
        assert e.attributes["aria-describedby"] == e.attributes["href"].removeprefix("#") + "-text"


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_term_has_an_entry_and_is_found_once(language: str) -> None:
    say = words(language)
    for key in TERMS:
        form = say(f"term.{key}").split("|")[0]
        assert say(f"glossary.{key}") != say(f"glossary.{key}.text")
        found = Terms(say)(f"{form}. {form}")
        assert found.count('class="term"') == 1


@pytest.mark.parametrize("language", LANGUAGES)
def test_marked_text_is_escaped(language: str) -> None:
    say = words(language)
    form = say("term.gate").split("|")[0]
    told = Terms(say)(f'<b onclick="x">{form}</b> & {{{{ 7*7 }}}}')
    assert str(told).startswith("&lt;b onclick=&#34;x&#34;&gt;<a class")
    assert str(told).endswith("&lt;/b&gt; &amp; {{ 7*7 }}")
    assert parsed(str(told)).text() == f'<b onclick="x">{form}</b> & {{{{ 7*7 }}}}'


def test_an_english_term_is_no_part_of_another_word() -> None:
    assert "<a" not in Terms(words("en"))("subdomains, seedling, gateway")


@pytest.mark.parametrize("language", LANGUAGES)
def test_names_on_page_one_are_shown_and_not_obeyed(hostile_run: Reported, language: str) -> None:
    (front,) = [e for e in hostile_run.pages[language].all("section") if e.has_class("front")]
    assert HOSTILE_NAMES[1] in front.text()
    assert not list(front.all("script", "img", "b", "i"))


@pytest.mark.parametrize("language", LANGUAGES)
def test_after_the_evidence_stand_protocol_data_model_and_limits(small_run: Reported, language: str) -> None:
    say, page = words(language), small_run.pages[language]
    headings = [e.text() for e in page.all("h2")]
    asked = [say(key) for key in ("protocol.heading", "data.heading", "card.heading", "limit.heading", "run.heading")]
    assert [heading for heading in headings if heading in asked] == asked
    captions = {table.one("caption").text(): table for table in page.all("table")}
    tasks = list(small_run.results.study.tasks)
    assert [row[0].text() for row in rows_of(captions[say("protocol.caption")])] == tasks
    told = {
        (row[0].text(), row[1].text(), row[2].text()): row[3].text() for row in rows_of(captions[say("data.caption")])
    }
    for task in small_run.findings.tasks:
        for line in task.lines:
            if line.tier != "cross_task":
                assert told[(task.name, line.domain, say(f"tier.{line.tier}"))] == str(line.value.n)
    (limits,) = [e for e in page.all("ul") if e.has_class("limits")]
    assert say("limit.multiverse") in [e.text() for e in limits.all("li")]


def test_limits_go_when_the_study_asks_for_more() -> None:
    say = words("en")
    spec = study(seeds=[0, 1, 2], cross_task=True)
    html = render_html(planted({"a": UP}), replace(FACTS, study=spec), language="en")
    told = [e.text() for ul in parsed(html).all("ul") if ul.has_class("limits") for e in ul.all("li")]
    assert say("limit.machine") in told
    assert say("limit.seeds", seeds=3) not in told
    assert say("limit.cross_task") not in told


@pytest.mark.parametrize("language", LANGUAGES)
def test_markdown_has_no_link_that_leads_nowhere(small_run: Reported, language: str) -> None:
    told = to_markdown(small_run.html[language])
    assert words(language)("front.heading") in told
    assert "#term-" not in told
