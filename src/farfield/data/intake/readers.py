"""One file -> rows and what is put aside, by the reader of its kind."""

from collections.abc import Iterator
from itertools import chain, islice
from pathlib import PurePosixPath

from farfield.data.intake.charset import Charset, find_charset
from farfield.data.intake.excel import workbook_rows
from farfield.data.intake.lines import Opened, text_lines, text_pieces
from farfield.data.intake.messages import mail_rows, plain_lines, plain_rows
from farfield.data.intake.objects import json_rows, jsonl_rows, parquet_rows
from farfield.data.intake.separated import Records, find_delimiter, quotes_are_plain
from farfield.data.intake.tables import table_rows
from farfield.data.intake.values import Aside, Options, Row, Source
from farfield.data.intake.walking import workbook_fault

__all__ = ["read_file"]

_SNIFFED = 3000  # lines that tell the delimiter
_SNIFFED_SIZE = 4 << 20  # characters that these lines may have together


def read_file(opened: Opened, kind: str, options: Options, source: Source) -> Iterator[Row | Aside]:
    """The rows of a file; what is wrong with it comes as `Aside` and never as an exception.

    Args:
        opened: the file.
        kind: as `kind_of` found it.
        options: what the caller knows better.
        source: is told encoding, delimiter, header and the like.
    """
    rows = _rows(opened, kind, options, source)
    last = 0
    try:
        for item in rows:
            last = item.row or last
            yield item
    except (OSError, UnicodeDecodeError) as error:
        yield Aside(f"the file can't be read further: {error}", "copy it to this machine again", last + 1)
    except BaseException as error:
        # calamine's name for a defect of its own, which is no Exception.
        if type(error).__name__ != "PanicException":
            raise
        yield Aside(f"the workbook is broken: {error}", "open it in Excel and save it again")


def _rows(opened: Opened, kind: str, options: Options, source: Source) -> Iterator[Row | Aside]:
    if kind == "excel":
        fault = workbook_fault(opened.path, options.limits)
        yield from (fault,) if fault else workbook_rows(opened.path, options, source)
        opened.watch(opened.size)
    elif kind == "parquet":
        yield from parquet_rows(opened.path)
        opened.watch(opened.size)
    elif kind == "eml":
        yield from mail_rows(opened, source, options.limits)
    else:
        charset = find_charset(Opened(opened.path, opened.size).blocks, given=options.encoding)
        if isinstance(charset, str):
            yield Aside(charset, "name its encoding with --encoding, or give it the suffix of what it holds")
            return
        source.encoding, source.sure, source.why = charset.codec, charset.sure, charset.why
        yield from _text_rows(opened, kind, charset, options, source)


def _text_rows(opened: Opened, kind: str, charset: Charset, options: Options, source: Source) -> Iterator[Row | Aside]:
    limits = options.limits
    if kind == "json":
        yield from json_rows(text_pieces(opened, charset), source, limits)
        return
    if kind == "text" and not options.text_lines:
        yield from plain_rows(opened, charset, limits)
        return
    lines = text_lines(opened, charset, limits.line_bytes)
    if kind == "jsonl":
        yield from jsonl_rows(lines, source)
    elif kind == "text":
        yield from plain_lines(lines, source)
    else:
        head, size = [], 0
        for line in islice(lines, _SNIFFED):
            head.append(line)
            size += len(line.text)
            if size > _SNIFFED_SIZE:
                break
        suffix = PurePosixPath(source.file).suffix.lower()
        source.delimiter = options.delimiter or find_delimiter(head, suffix=suffix)
        plain = quotes_are_plain(head, source.delimiter)
        if plain:
            source.notes.append("quotes are ordinary characters in this file")
        records = Records(chain(head, lines), source.delimiter, limits, plain=plain)
        yield from table_rows(records, options, source)
