"""Charts as SVG, drawn without any library: gains with their whiskers, the trade-off of a dial, dots, curves."""

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from html import escape
from unicodedata import east_asian_width

__all__ = ["Bar", "Curve", "Spot", "curve_chart", "gain_chart", "risk_chart", "scatter_chart", "trade_off_chart"]

_ROW, _LEFT, _WIDTH, _TOP = 30, 210, 720, 34
_SIDE, _FRAME = 360, (46, 28, 344, 326)  # of the trade-off: its width and height; left, top, right, bottom
_BESIDE = 520  # of curves with their names beside them: where the names begin; right of the frame
_HUES = 7
_LABEL = 26  # characters that fit left of the axis; the whole label stands in the row's title


@dataclass(frozen=True, slots=True)
class Bar:
    """One row of the chart, in points: label, group, dot, whisker; `tone` names the verdict's colour class."""

    label: str
    value: float
    low: float
    high: float
    text: str
    tone: str


@dataclass(frozen=True, slots=True)
class Spot:
    """One point of the trade-off: label, both scores as (value, low, high) from 0 to 100, what it says by ear."""

    label: str
    x: tuple[float, float, float]
    y: tuple[float, float, float]
    text: str
    chosen: bool


@dataclass(frozen=True, slots=True)
class Curve:
    """A learning curve: its label, marks as (training rows, value, low, high) from 0 to 100, how many were measured."""

    label: str
    marks: Sequence[tuple[float, float, float, float]]
    measured: int


def gain_chart(bars: Sequence[Bar], margin: float, title: str, better: str, worse: str) -> str:
    """The chart as an `<svg>` element; the carry table beside it says the same in figures.

    Args:
        bars: top to bottom.
        margin: half-width of the band in which a difference is too small to matter, in points.
        title: read out by screen readers.
        better: names the right half.
        worse: names the left half.
    """
    reach = max([margin * 1.5, *(abs(end) for bar in bars for end in (bar.low, bar.high))]) * 1.08
    height = _TOP + _ROW * len(bars) + 30

    def x(points: float) -> float:
        return round(_LEFT + (points + reach) / (2 * reach) * (_WIDTH - _LEFT - 16), 1)

    parts = [
        f'<svg role="img" viewBox="0 0 {_WIDTH} {height}" class="chart gains" aria-label="{escape(title)}">',
        f"<title>{escape(title)}</title>",
        f'<rect class="band" x="{x(-margin)}" y="{_TOP - 6}" width="{x(margin) - x(-margin):.1f}" '
        f'height="{_ROW * len(bars) + 6}"/>',
        f'<text class="side" x="{x(0) + 8}" y="16">{escape(better)} →</text>',
        f'<text class="side" x="{x(0) - 8}" y="16" text-anchor="end">← {escape(worse)}</text>',
    ]
    for tick in _ticks(-reach, reach, 9):
        kind = "zero" if tick == 0 else "tick"
        ends = f'x1="{x(tick)}" x2="{x(tick)}" y1="{_TOP - 6}" y2="{height - 28}"'
        parts.append(f'<line class="{kind}" {ends}/>')
        parts.append(f'<text class="axis" x="{x(tick)}" y="{height - 10}" text-anchor="middle">{_signed(tick)}</text>')
    for number, bar in enumerate(bars):
        y = _TOP + _ROW * number + _ROW / 2 - 3
        parts += [
            f'<g class="{bar.tone}"><title>{escape(bar.label)}: {escape(bar.text)}</title>',
            f'<text class="label" x="{_LEFT - 12}" y="{y + 4}" text-anchor="end">{escape(_short(bar.label))}</text>',
            f'<line class="whisker" x1="{x(bar.low)}" x2="{x(bar.high)}" y1="{y}" y2="{y}"/>',
            f'<circle class="dot" cx="{x(bar.value)}" cy="{y}" r="5.5"/></g>',
        ]
    return "".join([*parts, "</svg>"])


