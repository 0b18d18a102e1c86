"""What an answer has in common with the right one."""

from hypothesis import given
from hypothesis import strategies as st

from farfield.report.shared import shared_parts


def test_shared_words_are_marked_in_their_order() -> None:
    assert shared_parts("the pump leaks oil", "The pump leaks.") == [
        ("the", False),
        (" pump leaks", True),
        (" oil", False),
    ]
    assert shared_parts("nothing alike", "something else") == [("nothing alike", False)]
    assert shared_parts("", "x") == []


def test_japanese_is_compared_by_character() -> None:
    assert shared_parts("ポンプが漏れる", "ポンプの漏れ") == [
        ("ポンプ", True),
        ("が", False),
        ("漏れ", True),
        ("る", False),
    ]


@given(st.text(max_size=60), st.text(max_size=60))
def test_the_parts_are_the_answer(answer: str, target: str) -> None:
    parts = shared_parts(answer, target)
    assert "".join(text for text, _ in parts) == answer
    assert all(text for text, _ in parts)
    assert all(text in target for text, same in parts if same)
