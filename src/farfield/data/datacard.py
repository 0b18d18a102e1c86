"""A data card: what is in a file of rows, counted, and what nobody has said about it."""

import hashlib
import re
from array import array
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from farfield.data.reading import stream_rows
from farfield.data.versions import canonical
from farfield.errors import DataError
from farfield.stats import Number, Undefined, wilson

__all__ = ["FACTS", "Column", "DataCard", "card_markdown", "data_card"]

FACTS = {
    "source": "where the rows are from",
    "collected": "when and how they were collected",
    "chosen": "how these rows were chosen among all",
    "labelled": "who labelled them, by which guideline",
    "personal": "whether there is personal data in them",
    "licence": "who may use them, and for what",
}
"""What a card should say and no count tells, with its meaning."""

_DATE = re.compile(r"\s*(\d{4})(?:[-/.](\d{1,2})[-/.](\d{1,2})|年(\d{1,2})月(\d{1,2})日)")
_DATES = 0.95  # share of a column's filled cells that begin with a date from which it is one of dates
_DISTINCT = 10_000  # different values that are counted; beyond, "more than" is said
_SCRIPTS = (
    ("Japanese (kana)", re.compile("[\u3041-\u3096\u30a1-\u30fa\uff66-\uff9f]")),
    ("Korean", re.compile("[\uac00-\ud7a3\u1100-\u11ff]")),
    ("Chinese, or Japanese without kana", re.compile("[\u3400-\u4dbf\u4e00-\u9fff]")),
    ("Cyrillic", re.compile("[\u0400-\u052f]")),
    ("Arabic", re.compile("[\u0600-\u06ff]")),
    ("Thai", re.compile("[\u0e00-\u0e7f]")),
    ("Devanagari", re.compile("[\u0900-\u097f]")),
    ("Greek", re.compile("[\u0370-\u03ff]")),
    ("Latin", re.compile("[A-Za-z\u00c0-\u024f]")),
)


@dataclass(frozen=True, slots=True)
class Column:
    """One column, counted.

    Attributes:
        name: of the column.
        lacking: rows that have no such field.
        empty: rows where it is blank.
        distinct: different values; None where there are more than 10,000.
        lengths: characters: least, median, 95th of 100, greatest, over filled cells; all 0 where none is filled.
        dates: the first and the last, where the column is one of dates.
        scripts: filled cells by the script that tells most about their language, the most frequent first.
    """

    name: str
    lacking: int
    empty: int
    distinct: int | None
    lengths: tuple[int, int, int, int]
    dates: tuple[str, str] | None
    scripts: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class DataCard:
    """What is in a file.

    Attributes:
        name: of the file.
        size: bytes.
        sha256: of its bytes.
        rows_sha256: of its canonical rows, as `farfield data save` has them: the same whatever the kind of file.
        rows: how many.
        duplicates: rows that equal an earlier one in every field.
        columns: in the order in which they first occur.
        label: the column with the answer; empty where none was named.
        shares: of each label among rows that have one, with Wilson's interval, the most frequent first.
        unlabelled: rows without a label.
        said: what a person said, by the names in `FACTS`.
    """

    name: str
    size: int
    sha256: str
    rows_sha256: str
    rows: int
    duplicates: int
    columns: tuple[Column, ...]
    label: str
    shares: Mapping[str, Number]
    unlabelled: int
    said: Mapping[str, str]


@dataclass
class _Count:
    """What is gathered of one column while rows go by."""

    rows: int = 0
    lengths: "array[int]" = field(default_factory=lambda: array("q"))
    values: set[str] = field(default_factory=set)
    dates: int = 0
    first: str = "9999"
    last: str = ""
    scripts: Counter[str] = field(default_factory=Counter)

    def add(self, text: str) -> None:
        self.rows += 1
        if not text.strip():
            return
        self.lengths.append(len(text))
        if len(self.values) <= _DISTINCT:
            self.values.add(text)
        self.scripts[_script(text)] += 1
        date = _date(text)
        if date:
            self.dates += 1
            self.first, self.last = min(self.first, date), max(self.last, date)


