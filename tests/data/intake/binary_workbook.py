"""The least .xlsb that Excel's format allows ([MS-XLSB], BIFF12), since nothing free writes one."""

import struct
import zipfile
from collections.abc import Sequence
from pathlib import Path

__all__ = ["write_xlsb"]

_TYPES = (
    '<?xml version="1.0"?><Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
    '<Default Extension="bin" ContentType="application/vnd.ms-excel.sheet.binary.macroEnabled.main"/>'
    '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/></Types>'
)
_RELATIONS = (
    '<?xml version="1.0"?><Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">'
    '<Relationship Id="rId1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/{0}" '
    'Target="{1}"/></Relationships>'
)
_BEGIN_BOOK, _END_BOOK, _BEGIN_SHEETS, _END_SHEETS, _SHEET = 131, 132, 143, 144, 156
_BEGIN_SHEET, _END_SHEET, _SIZE, _BEGIN_DATA, _END_DATA = 129, 130, 148, 145, 146
_ROW, _NUMBER, _TEXT = 0, 5, 6


def _record(kind: int, content: bytes = b"") -> bytes:
    """A record: its kind and its length in seven bits a byte, and its content."""
    return _sevens(kind) + _sevens(len(content)) + content


def _sevens(number: int) -> bytes:
    return bytes([number]) if number < 128 else bytes([number & 127 | 128]) + _sevens(number >> 7)


def _wide(text: str) -> bytes:
    raw = text.encode("utf-16-le")
    return struct.pack("<I", len(raw) // 2) + raw


def _cell(column: int, value: str | float) -> bytes:
    place = struct.pack("<II", column, 0)
    if isinstance(value, str):
        return _record(_TEXT, place + _wide(value))
    return _record(_NUMBER, place + struct.pack("<d", value))


def write_xlsb(path: Path, sheet: str, rows: Sequence[Sequence[str | float]]) -> None:
    """Writes one sheet of texts and numbers."""
    width = max(map(len, rows))
    data = b"".join(
        _record(_ROW, struct.pack("<IIHBBB", number, 0, 300, 0, 0, 0) + struct.pack("<I", 0))
        + b"".join(_cell(column, value) for column, value in enumerate(row))
        for number, row in enumerate(rows)
    )
    size = _record(_SIZE, struct.pack("<IIII", 0, len(rows) - 1, 0, width - 1))
    book = _record(_SHEET, struct.pack("<II", 0, 1) + _wide("rId1") + _wide(sheet))
    parts = {
        "[Content_Types].xml": _TYPES.encode(),
        "_rels/.rels": _RELATIONS.format("officeDocument", "xl/workbook.bin").encode(),
        "xl/_rels/workbook.bin.rels": _RELATIONS.format("worksheet", "worksheets/sheet1.bin").encode(),
        "xl/workbook.bin": b"".join(
            (_record(_BEGIN_BOOK), _record(_BEGIN_SHEETS), book, _record(_END_SHEETS), _record(_END_BOOK))
        ),
        "xl/worksheets/sheet1.bin": b"".join(
            (_record(_BEGIN_SHEET), size, _record(_BEGIN_DATA), data, _record(_END_DATA), _record(_END_SHEET))
        ),
    }
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, raw in parts.items():
            archive.writestr(name, raw)
