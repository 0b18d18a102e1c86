"""The page itself: needs nothing from outside, can be read by machines and by ear, and says what was found."""

import re
from collections import Counter
from itertools import pairwise
from pathlib import Path

import pytest

from farfield.engine import FakeEngine
from farfield.findings import Line
from farfield.report import run_demo, write_report
from farfield.report.words import LANGUAGES, words
from farfield.stats import Estimate, Number
from tests.report.conftest import Reported, reported
from tests.report.page import Element, numbers, parsed, rows_of
from tests.small import run_fake, small_study, study_parts

STUDIES: dict[str, dict[str, object]] = {
    "whole": {"cross_task": "all", "seeds": [0, 1, 2]},
    "no development rows": {"dev": 0},
    "nothing trained": {"arms": {"base": {}}},
    "nothing untrained": {"arms": {"ft": {"trained": True}}},
}


@pytest.fixture(params=LANGUAGES)
def page(request: pytest.FixtureRequest, small_run: Reported) -> Element:
    return small_run.pages[request.param]


def test_the_page_needs_nothing_from_outside(page: Element) -> None:
    assert not list(page.all("link", "img", "iframe", "object", "embed", "base", "form", "source", "use"))
    assert all("src" not in script.attributes for script in page.all("script"))
    seen = 0
    for element in page.all():
        for name, value in element.attributes.items():
            assert not name.startswith("on")
            assert "://" not in value
            if name in ("href", "src", "srcset", "action", "xlink:href"):
                assert value.startswith("#")
                seen += 1
    assert seen
    styles = "".join(style.raw() for style in page.all("style")) + "".join(
        e.attributes.get("style", "") for e in page.all()
    )
    assert len(styles) > 1000
    assert not re.search(r"url\(|@import|://|expression\(", styles)
    assert all("http-equiv" not in meta.attributes for meta in page.all("meta"))


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_page_says_its_language_and_title(small_run: Reported, language: str) -> None:
    page = small_run.pages[language]
    assert page.one("html").attributes["lang"] == language
    assert page.one("head").one("title").text() == page.one("h1").text() == words(language)("title", study="small")
    charset = [meta.attributes["charset"] for meta in page.all("meta") if "charset" in meta.attributes]
    assert charset == ["utf-8"]
    assert small_run.html[language].startswith("<!doctype html>")


def test_the_japanese_page_has_no_english_sentence(small_run: Reported) -> None:
    english = {text for key in words("en").keys for text in [catalogue_text("en", key)] if " " in text}
    shown = {child.strip() for e in small_run.pages["ja"].all() for child in e.children if isinstance(child, str)}
    assert english & shown == set()
    assert english & {v for e in small_run.pages["ja"].all() for v in e.attributes.values()} == set()


def catalogue_text(language: str, key: str) -> str:
    """A sentence without placeholders; empty for one with."""
    try:
        return words(language)(key)
    except KeyError:
        return ""


def test_every_table_has_a_caption_and_headers_with_scope(page: Element) -> None:
    tables = list(page.all("table"))
    assert len(tables) >= 5
    for table in tables:
        assert table.elements()[0].tag == "caption"
        assert table.elements()[0].text()
        heads = table.one("thead").one("tr").elements()
        assert all((head.tag, head.attributes.get("scope")) == ("th", "col") and head.text() for head in heads)
        for cells in rows_of(table):
            assert len(cells) == len(heads)
            assert [cell.tag for cell in cells] == ["th", *["td"] * (len(cells) - 1)]
            assert cells[0].attributes["scope"] == "row"
            assert cells[0].text()


def test_every_drawing_has_a_name(page: Element) -> None:
    drawings = list(page.all("svg"))
    assert len(drawings) == 4  # gains of two tasks, what goes wrong as more is answered, and the answer space
    for drawing in drawings:
        assert drawing.attributes["role"] == "img"
        assert drawing.attributes["aria-label"] == drawing.elements()[0].text()
        assert drawing.elements()[0].tag == "title"
    assert len({drawing.attributes["aria-label"] for drawing in drawings}) == 4


@pytest.mark.parametrize("name", STUDIES)
def test_a_page_of_any_study_is_in_order(tmp_path: Path, tiny_folder: Path, name: str) -> None:
    pages = reported(run_fake(small_study(tmp_path, tiny_folder, **STUDIES[name]))[0]).pages
    for page in pages.values():
        levels = [int(e.tag[1]) for e in page.all("h1", "h2", "h3", "h4", "h5", "h6")]
        assert levels[0] == 1
        assert levels.count(1) == 1
        assert max(after - before for before, after in pairwise(levels)) <= 1
        ids = [e.attributes["id"] for e in page.all() if "id" in e.attributes]
        assert len(ids) == len(set(ids)) > 3
        links = [e.attributes["href"].removeprefix("#") for e in page.all("a")]
        named = [i for e in page.all() for i in e.attributes.get("aria-labelledby", "").split()]
        assert links
        assert set(links + named) <= set(ids)
        assert all(e.text() for e in page.all("h1", "h2", "h3", "h4", "summary", "caption", "th", "dt"))


def texts_of(number: Number) -> list[str]:
    """A number as a page shows it: from 0 to 100, one decimal."""
    if not isinstance(number, Estimate):
        return []
    return [f"{100 * x:.1f}" for x in (number.value, number.low, number.high)]


