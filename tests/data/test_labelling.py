"""Rows out to people and their answers back: which rows come first, what a table keeps, and what is refused."""

import json
import zipfile
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
import xlsxwriter

from farfield.data import (
    LabelWishes,
    Sheet,
    read_rows,
    read_sheet,
    rows_to_label,
    take_back,
    write_rows,
    write_sheet,
    write_tasks,
)
from farfield.data.sheets import column_letters
from farfield.errors import DataError
from farfield.stats import Estimate, cohens_kappa, label_ceiling, raw_agreement

NASTY = (
    "=1+2",
    "+81 3",
    "-",
    "@me",
    "水が、\n漏れ\tています",
    " spaced ",
    "'quoted",
    "007",
    "https://a.example",
    "1e5",
    "TRUE",
)


@pytest.mark.parametrize("suffix", [".xlsx", ".csv"])
def test_a_table_gives_back_what_was_put_in(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"tasks{suffix}"
    rows = tuple((cell, str(number)) for number, cell in enumerate(NASTY))
    assert write_sheet(path, Sheet(("text", "label"), rows, "label", NASTY, ("read this",))) == 0
    assert read_sheet(path) == [{"text": cell, "label": str(number)} for number, cell in enumerate(NASTY)]


def test_no_cell_of_excel_is_a_formula_and_labels_are_a_dropdown(tmp_path: Path) -> None:
    path = tmp_path / "tasks.xlsx"
    write_sheet(path, Sheet(("text", "label"), (("=HYPERLINK(1)", ""), ("b", "")), "label", ("x, y", "-"), ()))
    with zipfile.ZipFile(path) as book:
        sheet = book.read("xl/worksheets/sheet1.xml").decode()
    assert "<f>" not in sheet
    assert "hyperlink" not in sheet.lower()
    assert 'type="list"' in sheet
    assert 'sqref="B2:B3"' in sheet
    assert "<formula1>Labels!$A$1:$A$2</formula1>" in sheet


def test_no_cell_of_csv_begins_as_a_formula_does(tmp_path: Path) -> None:
    path = tmp_path / "tasks.csv"
    write_sheet(path, Sheet(("=text",), tuple((cell,) for cell in NASTY), "=text", (), ()))
    assert path.read_bytes().startswith(b"\xef\xbb\xbf")  # or Excel reads Japanese as Shift-JIS
    assert all(not value.startswith(("=", "+", "-", "@")) for row in read_rows(path) for value in (*row, *row.values()))


def test_a_text_too_long_for_excel_is_cut_and_counted(tmp_path: Path) -> None:
    path = tmp_path / "tasks.xlsx"
    assert write_sheet(path, Sheet(("text",), (("a" * 40_000,), ("b",)), "text", (), ())) == 1
    assert read_sheet(path)[0]["text"].endswith("… [8000 more characters]")


def test_columns_are_named_as_spreadsheets_name_them() -> None:
    assert [column_letters(number) for number in (0, 25, 26, 51, 52, 701, 702)] == [
        "A",
        "Z",
        "AA",
        "AZ",
        "BA",
        "ZZ",
        "AAA",
    ]


def _mixed(rng: np.random.Generator) -> tuple[list[str], list[str], list[str]]:
    """Two clear topics, labelled, and rows without a label: clear ones, and ones that are half of each."""
    texts, labels, domains = [], [], []
    for number in range(200):
        own = [f"{topic}{word}" for topic in ("pump", "bill") for word in rng.choice(8, 4, replace=False)]
        half = number % 5 == 4 and number >= 40
        words = own[2:6] if half else own[:4] if number % 2 else own[4:]
        texts.append(" ".join(words) + (" half" if half else ""))
        labels.append("" if number >= 40 else "pump" if number % 2 else "bill")
        domains.append("west" if number % 10 < 2 else "east")
    return texts, labels, domains


def test_rows_that_a_model_is_unsure_of_come_first() -> None:
    texts, labels, domains = _mixed(np.random.default_rng(1))
    ranked = rows_to_label(texts, labels, [""] * len(texts), 8, rng=np.random.default_rng(2))
    assert len(set(ranked.rows)) == 8
    assert all(not labels[row] for row in ranked.rows)
    halves = sum("half" in texts[row] for row in ranked.rows)
    assert halves >= 7  # of all rows without a label they are a fifth
    assert ranked.unsure is not None
    assert min(ranked.unsure) > 0.7
    shared = rows_to_label(texts, labels, domains, 20, rng=np.random.default_rng(2))
    assert Counter(domains[row] for row in shared.rows) == {"east": 16, "west": 4}
    assert "west" in {domains[row] for row in shared.rows[:5]}


def test_without_labels_rows_are_unlike_each_other() -> None:
    texts = [f"topic{number % 10} topic{number % 10}more" for number in range(100)]
    ranked = rows_to_label(texts, [""] * 100, [""] * 100, 10, rng=np.random.default_rng(0))
    assert {row % 10 for row in ranked.rows} == set(range(10))
    assert ranked.unsure is None
    assert "no model can be unsure" in ranked.notes[0]


def test_fewer_rows_than_wanted_are_all_asked_and_it_is_said() -> None:
    ranked = rows_to_label(["a", "b", "c"], ["x", "", ""], ["", "", ""], 9, rng=np.random.default_rng(0))
    assert sorted(ranked.rows) == [1, 2]
    assert "only 2 rows" in ranked.notes[0]


def _tickets(path: Path) -> Path:
    rows: list[dict[str, object]] = [
        {"id": 1, "message": "=水が\n漏れ", "label": "repair"},
        {"id": 2.5, "message": "-請求書", "label": "-"},
    ]
    rows += [{"id": number, "message": f"row {number}, 水道", "label": None} for number in range(3, 9)]
    write_rows(path, rows)
    return path


def _answer(table: Path, answers: dict[int, str], to: Path) -> Path:
    """Fills a table in as a person does in a spreadsheet, which writes cells in its own way."""
    rows = read_sheet(table)
    for row in rows:
        row["label"] = answers.get(int(row["_row_id"].partition("-")[0]), "")
    if to.suffix == ".csv":
        write_rows(to, rows)
    else:
        with xlsxwriter.Workbook(to) as book:
            sheet = book.add_worksheet("Tasks")
            for line, cells in enumerate([list(rows[0]), *(list(row.values()) for row in rows)]):
                for column, cell in enumerate(cells):
                    sheet.write_string(line, column, cell)
    return to


@pytest.mark.parametrize("suffix", [".xlsx", ".csv"])
@pytest.mark.parametrize("kind", [".jsonl", ".json", ".csv", ".tsv"])
def test_answers_come_back_to_their_rows(tmp_path: Path, suffix: str, kind: str) -> None:
    file = _tickets(tmp_path / f"tickets{kind}")
    before = read_rows(file)
    tasks = write_tasks(file, tmp_path / f"tasks{suffix}", LabelWishes(5))
    assert tasks.labels == ("repair", "-")
    assert len(read_sheet(tasks.path)) == 5
    a, b, c = tasks.ranked.rows[:3]
    done = take_back([_answer(tasks.path, {a: "-", b: "repair", c: "-"}, tmp_path / f"done{suffix}")], file)
    assert (done.answers, done.left_open, done.agreement) == ((3,), (2,), None)
    for number, (old, new) in enumerate(zip(before, read_rows(file), strict=True)):
        assert new == old | {"label": {a: "-", b: "repair", c: "-"}.get(number, old["label"])}
    if kind == ".jsonl":
        lines = [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]
        assert [line["id"] for line in lines[:3]] == [1, 2.5, 3]  # numbers stay numbers


def test_two_peoples_answers_are_compared(tmp_path: Path) -> None:
    file = _tickets(tmp_path / "tickets.jsonl")
    tasks = write_tasks(file, tmp_path / "tasks.xlsx", LabelWishes(6))
    one = {2: "repair", 3: "-", 4: "repair", 5: "-", 6: "repair"}
    other = {2: "repair", 3: "-", 4: "repair", 5: "repair", 7: "-"}
    tables = [_answer(tasks.path, one, tmp_path / "one.xlsx"), _answer(tasks.path, other, tmp_path / "two.csv")]
    found = take_back(tables, file, labels=["repair", "-"]).agreement
    assert found is not None
    a, b = ["repair", "-", "repair", "-"], ["repair", "-", "repair", "repair"]
    assert (found.rows, found.differing) == (4, (5,))
    assert found.raw == raw_agreement(a, b)
    assert isinstance(found.raw, Estimate)
    assert found.raw.value == 0.75
    assert found.kappa == cohens_kappa(a, b)
    assert found.ceiling == label_ceiling(a, b, labels=2)
    rows = read_rows(file)
    assert (rows[5]["label"], rows[5]["second_label"], rows[7]["label"], rows[7]["second_label"]) == (
        "-",
        "repair",
        "",
        "-",
    )
    assert take_back(tables, file, labels=["repair", "-"]).answers == (5, 5)  # the same answers again are no harm


def _refused(tmp_path: Path, change: dict[str, str], line: int, said: list[str]) -> None:
    file = _tickets(tmp_path / "tickets.csv")
    tasks = write_tasks(file, tmp_path / "tasks.csv", LabelWishes(3))
    rows = read_sheet(tasks.path)
    for row in rows:
        row["label"] = "repair"
    rows[line - 2] |= {name: value.format(**rows[0]) for name, value in change.items()}
    write_rows(tmp_path / "back.csv", rows)
    whole = file.read_bytes()
    with pytest.raises(DataError) as error:
        take_back([tmp_path / "back.csv"], file)
    assert all(part in str(error.value) for part in said)
    assert file.read_bytes() == whole


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"label": "repiar"}, ["no label 'repiar'", "back.csv, cell B4"]),
        ({"_row_id": "{_row_id}"}, ["answered twice", "cell B4", "cell B2"]),
        ({"_row_id": "4-00000000"}, ["no row of the file has the id", "cell A4"]),
    ],
)
def test_what_is_not_in_order_is_refused_with_its_cell(tmp_path: Path, change: dict[str, str], said: list[str]) -> None:
    _refused(tmp_path, change, 4, said)


