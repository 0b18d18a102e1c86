"""Where the header of a table stands, and what its columns are called."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

__all__ = ["LOOKED_AT", "OWN", "Header", "find_header"]

LOOKED_AT = 50  # rows from the top in which a header is looked for
_NUMBER = re.compile(r"[-+]?[\d,.]+%?|\d{4}[-/]\d{1,2}([-/]\d{1,2})?([ T][\d:.]+)?")
OWN = ("_file", "_sheet", "_row", "_domain")  # columns that the intake writes itself

Merged = Sequence[tuple[tuple[int, int], tuple[int, int]]]


@dataclass(frozen=True, slots=True)
class Header:
    """The columns of a table.

    Attributes:
        names: each once, none empty, none that the intake itself writes.
        row: index of its last row among the rows looked at; -1 where there is none.
        first: index of its first row; rows above it are no rows of the table.
        renamed: names that had to change, old to new.
    """

    names: tuple[str, ...]
    row: int
    first: int
    renamed: dict[str, str]


def find_header(rows: Sequence[Sequence[str]], *, given: int | None = None, merged: Merged = ()) -> Header:
    """Finds the header among the first rows of a table.

    It is the first row that is two thirds as full as usual or more, and is not made of numbers. A row of merged cells
    above is joined with it: `顧客` over `名前` and `住所` gives `顧客_名前` and `顧客_住所`.

    Args:
        rows: the first rows as text.
        given: index of the row, where the caller knows it; -1: there is none.
        merged: ranges of merged cells, first and last (row, column), in the counting of `rows`.
    """
    width = max((_filled_to(row) for row in rows), default=0)
    at = _place(rows) if given is None else given
    if at < 0 or at >= len(rows):
        names, renamed = _unique([""] * width)
        return Header(names, -1, 0, renamed)
    upper, lower = _levels(rows, at, merged if given is None else ())
    width = max(len(rows[row]) for row in range(upper, lower + 1))
    joined = [
        "_".join(dict.fromkeys(part for part in (_cell(rows, r, c, merged) for r in range(upper, lower + 1)) if part))
        for c in range(width)
    ]
    while joined and not joined[-1] and not any(len(row) >= len(joined) and row[len(joined) - 1] for row in rows):
        joined.pop()
    names, renamed = _unique(joined)
    return Header(names, lower, upper, renamed)


def _filled_to(row: Sequence[str]) -> int:
    return max((at + 1 for at, cell in enumerate(row) if cell.strip()), default=0)


def _place(rows: Sequence[Sequence[str]]) -> int:
    """The header's index; -1 where the first full row looks like data."""
    counts = [sum(bool(cell.strip()) for cell in row) for row in rows]
    full = sorted(count for count in counts if count)
    if not full:
        return -1
    usual = full[len(full) // 2]
    for at, count in enumerate(counts):
        if count and count * 3 >= usual * 2:
            cells = [cell.strip() for cell in rows[at] if cell.strip()]
            numbers = sum(bool(_NUMBER.fullmatch(cell)) for cell in cells)
            return -1 if numbers * 2 > len(cells) else at
    return -1


def _levels(rows: Sequence[Sequence[str]], at: int, merged: Merged) -> tuple[int, int]:
    """First and last row of a header whose cells are merged over two rows or over several columns."""
    upper = lower = at
    for (top, left), (bottom, right) in merged:
        # A title that is merged over the whole width is no level of the header.
        part = right > left and right - left + 1 < sum(bool(cell.strip()) for cell in rows[at])
        if top == at - 1 and part and bottom in (at - 1, at):
            upper = at - 1
        if top == at and (bottom == at + 1 or (right > left and bottom == at)) and at + 1 < len(rows):
            lower = at + 1
    return upper, lower


def _cell(rows: Sequence[Sequence[str]], row: int, column: int, merged: Merged) -> str:
    for (top, left), (bottom, right) in merged:
        if top <= row <= bottom and left <= column <= right:
            row, column = top, left
            break
    cells = rows[row] if row < len(rows) else ()
    return " ".join(cells[column].split()) if column < len(cells) else ""


def _unique(names: Sequence[str]) -> tuple[tuple[str, ...], dict[str, str]]:
    taken: dict[str, None] = {}
    renamed = {}
    for number, name in enumerate(names, 1):
        plain = name or f"column_{number}"
        fresh = f"{plain}_" if plain in OWN else plain
        extra = 2
        while fresh in taken:
            fresh, extra = f"{plain}_{extra}", extra + 1
        taken[fresh] = None
        if fresh != name:
            renamed[name or f"(column {number})"] = fresh
    return tuple(taken), renamed
