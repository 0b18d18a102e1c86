"""Workbooks: sheets, headers that stand lower or over two rows, cells as text, and files that are none."""

import base64
import datetime
import tempfile
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path

import pytest
import xlsxwriter
from hypothesis import given
from hypothesis import strategies as st
from xlsxwriter.worksheet import Worksheet

from farfield.data.intake import Limits
from tests.data.intake.binary_workbook import write_xlsb
from tests.data.intake.gathered import gather, read, rows_of

IN_XML = st.characters(exclude_categories=["Cs"], exclude_characters="\0\ufffe\uffff")
Fill = Callable[[Worksheet], object]


def _book(path: Path, **sheets: Fill) -> Path:
    book = xlsxwriter.Workbook(str(path), {"strings_to_formulas": False, "strings_to_urls": False})
    for name, fill in sheets.items():
        fill(book.add_worksheet(name))
    book.close()
    return path


def _rows(*rows: tuple[object, ...]) -> Fill:
    def fill(sheet: Worksheet) -> None:
        for number, row in enumerate(rows):
            for column, cell in enumerate(row):
                if isinstance(cell, str):
                    sheet.write_string(number, column, cell)
                else:
                    sheet.write(number, column, cell)

    return fill


def test_every_sheet_is_read_under_its_own_row_numbers(tmp_path: Path) -> None:
    path = _book(
        tmp_path / "a.xlsx",
        大阪=_rows((), (), ("本文", "区分"), ("動かない", "修理"), (), ("届かない", "配送")),
        空=_rows(),
        仙台=_rows(("本文", "区分"), ("請求書", "経理")),
    )
    found = gather(path, to=tmp_path / "out")
    assert [(row["本文"], row["_sheet"], row["_row"]) for row in found.rows] == [
        ("動かない", "大阪", "4"),
        ("届かない", "大阪", "6"),
        ("請求書", "仙台", "2"),
    ]
    assert found.sources["a.xlsx"].header == {"大阪": 3, "空": 0, "仙台": 1}


def test_a_header_of_merged_cells_over_two_rows_is_joined(tmp_path: Path) -> None:
    def fill(sheet: Worksheet) -> None:
        sheet.merge_range(0, 1, 0, 4, "令和5年度 問い合わせ一覧")
        sheet.merge_range(1, 1, 2, 1, "番号")
        sheet.merge_range(1, 2, 1, 3, "顧客")
        sheet.merge_range(1, 4, 2, 4, "内容")
        sheet.write_row(2, 2, ["氏名", "住所"])
        for row in range(3, 8):
            sheet.write_row(row, 1, [row, "山田", "東京", "動かない"])

    found = gather(_book(tmp_path / "a.xlsx", 表=fill), to=tmp_path / "out")
    assert [name for name in found.rows[0] if name[0] != "_"] == ["番号", "顧客_氏名", "顧客_住所", "内容"]
    assert (len(found.rows), found.rows[0]["_row"], found.rows[0]["番号"]) == (5, "4", "3")
    assert found.reasons == ["the row stands above the header"]


def test_cells_become_the_text_that_a_person_would_type(tmp_path: Path) -> None:
    def fill(sheet: Worksheet) -> None:
        sheet.write_row(0, 0, ["n", "x", "b", "d"])
        sheet.write_row(1, 0, [12345678901, 0.25, True])
        sheet.write_datetime(1, 3, datetime.datetime(2023, 3, 1), day)

    book = xlsxwriter.Workbook(str(tmp_path / "a.xlsx"))
    day = book.add_format({"num_format": "yyyy/m/d"})
    fill(book.add_worksheet("s"))
    book.close()
    assert rows_of(tmp_path / "a.xlsx", tmp_path / "out", header=1) == [
        {"n": "12345678901", "x": "0.25", "b": "true", "d": "2023-03-01"}
    ]


