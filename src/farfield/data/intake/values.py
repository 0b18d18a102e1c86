"""What goes through the intake: rows with where they stood, what is put aside, and what is known of a file."""

from dataclasses import dataclass, field
from typing import NamedTuple

__all__ = ["Aside", "Limits", "Options", "Row", "Source"]


class Row(NamedTuple):
    """One row as it was read; a tuple, because millions are made.

    Attributes:
        fields: every value as text, by column; a missing value is the empty text.
        row: its number as an editor or spreadsheet shows it: the line where it begins, the sheet's row, or from 1.
        sheet: of a workbook; elsewhere empty.
    """

    fields: dict[str, str]
    row: int
    sheet: str = ""


class Aside(NamedTuple):
    """What could not be read as a row: a line, a cell's row, or a whole file (`row` 0).

    Attributes:
        reason: what is wrong with it, for a person.
        mend: what to do about it.
        row: as in `Row`; 0 where the whole file, or all of it that is left, is meant.
        sheet: of a workbook.
        raw: its bytes as they stand in the file; at most their beginning where they are many.
    """

    reason: str
    mend: str
    row: int = 0
    sheet: str = ""
    raw: bytes = b""


@dataclass(frozen=True, slots=True)
class Limits:
    """Where the intake stops believing in a file.

    Attributes:
        line_bytes: a longer line, record or object is put aside.
        unclosed: so many times in a file, lines after a quote that never closes are looked at again, one by one.
        zip_ratio: an archive's file of more than 64 MiB that unpacks to more than so many times its size is a bomb.
        zip_bytes: what an archive may unpack to altogether.
        zip_depth: archives within archives.
        sheet_bytes: what a workbook may unpack to: it is held in memory, sheet by sheet.
        file_bytes: of a file that is one example, or one message.
    """

    line_bytes: int = 10_000_000
    unclosed: int = 100
    zip_ratio: int = 200
    zip_bytes: int = 50 << 30
    zip_depth: int = 3
    sheet_bytes: int = 4 << 30
    file_bytes: int = 50_000_000


@dataclass(frozen=True, slots=True)
class Options:
    """What the caller knows better than the intake could find out.

    Attributes:
        encoding: a Python codec for all text files; empty: found for each.
        delimiter: of all separated files; empty: found for each.
        header: row of the header as an editor shows it; 0: there is none; None: found for each.
        text_lines: plain text has an example a line, not a file.
        limits: where a file is no longer believed.
    """

    encoding: str = ""
    delimiter: str = ""
    header: int | None = None
    text_lines: bool = False
    limits: Limits = Limits()


@dataclass(slots=True)
class Source:
    """What is known of one file; it fills as the file is read, and goes into `sources.json`.

    Attributes:
        file: its path from where the import began, archives as `archive.zip/inner.csv`.
        kind: `csv`, `excel`, `json`, `jsonl`, `parquet`, `text`, `eml`; empty where it was not read.
        bytes: its size.
        sha256: of these bytes.
        encoding, sure, why: the codec, how sure it is (`certain`, `likely`, `guess`, `given`) and what says so.
        delimiter: of a separated file.
        header: the header's row; of a workbook by sheet; 0 where there is none.
        renamed: columns that had to get another name, old to new.
        rows, aside, blank: rows read, put aside, and empty ones.
        found: rows with damage or personal data, by the code that `check` has for it.
        notes: what else a person should know.
    """

    file: str
    kind: str = ""
    bytes: int = 0
    sha256: str = ""
    encoding: str = ""
    sure: str = ""
    why: str = ""
    delimiter: str = ""
    header: dict[str, int] = field(default_factory=dict)
    renamed: dict[str, str] = field(default_factory=dict)
    rows: int = 0
    aside: int = 0
    blank: int = 0
    found: dict[str, int] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
