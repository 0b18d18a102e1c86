"""Damage is found and mended; texts that are odd and whole stay as they are."""

import ftfy.bad_codecs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from farfield.data.faults.characters import control_tokens, controls, invisible, without_controls
from farfield.data.faults.mojibake import is_damaged, unspoilt
from farfield.data.faults.rows import answered, empty, in_other_language, label_in_input, too_long

assert ftfy.bad_codecs  # brings the sloppy encodings

JAPANESE = "昨日納品されたポンプから水が漏れています。至急ご対応ください。"


@pytest.mark.parametrize(
    ("written", "read"),
    [("utf-8", "latin-1"), ("cp932", "latin-1"), ("euc_jp", "latin-1"), ("cp932", "sloppy-windows-1252")],
)
def test_japanese_read_in_a_wrong_encoding_is_mended(written: str, read: str) -> None:
    spoilt = JAPANESE.encode(written).decode(read)
    assert unspoilt(spoilt) == JAPANESE


def test_euc_read_as_cp932_is_mended_where_nothing_was_lost() -> None:
    text = "すぐにきてください"
    assert unspoilt(text.encode("euc_jp").decode("cp932")) == text
    assert is_damaged("ポンプがもれています".encode("euc_jp").decode("cp932", "replace"))


@pytest.mark.parametrize("text", ["ポンプが回りません", "請求書の件", "見積をおねがいします"])
def test_utf8_read_as_cp932_is_mended_or_told(text: str) -> None:
    spoilt = text.encode().decode("cp932", errors="replace")
    assert is_damaged(spoilt) or "\ufffd" in spoilt
    try:
        whole = text.encode().decode("cp932")
    except UnicodeDecodeError:
        return
    assert unspoilt(whole) == text


@pytest.mark.parametrize("text", ["The café's bill — “wrong” again", "Über 5 € zu viel", "naïve façade"])
def test_western_text_read_in_a_wrong_encoding_is_mended(text: str) -> None:
    assert unspoilt(text.encode().decode("sloppy-windows-1252")) == text


@pytest.mark.parametrize(
    "text",
    [
        JAPANESE,
        "ﾎﾟﾝﾌﾟ ｺｼｮｳ ﾃﾞｽ ｼｷｭｳ ｵﾈｶﾞｲｼﾏｽ",
        "ﾎﾟﾝﾌﾟが止まった｡至急､お願いします｡",
        "Müller & Söhne, été à Orléans, año, señor, ¡Hola!",
        "Ça coûte 5 € — « très » cher…",
        "Größe 3½, −5 °C, 10 µm, ±2 %",
        "Привет, насос не работает",
        "水泵坏了，请尽快派人来",
        "縺れた糸を解く",
        "繧繝縁の畳",
        "plain",
        "",
    ],
)
def test_odd_and_whole_texts_stay(text: str) -> None:
    assert unspoilt(text) == text
    assert not is_damaged(text)


@given(
    st.text(st.sampled_from("あいうえおかきくけこさしすせそのはをんアイウエオ水回止来送")).filter(lambda t: len(t) > 3)
)
def test_whole_japanese_stays(text: str) -> None:
    assert unspoilt(text) == text


def test_controls() -> None:
    assert controls("a\tb\r\nc") == ()
    assert controls("a\x00b\x85") == (1, 3)
    assert without_controls("a\x00b\tc\x85") == "ab\tc"


@given(st.text())
def test_without_controls_there_are_none(text: str) -> None:
    assert controls(without_controls(text)) == ()
    assert len(text) - len(without_controls(text)) == len(controls(text))


@pytest.mark.parametrize(
    ("text", "places"),
    [
        ("in\u200bvoice", (2,)),
        ("\u202eecilop", (0,)),
        ("x\ufeff", (1,)),
        ("hid\U000e0041den", (3,)),
        ("👨\u200d👩\u200d👧 here", ()),
        ("葛\U000e0100城市", ()),
        ("ok ✔\ufe0f", ()),
        ("🏴\U000e0067\U000e0062\U000e0065\U000e006e\U000e0067\U000e007f", ()),
        ("שלום\u200f!", ()),
        ("hello\u200f!", (5,)),
        ("می\u200cخواهم", ()),
    ],
)
def test_invisible_characters(text: str, places: tuple[int, ...]) -> None:
    assert invisible(text) == places


@pytest.mark.parametrize("text", ["<|im_start|>user", "[INST] hi [/INST]", "<start_of_turn>", "a</s>", "<｜User｜>"])
def test_control_tokens(text: str) -> None:
    assert control_tokens(text)


@pytest.mark.parametrize("text", ["a < b and b > c", "|x| <y>", "[install] it", "<b>bold</b>", "<https://a.example>"])
def test_what_looks_like_control_tokens(text: str) -> None:
    assert control_tokens(text) == ()


def test_empty_and_long_rows() -> None:
    assert empty([("a", "b"), ("a", " \u200b"), ("",)]) == (1, 2)
    assert too_long(["x" * 100] * 9 + ["x" * 3000]) == (9,)
    assert too_long(["x" * 1000] * 9 + ["x" * 3000]) == ()
    assert too_long([]) == ()


def test_the_other_language() -> None:
    japanese, english = [JAPANESE] * 9, ["The pump hums and does not turn."] * 9
    assert in_other_language([*japanese, english[0]]) == (9,)
    assert in_other_language([*english, JAPANESE]) == (9,)
    assert in_other_language([*japanese, *english]) == ()
    assert in_other_language([*japanese, "MK-22", "RD-8のポンプ、型式はABCDEFGHIJKです。見積希望"]) == ()


def test_answers_in_the_input() -> None:
    headline = "Rack B: hit by forklift, upright bent"
    assert answered([f"Title: {headline}. At 7 …", "At 7 …"], [headline, headline]) == (0,)
    assert answered(["the oil is hot"], ["oil"]) == ()


def test_labels_left_in_the_input() -> None:
    labels = ["repair", "billing"]
    texts = [f"{labels[n % 2]}: message {n}" for n in range(40)]
    targets = [labels[n % 2] for n in range(40)]
    assert label_in_input(texts, targets, labels) == tuple(range(40))
    assert label_in_input(texts, targets[::-1], labels) == ()
    some = [text if n < 6 else "message" for n, text in enumerate(texts)]
    assert label_in_input(some, targets, labels) == ()
