"""JSON, JSON lines and Parquet: rows that bring their columns with them."""

import base64
import datetime
import json
from collections.abc import Iterable, Iterator, Mapping, Set
from pathlib import Path
from typing import Any

from farfield.data.intake.headers import OWN
from farfield.data.intake.lines import Line
from farfield.data.intake.values import Aside, Limits, Row, Source

__all__ = ["json_rows", "jsonl_rows", "parquet_rows"]

_HEAD = 1000  # characters that are kept of an object that can't be read
_REST = "mend the file there; what stands after it could not be read either"


class _TwiceError(ValueError):
    """A key that stands twice in an object: json would keep the second alone."""


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        keys = [key for key, _ in pairs]
        raise _TwiceError(f"the key {next(key for key in keys if keys.count(key) > 1)!r} stands twice in one object")
    return found


_DECODER = json.JSONDecoder(object_pairs_hook=_once, strict=False)


def jsonl_rows(lines: Iterator[Line], source: Source) -> Iterator[Row | Aside]:
    """An object a line."""
    for line in lines:
        if line.fault:
            mend = "mend the line in its source, or name the file's encoding with --encoding"
            yield Aside(line.fault, mend, line.number, raw=line.raw)
            continue
        if not line.text.strip():
            source.blank += 1
            continue
        try:
            found = _DECODER.decode(line.text)
        except (ValueError, RecursionError) as error:
            yield Aside(
                f"the line is no JSON: {_said(error)}", "write one whole object a line", line.number, "", line.raw
            )
            continue
        yield _row(found, line.number, lambda raw=line.raw: raw)


def json_rows(pieces: Iterable[str], source: Source, limits: Limits) -> Iterator[Row | Aside]:
    """The objects of a JSON file: those of its list, or of the first list of objects within its one object.

    The file is read object by object and never held as a whole; a row's number is the line where its object begins.

    Args:
        pieces: the text, in pieces of any length.
        source: is told what stands beside the list.
        limits: how long an object may be.
    """
    window = _Window(iter(pieces), limits.line_bytes)
    if not window.peek():
        return
    try:
        if window.peek() == "[":
            yield from _items(window, source, limits.unclosed)
        elif window.peek() == "{":
            yield from _within(window, source, limits.unclosed)
        else:
            yield Aside("the file is no list of objects", "write [{...}, {...}]", raw=window.head())
            return
        if window.peek():
            yield Aside("something stands after the end of the JSON", "one object a line belongs in a .jsonl file",
                        window.line, raw=window.head())  # fmt: skip
    except (ValueError, RecursionError) as error:
        yield Aside(f"this is no JSON: {_said(error)}", _REST, window.line, raw=window.head())


def _items(window: "_Window", source: Source, again: int) -> Iterator[Row | Aside]:
    """The rows of a list; after one that is malformed the next that looks like them, `again` times in a file."""
    window.skip("[")
    known: Set[str] = frozenset()
    while window.peek() != "]":
        line = window.line
        try:
            found = window.value()
        except (ValueError, RecursionError) as error:
            lost = window.past_fault(known) if again else None
            if lost is None:
                raise
            again -= 1
            yield Aside(f"the object is no JSON: {_said(error)}", "mend it in its source", line, raw=lost)
            continue
        yield _row(found, line, window.last)
        if isinstance(found, dict):
            known = known or found.keys()
        if window.peek() == "{":
            source.notes.append(f"a comma is missing before the object in line {window.line}")
        elif window.peek() != ",":
            break
        else:
            window.skip(",")
    window.skip("]")


def _within(window: "_Window", source: Source, again: int) -> Iterator[Row | Aside]:
    """The rows of the first list of objects in an object; without one, the object is a row itself."""
    window.skip("{")
    others: dict[str, Any] = {}
    listed, line = "", window.line
    while window.peek() != "}":
        key = window.value()
        if not isinstance(key, str):
            raise ValueError("a key is no text")
        window.skip(":")
        if window.peek() == "[" and not listed and window.holds_objects():
            listed = key
            yield from _items(window, source, again)
        else:
            others[key] = window.value()
        if window.peek() != ",":
            break
        window.skip(",")
    window.skip("}")
    if not listed:
        yield _row(others, line, window.last)
    elif others:
        source.notes.append(f"beside the list {listed!r} stand {', '.join(map(repr, others))}; they are no rows")


