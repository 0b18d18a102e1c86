"""One import into a folder of the test's, and what it wrote."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from farfield.data import read_rows
from farfield.data.intake import Imported, Options, Row, Source, Wishes, import_files
from farfield.data.intake.lines import Opened
from farfield.data.intake.readers import read_file

__all__ = ["Gathered", "gather", "read", "rows_of"]


@dataclass(frozen=True)
class Gathered:
    """An import with its files read back."""

    done: Imported
    rows: list[dict[str, str]]
    asides: list[dict[str, Any]]
    sources: dict[str, Source]

    @property
    def reasons(self) -> list[str]:
        """Why things were put aside, in order."""
        return [aside["reason"] for aside in self.asides]


def gather(*paths: Path, to: Path, wishes: Wishes | None = None, **options: Any) -> Gathered:
    """Imports, and reads the rows back by the study's own reader."""
    done = import_files(paths, to, wishes=wishes or Wishes({}), options=Options(**options))
    asides = [json.loads(line) for line in (to / "aside.jsonl").read_text(encoding="utf-8").split("\n") if line]
    return Gathered(done, read_rows(to / "rows.jsonl"), asides, {source.file: source for source in done.sources})


def read(path: Path, kind: str, **options: Any) -> list[dict[str, str]]:
    """The rows of a file by its reader alone: what an import writes is settled on the disk, which takes a while."""
    items = list(read_file(Opened(path, path.stat().st_size), kind, Options(**options), Source(path.name)))
    assert all(isinstance(item, Row) for item in items), items
    return [item.fields for item in items if isinstance(item, Row)]


def rows_of(path: Path, to: Path, **options: Any) -> list[dict[str, str]]:
    """The rows of one file, without where they came from."""
    rows = gather(path, to=to, **options).rows
    return [{name: value for name, value in row.items() if name[0] != "_"} for row in rows]
