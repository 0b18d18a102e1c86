"""The HTML page in other forms: Markdown, PDF, and its charts as files for slides."""

import re
import shutil
import subprocess
from collections.abc import Iterator
from enum import StrEnum
from importlib.resources import files
from pathlib import Path

from farfield.errors import Fault

__all__ = ["Form", "charts_of", "japanese_font", "save", "to_markdown"]

_CHART = re.compile(r"<svg .*?</svg>", re.DOTALL)
_NAMED = re.compile(r'aria-label="([^"]*)"')
_RULE = re.compile(r"([^{}]+)\{([^{}]*)\}")
_VARIABLE = re.compile(r"var\((--[a-z-]+)\)")


class Form(StrEnum):
    """What a page is written as."""

    html = "html"
    md = "md"
    pdf = "pdf"
    svg = "svg"


def save(html: str, form: Form, default: Path, out: Path | None = None) -> Path:
    """Writes a page in a form and returns where.

    Args:
        html: the page.
        form: which one; `svg` writes a folder with a file for each chart.
        default: where to, without a suffix, if nothing is said.
        out: the file to write, or the folder.

    Raises:
        Fault: a PDF where WeasyPrint is not installed.
    """
    target = out or (default if form is Form.svg else default.with_name(f"{default.name}.{form}"))
    if form is Form.svg:
        _write_charts(html, target)
    elif form is Form.pdf:
        _write_pdf(html, target)
    else:
        target.write_text(to_markdown(html) if form is Form.md else html, encoding="utf-8")
    return target


def to_markdown(html: str) -> str:
    """The page as Markdown: every sentence and table; charts are left out, for a table under each says the same.

    Whatever could be markup in a stranger's text is escaped.
    """
    from bs4 import BeautifulSoup
    from markdownify import MarkdownConverter

    page = BeautifulSoup(html, "html.parser")
    for part in page.select("head, svg, script, .skip, figure:not(:has(figcaption)), input"):
        part.decompose()
    for link in page.select("a.term"):  # Markdown has no place to lead to
        link.unwrap()
    written: str = MarkdownConverter(heading_style="ATX", escape_misc=True).convert_soup(page)
    return re.sub(r"\n{3,}", "\n\n", written).strip() + "\n"


def _write_pdf(html: str, path: Path) -> None:
    """The page as a PDF for A4, by the rules that it has for print.

    Raises:
        Fault: WeasyPrint, or a library that it stands on, is not installed.
    """
    try:
        from weasyprint import HTML
    except (ImportError, OSError) as error:
        raise Fault(
            f"a PDF needs WeasyPrint, which is not here ({error})",
            mend="pip install 'farfield[pdf]', and Pango by the system; or print the HTML file from a browser",
        ) from None
    drawn = (chart for _, chart in charts_of(html))  # a page's style does not reach into its charts there
    HTML(string=_CHART.sub(lambda _: next(drawn), html)).write_pdf(path)


def japanese_font() -> bool | None:
    """Whether the system has a font for Japanese; None where nothing can tell."""
    lister = shutil.which("fc-list")
    if lister is None:
        return None
    found = subprocess.run([lister, ":lang=ja", "family"], capture_output=True, text=True, check=False, timeout=60)
    return bool(found.stdout.strip())


def charts_of(html: str) -> Iterator[tuple[str, str]]:
    """Each chart of the page as a title and a file of its own: light colours, live text, no style from outside."""
    style = "".join(_chart_rules())
    for drawn in _CHART.findall(html):
        named = _NAMED.search(drawn)
        begin, rest = drawn.split(">", 1)
        yield (
            named[1] if named else "",
            f'{begin} xmlns="http://www.w3.org/2000/svg" font-family="sans-serif" color="#1c2530">'
            f"<style>{style}</style>{rest}\n",
        )


def _write_charts(html: str, folder: Path) -> None:
    """Writes each chart as `chart-NUMBER.svg` into a folder, which is made; the title stands in the file."""
    folder.mkdir(parents=True, exist_ok=True)
    for number, (_, drawn) in enumerate(charts_of(html), 1):
        (folder / f"chart-{number:02}.svg").write_text(drawn, encoding="utf-8")


def _chart_rules() -> Iterator[str]:
    """The page's rules for charts, with the light colours put in: what draws slides knows no variables."""
    style = files("farfield.report").joinpath("templates/report.css").read_text(encoding="utf-8")
    light = dict(re.findall(r"(--[a-z-]+):([^;}]+)", style.split("@media", 1)[0]))
    for selector, rule in _RULE.findall(style.split("@media print", 1)[0]):
        if any(part in selector for part in (".chart", ".hue", ".dial", ".scatter")):
            yield f"{selector.strip()}{{{_VARIABLE.sub(lambda found: light[found[1]], rule)}}}"
