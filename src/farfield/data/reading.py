"""Files of rows, as they come: every value is text, every error names its file and row."""

import csv
import io
import json
import re
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from farfield.errors import DataError

__all__ = ["read_rows", "stream_rows"]

# JSON can spell half of a character outside the basic plane; no tokenizer takes it.
_HALF_PAIR = re.compile("[\ud800-\udfff]")

Row = dict[str, str]


def read_rows(path: Path) -> list[Row]:
    """The rows of a .json (a list of objects), .jsonl, .csv, .tsv or .parquet file, in file order.

    Numbers and booleans become their text; a missing value becomes the empty text.

    Raises:
        DataError: missing, empty, of an unknown kind, not UTF-8, or malformed; says where and how to mend it.
    """
    if not path.is_file():
        raise DataError("there is no such file", where=str(path), mend=_nearby(path))
    suffix = path.suffix.lower()
    if suffix == ".parquet":
        rows = _parquet(path)
    elif suffix in _LINE_READERS:
        rows = list(_LINE_READERS[suffix](io.StringIO(_text(path), newline=_NEWLINE[suffix]), path))
    elif suffix == ".json":
        rows = _json(_text(path), path)
    else:
        raise DataError(
            f"files of kind {suffix or 'without a suffix'} are not read",
            where=str(path),
            mend="use .json, .jsonl, .csv, .tsv or .parquet",
        )
    if not rows:
        raise DataError("the file holds no rows", where=str(path), mend="name a file with at least one row")
    return rows


def stream_rows(path: Path) -> Iterator[Row]:
    """The same one by one: of .jsonl, .csv and .tsv files in UTF-8 no more than a row is held.

    Raises:
        DataError: as `read_rows`, when the row is reached.
    """
    suffix = path.suffix.lower()
    if suffix not in _LINE_READERS or not path.is_file():
        yield from read_rows(path)
        return
    empty = True
    try:
        with path.open(encoding="utf-8-sig", newline=_NEWLINE[suffix]) as lines:
            for row in _LINE_READERS[suffix](lines, path):
                empty = False
                yield row
    except UnicodeDecodeError:
        # UTF-16 fails at its first byte, before any row; whatever else fails `read_rows` words for a reader.
        yield from read_rows(path)
    else:
        if empty:
            read_rows(path)


def _nearby(path: Path) -> str:
    if not path.parent.is_dir():
        return f"the folder {path.parent} doesn't exist either; paths start from the study file's folder"
    names = sorted(p.name for p in path.parent.iterdir() if p.is_file())[:5]
    return f"in that folder there are: {', '.join(names)}" if names else "the folder is empty"


def _text(path: Path) -> str:
    raw = path.read_bytes()
    try:
        return raw.decode("utf-16" if raw[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw[: error.start].count(b"\n") + 1
        raise DataError(
            f"the file is not UTF-8{_guess(raw)}",
            where=f"{path}, line {line}",
            mend="save it as UTF-8 (in Excel: 'CSV UTF-8'), or gather it with `farfield import`",
        ) from None


def _guess(raw: bytes) -> str:
    for encoding, name in (("cp932", "Shift-JIS (CP932)"), ("euc_jp", "EUC-JP")):
        try:
            raw.decode(encoding)
        except UnicodeDecodeError:
            continue
        return f"; it looks like {name}"
    return ""


def _json(text: str, path: Path) -> list[Row]:
    if not text.strip():
        return []
    try:
        rows = json.loads(text)
    except json.JSONDecodeError as error:
        raise DataError(
            f"this is no JSON: {error.msg}",
            where=f"{path}, line {error.lineno}, column {error.colno}",
            mend="mend the file there; one JSON object a line belongs in a .jsonl file",
        ) from None
    if not isinstance(rows, list):
        raise DataError("the file is no list of rows", where=str(path), mend="write [{...}, {...}]")
    return [_as_row(row, path, f"row {number}") for number, row in enumerate(rows)]


def _jsonl(lines: Iterable[str], path: Path) -> Iterator[Row]:
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
        except json.JSONDecodeError as error:
            raise DataError(
                f"this line is no JSON: {error.msg}",
                where=f"{path}, line {number}, column {error.colno}",
                mend="write one whole JSON object a line",
            ) from None
        yield _as_row(row, path, f"line {number}")


def _separated(delimiter: str) -> Callable[[Iterable[str], Path], Iterator[Row]]:
    def read(lines: Iterable[str], path: Path) -> Iterator[Row]:
        reader = csv.DictReader(lines, delimiter=delimiter, strict=True)
        try:
            for row in reader:
                if None in row or None in row.values():
                    raise DataError(
                        f"this line has {'more' if None in row else 'fewer'} cells than the header",
                        where=f"{path}, line {reader.line_num}",
                        mend="quote cells that hold the delimiter or a line break",
                    )
                yield dict(row)
        except csv.Error as error:
            raise DataError(
                str(error), where=f"{path}, line {reader.line_num}", mend="check the quotes there"
            ) from None

    return read


def _parquet(path: Path) -> list[Row]:
    import polars as pl

    try:
        frame = pl.read_parquet(path)
    except (pl.exceptions.PolarsError, OSError) as error:
        raise DataError(f"this is no Parquet file: {error}", where=str(path), mend="write it again") from None
    return [_as_row(row, path, f"row {number}") for number, row in enumerate(frame.to_dicts())]


def _as_row(row: object, path: Path, place: str) -> Row:
    if not isinstance(row, dict):
        raise DataError("a row is no object with fields", where=f"{path}, {place}", mend='write {"field": "text", ...}')
    nested = [name for name, value in row.items() if isinstance(value, dict | list)]
    if nested:
        raise DataError(
            f"the field {nested[0]!r} holds a list or an object",
            where=f"{path}, {place}",
            mend="a field holds one text",
        )
    texts = {name: _as_text(value) for name, value in row.items()}
    torn = [name for name, text in texts.items() if _HALF_PAIR.search(text)]
    if torn:
        raise DataError(
            f"the field {torn[0]!r} holds half of a character (an unpaired surrogate)",
            where=f"{path}, {place}",
            mend="write the row again; something cut its text in the middle of a character",
        )
    return texts


def _as_text(value: object) -> str:
    if value is None:
        return ""
    return value if isinstance(value, str) else json.dumps(value) if isinstance(value, bool) else str(value)


_LINE_READERS: dict[str, Callable[[Iterable[str], Path], Iterator[Row]]] = {
    ".jsonl": _jsonl,
    ".csv": _separated(","),
    ".tsv": _separated("\t"),
}
# A cell may hold any line break; a line of JSON ends at a line feed alone.
_NEWLINE = {".jsonl": "\n", ".csv": "", ".tsv": ""}
