"""The page in other forms: Markdown that obeys nobody, a PDF, charts that stand alone."""

import xml.etree.ElementTree as ET
from pathlib import Path

import pytest

from farfield.report import Form, japanese_font, write_report
from farfield.report.formats import charts_of, to_markdown
from tests.report.conftest import Reported

SVG = "{http://www.w3.org/2000/svg}"


def test_markdown_holds_the_sentences_and_the_tables(small_run: Reported) -> None:
    written = to_markdown(small_run.html["en"])
    assert written.startswith("farfield\n\n# ")
    page = small_run.pages["en"]
    plain = written.replace("\\", "")
    for heading in (*page.all("h2"), *page.all("h3")):
        assert heading.text() in plain
    cells = {cell.text() for table in page.all("table") for cell in table.all("td") if len(cell.text()) > 3}
    assert len(cells) > 50
    lines = [line for line in written.splitlines() if line.startswith("|")]
    assert len(lines) > sum(1 for _ in page.all("tr"))  # and a rule under each table's head
    assert "<svg" not in written
    assert "{" not in written.split("##")[0]  # no style sheet


def test_markdown_escapes_what_strangers_wrote(hostile_run: Reported) -> None:
    written = to_markdown(hostile_run.html["en"])
    assert "alert(" in written
    assert "<script" not in written.replace("\\<", "")
    assert "<img" not in written.replace("\\<", "")


def test_each_chart_stands_alone(small_run: Reported) -> None:
    drawn = list(charts_of(small_run.html["ja"]))
    assert [title for title, _ in drawn] == [e.attributes["aria-label"] for e in small_run.pages["ja"].all("svg")]
    for title, text in drawn:
        root = ET.fromstring(text)
        assert root.tag == f"{SVG}svg"
        assert root.findtext(f"{SVG}title") == title
        style = root.findtext(f"{SVG}style")
        assert style is not None
        assert ".tick" in style
        assert "var(" not in text
        assert "@media" not in text


def test_forms_are_written_where_one_would_look(small_run: Reported, tmp_path: Path) -> None:
    folder = small_run.results.folder
    assert write_report(small_run.results, language="en", form=Form.md) == folder / "report.en.md"
    charts = write_report(small_run.results, language="en", form=Form.svg, out=tmp_path / "charts")
    assert len(list(charts.glob("chart-*.svg"))) == len(list(small_run.pages["en"].all("svg")))


def test_the_pdf_holds_text(small_run: Reported, tmp_path: Path) -> None:
    pytest.importorskip("weasyprint", reason="needs the extra `pdf`", exc_type=ImportError)
    path = write_report(small_run.results, language="en", form=Form.pdf, out=tmp_path / "report.pdf")
    data = path.read_bytes()
    assert data.startswith(b"%PDF-")
    assert data.rstrip().endswith(b"%%EOF")
    assert len(data) > 20_000


def test_whether_there_is_a_japanese_font_is_known_or_said_unknown() -> None:
    assert japanese_font() in (True, False, None)
