"""The page in a real browser: loads without a complaint, fetches nothing, fits a telephone. Needs Chromium."""

import html
import json
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from farfield.report.words import LANGUAGES
from tests.report.conftest import Reported
from tests.report.page import parsed

BROWSER = shutil.which("chromium") or shutil.which("chromium-browser")
FLAGS = (
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-extensions",
    "--disable-background-networking", "--disable-component-update", "--disable-sync", "--hide-scrollbars",
    "--disable-dev-shm-usage", "--enable-logging=stderr", "--timeout=10000",
)  # fmt: skip

pytestmark = pytest.mark.skipif(BROWSER is None, reason="no chromium and no chromium-browser on PATH")

# Pages around the report do the measuring: a frame of srcdoc is of its parent's origin.
_MEASURE = """
const told = {};
for (const frame of document.querySelectorAll('iframe')) {
  const page = frame.contentDocument;
  for (const part of page.querySelectorAll('details')) part.open = true;
  told[frame.id] = {
    language: page.documentElement.lang,
    mode: page.compatMode,
    heading: page.querySelector('h1').textContent,
    given: frame.clientWidth,
    wide: Math.max(page.documentElement.scrollWidth, page.body.scrollWidth),
    scrolled: (page.defaultView.scrollTo(200, 0), page.defaultView.scrollX),
    fetched: page.defaultView.performance.getEntriesByType('resource').length,
    scripts: page.scripts.length + page.images.length,
    answers: page.querySelectorAll('article').length,
    cut: [...page.querySelectorAll('svg text')].filter(text => {
      const box = text.getBBox(), edge = text.ownerSVGElement.viewBox.baseVal.width;
      return box.x < 0 || box.x + box.width > edge;
    }).map(text => text.textContent),
  };
}
document.getElementById('told').textContent = JSON.stringify(told);
"""


def browse(page: Path, profile: Path) -> tuple[str, str]:
    """Loads a page and gives back its tree as the browser has it, and what it complained of."""
    assert BROWSER
    command = [BROWSER, *FLAGS, f"--user-data-dir={profile}", "--window-size=1200,900", "--dump-dom", page.as_uri()]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True)
    return done.stdout, "\n".join(line for line in done.stderr.splitlines() if "CONSOLE" in line)


def told_around(frames: str, script: str, folder: Path) -> dict[str, Any]:
    """Loads frames in one page, runs a script once they are there, and gives back what it wrote into `told`."""
    around = folder / "around.html"
    around.write_text(
        f'<!doctype html><meta charset="utf-8"><body>{frames}<pre id="told"></pre>'
        f"<script>addEventListener('load', () => {{{script}}})</script>",
        encoding="utf-8",
    )
    tree, complaints = browse(around, folder / "profile")
    assert complaints == ""
    (told,) = re.findall(r'<pre id="told">(.*?)</pre>', tree, re.S)
    found = json.loads(html.unescape(told))
    assert isinstance(found, dict)
    return found


def measured(pages: dict[str, tuple[str, int]], folder: Path) -> dict[str, dict[str, Any]]:
    """Loads pages in frames of the given widths, all in one window."""
    frames = "".join(
        f'<iframe id="{name}" style="border:0;height:800px;width:{width}px" srcdoc="{html.escape(text)}"></iframe>'
        for name, (text, width) in pages.items()
    )
    return told_around(frames, _MEASURE, folder)


def test_the_page_loads_without_complaint_and_as_it_was_written(small_run: Reported, tmp_path: Path) -> None:
    path = small_run.results.folder / "report.en.html"
    tree, complaints = browse(path, tmp_path / "profile")
    assert complaints == ""
    ours, theirs = small_run.pages["en"].one("body"), parsed(tree).one("body")
    for box in theirs.all("div"):
        if box.has_class("whatif"):
            assert list(box.all("input"))
            box.children.clear()  # what the page's own script put there
    # A browser mends what is wrongly nested: the same elements in the same order say that nothing was.
    assert [e.tag for e in theirs.all()] == [e.tag for e in ours.all()]
    assert theirs.text() == ours.text()


@pytest.fixture(scope="module")
def seen(small_run: Reported, hostile_run: Reported, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What the browser made of every page at the width of a telephone and of a desk, all details open."""
    runs = {"small": small_run, "hostile": hostile_run}
    pages = {
        f"{name}-{language}-{width}": (run.html[language], width)
        for name, run in runs.items()
        for language in LANGUAGES
        for width in (360, 1000)
    }
    found = measured(pages, tmp_path_factory.mktemp("seen"))
    assert found.keys() == pages.keys()
    for name, told in found.items():
        run, language, width = name.split("-")
        page = runs[run].pages[language]
        assert (told["language"], told["given"], told["mode"]) == (language, int(width), "CSS1Compat")
        assert told["heading"] == page.one("h1").text()
        assert told["answers"] == len(list(page.all("article"))) > 3
    return found


def test_the_page_fetches_nothing_and_runs_its_own_script_alone(seen: dict[str, Any]) -> None:
    assert {(told["fetched"], told["scripts"]) for told in seen.values()} == {(0, 2)}  # figures, and their script


@pytest.mark.parametrize("name", ["small", "hostile"])
def test_the_page_fits_a_telephone(seen: dict[str, Any], name: str) -> None:
    told = {key: value for key, value in seen.items() if key.startswith(name)}
    assert {key: value["wide"] for key, value in told.items() if value["wide"] > value["given"]} == {}
    assert {value["scrolled"] for value in told.values()} == {0}


@pytest.mark.parametrize("name", ["small", "hostile"])
def test_no_text_of_a_chart_is_cut_off(seen: dict[str, Any], name: str) -> None:
    assert [text for key, value in seen.items() if key.startswith(name) for text in value["cut"]] == []
