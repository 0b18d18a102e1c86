"""What docs/choosing.md tells a reader to type is typed here, in its order."""

import re
import shlex
from pathlib import Path

import pytest
import xlsxwriter

from farfield.cli.main import run_command
from farfield.data import read_rows, read_sheet, write_rows

PAGE = Path(__file__).parent.parent / "docs" / "choosing.md"


def _fill_in(table: Path, to: Path, *, but: int = -1) -> None:
    """Answers by a rule, and one row otherwise."""
    rows = read_sheet(table)
    for number, row in enumerate(rows):
        row["department"] = "billing" if ("price" in row["message"]) != (number == but) else "repair"
    with xlsxwriter.Workbook(to) as book:
        sheet = book.add_worksheet("Tasks")
        for line, cells in enumerate([list(rows[0]), *(list(row.values()) for row in rows)]):
            for column, cell in enumerate(cells):
                sheet.write_string(line, column, cell)


def test_the_commands_of_the_page(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    rows = []
    for number in range(400):
        word = ("price", "pump")[number % 2]
        label = ("billing", "repair")[number % 2] if number < 280 else ""
        rows.append(
            {"id": str(number), "message": f"{word} of order {number % 37} at {number % 11}", "department": label}
        )
    write_rows(Path("tickets.csv"), rows)
    Path("guideline.md").write_text("Pumps are repair.", encoding="utf-8")
    (block,) = re.findall(r"^```sh\n(.*?)^```", PAGE.read_text(encoding="utf-8"), re.DOTALL | re.MULTILINE)
    for line in block.splitlines():
        command = shlex.split(line.partition(" > ")[0])
        if "--back" in command:
            for name, but in (("tasks.xlsx", -1), ("anna.xlsx", -1), ("ben.xlsx", 3)):
                if name in command:
                    _fill_in(Path("tasks.xlsx"), Path(name), but=but)
        assert command[0] == "farfield"
        code = run_command(command[1:])
        assert code == (1 if command[2] == "diff" else 0), line
    told = capsys.readouterr().out
    assert "SHA-256 of its rows" in told
    assert "100 answers of person 2" in told
    assert "agreement      0.990" in told
    assert "380 rows have a label; 100 more would bring a simple model" in told
    assert "the gain that pays" in told
    # A column that came is a change of every row; the answer itself changed in those that were labelled.
    assert "0 rows in both; 0 removed, 0 added, 400 changed" in told
    assert "department: changed in 100 rows" in told
    assert len(read_rows(Path("test.jsonl"))) == 250