def trade_off_chart(spots: Sequence[Spot], title: str, across: str, up: str) -> str:
    """The chart as an `<svg>` element that fits a telephone; the table beside it says the same in figures.

    Args:
        spots: two or more, joined in this order.
        title: read out by screen readers.
        across: names the axis from left to right.
        up: names the axis from bottom to top.
    """
    left, top, right, bottom = _FRAME
    x, x_ticks = _axis([end for spot in spots for end in spot.x], left, right)
    y, y_ticks = _axis([end for spot in spots for end in spot.y], bottom, top)
    parts = _opened(title, across, up)
    for tick in x_ticks:
        parts.append(f'<line class="tick" x1="{x(tick)}" x2="{x(tick)}" y1="{top}" y2="{bottom}"/>')
        parts.append(f'<text class="axis" x="{x(tick)}" y="{bottom + 15}" text-anchor="middle">{tick:g}</text>')
    parts += _lines_across(y, y_ticks)
    joined = " ".join(f"{x(spot.x[0])},{y(spot.y[0])}" for spot in spots)
    parts.append(f'<polyline class="curve" points="{joined}"/>')
    labelled = _apart([(x(spot.x[0]), y(spot.y[0])) for spot in spots], [spot.chosen for spot in spots])
    for spot, shown in zip(spots, labelled, strict=True):
        cx, cy = x(spot.x[0]), y(spot.y[0])
        side, anchor = (-10, "end") if cx > right - 30 else (10, "start")
        parts += [
            f'<g class="calm"><title>{escape(f"{spot.label}: {spot.text}")}</title>',
            f'<line class="whisker" x1="{x(spot.x[1])}" x2="{x(spot.x[2])}" y1="{cy}" y2="{cy}"/>',
            f'<line class="whisker" x1="{cx}" x2="{cx}" y1="{y(spot.y[1])}" y2="{y(spot.y[2])}"/>',
            f'<circle class="dot" cx="{cx}" cy="{cy}" r="4.5"/>',
            f'<circle class="ring" cx="{cx}" cy="{cy}" r="8.5"/>' if spot.chosen else "",
            f'<text class="label" x="{cx + side:.1f}" y="{cy - 10:.1f}" text-anchor="{anchor}">{spot.label}</text>'
            if shown else "",
            "</g>",
        ]  # fmt: skip
    return "".join([*parts, "</svg>"])


def scatter_chart(dots: Sequence[tuple[str, float, float]], title: str, across: str, up: str) -> str:
    """Named dots, as an `<svg>` element; the tables say the same in figures.

    Args:
        dots: name, value on the axis across, value on the axis up; both axes show 0.
        title: read out by screen readers.
        across: names the axis from left to right.
        up: names the axis from bottom to top.
    """
    left, top, right, bottom = _FRAME
    x, x_ticks = _axis([0, *(value for _, value, _ in dots)], left, right)
    y, y_ticks = _axis([0, *(value for *_, value in dots)], bottom, top)
    parts = _opened(title, across, up, "chart dial scatter")
    for tick in x_ticks:
        parts.append(f'<text class="axis" x="{x(tick)}" y="{bottom + 15}" text-anchor="middle">{tick:g}</text>')
    for tick in y_ticks:
        kind = "tick" if tick else "zero"
        parts.append(f'<line class="{kind}" x1="{left}" x2="{right}" y1="{y(tick)}" y2="{y(tick)}"/>')
        parts.append(f'<text class="axis" x="{left - 6}" y="{y(tick) + 4}" text-anchor="end">{_signed(tick)}</text>')
    for name, across_, up_ in dots:
        cx, cy = x(across_), y(up_)
        side, anchor = (10, "start") if cx < (left + right) / 2 else (-10, "end")  # where there is room for a name
        beside = cy - 8 if abs(cy - y(0)) < 12 else cy + 4  # and not on the line of 0
        parts += [
            f'<g class="calm"><title>{escape(name)}: {across_:.2f}, {_signed(round(up_, 1))}</title>',
            f'<text class="label" x="{cx + side:.1f}" y="{beside:.1f}" text-anchor="{anchor}">'
            f"{escape(_short(name))}</text>",
            f'<circle class="dot" cx="{cx}" cy="{cy}" r="4.5"/></g>',
        ]
    return "".join([*parts, "</svg>"])


