"""The section of the answer space: its words follow the findings, and its chart shows every task."""

import numpy as np
import pytest

from farfield.findings import Findings, Indicated, Space, TaskSpace
from farfield.report import RunFacts, render_html
from farfield.report.chart import scatter_chart
from farfield.report.words import LANGUAGES, words
from farfield.stats import Estimate, RankCorrelation, Undefined
from tests.report.conftest import Reported
from tests.report.page import Element, parsed

FACTS = RunFacts(facts=[], settings=[], left_out=[], notes=[], results=[], texts={})
ONE = Estimate(1.0, 0.9, 1.1, 50, "bca")
FEW = Undefined("fewer than eight tasks", 2)


def _page(language: str, *, correlation: RankCorrelation | Undefined = FEW) -> Element:
    tasks = (
        TaskSpace("mood", "classification", 50, 2, 1.0, ONE, ONE, ONE, Estimate(0.01, -0.1, 0.1, 50, "bca")),
        TaskSpace("title", "generation", 50, 50, 5.6, Undefined("many answers stand once", 50), ONE, ONE,
                  Estimate(0.08, 0.02, 0.14, 50, "bca")),
    )  # fmt: skip
    points = tuple((task.task, task.bits, task.drop.value) for task in tasks if isinstance(task.drop, Estimate))
    space = Space(tasks, (), (Indicated("bits", points, correlation),), Estimate(0.97, 0.9, 0.99, 40, "wilson"))
    return parsed(render_html(Findings("made", 1, (), space=space), FACTS, language=language))


def _section(page: Element) -> Element:
    return next(e for e in page.all("section") if e.attributes["aria-labelledby"] == "space")


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_reader_learns_where_to_begin_and_why(language: str) -> None:
    say, section = words(language), _section(_page(language))
    meaning = [e.text() for e in section.all("p") if e.has_class("meaning")]
    assert meaning == [say("space.narrow", tasks="mood"), say("space.wide", tasks="title")]
    text = section.text()
    assert say("space.size", size=2, rows=50) in text
    assert say("space.least", bits="5.6") in text
    assert "97.0" in text
    assert say("reason.fewer than eight tasks") in text
    judged = _page(language, correlation=RankCorrelation(-0.5, 0.2, 8))
    assert say("indicator.value", value="−0.50", p="0.200") in judged.text()


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_chart_has_every_task_by_name_though_nothing_is_proven(language: str) -> None:
    chart = _section(_page(language)).one("svg")
    assert [group.one("text").text() for group in chart.all("g")] == ["mood", "title"]
    (mood, title) = (group.one("circle").attributes for group in chart.all("g"))
    assert float(mood["cx"]) < float(title["cx"])
    assert float(mood["cy"]) > float(title["cy"])  # a larger drop stands higher


def test_dots_stand_where_the_axes_say() -> None:
    dots = [("a", 0.5, -3.0), ("b", 2.0, 4.0), ("c & <c>", 4.0, 0.0)]
    chart = parsed(scatter_chart(dots, "A title", "across", "up")).one("svg")
    labels = [e for e in chart.all("text") if e.has_class("axis")]
    ends = {float(e.text().replace("−", "-")): e for e in labels if e.attributes["text-anchor"] == "end"}
    feet = {float(e.text()): e for e in labels if e.attributes["text-anchor"] == "middle"}
    found = [e.attributes for e in chart.all("circle")]
    across = np.polyfit(list(feet), [float(e.attributes["x"]) for e in feet.values()], 1)
    up = np.polyfit(list(ends), [float(e.attributes["y"]) - 4 for e in ends.values()], 1)
    xs, ys = np.polyval(across, [x for _, x, _ in dots]), np.polyval(up, [y for *_, y in dots])
    assert [float(e["cx"]) for e in found] == pytest.approx(xs, abs=0.2)
    assert [float(e["cy"]) for e in found] == pytest.approx(ys, abs=0.2)


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_run_tells_of_every_model_on_every_task_it_was_asked(small_run: Reported, language: str) -> None:
    section = _section(small_run.pages[language])
    models = list(section.all("table"))[-1]
    rows = [[cell.text() for cell in row.elements()] for row in models.all("tr")][1:]
    assert len(rows) == 2 + 2 * 2 * 2  # the base on two tasks, two arms trained on either and asked both
    assert [row[0] for row in rows[:2]] == [words(language)("space.base")] * 2
    assert len(section.one("svg").attributes["aria-label"]) > 10