def data_card(path: Path, *, label: str = "", said: Mapping[str, str] | None = None) -> DataCard:
    """Counts a file's rows in one pass; of each row no more than hashes and lengths are held.

    Args:
        path: of a file that `read_rows` knows.
        label: the column with the answer.
        said: what is known of the data, by the names in `FACTS`.

    Raises:
        DataError: a file that can't be read, no such label column, or a fact of another name.
    """
    strange = [name for name in said or {} if name not in FACTS]
    if strange:
        raise DataError(f"a data card has no line {strange[0]!r}", mend=f"name one of {', '.join(FACTS)}")
    counts: dict[str, _Count] = {}
    labels: Counter[str] = Counter()
    digest, seen, rows = hashlib.sha256(), set(), 0
    for row in stream_rows(path):
        line = canonical(row)
        digest.update(line)
        seen.add(hashlib.sha256(line).digest()[:16])
        rows += 1
        for name, value in row.items():
            counts.setdefault(name, _Count()).add(value)
        if label and row.get(label, "").strip():
            labels[row[label]] += 1
    if label and label not in counts:
        mend = f"the file has: {', '.join(counts)}"
        raise DataError(f"there is no column {label!r}", where=str(path), mend=mend)
    labelled = labels.total()
    with path.open("rb") as file:
        own = hashlib.file_digest(file, "sha256").hexdigest()
    return DataCard(
        path.name, path.stat().st_size, own, digest.hexdigest(), rows, rows - len(seen),
        tuple(_column(name, count, rows) for name, count in counts.items()), label,
        {name: wilson(count, labelled) for name, count in labels.most_common()}, rows - labelled if label else 0,
        dict(said or {}),
    )  # fmt: skip


def _column(name: str, count: _Count, rows: int) -> Column:
    filled = sorted(count.lengths)
    n = len(filled)
    lengths = (filled[0], filled[(n - 1) // 2], filled[(n - 1) * 95 // 100], filled[-1]) if n else (0, 0, 0, 0)
    dates = (count.first, count.last) if n and count.dates >= _DATES * n else None
    distinct = len(count.values) if len(count.values) <= _DISTINCT else None
    return Column(name, rows - count.rows, count.rows - n, distinct, lengths, dates, dict(count.scripts.most_common()))


def _script(text: str) -> str:
    """By the first script of the list that occurs: a Japanese text may hold English words, hardly the other way."""
    return next((name for name, letters in _SCRIPTS if letters.search(text)), "no letters of these scripts")


def _date(text: str) -> str:
    """The date that the text begins with, as 2024-03-05; empty where there is none."""
    found = _DATE.match(text)
    if not found:
        return ""
    year, month, day = (int(part) for part in found.groups() if part)
    return f"{year:04}-{month:02}-{day:02}" if 1 <= month <= 12 and 1 <= day <= 31 else ""


def card_markdown(card: DataCard) -> str:
    """The card as a page of Markdown."""
    lines = [
        f"# Data card: {_plain(card.name)}", "",
        f"- {card.rows:,} rows, {len(card.columns)} columns, {card.size:,} bytes",
        f"- {card.duplicates:,} rows equal an earlier one in every field",
        f"- SHA-256 of the file: `{card.sha256}`",
        f"- SHA-256 of its rows, whatever the kind of file: `{card.rows_sha256}`", "",
        "## Columns", "",
        "| column | empty | different values | characters: least, median, 95 of 100 below, most | dates |",
        "|---|---|---|---|---|",
    ]  # fmt: skip
    lines += [_column_line(column, card.rows) for column in card.columns]
    lines += ["", "## Languages, by script", ""]
    lines += [f"- {_plain(column.name)}: {_scripts(column)}" for column in card.columns if column.dates is None]
    lines += ["", "A script is no language: Latin may be English, German or Vietnamese.", ""]
    lines += ["## Labels", "", *_label_lines(card), "", "## What no count tells", ""]
    lines += [
        f"- {meaning}: {card.said.get(name) or '**unknown**: nobody has said'}" for name, meaning in FACTS.items()
    ]
    return "\n".join(lines) + "\n"


def _column_line(column: Column, rows: int) -> str:
    gone = column.empty + column.lacking
    distinct = f"more than {_DISTINCT:,}" if column.distinct is None else f"{column.distinct:,}"
    lengths = ", ".join(f"{length:,}" for length in column.lengths) if gone < rows else "none is filled"
    dates = " to ".join(column.dates) if column.dates else ""
    return f"| {_plain(column.name)} | {gone:,} ({gone / rows:.1%}) | {distinct} | {lengths} | {dates} |"


def _scripts(column: Column) -> str:
    filled = sum(column.scripts.values())
    return ", ".join(f"{name} {count / filled:.1%}" for name, count in column.scripts.items()) or "none is filled"


def _label_lines(card: DataCard) -> list[str]:
    if not card.label:
        return ["**Unknown**: no column was named as the answer."]
    lines = [
        f"Column {_plain(card.label)}; {card.unlabelled:,} rows have none. Shares of the others, with Wilson's 95 %"
    ]
    lines[0] += " interval, as if the rows were drawn at random:"
    lines += ["", "| label | share | interval |", "|---|---|---|"]
    for name, share in card.shares.items():
        if not isinstance(share, Undefined):
            lines.append(f"| {_plain(name)} | {share.value:.1%} | {share.low:.1%} to {share.high:.1%} |")
    return lines


def _plain(text: str) -> str:
    """What stands in data is no Markdown of ours."""
    return re.sub(r"([\\|*_`<>#\[\]])", r"\\\1", text.replace("\n", " ").replace("\r", " "))
