"""CSV: delimiters, quotes, line ends, headers, and lines that are no rows."""

import base64
from pathlib import Path

import pytest

from farfield.data.intake import Limits
from tests.data.intake.gathered import gather, rows_of


def _write(folder: Path, text: str | bytes, name: str = "a.csv") -> Path:
    path = folder / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


@pytest.mark.parametrize("mark", [",", "\t", ";", "|"])
def test_the_delimiter_is_what_fits_most_rows(tmp_path: Path, mark: str) -> None:
    others = [other for other in ",\t;|" if other != mark]
    body = "".join(f"one {others[n % 3]} two{others[0]} {n}{mark}yes\n" for n in range(40))
    found = gather(_write(tmp_path, f"text{mark}label\n{body}"), to=tmp_path / "out")
    assert found.sources["a.csv"].delimiter == mark
    assert [row["label"] for row in found.rows] == ["yes"] * 40


def test_a_single_column_is_a_table_too(tmp_path: Path) -> None:
    assert rows_of(_write(tmp_path, "text\nhello\nthere\n"), tmp_path / "out") == [{"text": "hello"}, {"text": "there"}]


def test_cells_hold_quotes_and_line_breaks_and_rows_know_their_line(tmp_path: Path) -> None:
    path = _write(tmp_path, 'text,label\r\n"a ""b""\r\nc, d",x\r\nlast,y\r\n')
    rows = gather(path, to=tmp_path / "out").rows
    assert [(row["text"], row["_row"], row["_file"]) for row in rows] == [
        ('a "b"\r\nc, d', "2", "a.csv"),
        ("last", "4", "a.csv"),
    ]


def test_line_ends_of_old_macs(tmp_path: Path) -> None:
    assert rows_of(_write(tmp_path, "a,b\r1,2\r3,4\r"), tmp_path / "out") == [
        {"a": "1", "b": "2"},
        {"a": "3", "b": "4"},
    ]


def test_rows_of_another_width_are_put_aside_and_empty_ends_are_not(tmp_path: Path) -> None:
    found = gather(_write(tmp_path, "a,b\n1,2\n3\n4,5,6\n7,8,,\n\n,\n"), to=tmp_path / "out")
    assert [(row["a"], row["b"]) for row in found.rows] == [("1", "2"), ("7", "8")]
    assert found.reasons == ["the row has 1 cells, the header 2", "the row has 3 cells, the header 2"]
    assert found.sources["a.csv"].blank == 2


def test_a_quote_that_never_closes_costs_one_line(tmp_path: Path) -> None:
    body = "".join(f"{n},fine\n" for n in range(20))
    found = gather(_write(tmp_path, f'a,b\n"open,x\n{body}'), to=tmp_path / "out")
    assert (len(found.rows), found.reasons) == (20, ["a quote opens here and does not close"])
    assert found.asides[0]["row"] == 2


def test_a_quote_within_a_cell_costs_one_line(tmp_path: Path) -> None:
    found = gather(_write(tmp_path, 'a,b\n"12" pipe,x\n1,2\n'), to=tmp_path / "out")
    assert [row["a"] for row in found.rows] == ["1"]
    assert found.reasons[0].startswith("a quote closes in the middle of a cell")


def test_quotes_are_ordinary_where_nothing_is_quoted(tmp_path: Path) -> None:
    said = 'text\tlabel\nHe said "hi"\ta\n"Yes" was the answer\tb\n"no\tc\n'
    found = gather(_write(tmp_path, said, "a.tsv"), to=tmp_path / "out")
    assert [row["text"] for row in found.rows] == ['He said "hi"', '"Yes" was the answer', '"no']
    assert found.sources["a.tsv"].notes == ["quotes are ordinary characters in this file"]
    quoted = gather(_write(tmp_path, said + '"a ""b"" c"\td\n', "b.tsv"), to=tmp_path / "out2")
    assert (quoted.rows[-1]["text"], quoted.done.aside) == ('a "b" c', 2)


def test_lines_are_read_again_so_many_times_only(tmp_path: Path) -> None:
    path = _write(tmp_path, "a,b\n1,2\n" + 'x,"y\n' * 3 + "5,6\n")
    found = gather(path, to=tmp_path / "out", limits=Limits(unclosed=1))
    assert [row["a"] for row in found.rows] == ["1", "5"]
    raw = [base64.b64decode(aside["raw_base64"]) for aside in found.asides]
    assert raw == [b'x,"y\n', b'x,"y\n' * 2]


def test_a_line_that_is_too_long_is_put_aside(tmp_path: Path) -> None:
    path = _write(tmp_path, b"a,b\n1,2\n" + b"x" * 3_000_000 + b",3\n4,5\n")
    found = gather(path, to=tmp_path / "out", limits=Limits(line_bytes=100_000))
    assert [row["_row"] for row in found.rows] == ["2", "4"]
    assert found.reasons == ["the line has 3000003 bytes; more than 100000 are not read"]


def test_a_long_cell_is_read(tmp_path: Path) -> None:
    (row,) = rows_of(_write(tmp_path, "a,b\n" + "x" * 500_000 + ",1\n"), tmp_path / "out")
    assert len(row["a"]) == 500_000


def test_a_title_above_the_header_is_put_aside(tmp_path: Path) -> None:
    body = "".join(f"{n},text {n},yes\n" for n in range(5))
    found = gather(_write(tmp_path, f"売上一覧,,\n\nid,text,label\n{body}"), to=tmp_path / "out")
    assert (found.sources["a.csv"].header, found.reasons) == ({"": 3}, ["the row stands above the header"])
    assert found.rows[0]["_row"] == "4"


def test_a_table_without_header(tmp_path: Path) -> None:
    assert rows_of(_write(tmp_path, "1,2\n3,4\n"), tmp_path / "out")[0] == {"column_1": "1", "column_2": "2"}
    named = rows_of(_write(tmp_path, "a,b\nc,d\n", "b.csv"), tmp_path / "out2", header=0)
    assert [row["column_1"] for row in named] == ["a", "c"]


def test_the_caller_knows_the_headers_row(tmp_path: Path) -> None:
    path = _write(tmp_path, "x,y\np,q\n1,2\n")
    assert rows_of(path, tmp_path / "out", header=2) == [{"p": "1", "q": "2"}]


def test_columns_get_names_of_their_own(tmp_path: Path) -> None:
    found = gather(_write(tmp_path, "a,a,,_file\nw,x,y,z\n"), to=tmp_path / "out")
    assert {name: value for name, value in found.rows[0].items() if name not in ("_file", "_row", "_sheet")} == {
        "a": "w", "a_2": "x", "column_3": "y", "_file_": "z",
    }  # fmt: skip
    assert found.sources["a.csv"].renamed == {"a": "a_2", "(column 3)": "column_3", "_file": "_file_"}