def test_a_row_that_changed_or_was_labelled_since_is_refused(tmp_path: Path) -> None:
    file = _tickets(tmp_path / "tickets.jsonl")
    table = write_tasks(file, tmp_path / "tasks.csv", LabelWishes(6)).path
    done = _answer(table, {2: "repair"}, tmp_path / "done.csv")
    rows = read_rows(file)
    rows[2]["label"] = "-"
    write_rows(file, rows)
    with pytest.raises(DataError, match=r"row 2 of tickets\.jsonl has the answer '-' already"):
        take_back([done], file)
    rows[2] |= {"label": "", "message": "another text"}
    write_rows(file, rows)
    with pytest.raises(DataError, match="no row of the file has the id"):
        take_back([done], file)


def test_the_guideline_and_what_each_label_means_are_in_the_workbook(tmp_path: Path) -> None:
    from python_calamine import CalamineWorkbook

    (tmp_path / "guide.md").write_text("漏水は repair\n- that is all", encoding="utf-8")
    wishes = LabelWishes(3, labels=("repair", "billing"), guideline=tmp_path / "guide.md")
    tasks = write_tasks(_tickets(tmp_path / "tickets.jsonl"), tmp_path / "tasks.xlsx", wishes)
    book = CalamineWorkbook.from_path(str(tasks.path))
    assert book.sheet_names == ["Tasks", "Guideline", "Labels"]
    said = [row[0] for row in book.get_sheet_by_name("Guideline").to_python()]
    assert {"漏水は repair", "- that is all", "repair", "    such as: =水が\n漏れ", "billing"} <= set(said)
    assert book.get_sheet_by_name("Labels").to_python() == [["repair"], ["billing"]]


def test_what_can_not_be_asked_is_said(tmp_path: Path) -> None:
    file = tmp_path / "rows.jsonl"
    write_rows(file, [{"text": "a", "label": "x"}, {"text": "b", "label": "y"}])
    for wishes, to, said in (
        (LabelWishes(1), "tasks.xlsx", "every row has a label"),
        (LabelWishes(1), "tasks.ods", "Excel or CSV"),
        (LabelWishes(1, label="answer"), "tasks.xlsx", "no label is known"),
        (LabelWishes(1, label="answer", labels=("x",), domain="plant"), "tasks.xlsx", "no column 'plant'"),
    ):
        with pytest.raises(DataError, match=said):
            write_tasks(file, tmp_path / to, wishes)
    (tmp_path / "broken.xlsx").write_bytes(b"no workbook")
    with pytest.raises(DataError, match="the workbook is broken"):
        take_back([tmp_path / "broken.xlsx"], file)
    assert not (tmp_path / "tasks.xlsx").exists()