def test_every_result_is_on_the_page(small_run: Reported, page: Element) -> None:
    frame = small_run.results.frame
    expected = [
        (line["arm"], line["task"], line["domain"], line["shots"], line["template"],
         *(f"{100 * line[name]:.1f}" for name in ("value", "low", "high")))
        for line in frame.to_dicts()
    ]  # fmt: skip
    rows = rows_of(list(page.all("table"))[-1])
    assert len(rows) == len(expected) == 66
    for want, cells in zip(expected, rows, strict=True):
        shown = " | ".join(cell.text() for cell in cells)
        assert cells[0].text().split(" ")[0] == want[0]
        assert set(map(str, want[1:5])) <= {cell.text() for cell in cells}
        assert numbers(cells[-1].text()) == list(want[5:]), shown


def test_results_on_the_page_can_be_told_apart(page: Element) -> None:
    rows = rows_of(list(page.all("table"))[-1])
    names = Counter(tuple(cell.text() for cell in cells[:-1]) for cells in rows)
    assert {name: times for name, times in names.items() if times > 1} == {}


def figures(line: Line) -> tuple[str, ...]:
    gain = [] if line.gain is None else texts_of(line.gain)
    return (*texts_of(line.value), *(text.removeprefix("+") for text in gain))


@pytest.mark.parametrize("tasks", [2, 3])
def test_every_finding_is_in_the_table_of_its_task(tmp_path: Path, tiny_folder: Path, tasks: int) -> None:
    parts = study_parts(tiny_folder)["tasks"]
    assert isinstance(parts, dict)
    third = {"again": parts["mood"]} if tasks == 3 else {}
    found = reported(run_fake(small_study(tmp_path, tiny_folder, tasks=parts | third, cross_task=True))[0])
    for page in found.pages.values():
        tables = [table for table in page.all("table") if table.has_class("carry")]
        assert len(tables) == 2 * tasks  # models of the task's own, and of others
        for number, task in enumerate(found.findings.tasks):
            for table, beyond in zip(tables[2 * number : 2 * number + 2], (False, True), strict=True):
                shown = Counter(tuple(numbers(cell.text())) for cells in rows_of(table) for cell in cells[1:])
                lines = [line for line in (*task.lines, *task.baselines) if (line.tier == "cross_task") == beyond]
                assert Counter(map(figures, lines)) - shown == Counter()
                assert "–" not in [cell.text() for cells in rows_of(table) for cell in cells[1:]]


def test_rows_that_differ_show_what_was_asked_and_answered(small_run: Reported, page: Element) -> None:
    shown = list(page.all("article"))
    told = [(task.name, d) for task in small_run.findings.tasks for d in task.differing]
    assert len(shown) == len(told) > 3
    for (task, differing), article in zip(told, shown, strict=True):
        text = f"{differing.domain} item {differing.row}: it is fine"
        if task == "title":
            text = f"Pump {differing.row} of {differing.domain} leaks. It was repaired."
        assert article.one("blockquote").raw() == text
        given = [(e.text(), e.has_class("good")) for e in article.all("dd")][1:]
        for (_, answer, score), (told_, right) in zip(differing.answers, given, strict=True):
            assert answer in told_
            assert right == (score >= 0.5)


def test_a_report_is_the_same_every_time_and_goes_where_it_is_sent(small_run: Reported, tmp_path: Path) -> None:
    path = write_report(small_run.results, language="en", out=tmp_path / "here.html")
    assert path == tmp_path / "here.html"
    assert path.read_text("utf-8") == small_run.html["en"]
    assert (small_run.results.folder / "report.en.html").is_file()


@pytest.mark.model
@pytest.mark.parametrize("language", LANGUAGES)
def test_the_demo_warns_of_its_data_and_of_an_english_model(tmp_path: Path, language: str) -> None:
    path = run_demo(language, tmp_path / "run", make_engine=lambda *_: FakeEngine())
    shown = [e.text() for e in parsed(path.read_text("utf-8")).one("header").all("p") if e.has_class("warning")]
    say = words(language)
    assert shown[0] == f"{say('warning')} {say('warn.sample')}"
    assert len(shown) == (2 if language == "ja" else 1)
    if language == "ja":
        (tokens,) = re.findall(r"\d\.\d", shown[1])
        assert 1 < float(tokens) < 3  # SmolLM2 spells most of Japanese in bytes, of which a character has three


def test_a_report_made_where_the_data_are_gone_lacks_their_text_alone(tmp_path: Path, tiny_folder: Path) -> None:
    results, _ = run_fake(small_study(tmp_path, tiny_folder))
    before = reported(results).pages["en"]
    (tmp_path / "mood" / "a_test.jsonl").unlink()
    after = reported(results).pages["en"]
    gone = 0
    for with_text, without in zip(before.all("article"), after.all("article"), strict=True):
        from_it = with_text.one("blockquote").raw().startswith("a item")
        assert len(list(without.all("blockquote"))) == (0 if from_it else 1)
        assert [e.text() for e in without.all("dd")] == [e.text() for e in with_text.all("dd")]
        gone += from_it
    assert gone > 0
