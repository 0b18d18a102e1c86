"""Plain text and e-mail."""

from email.message import EmailMessage
from pathlib import Path

import pytest

from farfield.data.intake import Limits
from tests.data.intake.gathered import gather, rows_of


def test_a_text_file_is_one_example_or_one_a_line(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_bytes("一行目です。\r\n\r\n二行目です。\r\n".encode("cp932"))
    assert rows_of(tmp_path / "a.txt", tmp_path / "out") == [{"text": "一行目です。\n\n二行目です。"}]
    found = gather(tmp_path / "a.txt", to=tmp_path / "lines", text_lines=True)
    assert [(row["text"], row["_row"]) for row in found.rows] == [("一行目です。", "1"), ("二行目です。", "3")]


def test_a_text_that_is_no_example_is_put_aside(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("short")
    (tmp_path / "b.txt").write_text("x" * 200)
    found = gather(tmp_path / "a.txt", tmp_path / "b.txt", to=tmp_path / "out", limits=Limits(file_bytes=100))
    assert found.reasons == ["the text has 200 bytes; more than 100 are no example"]


def _message(charset: str, body: str) -> bytes:
    message = EmailMessage()
    message["Subject"] = "修理のお願い"
    message["From"] = "山田太郎 <taro@Plant.Example.JP>"
    message["Date"] = "Wed, 01 Mar 2023 09:30:00 +0900"
    message.set_content(body, charset=charset)
    return message.as_bytes()


@pytest.mark.parametrize("charset", ["utf-8", "iso-2022-jp", "shift_jis", "euc-jp"])
def test_a_message_by_the_charset_of_its_own_header(tmp_path: Path, charset: str) -> None:
    (tmp_path / "a.eml").write_bytes(_message(charset, "プリンタが動きません。\nよろしくお願いします。\n"))
    assert rows_of(tmp_path / "a.eml", tmp_path / "out") == [
        {
            "subject": "修理のお願い",
            "from_domain": "plant.example.jp",
            "date": "2023-03-01T09:30:00+09:00",
            "text": "プリンタが動きません。\nよろしくお願いします。",
        }
    ]


def test_a_message_whose_header_is_wrong_goes_down_the_ladder(tmp_path: Path) -> None:
    head = b"Subject: \x83e\x83X\x83g\nFrom: a@b.example\nContent-Type: text/plain; charset=us-ascii\n\n"
    (tmp_path / "a.eml").write_bytes(head + "プリンタが動きません。すぐに来てください。".encode("cp932"))
    found = gather(tmp_path / "a.eml", to=tmp_path / "out")
    assert found.rows[0]["text"] == "プリンタが動きません。すぐに来てください。"
    source = found.sources["a.eml"]
    assert (source.encoding, source.sure) == ("cp932", "guess")
    assert found.rows[0]["subject"] == "テスト"


def test_a_page_in_a_message_becomes_text(tmp_path: Path) -> None:
    message = EmailMessage()
    message["Subject"], message["From"] = "x", "a@b.example"
    message.set_content("<style>p {}</style><p>One &amp;\n two</p><p>Three</p>", subtype="html")
    (tmp_path / "a.eml").write_bytes(message.as_bytes())
    assert rows_of(tmp_path / "a.eml", tmp_path / "out")[0]["text"] == "One & two\nThree"


def test_what_is_no_message_is_put_aside(tmp_path: Path) -> None:
    (tmp_path / "a.eml").write_bytes(_message("utf-8", "text"))
    (tmp_path / "b.eml").write_text("no message at all")
    (tmp_path / "c.eml").write_bytes(_message("utf-8", " "))
    found = gather(*sorted(tmp_path.glob("*.eml")), to=tmp_path / "out")
    assert found.reasons == ["the file is no message: it has no From, Subject or Date", "the message has no text"]
