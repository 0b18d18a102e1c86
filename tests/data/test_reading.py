"""Files of rows in every form that is read, and errors that name file and row."""

import json
from pathlib import Path

import polars as pl
import pytest

from farfield.data import read_rows
from farfield.errors import DataError

ROWS = [{"text": 'a, "b"\nc', "label": "1"}, {"text": "日本語", "label": ""}]


def _write(path: Path, kind: str) -> Path:
    path = path / f"rows.{kind}"
    frame = pl.DataFrame(ROWS)
    if kind == "json":
        path.write_text(json.dumps(ROWS), encoding="utf-8")
    elif kind == "jsonl":
        path.write_text("\n".join(json.dumps(row, ensure_ascii=False) for row in ROWS), encoding="utf-8")
    elif kind == "parquet":
        frame.write_parquet(path)
    else:
        frame.write_csv(path, separator="," if kind == "csv" else "\t")
    return path


@pytest.mark.parametrize("kind", ["json", "jsonl", "csv", "tsv", "parquet"])
def test_every_kind_gives_the_same_rows(tmp_path: Path, kind: str) -> None:
    assert read_rows(_write(tmp_path, kind)) == ROWS


def test_values_become_text(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    path.write_text('[{"n": 3, "f": 0.5, "t": true, "none": null}]')
    assert read_rows(path) == [{"n": "3", "f": "0.5", "t": "true", "none": ""}]


def test_a_mark_of_byte_order_and_utf_16_are_read(tmp_path: Path) -> None:
    for encoding in ("utf-8-sig", "utf-16"):
        path = tmp_path / f"{encoding}.csv"
        path.write_text("text\nあ\n", encoding=encoding)
        assert read_rows(path) == [{"text": "あ"}]


@pytest.mark.parametrize(
    ("name", "raw", "expected"),
    [
        ("a.jsonl", b"", ["holds no rows"]),
        ("a.jsonl", b'{"a": "x"}\n{"a": "\\ud83d"}\n', ["'a' holds half of a character", "line 2"]),
        ("a.json", b"", ["holds no rows"]),
        ("a.csv", b"text,label\n", ["holds no rows"]),
        ("a.txt", b"x", [".txt are not read", ".jsonl"]),
        ("a.json", b'[{"a": 1},\n {"a" 2}]', ["no JSON", "line 2"]),
        ("a.json", b'{"a": 1}', ["no list of rows"]),
        ("a.jsonl", b'{"a": 1}\n\n{"a": ', ["no JSON", "line 3"]),
        ("a.jsonl", b"[1]", ["no object", "line 1"]),
        ("a.jsonl", b'{"a": [1]}', ["holds a list", "line 1"]),
        ("a.csv", b"a,b\n1,2\n1,2,3\n", ["more cells", "line 3"]),
        ("a.csv", b"a,b\n1\n", ["fewer cells", "line 2"]),
        ("a.csv", "a\nok\n日本語のテスト\n".encode("cp932"), ["not UTF-8", "Shift-JIS", "line 3"]),
        ("a.parquet", b"PAR1", ["no Parquet"]),
    ],
)
def test_errors_name_file_and_place(tmp_path: Path, name: str, raw: bytes, expected: list[str]) -> None:
    path = tmp_path / name
    path.write_bytes(raw)
    with pytest.raises(DataError) as caught:
        read_rows(path)
    for part in (str(path), *expected):
        assert part in str(caught.value)


def test_a_missing_file_names_its_neighbours(tmp_path: Path) -> None:
    (tmp_path / "sst2.json").write_text("[]")
    with pytest.raises(DataError, match="no such file") as caught:
        read_rows(tmp_path / "sst.json")
    assert "sst2.json" in caught.value.mend
    with pytest.raises(DataError) as caught:
        read_rows(tmp_path / "no" / "sst.json")
    assert "doesn't exist either" in caught.value.mend
