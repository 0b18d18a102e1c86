"""Colours by day and by night: text must stand out from what is behind it (WCAG 2.2, 1.4.3 and 1.4.11)."""

import re

import pytest

from tests.report.conftest import Reported

TEXT, GRAPHIC = 4.5, 3.0
PAIRS = [
    *((ink, paper, TEXT) for ink in ("ink", "soft") for paper in ("paper", "tint")),
    *((tone, paper, TEXT) for tone in ("good", "bad", "open", "calm") for paper in ("paper", f"{tone}-tint")),
    *((ink, f"{tone}-tint", TEXT) for ink in ("ink", "soft") for tone in ("good", "bad", "open", "calm")),
    ("accent", "paper", TEXT),
    *((tone, "tint", GRAPHIC) for tone in ("good", "bad", "open", "calm")),  # dots on the chart's band
]


def palettes(style: str) -> dict[str, dict[str, str]]:
    """The colours by name, by day and by night."""
    day, night, printed = re.findall(r":root\{([^}]*)\}", style)
    return {
        name: dict(re.findall(r"--([\w-]+):(#\w+)", colours))
        for name, colours in (("day", day), ("night", night), ("printed", printed))
    }


def luminance(colour: str) -> float:
    """Relative luminance, as WCAG 2.2 defines it."""
    digits = colour[1:] if len(colour) == 7 else "".join(2 * digit for digit in colour[1:])
    parts = [int(digits[i : i + 2], 16) / 255 for i in (0, 2, 4)]
    red, green, blue = (p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    dark, light = sorted((luminance(one), luminance(other)))
    return (light + 0.05) / (dark + 0.05)


def test_contrast_is_computed_as_the_standard_says() -> None:
    assert contrast("#000", "#ffffff") == pytest.approx(21)
    assert contrast("#777777", "#fff") == pytest.approx(4.48, abs=0.005)  # the well-known grey that just fails


@pytest.mark.parametrize("time", ["day", "night", "printed"])
def test_text_stands_out_from_what_is_behind_it(small_run: Reported, time: str) -> None:
    colours = palettes(small_run.pages["en"].one("style").raw())[time]
    weak = {(a, b): round(contrast(colours[a], colours[b]), 2) for a, b, least in PAIRS
            if contrast(colours[a], colours[b]) < least}  # fmt: skip
    assert weak == {}


def test_every_colour_that_is_named_is_set_in_every_palette(small_run: Reported) -> None:
    style = small_run.pages["en"].one("style").raw()
    named = set(re.findall(r"var\(--([\w-]+)\)", style))
    assert len(named) > 10
    for colours in palettes(style).values():
        assert named <= colours.keys()