def curve_chart(curves: Sequence[Curve], title: str, across: str, up: str) -> str:
    """Learning curves on a logarithmic axis, as an `<svg>` element; the table beside it says the same in figures.

    Args:
        curves: measured marks are full, foretold ones hollow and joined by dashes.
        title: read out by screen readers.
        across: names the axis from left to right.
        up: names the axis from bottom to top.
    """
    left, top, right, bottom = _FRAME
    marks = [mark for curve in curves for mark in curve.marks]
    x, _ = _axis([math.log2(size) for size, *_ in marks], left, right)
    y, y_ticks = _axis([end for _, *ends in marks for end in ends], bottom, top)
    parts = _opened(title, across, up)
    for size in sorted({size for size, *_ in marks}):
        place = x(math.log2(size))
        parts.append(f'<text class="axis" x="{place}" y="{bottom + 15}" text-anchor="middle">{size:g}</text>')
    parts += _lines_across(y, y_ticks)
    for curve in curves:
        places = [(x(math.log2(size)), y(value), y(low), y(high)) for size, value, low, high in curve.marks]
        for kind, stretch in (("curve", places[: curve.measured]), ("curve ahead", places[curve.measured - 1 :])):
            joined = " ".join(f"{cx},{cy}" for cx, cy, *_ in stretch)
            parts.append(f'<polyline class="{kind}" points="{joined}"/>')
        for number, (cx, cy, low, high) in enumerate(places):
            kind = "dot" if number < curve.measured else "ring"
            size, value, *_ = curve.marks[number]
            parts += [
                f'<g class="calm"><title>{escape(curve.label)} · {size:g}: {value:.1f}</title>',
                f'<line class="whisker" x1="{cx}" x2="{cx}" y1="{low}" y2="{high}"/>',
                f'<circle class="{kind}" cx="{cx}" cy="{cy}" r="4"/></g>',
            ]
        cx, cy, *_ = places[curve.measured - 1]
        parts.append(
            f'<text class="label" x="{cx - 8}" y="{cy - 8}" text-anchor="end">{escape(_short(curve.label))}</text>'
        )
    return "".join([*parts, "</svg>"])


def risk_chart(lines: Sequence[tuple[str, Sequence[tuple[float, float]]]], title: str, across: str, up: str) -> str:
    """Steps from left to right with their names beside them, as an `<svg>` element; a table says the same in figures.

    Args:
        lines: name, and points in percent, from left to right; both axes show 0, the one across goes to 100.
        title: read out by screen readers.
        across: names the axis from left to right.
        up: names the axis from bottom to top.
    """
    left, top, right, bottom = _FRAME[0], _FRAME[1], _BESIDE - 24, _FRAME[3]
    x, x_ticks = _axis([0, 100], left, right)
    y, y_ticks = _axis([0, *(risk for _, points in lines for _, risk in points)], bottom, top)
    parts = _opened(title, across, up, "chart", (_WIDTH, right))
    for tick in x_ticks:
        parts.append(f'<text class="axis" x="{x(tick)}" y="{bottom + 15}" text-anchor="middle">{tick:g}</text>')
    parts += _lines_across(y, y_ticks, right)
    names = _stacked([y(points[-1][1]) for _, points in lines])
    for number, ((name, points), beside) in enumerate(zip(lines, names, strict=True)):
        steps = [f"{x(points[0][0])},{y(points[0][1])}", *(f"H{x(c)}V{y(risk)}" for c, risk in points[1:])]
        end = f"{x(points[-1][0])},{y(points[-1][1])}L{_BESIDE - 4},{beside}"
        parts += [
            f'<g class="hue{number % _HUES}"><title>{escape(name)}</title>',
            f'<path class="step" d="M{"".join(steps)}"/><path class="leader" d="M{end}"/>',
            f'<text class="label" x="{_BESIDE}" y="{beside + 4:.1f}">{escape(_short(name))}</text></g>',
        ]
    return "".join([*parts, "</svg>"])


