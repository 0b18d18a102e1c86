"""The page on what changed between two runs."""

from pathlib import Path

import pytest

from farfield.report import write_comparison
from farfield.report.words import LANGUAGES, words
from tests.report.conftest import Reported
from tests.report.page import parsed, rows_of
from tests.small import run_fake, small_study


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_run_beside_itself_shows_every_model_and_no_setting(
    small_run: Reported, tmp_path: Path, language: str
) -> None:
    say = words(language)
    path = write_comparison(small_run.results, small_run.results, language=language, out=tmp_path / "page.html")
    page = parsed(path.read_text("utf-8"))
    assert page.one("html").attributes["lang"] == language
    assert say("since.settings.same") in page.text()
    tables = list(page.all("table"))
    assert len(tables) == len(small_run.findings.tasks)
    for table, task in zip(tables, small_run.findings.tasks, strict=True):
        own = {line.domain for line in task.lines if line.tier != "cross_task"}
        shown = {row[1].text().removesuffix(row[1].one("span").text()).strip() for row in rows_of(table)}
        assert shown == own
        assert len(rows_of(table)) >= 2 * len(own)


def test_what_differs_between_two_studies_is_listed(small_run: Reported, tmp_path: Path, tiny_folder: Path) -> None:
    other = small_study(tmp_path, tiny_folder, cross_task=True, seeds=[5])
    later = run_fake(other)[0]
    path = write_comparison(small_run.results, later, language="en", out=tmp_path / "page.html")
    page = parsed(path.read_text("utf-8"))
    keys = [row[0].text() for row in rows_of(list(page.all("table"))[-1])]
    assert "seeds" in keys
