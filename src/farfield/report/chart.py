"""The charts, drawn as SVG without any library: gains as dots with whiskers, and one figure against another."""

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from unicodedata import east_asian_width

__all__ = ["Bar", "gain_chart", "scatter_chart"]

_ROW, _LEFT, _WIDTH, _TOP = 30, 210, 720, 34
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
        f'<svg role="img" viewBox="0 0 {_WIDTH} {height}" class="chart" aria-label="{escape(title)}">',
        f"<title>{escape(title)}</title>",
        f'<rect class="band" x="{x(-margin)}" y="{_TOP - 6}" width="{x(margin) - x(-margin):.1f}" '
        f'height="{_ROW * len(bars) + 6}"/>',
        f'<text class="side" x="{x(0) + 8}" y="16">{escape(better)} →</text>',
        f'<text class="side" x="{x(0) - 8}" y="16" text-anchor="end">← {escape(worse)}</text>',
    ]
    for tick in _ticks(reach):
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


def scatter_chart(dots: Sequence[tuple[str, float, float]], title: str, across: str, up: str) -> str:
    """Named dots, as an `<svg>` element; the tables say the same in figures.

    Args:
        dots: name, value on the axis across (0 or more), value on the axis up.
        title: read out by screen readers.
        across: names the axis across.
        up: names the axis up.
    """
    right = max(1.0, *(x for _, x, _ in dots)) * 1.05
    reach = max(1.0, *(abs(y) for *_, y in dots)) * 1.15
    left, top, bottom = 64, 30, 300

    def place(x: float, y: float) -> tuple[float, float]:
        high = top + (reach - y) / (2 * reach) * (bottom - top)
        return round(left + x / right * (_WIDTH - left - 24), 1), round(high, 1)

    parts = [
        f'<svg role="img" viewBox="0 0 {_WIDTH} {bottom + 46}" class="chart scatter" aria-label="{escape(title)}">',
        f"<title>{escape(title)}</title>",
        f'<text class="side" x="{left}" y="14">{escape(up)}</text>',
        f'<text class="side" x="{_WIDTH - 24}" y="{bottom + 40}" text-anchor="end">{escape(across)} →</text>',
    ]
    for tick in _ticks(reach):
        y = place(0, tick)[1]
        kind = "zero" if tick == 0 else "tick"
        parts.append(f'<line class="{kind}" x1="{left}" x2="{_WIDTH - 24}" y1="{y}" y2="{y}"/>')
        parts.append(f'<text class="axis" x="{left - 8}" y="{y + 4}" text-anchor="end">{_signed(tick)}</text>')
    for tick in (tick for tick in _ticks(right) if tick >= 0):
        x = place(tick, 0)[0]
        parts.append(f'<text class="axis" x="{x}" y="{bottom + 18}" text-anchor="middle">{tick:g}</text>')
    for name, x, y in dots:
        cx, cy = place(x, y)
        # A name stands on the side where there is room for it.
        beside = f'x="{cx + 10}"' if x < right / 2 else f'x="{cx - 10}" text-anchor="end"'
        parts += [
            f'<g class="calm"><title>{escape(name)}: {x:.2f}, {_signed(round(y, 1))}</title>',
            f'<text class="label" {beside} y="{cy + 4}">{escape(_short(name))}</text>',
            f'<circle class="dot" cx="{cx}" cy="{cy}" r="5.5"/></g>',
        ]
    return "".join([*parts, "</svg>"])


def _ticks(reach: float) -> list[float]:
    """Round numbers of points, five to nine of them."""
    steps = (base * scale for scale in (0.01, 0.1, 1, 10, 100) for base in (1, 2, 2.5, 5))
    step, count = next((step, side) for step in steps if 2 <= (side := int(reach / step + 1e-9)) <= 4)
    return [round(step * k, 6) for k in range(-count, count + 1)]


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
