"""Records of a table -> rows under its header: what CSV files and sheets of a workbook have in common."""

from collections.abc import Iterator
from itertools import islice
from typing import Protocol

from farfield.data.intake.headers import LOOKED_AT, Header, Merged, find_header
from farfield.data.intake.separated import Record
from farfield.data.intake.values import Aside, Options, Row, Source

__all__ = ["Table", "table_rows"]


class Table(Protocol):
    """Records in order; `raw` is what the last one looked like in its file."""

    @property
    def raw(self) -> bytes:
        """The bytes of the record that came last."""
        ...

    def __iter__(self) -> Iterator[Record]: ...


def table_rows(
    table: Table, options: Options, source: Source, *, sheet: str = "", merged: Merged = ()
) -> Iterator[Row | Aside]:
    """The rows of a table, and what is no row of it.

    Args:
        table: its records.
        options: whether the caller knows the header's row.
        source: is told the header's row, renamed columns and blank rows.
        sheet: of a workbook.
        merged: merged cells of a sheet, by (row, column) from 0 in the sheet.
    """
    coming = iter(table)
    head = [record._replace(raw=record.raw or table.raw) for record in islice(coming, LOOKED_AT)]
    good = [record for record in head if record.cells is not None]
    given = None
    if options.header is not None:
        given = next((at for at, record in enumerate(good) if record.row == options.header), -1)
        if given < 0 < options.header and good:
            yield Aside(
                f"there is no row {options.header} among the first {LOOKED_AT}",
                "name the header's row with --header-row, or 0 where there is none",
                sheet=sheet,
            )
            return
    header = find_header([record.cells or [] for record in good], given=given, merged=_by_place(merged, good))
    source.header[sheet] = good[header.row].row if header.row >= 0 else 0
    source.renamed.update(header.renamed)
    yield from _head_rows(head, header, source, sheet)
    names = header.names
    for record in coming:
        cells = record.cells
        if cells is not None and len(cells) == len(names) and any(cells):
            yield Row(dict(zip(names, cells, strict=True)), record.row, sheet)
        elif found := _odd(record._replace(raw=record.raw or table.raw), names, source, sheet):
            yield found


def _by_place(merged: Merged, good: list[Record]) -> Merged:
    """Ranges by the place of their rows among the records that are looked at."""
    places = {record.row - 1: at for at, record in enumerate(good)}
    return [
        ((places[top], left), (places[bottom], right))
        for (top, left), (bottom, right) in merged
        if top in places and bottom in places
    ]


def _head_rows(head: list[Record], header: Header, source: Source, sheet: str) -> Iterator[Row | Aside]:
    at = -1
    for record in head:
        at += record.cells is not None
        if record.cells is None or at > header.row:
            found = _odd(record, header.names, source, sheet)
        elif at < header.first and any(cell.strip() for cell in record.cells):
            found = Aside("the row stands above the header", "nothing, if it is a title", record.row, sheet, record.raw)
        else:
            source.blank += not any(cell.strip() for cell in record.cells)
            continue
        if found:
            yield found


def _odd(record: Record, names: tuple[str, ...], source: Source, sheet: str) -> Row | Aside | None:
    """A row that needs a second look: blank (None), too short, too long, or not read at all."""
    cells = record.cells
    if cells is None:
        return Aside(record.fault, record.mend, record.row, sheet, record.raw)
    if not any(cell.strip() for cell in cells):
        source.blank += 1
        return None
    if len(cells) < len(names) or any(cell.strip() for cell in cells[len(names) :]):
        return Aside(
            f"the row has {len(cells)} cells, the header {len(names)}",
            "quote cells that hold the delimiter or a line break",
            record.row,
            sheet,
            record.raw,
        )
    return Row(dict(zip(names, cells, strict=False)), record.row, sheet)
