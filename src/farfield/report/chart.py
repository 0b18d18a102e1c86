"""The chart of gains: a dot and a whisker for each arm and test set, drawn as SVG without any library."""

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

__all__ = ["Bar", "gain_chart"]

_ROW, _LEFT, _WIDTH, _TOP = 30, 210, 720, 34


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
        parts.append(f'<text class="axis" x="{x(tick)}" y="{height - 10}" text-anchor="middle">{tick:+.0f}</text>')
    for number, bar in enumerate(bars):
        y = _TOP + _ROW * number + _ROW / 2 - 3
        parts += [
            f'<g class="{bar.tone}"><title>{escape(bar.label)}: {escape(bar.text)}</title>',
            f'<text class="label" x="{_LEFT - 12}" y="{y + 4}" text-anchor="end">{escape(bar.label)}</text>',
            f'<line class="whisker" x1="{x(bar.low)}" x2="{x(bar.high)}" y1="{y}" y2="{y}"/>',
            f'<circle class="dot" cx="{x(bar.value)}" cy="{y}" r="5.5"/></g>',
        ]
    return "".join([*parts, "</svg>"])


def _ticks(reach: float) -> list[float]:
    """Round numbers of points, five to nine of them."""
    step = next(s for s in (1, 2, 5, 10, 20, 50, 100) if reach / s <= 4.5)
    count = int(reach // step)
    return [float(step * k) for k in range(-count, count + 1)]
