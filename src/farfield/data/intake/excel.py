"""Workbooks: .xlsx, .xls, .xlsb and .ods by calamine, sheet by sheet, with the rows' own numbers.

A sheet is held in memory while it is read; no Excel sheet has more than 1,048,576 rows.
"""

import datetime
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from farfield.data.intake.lines import BLOCK
from farfield.data.intake.separated import Record
from farfield.data.intake.tables import table_rows
from farfield.data.intake.values import Aside, Options, Row, Source

if TYPE_CHECKING:
    from python_calamine import CalamineSheet

__all__ = ["workbook_rows"]

Cell = int | float | str | bool | datetime.time | datetime.date | datetime.datetime | datetime.timedelta


def workbook_rows(path: Path, options: Options, source: Source) -> Iterator[Row | Aside]:
    """The rows of all sheets, and what could not be read; never raises for what is wrong with the file."""
    from python_calamine import CalamineError, CalamineWorkbook, PasswordError, SheetTypeEnum

    try:
        book = CalamineWorkbook.from_path(path)
    except PasswordError:
        yield Aside("the workbook is encrypted", "open it in Excel and save it without a password")
        return
    except (CalamineError, OSError) as error:
        if _encrypted(path):
            yield Aside("the workbook is encrypted", "open it in Excel and save it without a password")
            return
        yield Aside(f"the workbook is broken: {error}", "open it in Excel, let it be repaired, and save it again")
        return
    with book:
        for about in book.sheets_metadata:
            if about.typ is not SheetTypeEnum.WorkSheet:
                source.notes.append(f"the sheet {about.name!r} holds no cells")
                continue
            if "Hidden" in str(about.visible):
                source.notes.append(f"the sheet {about.name!r} is hidden; it was read")
            try:
                sheet = book.get_sheet_by_name(about.name)
            except (CalamineError, OSError) as error:
                mend = "open the workbook in Excel, let it be repaired, and save it again"
                yield Aside(f"the sheet is broken: {error}", mend, sheet=about.name)
                continue
            # Rows come from the sheet's first, columns only from the first that holds something.
            shift = sheet.start[1] if sheet.start else 0
            merged = [((a, b - shift), (c, d - shift)) for (a, b), (c, d) in sheet.merged_cell_ranges or ()]
            yield from table_rows(_Records(sheet), options, source, sheet=about.name, merged=merged)


def _encrypted(path: Path) -> bool:
    """An encrypted .xlsx is an OLE file with a stream of this name, whatever else calamine says of it."""
    name, last = "EncryptedPackage".encode("utf-16-le"), b""
    with path.open("rb") as file:
        while block := file.read(BLOCK):
            if name in last + block:
                return True
            last = block[-len(name) :]
    return False


class _Records:
    """A sheet's rows as records of text, under the numbers that the spreadsheet shows."""

    def __init__(self, sheet: "CalamineSheet") -> None:
        self._sheet = sheet
        self._cells: list[str] = []

    @property
    def raw(self) -> bytes:
        """The last row's cells, tabs between them; a workbook has no bytes of its own for a row."""
        return "\t".join(self._cells).encode("utf-8", "surrogatepass")

    def __iter__(self) -> Iterator[Record]:
        if self._sheet.start is None:
            return
        for number, row in enumerate(self._sheet.iter_rows(), 1):
            self._cells = [_text(cell) for cell in row]
            yield Record(number, self._cells)


def _text(cell: Cell) -> str:
    """A cell as a person would type it; a spreadsheet keeps 3 as 3.0."""
    if isinstance(cell, str):
        return cell
    if isinstance(cell, bool):
        return "true" if cell else "false"
    if isinstance(cell, float) and cell.is_integer() and abs(cell) < 1e15:
        return str(int(cell))
    if isinstance(cell, datetime.datetime):
        return cell.isoformat(" ") if cell.time() != datetime.time() else cell.date().isoformat()
    return cell.isoformat() if isinstance(cell, datetime.date | datetime.time) else str(cell)