def _stacked(heights: Sequence[float], apart: float = 15) -> list[float]:
    """Heights moved as little as it takes, upwards from the lowest, to stand so far apart."""
    placed, free = dict.fromkeys(range(len(heights)), 0.0), math.inf
    for n in sorted(placed, key=lambda n: -heights[n]):
        placed[n] = free = min(heights[n], free - apart)
    return [placed[n] for n in range(len(heights))]


def _opened(
    title: str, across: str, up: str, kind: str = "chart dial", sides: tuple[int, int] = (_SIDE, _FRAME[2])
) -> list[str]:
    """The beginning of a chart: its title, and the names of both axes; `sides` are its width and its frame's end."""
    bottom = _FRAME[3]
    width, right = sides
    return [
        f'<svg role="img" viewBox="0 0 {width} {_SIDE}" class="{kind}" aria-label="{escape(title)}">',
        f"<title>{escape(title)}</title>",
        f'<text class="side" x="4" y="16">↑ {escape(up)}</text>',
        f'<text class="side" x="{right}" y="{bottom + 30}" text-anchor="end">{escape(across)} →</text>',
    ]


def _lines_across(y: Callable[[float], float], ticks: Sequence[float], right: int = _FRAME[2]) -> Iterator[str]:
    """A line and a number at each tick of the axis from bottom to top."""
    left = _FRAME[0]
    for tick in ticks:
        yield f'<line class="tick" x1="{left}" x2="{right}" y1="{y(tick)}" y2="{y(tick)}"/>'
        yield f'<text class="axis" x="{left - 6}" y="{y(tick) + 4}" text-anchor="end">{tick:g}</text>'


def _axis(values: Sequence[float], start: float, end: float) -> tuple[Callable[[float], float], list[float]]:
    """Where a value stands between two coordinates, with room around all of them; and the axis's ticks."""
    room = max(0.06 * (max(values) - min(values)), 0.5)
    low, high = min(values) - room, max(values) + room
    return lambda value: round(start + (value - low) / (high - low) * (end - start), 1), _ticks(low, high, 6)


def _apart(places: Sequence[tuple[float, float]], chosen: Sequence[bool]) -> list[bool]:
    """Which points have room for their labels; the chosen one comes first, then both ends."""
    last = len(places) - 1
    order = sorted(range(len(places)), key=lambda n: (not chosen[n], n not in (0, last), n))
    kept: list[int] = []
    for n in order:
        if all(abs(places[n][0] - places[k][0]) > 34 or abs(places[n][1] - places[k][1]) > 16 for k in kept):
            kept.append(n)
    return [n in kept for n in range(len(places))]


def _ticks(low: float, high: float, most: int) -> list[float]:
    """Round numbers of points within an axis, as many as there may be."""
    steps = (base * scale for scale in (0.01, 0.1, 1, 10, 100) for base in (1, 2, 2.5, 5))
    tried = ((step, math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9)) for step in steps)
    step, first, last = next((step, first, last) for step, first, last in tried if last - first < most)
    return [round(step * k, 6) for k in range(first, last + 1)]


def _signed(tick: float) -> str:
    return f"{tick:+g}".replace("-", "−") if tick else "0"


def _short(label: str) -> str:
    """At most `_LABEL` columns, a full-width character counting as two; the middle gives way."""
    wide = [2 if east_asian_width(character) in "WF" else 1 for character in label]
    if sum(wide) <= _LABEL:
        return label
    head, tail = 0, len(label)
    while sum(wide[:head]) + sum(wide[tail:]) + 2 < _LABEL:
        head, tail = (head + 1, tail) if head <= len(label) - tail else (head, tail - 1)
    return f"{label[:head]}…{label[tail:]}"
