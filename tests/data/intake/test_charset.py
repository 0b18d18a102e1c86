"""Encodings: what the ladder finds, from all of a file and not from its head."""

import base64
import csv
import io
import tempfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from farfield.data.intake.charset import Charset, find_charset
from farfield.data.intake.japanese import decode_mail, plausibility
from tests.data.intake.gathered import gather, read, rows_of

SENTENCES = (
    "プリンタの電源が入らないので、至急見に来てください。",
    "先月の請求書がまだ届いていません。再発行をお願いします。",
    "東京都港区の倉庫に荷物を二つ送りました",
    "アップデートの後、画面が真っ暗になりました！",
)
ENCODINGS = ("utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "iso2022_jp", "cp932", "euc_jp")


def _found(raw: bytes) -> Charset:
    found = find_charset(lambda: iter([raw[at : at + 50] for at in range(0, len(raw), 50)]))
    assert isinstance(found, Charset)
    return found


def _table(encoding: str, head: int = 0) -> bytes:
    rows = ["text,label", *["plain ascii,yes"] * head, *(f"{sentence},区分" for sentence in SENTENCES)]
    return ("\r\n".join(rows) + "\r\n").encode(encoding)


@pytest.mark.parametrize("encoding", ENCODINGS)
def test_japanese_is_read_in_each_of_its_encodings(tmp_path: Path, encoding: str) -> None:
    (tmp_path / "a.csv").write_bytes(_table(encoding))
    assert [row["text"] for row in rows_of(tmp_path / "a.csv", tmp_path / "out")] == list(SENTENCES)


@pytest.mark.parametrize("encoding", ENCODINGS)
def test_one_japanese_row_after_many_of_ascii(tmp_path: Path, encoding: str) -> None:
    text = "text,label\n" + "plain ascii,yes\n" * 300 + "日本語の行です,いいえ\n"
    (tmp_path / "a.csv").write_bytes(text.encode(encoding))
    assert rows_of(tmp_path / "a.csv", tmp_path / "out")[-1] == {"text": "日本語の行です", "label": "いいえ"}


def test_it_is_said_how_sure_the_encoding_is() -> None:
    assert _found(b"a,b\n").sure == "certain"
    assert _found(_table("utf-8-sig")).why == "byte order mark"
    assert (_found(_table("cp932")).codec, _found(_table("cp932")).sure) == ("cp932", "likely")
    assert _found("café,Zürich,façade déjà vu,naïve\n".encode("cp1252") * 20).sure == "guess"


@pytest.mark.parametrize(
    "bad", [b"\x81\x20 x", b"\xff\xfe", b"half a \xe3\x81", "送料が違う".encode()[:-2] + b"!", b"\x8f\x8f\x8f"]
)
def test_one_broken_line_of_a_plain_file_costs_that_line(tmp_path: Path, bad: bytes) -> None:
    lines = [b"text,label", *[b"plain ascii %d,yes" % n for n in range(40)]]
    (tmp_path / "a.csv").write_bytes(b"\n".join([*lines, bad + b",no", b"the last,yes", b""]))
    found = gather(tmp_path / "a.csv", to=tmp_path / "out")
    assert (len(found.rows), found.done.aside) == (41, 1)
    assert (found.asides[0]["row"], base64.b64decode(found.asides[0]["raw_base64"])) == (42, bad + b",no\n")
    assert (found.sources["a.csv"].encoding, found.sources["a.csv"].sure) == ("utf-8", "likely")


@pytest.mark.parametrize("word", ["café", "Zürich", "“quoted” – so", "£5", "mañana"])
def test_one_western_word_in_a_plain_file_is_read(tmp_path: Path, word: str) -> None:
    text = "text,label\n" + "plain ascii,yes\n" * 40 + f"{word} and more,no\n"
    (tmp_path / "a.csv").write_bytes(text.encode("cp1252"))
    found = gather(tmp_path / "a.csv", to=tmp_path / "out")
    assert found.rows[-1]["text"] == f"{word} and more"
    assert (found.sources["a.csv"].encoding, found.sources["a.csv"].sure) == ("cp1252", "guess")


def test_cyrillic_is_not_taken_for_western() -> None:
    text = "Принтер не включается, пришлите мастера. Счёт за прошлый месяц не пришёл.\n" * 5
    assert _found(text.encode("cp1251")).codec != "cp1252"


def test_a_file_of_zeros_is_no_text(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_bytes(b"a,b\n" + b"\0" * 1000 + b"\x01\xff" * 300)
    (tmp_path / "b.csv").write_text("a,b\n1,2\n")
    assert gather(tmp_path, to=tmp_path / "out").reasons == ["the file is no text: it is full of zero bytes"]


def test_broken_lines_of_utf8_are_put_aside_with_their_bytes(tmp_path: Path) -> None:
    lines = [f"{sentence},よい".encode() for sentence in SENTENCES]
    bad = SENTENCES[0].encode()[:-1] + b",x"
    (tmp_path / "a.csv").write_bytes(b"\n".join([b"text,label", *lines, bad, *lines, b""]))
    found = gather(tmp_path / "a.csv", to=tmp_path / "out")
    assert (len(found.rows), found.done.aside) == (8, 1)
    assert found.sources["a.csv"].encoding == "utf-8"
    (aside,) = found.asides
    assert (aside["row"], base64.b64decode(aside["raw_base64"])) == (6, bad + b"\n")
    assert aside["reason"].startswith("the line is no utf-8: byte ")


def test_a_broken_line_of_cp932_costs_that_line(tmp_path: Path) -> None:
    lines = [f"{sentence},よい".encode("cp932") for sentence in SENTENCES * 3]
    (tmp_path / "a.csv").write_bytes(b"\n".join([b"text,label", *lines, "あ,".encode("cp932") + b"\x82", b""]))
    found = gather(tmp_path / "a.csv", to=tmp_path / "out")
    assert (found.sources["a.csv"].encoding, len(found.rows), found.done.aside) == ("cp932", 12, 1)


def test_half_a_pair_in_utf16_costs_its_line(tmp_path: Path) -> None:
    raw = "text,label\nabc,1\n".encode("utf-16") + b"\x00\xd8" + "b,2\nc,3\n".encode("utf-16-le") + b"x"
    (tmp_path / "a.csv").write_bytes(raw)
    found = gather(tmp_path / "a.csv", to=tmp_path / "out")
    assert [row["text"] for row in found.rows] == ["abc", "c"]
    assert found.reasons == [
        "the line is no utf-16-le: half of a character stands at 1",
        "the file ends in the middle of a character of utf-16-le",
    ]


def test_mail_programs_characters_in_iso_2022_jp() -> None:
    row13 = b"\x1b$B-!-j\x1b(B ok \x1b(I1\x1b(B"
    assert decode_mail(row13) == "①㈱ ok ｱ"
    with pytest.raises(UnicodeDecodeError):
        decode_mail(b"\x1b$B-\x1b(B")


def test_the_vendors_row_in_euc_jp(tmp_path: Path) -> None:
    lines = [f"{sentence},区分" for sentence in SENTENCES]
    raw = "\n".join(["text,label", *lines]).encode("euc_jp") + b"\n\xad\xa1\xcf\xc2,\xad\xea\n\xad,x\n"
    (tmp_path / "a.csv").write_bytes(raw)
    found = gather(tmp_path / "a.csv", to=tmp_path / "out")
    assert (found.rows[-1]["text"], found.rows[-1]["label"], found.done.aside) == ("①和", "㈱", 1)


@given(st.text(st.characters(codec="iso2022_jp", exclude_characters="\x1b\x0e\x0f\r\n\\~¥‾")))
def test_iso_2022_jp_is_read_as_python_writes_it(text: str) -> None:
    # The two differ in what a few signs map to (〜 and ～): CP932's reading is that of the programs that write mail.
    told = decode_mail(text.encode("iso2022_jp"))
    assert len(told) == len(text)
    assert all(a == b or a in "～∥－￠￡￢―＼" for a, b in zip(told, text, strict=True))


def test_nonsense_does_not_read_as_japanese() -> None:
    text = "".join(SENTENCES)
    assert plausibility(text) == 1.0
    assert plausibility(text.encode("euc_jp").decode("cp932", "ignore")) < 0.5
    assert plausibility(text.encode().decode("cp932", "ignore")) < 0.7
    assert plausibility("简体中文的客户服务信息，请尽快回复我们" * 4) == 0.0


def test_chinese_is_not_taken_for_japanese() -> None:
    text = "打印机无法开机，请尽快派人来检查。上个月的发票还没有收到，请重新开具。\n" * 10
    assert _found(text.encode("gb18030")).codec not in ("cp932", "euc_jp")


# CP932 takes these signs from Unicode and gives others back.
ONE_WAY = {"cp932": "¢£¬‖−〜", "euc_jp": "¥‾", "euc_kr": "\u3164"}
CELLS = {
    encoding: st.text(
        st.characters(codec=encoding, exclude_characters="\0\x1b\x0e\x0f" + ONE_WAY.get(encoding, "")), max_size=30
    )
    for encoding in ("utf-8", "cp932", "euc_jp", "latin-1", "cp1252", "gb18030", "big5", "euc_kr")
}
WIDE = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=30)


@pytest.mark.parametrize("encoding", [*CELLS, "utf-16", "utf-8-sig", "utf-32"])
@given(data=st.data())
def test_any_text_comes_through_csv_in_every_encoding_that_holds_it(encoding: str, data: st.DataObject) -> None:
    rows = data.draw(st.lists(st.tuples(*[CELLS.get(encoding, WIDE)] * 2), min_size=1, max_size=5))
    target = io.StringIO()
    writer = csv.writer(target, quoting=csv.QUOTE_ALL)
    writer.writerows([("text", "label"), ("first", "row"), *rows])
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "a.csv").write_bytes(target.getvalue().encode(encoding))
        named = encoding.removesuffix("-sig")
        found = read(folder / "a.csv", "csv", encoding=named, delimiter=",", header=1)
    filled = [row for row in rows if any(cell.strip() for cell in row)]
    assert [(row["text"], row["label"]) for row in found[1:]] == filled
