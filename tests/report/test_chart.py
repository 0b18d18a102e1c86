"""The chart of gains: where a dot stands is what its value says."""

from itertools import pairwise

import pytest

from farfield.report.chart import Bar, gain_chart, risk_chart
from farfield.stats import Estimate
from tests.report.conftest import Reported
from tests.report.page import Element, parsed

PIXEL = 0.16  # coordinates are rounded to a tenth, the scale's two ticks as well


class Scale:
    """Points to coordinates, read off the axis as a reader would."""

    def __init__(self, chart: Element) -> None:
        self.ticks = {}
        for label in chart.all("text"):
            if label.has_class("axis"):
                self.ticks[float(label.text().replace("−", "-"))] = float(label.attributes["x"])
        self.first, self.last = min(self.ticks), max(self.ticks)

    def x(self, points: float) -> float:
        start, end = self.ticks[self.first], self.ticks[self.last]
        return start + (points - self.first) / (self.last - self.first) * (end - start)


def dots(chart: Element) -> list[tuple[float, float, float]]:
    """Dot and both ends of the whisker, top to bottom."""
    found = []
    for group in chart.all("g"):
        dot, whisker = group.one("circle"), group.one("line")
        assert dot.attributes["cy"] == whisker.attributes["y1"] == whisker.attributes["y2"]
        found.append((float(dot.attributes["cy"]), *(float(e.attributes[name]) for e, name in (
            (dot, "cx"), (whisker, "x1"), (whisker, "x2")))))  # fmt: skip
    assert found == sorted(found)
    return [(x, low, high) for _, x, low, high in found]


def gain_charts(page: Element) -> list[Element]:
    return [chart for chart in page.all("svg") if chart.has_class("gains")]


def drawn(bars: list[Bar], margin: float) -> Element:
    return parsed(gain_chart(bars, margin, "A title", "better", "worse")).one("svg")


def bar(value: float, low: float, high: float) -> Bar:
    return Bar(f"arm · {value}", value, low, high, f"{value} points", "good")


@pytest.mark.parametrize("language", ["en", "ja"])
def test_dots_and_whiskers_stand_where_their_values_say(small_run: Reported, language: str) -> None:
    charts = gain_charts(small_run.pages[language])
    for task, chart in zip(small_run.findings.tasks, charts, strict=True):
        gains = [line.gain for line in task.lines if isinstance(line.gain, Estimate)]
        scale = Scale(chart)
        assert len(gains) >= 6
        assert len({gain.value for gain in gains}) > 1 or task.name == "title"
        for gain, found in zip(gains, dots(chart), strict=True):
            expected = [scale.x(100 * end) for end in (gain.value, gain.low, gain.high)]
            assert list(found) == pytest.approx(expected, abs=PIXEL)
        band = next(e for e in chart.all("rect") if e.has_class("band"))
        start, width = float(band.attributes["x"]), float(band.attributes["width"])
        assert (start, start + width) == pytest.approx(
            (scale.x(-100 * task.margin), scale.x(100 * task.margin)), abs=2 * PIXEL
        )


@pytest.mark.parametrize(
    "bars",
    [
        [(0.0, 0.0, 0.0)],
        [(2.0, 0.5, 3.5), (-1.0, -4.0, 2.0)],
        [(50.0, 20.0, 80.0), (-30.0, -60.0, 1.0), (10.0, -5.0, 25.0)],
        [(100.0, 96.0, 100.0), (-100.0, -100.0, -97.0)],
    ],
)
def test_the_axis_is_the_same_for_every_bar_and_all_is_in_the_picture(bars: list[tuple[float, float, float]]) -> None:
    chart = drawn([bar(*values) for values in bars], 5.0)
    scale = Scale(chart)
    for values, found in zip(bars, dots(chart), strict=True):
        assert list(found) == pytest.approx([scale.x(value) for value in values], abs=PIXEL)
    _, _, right, bottom = map(float, chart.attributes["viewbox"].split())
    for element in chart.all("line", "circle", "rect", "text"):
        for name, value in element.attributes.items():
            if name in ("x", "x1", "x2", "cx"):
                assert 0 <= float(value) <= right
            if name in ("y", "y1", "y2", "cy"):
                assert 0 <= float(value) <= bottom
    assert scale.ticks[0] == pytest.approx((scale.x(-7) + scale.x(7)) / 2)


@pytest.mark.parametrize("reach", [0.3, 0.9, 1.9, 4.0, 8.5, 9.0, 20.0, 42.0, 84.0, 90.0, 100.0])
def test_an_axis_has_five_to_nine_round_ticks(reach: float) -> None:
    ticks = sorted(Scale(drawn([bar(reach / 2, 0.0, reach)], reach / 2)).ticks)
    assert 5 <= len(ticks) <= 9
    steps = {round(after - before, 9) for before, after in pairwise(ticks)}
    assert len(steps) == 1
    assert ticks[0] == -ticks[-1]


def test_a_bar_says_its_label_and_figures_by_ear() -> None:
    chart = drawn([Bar("<ft> · \"a\" & 'b'", 5.0, 1.0, 9.0, "+5.0 points", "good")], 5.0)
    group = chart.one("g")
    assert group.one("title").text() == "<ft> · \"a\" & 'b': +5.0 points"
    assert group.one("text").text() == "<ft> · \"a\" & 'b'"
    assert group.attributes["class"] == "good"
    assert chart.attributes["aria-label"] == "A title"


def test_bars_can_be_told_apart(small_run: Reported) -> None:
    for chart in gain_charts(small_run.pages["en"]):
        labels = [group.one("text").text() for group in chart.all("g")]
        assert len(labels) == len(set(labels)) >= 6


def test_names_beside_curves_stand_apart_however_the_curves_end() -> None:
    lines = [(f"arm {n}", [(10.0, 40.0), (55.0, 20.0 + n), (100.0, 30.0 + n / 10)]) for n in range(8)]
    chart = parsed(risk_chart(lines, "Risk", "answered", "wrong")).one("svg")
    heights = sorted(float(group.one("text").attributes["y"]) for group in chart.all("g"))
    assert len(heights) == 8
    assert min(after - before for before, after in pairwise(heights)) >= 14.9
    assert {group.one("title").text() for group in chart.all("g")} == {name for name, _ in lines}
