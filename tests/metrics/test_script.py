import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rouge_score.tokenize import tokenize

from farfield.metrics import spaced, words

latin = st.text(st.characters(max_codepoint=0x24F))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("4号旋盤：異音あり。", ["4", "号", "旋", "盤", "異", "音", "あ", "り"]),
        ("CNC旋盤 No.12 の故障", ["cnc", "旋", "盤", "no", "12", "の", "故", "障"]),
        ("ＮＣ旋盤１２号", ["nc", "旋", "盤", "12", "号"]),
        ("ｻｰﾊﾞｰ停止", ["サ", "ー", "バ", "ー", "停", "止"]),
        ("机器停机了", ["机", "器", "停", "机", "了"]),
        ("𠮷野家", ["𠮷", "野", "家"]),
        ("Станок 7", ["станок", "7"]),
        ("기계 고장", ["기계", "고장"]),
        ("", []),
    ],
)
def test_words_by_script(text: str, expected: list[str]) -> None:
    assert words(text) == expected


@given(latin)
def test_words_of_latin_script_are_rouge_scores(text: str) -> None:
    assert words(text) == tokenize(text, None)


def test_kana_written_in_two_code_points_is_one_character() -> None:
    assert words(unicodedata.normalize("NFD", "ガード")) == words("ガード")
    assert spaced(unicodedata.normalize("NFD", "ガ")) == " ガ "


@given(latin)
def test_spaced_leaves_latin_script_alone(text: str) -> None:
    assert spaced(text) == text


def test_spaced_sets_each_cjk_character_and_mark_apart() -> None:
    assert spaced("旋盤A、停止").split() == ["旋", "盤", "A", "、", "停", "止"]
