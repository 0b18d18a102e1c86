"""JSON, JSON lines and Parquet."""

import base64
import json
import tempfile
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from farfield.data.intake import Limits, Source
from farfield.data.intake.objects import json_rows
from farfield.data.intake.values import Aside, Row
from farfield.errors import DataError
from tests.data.intake.gathered import gather, read

TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=30)


def _json(text: str, *, piece: int = 7, limit: int = 1000) -> list[Row | Aside]:
    pieces = [text[at : at + piece] for at in range(0, len(text), piece)]
    return list(json_rows(pieces, Source("a.json"), Limits(line_bytes=limit)))


def test_a_list_of_objects_with_the_line_of_each() -> None:
    assert _json('[\n {"a": "x"},\n\n {"a": 1.5, "b": null}\n]\n') == [
        Row({"a": "x"}, 2),
        Row({"a": "1.5", "b": ""}, 4),
    ]


def test_an_object_with_one_list(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text('{"total": 2, "tags": ["x"], "rows": [{"a": "x"}, {"a": "y"}]}')
    found = gather(tmp_path / "a.json", to=tmp_path / "out")
    assert [row["a"] for row in found.rows] == ["x", "y"]
    assert found.sources["a.json"].notes == ["beside the list 'rows' stand 'total', 'tags'; they are no rows"]


def test_an_object_without_a_list_is_a_row() -> None:
    assert _json('{"a": {"b": true, "c": {"d": "e"}}, "f": ["g", 1]}') == [
        Row({"a.b": "true", "a.c.d": "e", "f": '["g", 1]'}, 1)
    ]


@given(st.lists(st.dictionaries(TEXT, TEXT | st.integers() | st.none(), min_size=1), min_size=1), st.integers(1, 40))
def test_any_list_is_read_in_any_pieces(rows: list[dict[str, Any]], piece: int) -> None:
    for indent in (None, 1):
        found = _json(json.dumps(rows, ensure_ascii=False, indent=indent), piece=piece)
        assert [item.fields if isinstance(item, Row) else item for item in found] == [
            {(f"{name}_" if name in ("_file", "_row", "_sheet", "_domain") else name) or "column":
             "" if value is None else str(value) for name, value in row.items()} for row in rows
        ]  # fmt: skip


@pytest.mark.parametrize(
    ("text", "rows", "reason"),
    [
        ('[{"a": 1}, {"a": tru}]', 1, "this is no JSON: Expecting value"),
        ('[{"a": 1}, {"a": 2}', 2, "this is no JSON: ']' is missing here"),
        ('[{"a": 1, "a": 2}]', 0, "this is no JSON: the key 'a' stands twice in one object"),
        ('[{"a": 1}, 3]', 1, "the row is no object with fields"),
        ('[{"a": 1}] [', 1, "something stands after the end of the JSON"),
        ('"text"', 0, "the file is no list of objects"),
        ('[{"a": "' + "x" * 2000 + '"}]', 0, "this is no JSON: an object has more than 1000 characters"),
        ("[" * 100_000, 0, "this is no JSON: "),
    ],
)
def test_what_is_wrong_with_json_is_said(text: str, rows: int, reason: str) -> None:
    found = _json(text, piece=100)
    assert sum(isinstance(item, Row) for item in found) == rows
    assert isinstance(found[-1], Aside)
    assert found[-1].reason.startswith(reason)
    assert found[-1].mend


def test_a_malformed_object_costs_itself_and_none_within_it_becomes_a_row() -> None:
    rows = [f'{{"id": {n}, "text": "message {n}", "from": {{"id": 7, "name": "x"}}}}' for n in range(6)]
    rows[2] = rows[2].replace('"message 2"', "message 2")
    rows[4] = rows[4].replace('"text"', '"id"')
    for text in ("[" + ",\n".join(rows) + "]", '{"rows": [' + ", ".join(rows) + "]}"):
        for piece in (5, 1000):
            found = _json(text, piece=piece)
            assert [item.fields["id"] for item in found if isinstance(item, Row)] == ["0", "1", "3", "5"]
            asides = [item for item in found if isinstance(item, Aside)]
            assert [aside.raw.decode().rstrip(", \n") for aside in asides] == [rows[2], rows[4]]
            assert [aside.reason.split(":")[0] for aside in asides] == ["the object is no JSON"] * 2


def test_an_object_that_was_cut_off_in_the_middle() -> None:
    found = _json('[{"a": "x", "b": 1},\n{"a": "y", "b\n{"a": "z", "b": 3}\n{"a": "w", "b": 4}]')
    assert [(item.row, item.fields["a"]) for item in found if isinstance(item, Row)] == [(1, "x"), (3, "z"), (4, "w")]


def test_lines_of_json_and_what_is_none(tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").write_text('{"a": "x"}\n\n{"a": \n[1]\n{"a": "y"}\n{"a": "\\ud800"}\n')
    found = gather(tmp_path / "a.jsonl", to=tmp_path / "out")
    assert [(row["a"], row["_row"]) for row in found.rows] == [("x", "1"), ("y", "5")]
    assert [(aside["row"], aside["reason"].split(":")[0]) for aside in found.asides] == [
        (3, "the line is no JSON"),
        (4, "the row is no object with fields"),
        (6, "the row holds half of a character, or bytes that stand for none"),
    ]
    assert base64.b64decode(found.asides[0]["raw_base64"]) == b'{"a": \n'


def test_json_with_bytes_that_stand_for_nothing(tmp_path: Path) -> None:
    text = "".join(f'{{"a": "日本語 {n}"}},' for n in range(9)).encode()
    (tmp_path / "a.json").write_bytes(b"[" + text[:-1] + b',\n\n{"a": "\xe3\x81"}\n]')
    found = gather(tmp_path / "a.json", to=tmp_path / "out")
    assert (len(found.rows), found.reasons) == (9, ["the row holds half of a character, or bytes that stand for none"])


@given(st.lists(st.tuples(TEXT, TEXT | st.none()), min_size=1, max_size=5))
def test_any_text_comes_through_parquet(rows: list[tuple[str, str | None]]) -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        frame = pl.DataFrame([("first", "row"), *rows], schema={"text": pl.String, "label": pl.String}, orient="row")
        frame.write_parquet(folder / "a.parquet")
        found = read(folder / "a.parquet", "parquet")
    assert [(row["text"], row["label"]) for row in found[1:]] == [(text, label or "") for text, label in rows]


def test_a_broken_parquet_file_is_put_aside(tmp_path: Path) -> None:
    (tmp_path / "a.parquet").write_bytes(b"PAR1 and nothing else")
    with pytest.raises(DataError, match="not one row could be read") as raised:
        gather(tmp_path / "a.parquet", to=tmp_path / "out")
    assert "the Parquet file is broken" in raised.value.mend
    assert not (tmp_path / "out").exists()
