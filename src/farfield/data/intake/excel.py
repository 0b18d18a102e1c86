"""The rows of workbooks, sheet by sheet, with their own numbers.

A sheet is held in memory while it is read; no Excel sheet has more than 1,048,576 rows.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from farfield.data.intake.separated import Record
from farfield.data.intake.tables import table_rows
from farfield.data.intake.values import Aside, Options, Row, Source
from farfield.data.workbooks import cell_text, open_workbook
from farfield.errors import DataError

if TYPE_CHECKING:
    from python_calamine import CalamineSheet

__all__ = ["workbook_rows"]


def workbook_rows(path: Path, options: Options, source: Source) -> Iterator[Row | Aside]:
    """The rows of all sheets, and what could not be read; never raises for what is wrong with the file."""
    from python_calamine import CalamineError, SheetTypeEnum

    try:
        book = open_workbook(path)
    except DataError as error:
        yield Aside(error.what, error.mend)
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
            self._cells = [cell_text(cell) for cell in row]
            yield Record(number, self._cells)
