"""A data file written anew with some texts replaced and some rows left out; all else stays as it was written."""

import csv
import io
import json
from collections.abc import Callable, Mapping, Set
from pathlib import Path

from farfield.errors import DataError

__all__ = ["rewritten"]

Texts = Mapping[int, Mapping[str, str]]


def rewritten(path: Path, out: Path, *, texts: Texts, without: Set[int] = frozenset()) -> None:
    """Writes a new version of a file that `read_rows` has read.

    Args:
        path: the file.
        out: where the new version goes; of the same kind.
        texts: new texts of fields, by the row's number in the file.
        without: numbers of rows that are left out.

    Raises:
        DataError: `out` is there already.
    """
    if out.exists():
        raise DataError("the file is there already", where=str(out), mend="name another folder; nothing is overwritten")
    out.parent.mkdir(parents=True, exist_ok=True)
    if path.suffix.lower() == ".parquet":
        _parquet(path, out, texts, without)
        return
    raw = path.read_bytes()
    text = raw.decode("utf-16" if raw[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig")
    out.write_text(_WRITERS[path.suffix.lower()](text, texts, without), encoding="utf-8", newline="")


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
            kept.append(json.dumps({**json.loads(line), **changed}, ensure_ascii=False) if changed else line)
    return "".join(f"{line.rstrip(chr(13))}\n" for line in kept)


def _separated(delimiter: str) -> Callable[[str, Texts, Set[int]], str]:
    def write(text: str, texts: Texts, without: Set[int]) -> str:
        reader = csv.DictReader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
        to = io.StringIO(newline="")
        writer = csv.DictWriter(to, reader.fieldnames or (), delimiter=delimiter, lineterminator="\n")
        writer.writeheader()
        writer.writerows({**row, **texts.get(n, {})} for n, row in enumerate(reader) if n not in without)
        return to.getvalue()

    return write


def _parquet(path: Path, out: Path, texts: Texts, without: Set[int]) -> None:
    import polars as pl

    frame = pl.read_parquet(path)
    for name in dict.fromkeys(name for changed in texts.values() for name in changed):
        values = frame[name].to_list()
        for number, changed in texts.items():
            values[number] = changed.get(name, values[number])
        frame = frame.with_columns(pl.Series(name, values, dtype=frame.schema[name]))
    keep = [number not in without for number in range(len(frame))]
    frame.filter(pl.Series(keep, dtype=pl.Boolean)).write_parquet(out)


_WRITERS: dict[str, Callable[[str, Texts, Set[int]], str]] = {
    ".json": _json,
    ".jsonl": _jsonl,
    ".csv": _separated(","),
    ".tsv": _separated("\t"),
}
