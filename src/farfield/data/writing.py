"""Rows -> files of rows, whole or not at all; the one place that says how a row is written."""

import csv
import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TextIO

from farfield.atomic import replaced
from farfield.errors import DataError

__all__ = ["WRITTEN", "row_line", "write_rows"]

WRITTEN = (".jsonl", ".json", ".csv", ".tsv")
"""Kinds of files that `write_rows` knows."""

_encode = json.JSONEncoder(ensure_ascii=False).encode  # made once: `json.dumps` makes one for every row


def row_line(row: Mapping[str, object], *, errors: str = "strict") -> bytes:
    """A row as a line of a .jsonl file, its end included.

    Args:
        row: a name -> value.
        errors: what becomes of half of a character, as `str.encode` takes it.

    Raises:
        UnicodeEncodeError: half of a character, which UTF-8 has no bytes for, unless `errors` says otherwise.
    """
    return _encode(row).encode("utf-8", errors) + b"\n"


def write_rows(path: Path, rows: Iterable[Mapping[str, object]], columns: Sequence[str] | None = None) -> None:
    """Writes rows as the file's suffix says: .jsonl, .json, .csv or .tsv.

    Args:
        path: of the file; replaced if there is one.
        rows: each a name -> value.
        columns: of a .csv or .tsv file, in order (default: all that a row has, in the order of their first row).

    Raises:
        DataError: a file of another kind.
    """
    suffix = path.suffix.lower()
    if suffix not in WRITTEN:
        kind = suffix or "without a suffix"
        raise DataError(
            f"files of kind {kind} are not written", where=str(path), mend=f"name one of {', '.join(WRITTEN)}"
        )
    separated = suffix in (".csv", ".tsv")
    with replaced(path, newline="" if separated else "\n") as file:
        if separated:
            _write_separated(file, list(rows), columns, "," if suffix == ".csv" else "\t")
        elif suffix == ".json":
            json.dump(list(rows), file, ensure_ascii=False, indent=1)
        else:
            file.writelines(row_line(row).decode("utf-8") for row in rows)


def _write_separated(
    file: TextIO, rows: Sequence[Mapping[str, object]], columns: Sequence[str] | None, delimiter: str
) -> None:
    names = list(columns or dict.fromkeys(name for row in rows for name in row))
    writer = csv.DictWriter(file, names, restval="", delimiter=delimiter, lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
