"""Bytes of a file in blocks, and its lines one by one: never more of it in memory than the longest line allowed."""

import codecs
import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import AnyStr, NamedTuple

from farfield.data.intake.charset import Charset
from farfield.data.intake.japanese import decode_line

__all__ = ["BLOCK", "Line", "Opened", "text_lines", "text_pieces", "whole_text"]

BLOCK = 1 << 20  # bytes at a time
_HEAD = 1000  # bytes that are kept of a line that is too long


class Line(NamedTuple):
    """One line of a text file with its line end.

    Attributes:
        number: from 1, as an editor shows it.
        text: decoded; bytes that stand for nothing are kept as escapes (PEP 383), and `fault` says so.
        raw: its bytes; the first ones only, where it is too long.
        fault: why it can't be believed; empty where it can.
    """

    number: int
    text: str
    raw: bytes
    fault: str = ""


@dataclass(slots=True)
class Opened:
    """A file as large as it was when it was found: what is written to it later is not read.

    Attributes:
        path: of the file.
        size: its bytes then.
        watch: called with the bytes of each block that is read.
    """

    path: Path
    size: int
    watch: Callable[[int], None] = field(default=lambda _: None)

    def blocks(self, start: int = 0) -> Iterator[bytes]:
        """The bytes from `start` to the size at the beginning, a mebibyte at a time."""
        with self.path.open("rb") as file:
            file.seek(start)
            left = self.size - start
            while left > 0 and (block := file.read(min(BLOCK, left))):
                left -= len(block)
                self.watch(len(block))
                yield block

    def sha256(self) -> str:
        """Of the same bytes."""
        digest = hashlib.sha256()
        with self.path.open("rb") as file:
            left = self.size
            while left > 0 and (block := file.read(min(BLOCK, left))):
                left -= len(block)
                digest.update(block)
        return digest.hexdigest()

    def changed(self) -> str:
        """A sentence about a file that grew or shrank since; empty where it did not."""
        now = self.path.stat().st_size
        if now == self.size:
            return ""
        how = "grew" if now > self.size else "shrank"
        return (
            f"the file {how} while it was read: {self.size} bytes at the start, {now} now; "
            "no more than what was there at the start was read"
        )


def text_lines(opened: Opened, charset: Charset, limit: int) -> Iterator[Line]:
    """The lines of a file.

    Args:
        opened: the file.
        charset: how its bytes are read.
        limit: bytes; a longer line comes with a fault, and only its first bytes.
    """
    if charset.wide:
        yield from _wide(opened, charset, limit)
        return
    for number, raw, length in _physical(opened.blocks(charset.bom), charset.newline, limit):
        if length > len(raw):
            yield Line(number, "", raw, f"the line has {length} bytes; more than {limit} are not read")
            continue
        text, fault = _decoded(raw, charset.codec)
        yield Line(number, text, raw, fault)


def text_pieces(opened: Opened, charset: Charset) -> Iterator[str]:
    """A file's text block by block; bytes that stand for nothing are kept as escapes."""
    name = "iso2022_jp_ext" if charset.codec == "iso2022_jp" else charset.codec
    decoder = codecs.getincrementaldecoder(name)("surrogatepass" if charset.wide else "surrogateescape")
    for block in opened.blocks(charset.bom):
        yield decoder.decode(block)
    yield decoder.decode(b"", final=True)


def whole_text(opened: Opened, charset: Charset) -> tuple[str, bytes, str]:
    """A file's text, its bytes and its fault, as of one long line."""
    raw = b"".join(opened.blocks(charset.bom))
    if charset.wide:
        text = raw.decode(charset.codec, "surrogatepass" if len(raw) % 2 == 0 else "replace")
        return text, raw, _torn(text, charset.codec)
    if charset.codec == "iso2022_jp":
        parts = [_decoded(line, charset.codec) for line in raw.splitlines(keepends=True)]
        return "".join(text for text, _ in parts), raw, next((fault for _, fault in parts if fault), "")
    text, fault = _decoded(raw, charset.codec)
    return text, raw, fault


def _physical(blocks: Iterator[AnyStr], newline: AnyStr, limit: int) -> Iterator[tuple[int, AnyStr, int]]:
    """Number, content and true length of each line; of one beyond the limit only its head is kept."""
    nothing = newline[:0]
    number, rest, lost = 1, nothing, 0
    for whole in blocks:
        block = whole
        if lost:
            cut = block.find(newline)
            if cut < 0:
                lost += len(block)
                continue
            yield number, rest, lost + cut + 1
            number, rest, lost, block = number + 1, nothing, 0, block[cut + 1 :]
        lines = (rest + block).split(newline)
        rest = lines.pop()
        for line in lines:
            yield number, (line[:_HEAD] if len(line) > limit else line + newline), len(line) + 1
            number += 1
        if len(rest) > limit:
            rest, lost = rest[:_HEAD], len(rest)
    if rest:
        yield number, rest, max(lost, len(rest))


def _decoded(raw: bytes, codec: str) -> tuple[str, str]:
    try:
        return decode_line(raw, codec), ""
    except UnicodeDecodeError as error:
        name = "ascii" if codec == "iso2022_jp" else codec
        at = f"byte {error.start + 1} ({raw[error.start : error.start + 1].hex() or 'the end'})"
        return raw.decode(name, "surrogateescape"), f"the line is no {codec}: {at} stands for no character"


def _wide(opened: Opened, charset: Charset, limit: int) -> Iterator[Line]:
    """Lines of UTF-16 and UTF-32, whose line ends are several bytes and are found after decoding."""
    # Halves of pairs pass, so that one of them costs its line and not the file.
    decoder = codecs.getincrementaldecoder(charset.codec)("surrogatepass")
    pieces = (decoder.decode(block) for block in opened.blocks(charset.bom))
    number = 0
    for number, text, length in _physical(pieces, "\n", limit // 2):
        raw = text.encode(charset.codec, "surrogatepass")
        if length > len(text):
            yield Line(number, "", raw, f"the line has {length} characters; more than {limit // 2} are not read")
        else:
            yield Line(number, text, raw, _torn(text, charset.codec))
    tail = decoder.getstate()[0]
    if tail:
        yield Line(number + 1, "", tail, f"the file ends in the middle of a character of {charset.codec}")


def _torn(text: str, codec: str) -> str:
    try:
        text.encode("utf-8")
    except UnicodeEncodeError as error:
        return f"the line is no {codec}: half of a character stands at {error.start + 1}"
    return ""