class _Window:
    """The part of a JSON text that is looked at."""

    def __init__(self, pieces: Iterator[str], limit: int) -> None:
        self._pieces = pieces
        self._limit = limit
        self._text = ""
        self._at = 0
        self._begun = 0
        self.line = 1

    def peek(self) -> str:
        """The next character that is no white space; empty at the end."""
        while True:
            text, at = self._text, self._at
            while at < len(text) and text[at] in " \t\r\n":
                self.line += text[at] == "\n"
                at += 1
            self._at = at
            if at < len(text):
                return text[at]
            if not self._more():
                return ""

    def skip(self, mark: str) -> None:
        """Goes past a mark that must come next."""
        if self.peek() != mark:
            raise ValueError(f"{mark!r} is missing here")
        self._at += 1

    def holds_objects(self) -> bool:
        """Whether the list that begins here begins with an object."""
        while True:
            after = self._text[self._at + 1 :].lstrip()
            if after or not self._more():
                return after.startswith("{")

    def value(self) -> Any:
        """The next value, whole."""
        self.peek()
        self._begun = self._at
        while True:
            try:
                found, end = _DECODER.raw_decode(self._text, self._at)
                # A number may go on in the next piece.
                if end < len(self._text) or not self._more():
                    self.line += self._text.count("\n", self._at, end)
                    self._at = end
                    return found
            except json.JSONDecodeError:
                if len(self._text) - self._at > self._limit:
                    raise ValueError(f"an object has more than {self._limit} characters, or does not end") from None
                if not self._more():
                    raise

    def past_fault(self, known: Set[str]) -> bytes | None:
        """Goes to the next object that has half of the known fields or more, and returns what stands before it.

        Objects within the one that is malformed have other fields. None, and nothing is passed, where none comes
        within the limit.
        """
        ahead = 1
        while known:
            found = self._text.find("{", self._at + ahead)
            if found < 0:
                ahead = len(self._text) - self._at
                if ahead > self._limit or not self._more():
                    return None
                continue
            ahead = found - self._at
            if 2 * len(known & self._keys(ahead)) >= len(known):
                lost = self._text[self._at : self._at + ahead]
                self.line += lost.count("\n")
                self._at += ahead
                return lost.encode("utf-8", "surrogatepass")
            ahead += 1
        return None

    def _keys(self, ahead: int) -> Set[str]:
        """The fields of the object that begins so far ahead; none where it is malformed too."""
        while True:
            try:
                found, _ = _DECODER.raw_decode(self._text, self._at + ahead)
            except json.JSONDecodeError:
                # It may go on in the next piece.
                if len(self._text) - self._at > self._limit or not self._more():
                    return frozenset()
            except (ValueError, RecursionError):
                return frozenset()
            else:
                return found.keys() if isinstance(found, dict) else frozenset()

    def last(self) -> bytes:
        """The value that was read last, as it stands in the file."""
        return self._text[self._begun : self._at].encode("utf-8", "surrogatepass")

    def head(self) -> bytes:
        """What comes next; its beginning."""
        return self._text[self._at : self._at + _HEAD].encode("utf-8", "surrogatepass")

    def _more(self) -> bool:
        piece = next(self._pieces, None)
        if piece is None:
            return False
        self._text = self._text[self._at :] + piece
        self._at = self._begun = 0
        return True


def _said(error: Exception) -> str:
    if isinstance(error, json.JSONDecodeError):
        return f"{error.msg}, column {error.colno}"
    return "it is nested too deeply" if isinstance(error, RecursionError) else str(error)


def _row(found: object, number: int, raw: "Any") -> Row | Aside:
    if not isinstance(found, dict):
        return Aside("the row is no object with fields", 'write {"field": "text", ...}', number, "", raw())
    return Row(_fields(found), number)


def _fields(found: Mapping[str, Any], prefix: str = "") -> dict[str, str]:
    """Every value as text; an object within becomes fields of its own, `sender.name`; a list stays JSON."""
    fields: dict[str, str] = {}
    for key, value in found.items():
        name = f"{prefix}{key}" or "column"
        inner = _fields(value, f"{name}.") if isinstance(value, dict) else {name: _text(value)}
        for plain, text in inner.items():
            fresh, extra = (f"{plain}_" if plain in OWN else plain), 2
            while fresh in fields:
                fresh, extra = f"{plain}_{extra}", extra + 1
            fields[fresh] = text
    return fields


def _text(value: object) -> str:
    if isinstance(value, str):
        return value
    if value is None:
        return ""
    if isinstance(value, bool | list):
        return json.dumps(value, ensure_ascii=False, default=_text)
    if isinstance(value, bytes):
        return base64.b64encode(value).decode("ascii")
    if isinstance(value, datetime.datetime):
        return value.isoformat(" ")
    return value.isoformat() if isinstance(value, datetime.date | datetime.time) else str(value)


def parquet_rows(path: Path) -> Iterator[Row | Aside]:
    """The rows of a Parquet file, a few thousand at a time; numbered from 1."""
    import polars as pl

    number = 0
    try:
        for frame in pl.scan_parquet(path, glob=False).collect_batches(chunk_size=5000, maintain_order=True):
            for values in frame.iter_rows(named=True):
                number += 1
                yield Row(_fields(values), number)
    except (pl.exceptions.PolarsError, OSError) as error:
        what = str(error).splitlines()[0][:200]
        yield Aside(f"the Parquet file is broken: {what}", "write it again; rows before this one were read", number + 1)
