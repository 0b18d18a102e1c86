"""Whatever bytes a file has, it is read or put aside; nothing is lost and nothing breaks the import."""

import tempfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from farfield.data.intake import Aside, Limits, Options, Row, Source
from farfield.data.intake.kinds import kind_of
from farfield.data.intake.lines import Opened
from farfield.data.intake.readers import read_file
from farfield.data.intake.walking import Found, unpacked

SUFFIXES = (".csv", ".tsv", ".xls", ".xlsx", ".ods", ".json", ".jsonl", ".parquet", ".txt", ".eml", ".zip", ".md", "")
BEGINNINGS = (
    b"", b"PK\x03\x04", b"PAR1", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", b"\xff\xfe", b"\xfe\xff", b"\xff\xfe\0\0",
    b"\xef\xbb\xbf", b"\x1b$B", b"[{", b'{"a": [', b'a,b\n1,"', b"Subject: x\n\n",
    b"Content-Type: multipart/mixed\nFrom: x\n\n",
)  # fmt: skip
LIMITS = Limits(line_bytes=100, file_bytes=500)


def _items(path: Path, kind: str, source: Source, limits: Limits = LIMITS) -> list[Row | Aside]:
    return list(read_file(Opened(path, path.stat().st_size), kind, Options(limits=limits), source))


@pytest.mark.parametrize("suffix", SUFFIXES)
@given(beginning=st.sampled_from(BEGINNINGS), rest=st.binary(max_size=300) | st.text(max_size=100).map(str.encode))
def test_any_bytes_are_read_or_put_aside(suffix: str, beginning: bytes, rest: bytes) -> None:
    with tempfile.TemporaryDirectory() as name:
        path = Path(name) / f"a{suffix}"
        path.write_bytes(beginning + rest)
        kind = kind_of(path, path.name)
        if isinstance(kind, Aside):
            assert kind.reason
            assert kind.mend
        elif kind == "zip":
            list(unpacked(Found(path.name, path, path.stat().st_size), Path(name) / "scratch", LIMITS))
        else:
            items = _items(path, kind, Source(path.name))
            assert all(item.reason and item.mend for item in items if isinstance(item, Aside))


LINES = st.lists(
    st.sampled_from(
        [
            "日本語です,よい".encode(),
            "日本語です,よい".encode("cp932"),
            b"plain,ascii",
            b"one",
            b"one,two,three",
            b"",
            b",",
            b"\xff,\xe3\x81",
            b"x" * 200 + b",y",
            b"torn \xed\xa0\x80,x",
        ]
    ),
    max_size=30,
)


@given(LINES, st.integers(0, 1))
def test_every_line_of_a_table_is_a_row_or_blank_or_put_aside(lines: list[bytes], ended: int) -> None:
    whole = [b"text,label", b"first,row", *lines, b"last,row"]
    with tempfile.TemporaryDirectory() as name:
        path = Path(name) / "a.csv"
        path.write_bytes(b"\n".join(whole) + b"\n" * ended)
        source = Source(path.name)
        items = _items(path, "csv", source)
    assert len(items) + source.blank + 1 == len(whole)
    told = [item.row for item in items]
    assert sorted(set(told)) == sorted(told)
    # What was put aside has its own bytes; of a line that is too long, the first of them.
    for item in items:
        if isinstance(item, Aside):
            assert whole[item.row - 1].startswith(item.raw.removesuffix(b"\n"))


@given(st.lists(st.sampled_from(['{"a": "x"}', '{"a": "x"', "", "[1]", '{"a": "\\ud800"}', "null"]), max_size=20))
def test_every_line_of_json_is_a_row_or_blank_or_put_aside(lines: list[str]) -> None:
    with tempfile.TemporaryDirectory() as name:
        path = Path(name) / "a.jsonl"
        path.write_text("\n".join(["{}", *lines, "{}"]))
        source = Source(path.name)
        assert len(_items(path, "jsonl", source)) + source.blank == len(lines) + 2
