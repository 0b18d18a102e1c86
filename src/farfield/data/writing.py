"""Files of rows, written whole or not at all."""

import contextlib
import csv
import json
import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TextIO

from farfield.errors import DataError

__all__ = ["WRITTEN", "replaced", "replaced_bytes", "write_rows"]

WRITTEN = (".jsonl", ".json", ".csv", ".tsv")
"""Kinds of files that `write_rows` knows."""


@contextlib.contextmanager
def replaced(path: Path, *, encoding: str = "utf-8", newline: str = "\n") -> Iterator[TextIO]:
    """A text file to write, which takes the place of `path` at the end; an error within leaves `path` as it was."""
    with _half(path) as half, half.open("w", encoding=encoding, newline=newline) as file:
        yield file
        file.flush()
        os.fsync(file.fileno())


def replaced_bytes(path: Path, content: bytes) -> None:
    """Writes a file's bytes in the same way."""
    with _half(path) as half, half.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


@contextlib.contextmanager
def _half(path: Path) -> Iterator[Path]:
    """Where to write what will be `path`: beside it, on the same disk, so that the rename is one step."""
    path.parent.mkdir(parents=True, exist_ok=True)
    half = path.with_name(f".{path.name}.{os.getpid()}.half")
    try:
        yield half
        half.replace(path)
    finally:
        half.unlink(missing_ok=True)


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
            file.writelines(f"{json.dumps(row, ensure_ascii=False)}\n" for row in rows)


def _write_separated(
    file: TextIO, rows: Sequence[Mapping[str, object]], columns: Sequence[str] | None, delimiter: str
) -> None:
    names = list(columns or dict.fromkeys(name for row in rows for name in row))
    writer = csv.DictWriter(file, names, restval="", delimiter=delimiter, lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
