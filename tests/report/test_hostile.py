"""Strangers' text on the page: shown as it is, never obeyed. And runs that are not finished."""

from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import pytest

from farfield.engine import FakeEngine
from farfield.report.words import LANGUAGES, words
from farfield.runs import CellRecord
from farfield.spec import load_study
from farfield.study import Cell, open_results
from farfield.study.execute import Place
from tests.report.conftest import HOSTILE_NAMES, Reported, hostile_text, reported
from tests.report.page import Element, numbers, rows_of
from tests.small import rewrite_study, run_fake, small_study, study_parts

OUR_SCRIPTS = [{"type": "application/json", "id": "whatif-data"}, {}]
"""Figures, and the program that counts with them: test_whatif.py holds what is in them to the letter."""


@pytest.fixture(params=LANGUAGES)
def page(request: pytest.FixtureRequest, hostile_run: Reported) -> Element:
    return hostile_run.pages[request.param]


def test_text_of_rows_is_shown_and_not_obeyed(hostile_run: Reported, page: Element) -> None:
    (task,) = hostile_run.findings.tasks
    shown = [article.one("blockquote").raw() for article in page.all("article")]
    assert shown == [hostile_text(differing.domain, differing.row) for differing in task.differing]
    assert len(shown) > 3
    assert not list(page.all("img", "b", "i"))
    assert [script.attributes for script in page.all("script")] == OUR_SCRIPTS
    assert not [name for e in page.all() for name in e.attributes if name.startswith("on")]


def test_answers_and_targets_are_shown_and_not_obeyed(hostile_run: Reported, page: Element) -> None:
    (task,) = hostile_run.findings.tasks
    for differing, article in zip(task.differing, page.all("article"), strict=True):
        target, *answers = [e.text() for e in article.all("dd")]
        assert target == differing.target
        assert [text.split(" ", 1)[1] for text in answers] == [answer for _, answer, _ in differing.answers]


def test_names_are_shown_and_not_obeyed(page: Element) -> None:
    say = words(page.one("html").attributes["lang"])
    study, task, domain, arm = HOSTILE_NAMES
    assert page.one("h1").text() == say("title", study=study)
    assert say("task.heading", task=task) in [e.text() for e in page.all("h2")]
    assert any(e.text().startswith(domain) for e in page.all("th"))
    gains, risk, space = page.all("svg")
    assert any(arm in group.text() and domain in group.text() for group in gains.all("g"))
    assert gains.attributes["aria-label"] == say("chart.title", task=task)
    assert [group.one("title").text().split(": ")[0] for group in space.all("g")] == [task]
    assert arm in [group.one("title").text() for group in risk.all("g")]
    assert any(arm in e.text() for e in page.all("p") if e.has_class("headline"))


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_file_holds_hostile_text_in_escaped_form_alone(hostile_run: Reported, language: str) -> None:
    html = hostile_run.html[language]
    assert html.count("&lt;script&gt;alert(") > 3
    assert html.count("{{ 7*7 }}") > 3
    for ours in ('<script type="application/json" id="whatif-data">', "<script>"):
        assert html.count(ours) == 1
        html = html.replace(ours, "")
    assert "<script" not in html
    assert "<img" not in html
    assert 'onerror="' not in html


@dataclass
class StopAt:
    """Kills a run at a cell."""

    number: int

    def begin(self, cell: Cell, place: Place) -> None:
        assert self.number <= place.cells
        if place.number == self.number:
            raise KeyboardInterrupt

    def advance(self, done: int, total: int, note: str = "") -> None:
        pass

    def end(self, record: CellRecord) -> None:
        pass


@pytest.mark.parametrize("number", [1, 4, 7, 9, 12, 14, 16, 18])
def test_a_run_that_was_stopped_is_reported_as_far_as_it_came(tmp_path: Path, tiny_folder: Path, number: int) -> None:
    small_study(tmp_path, tiny_folder)
    parts = study_parts(tiny_folder)
    assert isinstance(parts["tasks"], dict)
    study = load_study(rewrite_study(tmp_path, parts | {"tasks": {"mood": parts["tasks"]["mood"]}}))
    with pytest.raises(KeyboardInterrupt):
        run_fake(study, tmp_path / "run", FakeEngine(), StopAt(number))
    found = reported(open_results(tmp_path / "run"))
    told = Counter(f"{100 * value:.1f}" for value in found.results.frame["value"])
    for page in found.pages.values():
        rows = rows_of(list(page.all("table"))[-1])
        assert Counter(numbers(cells[-1].text())[0] for cells in rows) == told
