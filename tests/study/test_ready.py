"""Readiness: what rows are counted, what work they need, and that page and docs say it."""

import json
import re
import shlex
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from farfield.cli.main import run_command
from farfield.data import read_rows, sample_folder, write_rows
from farfield.errors import DataError
from farfield.report import ready_page
from farfield.report.words import LANGUAGES, words
from farfield.stats import Undefined, detectable_difference
from farfield.study import Needs, Ready, look_at
from tests.report.page import parsed

PAGE = Path(__file__).parent.parent.parent / "docs" / "readiness.md"
Row = dict[str, str]


def _tickets(count: int, *, unlabelled: int = 0) -> list[Row]:
    """Messages unlike each other, by drawn words."""
    draws = np.random.default_rng(0)
    said = [
        [chr(97 + letter) * 3 + chr(97 + other) for letter, other in draws.integers(0, 26, (9, 2))]
        for _ in range(count)
    ]
    return [
        {"message": f"{' '.join(said[n])} {('pump', 'invoice')[n % 2]}",
         "department": "" if n >= count - unlabelled else ("repair", "billing")[n % 2]} for n in range(count)
    ]  # fmt: skip


@pytest.fixture
def written(tmp_path: Path) -> Callable[[list[Row]], Path]:
    """Writes rows as a file."""

    def write(rows: list[Row]) -> Path:
        write_rows(tmp_path / "tickets.jsonl", rows)
        return tmp_path / "tickets.jsonl"

    return write


def _one(path: Path, needs: Needs | None = None) -> Ready:
    (found,) = look_at([path], needs or Needs())
    return found


def test_enough_sound_rows_start_today(written: Callable[[list[Row]], Path]) -> None:
    found = _one(written(_tickets(400)))
    assert (found.verdict, found.kind, found.rows, found.labelled) == ("today", "classification", 400, 400)
    assert found.per_label == {"billing": 200, "repair": 200}
    assert (found.size, found.wide) == (2, False)
    assert found.bits == pytest.approx(1.0)
    assert found.test_rows == found.usable - 120
    assert found.detects == detectable_difference(found.test_rows, disagree=0.3)
    needed = found.wanted - 120
    assert (
        detectable_difference(needed, disagree=0.3) <= 0.1 < detectable_difference(round(0.95 * needed), disagree=0.3)
    )


def test_work_is_counted_in_rows_and_hours(written: Callable[[list[Row]], Path]) -> None:
    rows = _tickets(500, unlabelled=300)
    rows[0]["message"] += " call 090-1234-5678"
    rows[1]["message"] += "\ufffd"
    rows[2] = dict(rows[4])
    found = _one(written(rows), Needs(minutes_per_label=0.5, minutes_per_fix=6))
    assert (found.verdict, found.labelled, found.to_collect) == ("work", 200, 0)
    by_code = {fault.code: fault for fault in found.faults}
    assert by_code["duplicates"].by_machine
    assert by_code["lost_characters"].rows == by_code["personal_data"].rows == 1
    assert found.to_fix == 2
    assert found.fix_hours == pytest.approx(0.2)
    assert found.to_label == found.wanted - 199
    assert found.label_hours == pytest.approx(found.to_label / 120)
    assert found.usable == 197


def test_rows_that_are_not_there_have_to_be_collected(written: Callable[[list[Row]], Path]) -> None:
    found = _one(written(_tickets(100, unlabelled=20)))
    assert (found.verdict, found.to_label) == ("rows", 20)
    assert found.to_collect == found.wanted - 100
    assert isinstance(found.detects, Undefined)
    assert _one(written(_tickets(100, unlabelled=20)), Needs(train_rows=20, difference=0.3)).to_collect == 0


def test_a_study_file_is_looked_at_task_by_task() -> None:
    routing, headline = look_at([sample_folder("ja") / "study.yaml"], Needs())
    assert (routing.kind, headline.kind) == ("classification", "generation")
    assert not routing.wide
    assert headline.wide
    assert isinstance(routing.copied, Undefined)
    assert not isinstance(headline.copied, Undefined)
    assert headline.per_label == {}


def test_a_column_that_is_no_answer_is_not_guessed(written: Callable[[list[Row]], Path]) -> None:
    path = written([{"a": f"one text {n}", "b": f"another text {n}"} for n in range(30)])
    with pytest.raises(DataError, match="no column is clearly the answer"):
        _one(path)
    assert _one(path, Needs(target="b")).kind == "generation"
    with pytest.raises(DataError, match="there is no column 'aa'"):
        _one(path, Needs(target="b", text=("aa",)))


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_page_says_what_was_counted(written: Callable[[list[Row]], Path], language: str) -> None:
    rows = _tickets(500, unlabelled=250)
    rows[1]["message"] = "<script>alert(1)</script> call 090-1234-5678"
    rows += [row | {"department": "<b>repair"} for row in rows[:3]]
    needs = Needs()
    found = look_at([written(rows)], needs)
    text, say = ready_page(found, needs, language=language), words(language)
    page = parsed(text)
    assert "<b>repair" not in text
    assert "<script" not in text
    assert not list(page.all("script", "link", "img", "iframe"))
    assert f'<html lang="{language}">' in text
    for key in ("ready.verdict.work", "fault.personal_data", "fault.conflicting_labels", "ready.narrow"):
        assert say(key) in text
    assert [e.text() for e in page.all("h1")] == [say("ready.title")]


def test_the_commands_of_the_page(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    write_rows(Path("tickets.csv"), _tickets(400, unlabelled=100))
    headlines = sample_folder("en") / "headline"
    write_rows(Path("headlines.jsonl"), read_rows(headlines / "hamamatsu_train.jsonl"))
    (block,) = re.findall(r"^```sh\n(.*?)^```", PAGE.read_text(encoding="utf-8"), re.DOTALL | re.MULTILINE)
    for line in block.splitlines():
        capsys.readouterr()
        assert run_command(shlex.split(line)[1:]) == 0, line
        if "json" in line.split():
            (told,) = json.loads(capsys.readouterr().out)
            assert (told["labelled"], told["verdict"]) == (300, "work")
    assert 'lang="ja"' in Path("ready.ja.html").read_text(encoding="utf-8")
