"""CSV and TSV: the delimiter that fits most rows, and records with the lines that they stand on."""

import csv
from collections import Counter, deque
from collections.abc import Iterator, Sequence
from itertools import islice
from typing import Literal, NamedTuple

from farfield.data.intake.lines import Line
from farfield.data.intake.values import Limits

__all__ = ["Record", "Records", "find_delimiter", "quotes_are_plain"]

_DELIMITERS = (",", "\t", ";", "|")
_SNIFFED = 2000  # records from the top that a delimiter has to fit


class Record(NamedTuple):
    """One record of a separated file.

    Attributes:
        row: the line where it begins.
        cells: as text; empty for a blank line, None where it could not be read.
        raw: its bytes where it could not be read; those of another are `Records.raw` until the next one comes.
        fault: why it could not be read.
        mend: what to do about it.
    """

    row: int
    cells: list[str] | None
    raw: bytes = b""
    fault: str = ""
    mend: str = ""


def find_delimiter(lines: Sequence[Line], *, suffix: str = "") -> str:
    """The delimiter that gives most records one and the same number of cells.

    Args:
        lines: the first lines of the file; thousands rather than tens.
        suffix: of the file; `.tsv` decides where two fit alike.
    """
    texts = [line.text for line in lines if not line.fault]
    marks = [*_DELIMITERS]
    if suffix in (".tsv", ".tab"):
        marks.insert(0, marks.pop(1))
    fits = {mark: _fit(texts, mark) for mark in marks}
    best = max(marks, key=lambda mark: fits[mark])
    return best if fits[best][0] > 0 else marks[0]


def _fit(texts: Sequence[str], mark: str) -> tuple[float, int]:
    """Share of the records that have the commonest width, 0 where that is one cell; and that width."""
    widths: Counter[int] = Counter()
    try:
        for cells in islice(csv.reader(texts, delimiter=mark), _SNIFFED):
            if cells:
                widths[len(cells)] += 1
    except csv.Error:
        pass  # what was counted before stands
    several = {width: count for width, count in widths.items() if width > 1}
    if not several:
        return 0.0, 1
    width, count = max(several.items(), key=lambda item: (item[1], item[0]))
    return round(count / widths.total(), 2), width


def quotes_are_plain(lines: Sequence[Line], delimiter: str) -> bool:
    """Whether quotes are ordinary characters of a file: many programs write tabs between cells and quote nothing.

    So it is where a quote closes in the middle of a cell, and no quoted cell holds a tab or a quote written twice.
    """
    if delimiter != "\t":
        return False
    plain = False
    for line in lines:
        if '"' not in line.text or line.fault:
            continue
        try:
            (cells,) = csv.reader([line.text], delimiter=delimiter, strict=True)
        except csv.Error as error:
            plain = plain or "expected after" in str(error)
        except ValueError:
            continue  # a line that holds more than one record, by a lone return
        else:
            if any(delimiter in cell for cell in cells) or (line.text.startswith('"') and '""' in line.text):
                return False
    return plain


class _Endless(Exception):  # noqa: N818 (never leaves this module)
    """A record that has passed the limit: a quote that never closes."""


class _Feed:
    """Gives lines to csv.reader, and remembers those of the record at hand."""

    def __init__(self, lines: Iterator[Line], limit: int) -> None:
        self._lines = lines
        self._limit = limit
        self._size = 0
        self.again: deque[Line] = deque()
        self.taken: list[Line] = []
        self.fault = ""

    def __iter__(self) -> "_Feed":
        return self

    def __next__(self) -> str:
        line = self.again.popleft() if self.again else next(self._lines)
        self.taken.append(line)
        self.fault = self.fault or line.fault
        self._size += len(line.text)
        if self._size > self._limit:
            raise _Endless
        return line.text

    def begin(self) -> None:
        """The next record begins."""
        self.taken.clear()
        self._size, self.fault = 0, ""

    def give_back(self) -> None:
        """All lines of the record but the first are read again."""
        self.again.extendleft(reversed(self.taken[1:]))
        del self.taken[1:]
        self.fault = self.taken[0].fault


class Records:
    """The records of a separated file, in order.

    After a quote that never closes, or one that closes in the wrong place, only the first line of the record is given
    up; the lines after it are read again, `limits.unclosed` times in a file.

    Args:
        lines: of the file.
        delimiter: between cells.
        limits: how long a record may be.
        plain: quotes are ordinary characters.
    """

    def __init__(self, lines: Iterator[Line], delimiter: str, limits: Limits, *, plain: bool = False) -> None:
        # The module's own limit is 128 KiB a cell, and can be set for the process only.
        csv.field_size_limit(max(csv.field_size_limit(), limits.line_bytes))
        self._feed = _Feed(lines, limits.line_bytes)
        self._delimiter = delimiter
        self._quoting: Literal[0, 3] = csv.QUOTE_NONE if plain else csv.QUOTE_MINIMAL
        self._again = limits.unclosed

    @property
    def raw(self) -> bytes:
        """The bytes of the record that came last."""
        return b"".join(line.raw for line in self._feed.taken)

    def __iter__(self) -> Iterator[Record]:
        feed, reader = self._feed, self._reader()
        while True:
            feed.begin()
            try:
                cells = next(reader)
            except StopIteration:
                return
            except (csv.Error, _Endless) as error:
                reader = self._reader()
                if len(feed.taken) > 1 and self._again:
                    self._again -= 1
                    feed.give_back()
                yield Record(feed.taken[0].number, None, self.raw, feed.fault or _in_words(error), _mend(feed.fault))
                continue
            if feed.fault:
                yield Record(feed.taken[0].number, None, self.raw, feed.fault, _mend(feed.fault))
            else:
                yield Record(feed.taken[0].number, cells)

    def _reader(self) -> "Iterator[list[str]]":
        return csv.reader(self._feed, delimiter=self._delimiter, quoting=self._quoting, strict=True)


def _mend(fault: str) -> str:
    if "not read" in fault:
        return "raise --line-limit, or mend the line in its source"
    if fault:
        return "mend the line in its source, or name the file's encoding with --encoding"
    return "write a quote within a cell twice, and quote the whole cell"


def _in_words(error: Exception) -> str:
    if isinstance(error, _Endless) or "unexpected end" in str(error):
        return "a quote opens here and does not close"
    if "expected after" in str(error):
        return f"a quote closes in the middle of a cell ({error})"
    return f"the line is no record: {error}"
