"""Workbooks by calamine: opened, or why they can't be, and their cells as a person would type them."""

import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from farfield.errors import DataError

if TYPE_CHECKING:
    from python_calamine import CalamineWorkbook

__all__ = ["Cell", "cell_text", "open_workbook"]

Cell = int | float | str | bool | datetime.time | datetime.date | datetime.datetime | datetime.timedelta

_BLOCK = 1 << 20  # bytes at a time
_REPAIR = "open it in Excel, let it be repaired, and save it again"


def open_workbook(path: Path) -> "CalamineWorkbook":
    """A workbook of any kind that calamine reads: .xlsx, .xlsm, .xls, .xlsb, .ods.

    Raises:
        DataError: one that is encrypted or broken, or none at all.
    """
    from python_calamine import CalamineError, CalamineWorkbook, PasswordError

    try:
        return CalamineWorkbook.from_path(path)
    except PasswordError:
        encrypted, what = True, ""
    except (CalamineError, OSError) as error:
        encrypted, what = path.is_file() and _encrypted(path), str(error)
    if encrypted:
        mend = "open it in Excel and save it without a password"
        raise DataError("the workbook is encrypted", where=str(path), mend=mend)
    raise DataError(f"the workbook is broken: {what}", where=str(path), mend=_REPAIR)


def _encrypted(path: Path) -> bool:
    """An encrypted .xlsx is an OLE file with a stream of this name, whatever else calamine says of it."""
    name, last = "EncryptedPackage".encode("utf-16-le"), b""
    with path.open("rb") as file:
        while block := file.read(_BLOCK):
            if name in last + block:
                return True
            last = block[-len(name) :]
    return False


def cell_text(cell: Cell) -> str:
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
