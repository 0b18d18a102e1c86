"""A data file written anew with some texts replaced and some rows left out; all else stays as it was written."""

import csv
import io
import json
from collections.abc import Callable, Mapping, Set
from pathlib import Path

from farfield.atomic import replaced, replaced_bytes
from farfield.data.writing import row_line
from farfield.errors import DataError

__all__ = ["rewritten"]

Texts = Mapping[int, Mapping[str, str]]


def rewritten(path: Path, out: Path, *, texts: Texts, without: Set[int] = frozenset(), replace: bool = False) -> None:
    """Writes a new version of a file that `read_rows` has read.

    Args:
        path: the file.
        out: where the new version goes, of the same kind; it may be `path` itself where it may be replaced.
        texts: new texts of fields, by the row's number in the file; a field that the file lacks becomes a column.
        without: numbers of rows that are left out.
        replace: whether a file that is there may be replaced.

    Raises:
        DataError: `out` is there already and may not be replaced.
    """
    if out.exists() and not replace:
        raise DataError("the file is there already", where=str(out), mend="name another folder; nothing is overwritten")
    if path.suffix.lower() == ".parquet":
        replaced_bytes(out, _parquet(path, texts, without))
        return
    raw = path.read_bytes()
    text = raw.decode("utf-16" if raw[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig")
    with replaced(out, newline="") as file:
        file.write(_WRITERS[path.suffix.lower()](text, texts, without))


def _json(text: str, texts: Texts, without: Set[int]) -> str:
    rows = [{**row, **texts.get(n, {})} for n, row in enumerate(json.loads(text)) if n not in without]
    return json.dumps(rows, ensure_ascii=False, indent=1) + "\n"


def _jsonl(text: str, texts: Texts, without: Set[int]) -> str:
    """Lines that nothing changes stay to the last character."""
    lines = [line for line in text.split("\n") if line.strip()]
    kept = []
    for number, line in enumerate(lines):
        if number not in without:
            changed = texts.get(number)
            kept.append(row_line({**json.loads(line), **changed}).decode("utf-8") if changed else f"{line}\n")
    return "".join(kept)


def _separated(delimiter: str) -> Callable[[str, Texts, Set[int]], str]:
    def write(text: str, texts: Texts, without: Set[int]) -> str:
        reader = csv.DictReader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
        to = io.StringIO(newline="")
        columns = dict.fromkeys([*(reader.fieldnames or ()), *(name for row in texts.values() for name in row)])
        writer = csv.DictWriter(to, list(columns), restval="", delimiter=delimiter, lineterminator="\n")
        writer.writeheader()
        writer.writerows({**row, **texts.get(n, {})} for n, row in enumerate(reader) if n not in without)
        return to.getvalue()

    return write


def _parquet(path: Path, texts: Texts, without: Set[int]) -> bytes:
    import polars as pl

    frame = pl.read_parquet(path)
    for name in dict.fromkeys(name for changed in texts.values() for name in changed):
        values = frame[name].to_list() if name in frame.columns else [None] * len(frame)
        for number, changed in texts.items():
            values[number] = changed.get(name, values[number])
        frame = frame.with_columns(pl.Series(name, values, dtype=frame.schema.get(name, pl.String())))
    keep = [number not in without for number in range(len(frame))]
    buffer = io.BytesIO()
    frame.filter(pl.Series(keep, dtype=pl.Boolean)).write_parquet(buffer)
    return buffer.getvalue()


_WRITERS: dict[str, Callable[[str, Texts, Set[int]], str]] = {
    ".json": _json,
    ".jsonl": _jsonl,
    ".csv": _separated(","),
    ".tsv": _separated("\t"),
}