@given(
    st.lists(
        st.tuples(
            *[st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0\ufffe\uffff"), max_size=40)] * 2
        ),
        min_size=1,
        max_size=4,
    )
)
def test_any_text_comes_through_excel(rows: list[tuple[str, str]]) -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        path = _book(folder / "a.xlsx", s=_rows(("text", "label"), ("first", "row"), *rows))
        found = read(path, "excel", header=1)
    filled = [row for row in rows if any(cell.strip() for cell in row)]
    assert [(row["text"], row["label"]) for row in found[1:]] == filled


def test_a_hidden_sheet_is_read_and_said_to_be_hidden(tmp_path: Path) -> None:
    def fill(sheet: Worksheet) -> None:
        _rows(("a",), ("x",))(sheet)
        sheet.hide()

    path = _book(tmp_path / "a.xlsx", 表=_rows(("a",), ("y",)), 裏=fill)
    found = gather(path, to=tmp_path / "out")
    assert [row["a"] for row in found.rows] == ["y", "x"]
    assert found.sources["a.xlsx"].notes == ["the sheet '裏' is hidden; it was read"]


@pytest.fixture
def beside(tmp_path: Path) -> Path:
    """A folder with one file that can be read."""
    folder = tmp_path / "in"
    folder.mkdir()
    (folder / "fine.csv").write_text("a,b\n1,2\n")
    return folder


def test_broken_and_encrypted_workbooks_are_named_and_the_rest_goes_on(beside: Path, tmp_path: Path) -> None:
    whole = _book(tmp_path / "whole.xlsx", s=_rows(("a",), ("x",))).read_bytes()
    (beside / "cut.xlsx").write_bytes(whole[: len(whole) // 2])
    (beside / "text.xlsx").write_text("no workbook")
    ole = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
    (beside / "locked.xlsx").write_bytes(ole + b"\0" * 2000 + "EncryptedPackage".encode("utf-16-le") + b"\0" * 2000)
    (beside / "old.xls").write_bytes(ole + b"\0" * 2000)
    (beside / "page.xls").write_text("<html><table><tr><td>1</td></tr></table></html>")
    found = gather(beside, to=tmp_path / "out")
    assert len(found.rows) == 1
    reasons = {aside["file"].removeprefix("in/"): aside["reason"] for aside in found.asides}
    assert reasons["cut.xlsx"].startswith("the workbook is broken: ")
    assert reasons["text.xlsx"] == "the workbook is broken: it does not begin as one"
    assert reasons["locked.xlsx"] == "the workbook is encrypted"
    assert reasons["old.xls"].startswith("the workbook is broken: ")
    assert reasons["page.xls"] == "the file is called .xls and holds a web page"
    assert all(aside["mend"] for aside in found.asides)


def test_damage_within_a_workbook_is_found_before_it_is_read(beside: Path, tmp_path: Path) -> None:
    path = _book(beside / "a.xlsx", s=_rows(("a",), *[(f"cell {n}",) for n in range(500)]))
    with zipfile.ZipFile(path) as archive:
        info = archive.getinfo("xl/sharedStrings.xml")
    raw = bytearray(path.read_bytes())
    at = info.header_offset + 300
    raw[at : at + 4] = b"\xff\xff\xff\xff"
    path.write_bytes(raw)
    (reason,) = gather(beside, to=tmp_path / "out").reasons
    assert reason.startswith("the workbook is broken: ")


def test_a_workbook_that_would_fill_the_memory_is_not_opened(beside: Path, tmp_path: Path) -> None:
    _book(beside / "a.xlsx", s=_rows(("a",), *[("x" * 1000,)] * 100))
    (reason,) = gather(beside, to=tmp_path / "out", limits=Limits(sheet_bytes=5000)).reasons
    assert reason.endswith("more than 5000 are not held in memory")


def test_a_table_of_tabs_that_is_called_xls_is_read(tmp_path: Path) -> None:
    (tmp_path / "a.xls").write_bytes("本文\t区分\nプリンタが動きません\t修理\n".encode("cp932"))
    assert rows_of(tmp_path / "a.xls", tmp_path / "out") == [{"本文": "プリンタが動きません", "区分": "修理"}]


# What xlwt wrote: a title, a blank cell, and a table with its header in row 3.
OLD = (
    "c-rk)O=uHA6#iy+lO~}}lbQ;x5JJJKHHU~75!zL$7A&SUDvB*=YD3kQR6;L$&}t3pK@_~Gc&QY`OVx`%D55tHLW?4TAS8+>MGzD`"
    "v{~Q0>|&}pG@wPxd||$sdGpQ8+q{|CpXsS!Zv0MT9>1UsItrE-?h>1z<aH_mP`hQxqLX_lSqlFZydDaq+l7ZU&#Pn%WxVsyaNBrF"
    "47{V%izA2+r&Eyy#3uG3DWngr!~)mI;zt8}RmXgQc?t6^Rz70hz?SpOt)$I~y_hoNE$i%6yhm%|Hb3OJ_qfj+wyZ%tp2<~w;-V;O"
    "UD%j8lpOju8^T64CO~oPNTpMm<WLSF3g863SrOo?vs0f$lzn0C0%ZR_*Ire|en~TcQCRzVfoI{vC!GT<4xXJsr;MzfMAxqNm}lpO"
    "SWgV`8|O$qaQS)<Wzm5%DazLGa3>6iSBcKp;aGc&ET6mFBV^gyTeSG(+0A=BFlVpV@E)ip?nf<`gS-<0behlH{PJR3U$?oBEu(zC"
    "7w-bgrQ@)0Qud(Eer|CwOKl7DYUWcs>M|}jGKWY>d2@HYUDz_ln$z6cO!KT|yfjyolvh$Y`*HjIaQ3~qiprB6`D3BU*XB5y=&saH"
    "{pD{AQ4tkauSh&Fom|)_##`ow-%byY7O=0)vTt>@n1zpvL1w8Ce06gbf)$b<lTU*GKf!9Pj9O#0<YG;#b$fKZj9zEGVe56)yKKEt"
    "MsKiQ#`U-+Yf>Mk+6VSju%7~LS{?36C+MX72_F;`6ciK`6ciK|KZO0nE}t|F`x)MCzjny)I<u4t>NClrMFPY08=)7|%}7(8!O@D="
    "&r-OAGnSZVALo0a#BQ2BgF*DMAA=RIUwW?-rPnj>j)6b7g({uDP>G*^dHx?A%G2-"
)


def test_a_workbook_of_the_old_kind_is_read(tmp_path: Path) -> None:
    (tmp_path / "a.xls").write_bytes(zlib.decompress(base64.b85decode(OLD)))
    assert rows_of(tmp_path / "a.xls", tmp_path / "out") == [
        {"本文": "動かない", "区分": "修理"},
        {"本文": "届かない", "区分": "7"},
    ]


def test_a_sheet_of_open_documents_is_read(tmp_path: Path) -> None:
    names = 'xmlns:{0}="urn:oasis:names:tc:opendocument:xmlns:{0}:1.0"'
    cells = ["".join(f'<table:table-cell office:value-type="string"><text:p>{cell}</text:p></table:table-cell>'
                     for cell in row) for row in (("本文", "区分"), ("動かない", "修理"))]  # fmt: skip
    rows = "".join(f"<table:table-row>{row}</table:table-row>" for row in cells)
    content = (
        f"<office:document-content {' '.join(names.format(name) for name in ('office', 'table', 'text'))}>"
        f'<office:body><office:spreadsheet><table:table table:name="表">{rows}</table:table>'
        "</office:spreadsheet></office:body></office:document-content>"
    )
    with zipfile.ZipFile(tmp_path / "a.ods", "w") as archive:
        archive.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
        archive.writestr("META-INF/manifest.xml", '<manifest:manifest xmlns:manifest="urn:x"/>')
        archive.writestr("content.xml", content)
    assert rows_of(tmp_path / "a.ods", tmp_path / "out") == [{"本文": "動かない", "区分": "修理"}]


def test_a_binary_workbook(tmp_path: Path) -> None:
    write_xlsb(tmp_path / "a.xlsb", "窓口", [["本文", "件数"], ["動きません", 3.0], ["届きません", 0.5]])
    found = gather(tmp_path / "a.xlsb", to=tmp_path / "out")
    assert [(row["本文"], row["件数"], row["_row"]) for row in found.rows] == [
        ("動きません", "3", "2"),
        ("届きません", "0.5", "3"),
    ]
    assert found.rows[0]["_sheet"] == "窓口"
