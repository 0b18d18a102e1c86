"""Tables that people fill in, as CSV or Excel: what was a text stays one, and is read back as it was."""

import csv
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from farfield.atomic import replaced, replaced_bytes
from farfield.data.reading import read_rows
from farfield.data.workbooks import cell_text, open_workbook
from farfield.errors import DataError

if TYPE_CHECKING:
    from xlsxwriter.worksheet import Worksheet

__all__ = ["SHEETS", "Sheet", "column_letters", "read_choices", "read_sheet", "write_sheet"]

SHEETS = (".xlsx", ".csv")
"""Kinds of files that people fill in."""

_TASKS, _GUIDELINE, _LABELS = "Tasks", "Guideline", "Labels"
_FORMULA = ("=", "+", "-", "@", "\t", "\r")
"""What a spreadsheet takes for a formula at the beginning of a cell of a CSV file (OWASP, CSV injection)."""
_LONGEST = 32_000  # Excel's cells end at 32,767 characters
_WIDE = 60  # characters of a column of texts


@dataclass(frozen=True, slots=True)
class Sheet:
    """A table to fill in.

    Attributes:
        columns: names, in order.
        rows: cells, all of them texts.
        choose: the column with the dropdown.
        choices: what may be chosen there.
        guideline: lines to read first.
    """

    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    choose: str
    choices: tuple[str, ...]
    guideline: tuple[str, ...]


def write_sheet(path: Path, sheet: Sheet) -> int:
    """Writes the table: Excel with a dropdown and a guideline sheet, or CSV, which has neither.

    Every cell of an Excel file is written as a text, so that none becomes a formula, a number or a link. In CSV, which
    knows no kinds, an apostrophe before a cell that begins with = + - @ or a tab does the same; `read_sheet` takes it
    away.

    Returns:
        How many cells were cut, because Excel's end at 32,767 characters.

    Raises:
        DataError: a file of another kind, or more choices or rows than Excel has lines.
    """
    if path.suffix.lower() not in SHEETS:
        mend = f"name a file that ends in {' or '.join(SHEETS)}"
        raise DataError("people fill in Excel or CSV files", where=str(path), mend=mend)
    if path.suffix.lower() == ".csv":
        # With the mark of UTF-8 in front: Excel takes Japanese for Shift-JIS without it.
        with replaced(path, encoding="utf-8-sig", newline="") as file:
            writer = csv.writer(file, lineterminator="\r\n")
            writer.writerow([_guarded(name) for name in sheet.columns])
            writer.writerows([_guarded(cell) for cell in row] for row in sheet.rows)
        return 0
    if len(sheet.rows) >= 1 << 20:
        raise DataError(f"{len(sheet.rows)} rows are more than Excel has", where=str(path), mend="ask for fewer")
    replaced_bytes(path, _workbook(sheet))
    return sum(len(cell) > _LONGEST for row in sheet.rows for cell in row)


def _guarded(cell: str) -> str:
    return f"'{cell}" if cell.startswith((*_FORMULA, "'")) else cell


def _unguarded(cell: str) -> str:
    return cell[1:] if cell[:1] == "'" and cell[1:].startswith((*_FORMULA, "'")) else cell


def _workbook(sheet: Sheet) -> bytes:
    import io

    import xlsxwriter

    buffer = io.BytesIO()
    with xlsxwriter.Workbook(buffer, {"in_memory": True}) as book:
        wrapped = book.add_format({"text_wrap": True, "valign": "top", "num_format": "@"})
        bold = book.add_format({"bold": True, "num_format": "@"})
        tasks = book.add_worksheet(_TASKS)
        for column, name in enumerate(sheet.columns):
            tasks.write_string(0, column, name, bold)
            longest = max((len(row[column]) for row in sheet.rows), default=0)
            tasks.set_column(column, column, min(_WIDE, max(12, len(name) + 2, longest)), wrapped)
        for number, row in enumerate(sheet.rows, 1):
            for column, cell in enumerate(row):
                tasks.write_string(number, column, _cut(cell), wrapped)
        tasks.freeze_panes(1, 0)
        _add_dropdown(tasks, sheet)
        guideline = book.add_worksheet(_GUIDELINE)
        guideline.set_column(0, 0, 100, wrapped)
        for number, line in enumerate(sheet.guideline):
            guideline.write_string(number, 0, _cut(line), wrapped)
        labels = book.add_worksheet(_LABELS)
        for number, choice in enumerate(sheet.choices):
            labels.write_string(number, 0, choice, wrapped)
    return buffer.getvalue()


def _add_dropdown(tasks: "Worksheet", sheet: Sheet) -> None:
    if not sheet.choices or not sheet.rows:
        return
    column = sheet.columns.index(sheet.choose)
    # A list in a sheet of its own may hold commas and any number of labels; one in the rule ends at 255 characters.
    rule: dict[str, Any] = {
        "validate": "list",
        "source": f"={_LABELS}!$A$1:$A${len(sheet.choices)}",
        "error_title": "No such label",
        "error_message": "Choose one from the list.",
    }
    tasks.data_validation(1, column, len(sheet.rows), column, rule)


def _cut(cell: str) -> str:
    return cell if len(cell) <= _LONGEST else f"{cell[:_LONGEST]} … [{len(cell) - _LONGEST} more characters]"


def read_sheet(path: Path) -> list[dict[str, str]]:
    """The rows of a table that was filled in: the first sheet of an Excel file, or a CSV file.

    Raises:
        DataError: a file of another kind, or one that can't be read.
    """
    if path.suffix.lower() == ".csv":
        return [{_unguarded(name): _unguarded(cell) for name, cell in row.items()} for row in read_rows(path)]
    if path.suffix.lower() != ".xlsx":
        mend = f"save it as {' or '.join(SHEETS)}"
        raise DataError("people fill in Excel or CSV files", where=str(path), mend=mend)
    name, cells = _cells(path, _TASKS)
    if len(cells) < 2:
        mend = "name the file that was filled in"
        raise DataError("the sheet holds no rows", where=f"{path}, sheet {name}", mend=mend)
    return [dict(zip(cells[0], row, strict=True)) for row in cells[1:]]


def read_choices(path: Path) -> tuple[str, ...]:
    """What may be chosen in an Excel file that `write_sheet` wrote; nothing of others.

    Raises:
        DataError: an Excel file that can't be read.
    """
    if path.suffix.lower() != ".xlsx":
        return ()
    name, cells = _cells(path, _LABELS)
    return tuple(row[0] for row in cells if row and row[0]) if name == _LABELS else ()


def _cells(path: Path, sheet: str) -> tuple[str, list[list[str]]]:
    """The cells of the sheet of that name, or of the first one, and its name."""
    if not path.is_file():
        raise DataError("there is no such file", where=str(path), mend="name the file that was filled in")
    with open_workbook(path) as book:
        name = sheet if sheet in book.sheet_names else book.sheet_names[0]
        cells = book.get_sheet_by_name(name).to_python(skip_empty_area=False)
        return name, [[cell_text(cell) for cell in row] for row in cells]


def column_letters(number: int) -> str:
    """A column's name in a spreadsheet: 0 is A, 26 is AA."""
    letters = ""
    while number >= 0:
        letters = chr(ord("A") + number % 26) + letters
        number = number // 26 - 1
    return letters
