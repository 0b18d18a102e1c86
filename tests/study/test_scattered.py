"""The scattered sample files, gathered and checked as docs/import.md shows it: each fault is found at its row."""

import json
import re
import shlex
from pathlib import Path

import pytest

from farfield.cli.main import run_command
from farfield.data import LANGUAGES, Issue, read_rows, sample_folder
from farfield.data.scattered import Planted, write_scattered
from farfield.report import worded
from farfield.spec import load_study
from farfield.study import check
from farfield.study.inspecting import inspected
from farfield.study.lengths import ByteTokenizer
from farfield.study.plan import make_plan

PAGE = Path(__file__).parent.parent.parent / "docs" / "import.md"
ASIDE = {"undecodable": "stands for no character", "cells": "the row has 5 cells", "no_text": "its text is empty"}
ROWS = {
    "task routing, training rows": "ja/domains/ja_train",
    "task routing, domain offices": "ja/domains/ja_test.zip",
    "task routing, domain sapporo": "ja/domains/ja_new_branch",
    "task routing, domain spring": "ja/domains/ja_later",
    "task routing, domain mail": "mail/rows",
    "task summary, training rows": "en/domains/en_train",
    "task summary, domain desk": "en/domains/en_test",
}

Found = tuple[str, str, str, int]


def _where(issue: Issue) -> str:
    return worded(issue, "en").where


@pytest.fixture(scope="module")
def commands(tmp_path_factory: pytest.TempPathFactory, tiny_folder: Path) -> tuple[Path, list[int]]:
    """The page's walk, in a folder of its own and with a model that is at hand; and what each command returned."""
    folder = tmp_path_factory.mktemp("scattered")
    block = re.findall(r"^```sh\n(farfield demo.*?)^```", PAGE.read_text(encoding="utf-8"), re.DOTALL | re.MULTILINE)[0]
    codes = []
    with pytest.MonkeyPatch.context() as here:
        here.chdir(folder)
        for line in block.splitlines():
            codes.append(run_command(shlex.split(line)[1:]))
            study = folder / "messy" / "study.yaml"
            study.write_text(study.read_text(encoding="utf-8").replace("smollm2-135m-instruct", str(tiny_folder)))
    return folder / "messy", codes


@pytest.fixture(scope="module")
def planted(commands: tuple[Path, list[int]]) -> list[Planted]:
    return [Planted(**each) for each in json.loads((commands[0] / "faults.json").read_text(encoding="utf-8"))]


@pytest.fixture(scope="module")
def issues(commands: tuple[Path, list[int]]) -> list[Issue]:
    return check(load_study(commands[0] / "study.yaml"))


@pytest.fixture(scope="module")
def found(commands: tuple[Path, list[int]], issues: list[Issue]) -> set[Found]:
    """What was found, at the rows of the files that the rows came from."""
    gathered = commands[0] / "gathered"
    rows = {where: read_rows(gathered / f"{name}.jsonl") for where, name in ROWS.items()}
    places = [(issue.code, rows[_where(issue)][row]) for issue in issues if issue.rows for row in issue.rows]
    return {(code, row["_file"], row["_sheet"], int(row["_row"])) for code, row in places}


def test_every_command_of_the_walk_works(commands: tuple[Path, list[int]]) -> None:
    assert commands[1] == [0] * 6
    with pytest.raises(Exception, match="there is something already"):
        write_scattered(commands[0])


def test_three_hundred_rows_in_many_forms(commands: tuple[Path, list[int]]) -> None:
    gathered = [json.loads(path.read_bytes()) for path in commands[0].rglob("sources.json")]
    sources = [source for each in gathered for source in each["sources"]]
    assert 295 <= sum(source["rows"] + source["aside"] for source in sources) <= 320
    kinds = {(source["kind"], source["encoding"]) for source in sources if source["kind"] != "zip"}
    assert len(kinds) >= 10
    encodings = {encoding for _, encoding in kinds}
    assert {"utf-8", "cp932", "euc_jp", "utf-16-le", "iso-2022-jp"} <= encodings
    assert {source["kind"] for source in sources} == {"csv", "jsonl", "json", "excel", "parquet", "eml", "zip"}


def test_every_fault_is_found_at_its_row(planted: list[Planted], found: set[Found], issues: list[Issue]) -> None:
    assert len({each.code for each in planted}) >= 22
    at_rows = [each for each in planted if each.row and each.code not in ASIDE]
    assert [each for each in at_rows if (each.code, each.file, each.sheet, each.row) not in found] == []
    assert ("imbalance", "task routing, domain sapporo") in {(issue.code, _where(issue)) for issue in issues}


def test_every_issue_is_told_in_both_languages(issues: list[Issue]) -> None:
    for issue in issues:
        english, japanese = worded(issue, "en"), worded(issue, "ja")
        for text in (japanese.where, japanese.what, japanese.mend):
            assert "{" not in text
            assert not text or re.search("[ぁ-んァ-ン一-龥]", text)
        assert english.what != japanese.what


def test_what_is_no_row_is_put_aside(commands: tuple[Path, list[int]], planted: list[Planted]) -> None:
    path = commands[0] / "gathered" / "ja" / "aside.jsonl"
    asides = {(each["file"], each["row"]): each["reason"] for each in read_rows(path)}
    for each in planted:
        if each.code in ASIDE:
            assert ASIDE[each.code] in asides[each.file, str(each.row)]


def test_an_import_counts_what_rows_show_by_themselves(
    commands: tuple[Path, list[int]], planted: list[Planted]
) -> None:
    told = json.loads((commands[0] / "gathered" / "ja" / "sources.json").read_bytes())["sources"]
    found = {(source["file"], code): count for source in told for code, count in source["found"].items()}
    alone = {
        "personal_data",
        "mojibake",
        "lost_characters",
        "invisible_characters",
        "control_characters",
        "control_tokens",
    }
    for each in planted:
        if each.code in alone and each.file.startswith("ja/"):
            assert found[each.file, each.code] >= 1
    assert ("ja/later/2024.csv", "mojibake") not in found


def test_little_is_reported_where_nothing_was_planted(planted: list[Planted], found: set[Found]) -> None:
    """By rows: what is wrong with a row may be told in more than one way; doubts of labels are doubts."""
    wrong = {(each.file, each.sheet, each.row) for each in planted}
    extra = {each[1:] for each in found if each[0] != "label_errors"} - wrong
    assert extra == set()
    doubted = {each[1:] for each in found if each[0] == "label_errors"} - wrong
    assert len(doubted) <= 0.02 * 300


@pytest.mark.parametrize("language", LANGUAGES)
def test_clean_sample_data_raises_nearly_nothing(language: str) -> None:
    study = load_study(sample_folder(language) / "study.yaml")
    tasks = make_plan(study, ByteTokenizer(), "unknown").tasks.values()
    told = {(issue.where, row) for task in tasks for issue in inspected(study, task) for row in issue.rows}
    rows = sum(len(part) for task in tasks for part in (task.split.train, *(d.examples for d in task.domains)))
    assert len(told) <= 0.02 * rows
