"""Personal data is found by kind and place; order numbers, dates and parts are not taken for it."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from farfield.data.faults.personal import (
    corporate_number_digit,
    luhn,
    masked,
    my_number_digit,
    personal_data,
)


@pytest.mark.parametrize(
    ("text", "kind", "piece"),
    [
        ("write to jane.doe+x@mail.example.co.jp today", "e-mail", "jane.doe+x@mail.example.co.jp"),
        ("連絡はtaro@example.jpまで", "e-mail", "taro@example.jp"),
        ("電話 03-3581-4111 まで", "phone", "03-3581-4111"),
        ("（０３）３５８１−４１１１に電話", "phone", "（０３）３５８１−４１１１"),
        ("携帯は090-1234-5678です", "phone", "090-1234-5678"),
        ("09012345678に折り返し", "phone", "09012345678"),
        ("call +81 3-3581-4111", "phone", "+81 3-3581-4111"),
        ("my number is (202) 456-1414.", "phone", "(202) 456-1414"),
        ("reach us at +44 20 7946 0958", "phone", "+44 20 7946 0958"),
        ("〒100-0013 東京都千代田区", "postal_code", "100-0013"),
        ("430-0946静岡県浜松市", "postal_code", "430-0946"),
        ("charged to 4111 1111 1111 1111", "card", "4111 1111 1111 1111"),
        ("カード番号は4111111111111111です", "card", "4111111111111111"),
        ("amex 3782-822463-10005", "card", "3782-822463-10005"),
        ("マイナンバーは1234 5678 9018です", "my_number", "1234 5678 9018"),
        ("登録番号 T7000012050002", "corporate_number", "T7000012050002"),
        ("法人番号：7000012050002", "corporate_number", "7000012050002"),
    ],
)
def test_each_kind_is_found_where_it_stands(text: str, kind: str, piece: str) -> None:
    (found,) = personal_data(text)
    assert (found.kind, text[found.start : found.end]) == (kind, piece)
    assert piece not in masked(text)


@pytest.mark.parametrize(
    "text",
    [
        "order 123456789018 has not come",
        "注文番号 0312345678",
        "order no. 4111 1111 1111 1111",
        "4111111111111111",
        "invoice 20240514, of 2024-05-14 10:30",
        "2024/05/14 09:00-12:00",
        "part 090-1234-56",
        "tracking 1234-5678-9018",
        "送り状番号 4123-4567-8901",
        "serial T1234567890123",
        "1234567890123",
        "lot 123-4567",
        "84,000 open, 9,200 instead of 8,500",
        "user@localhost, a@b, @home, 5 @ 3.20",
        "VX-15/20-300-1200",
        "192.168.100.200",
        "3.14159265358979",
        "1-2-3 4-5-6 7-8-9",
        "ISBN 978-3-16-148410-0",
        "pressure 0120 to 0380 mbar",
        "",
    ],
)
def test_what_looks_like_it_is_not(text: str) -> None:
    assert personal_data(text) == ()
    assert masked(text) == text


def test_check_digits() -> None:
    assert corporate_number_digit("000012050002") == 7  # the National Tax Agency's own number, 7000012050002
    assert corporate_number_digit("180301018771") == 1  # Toyota's, 1180301018771
    assert my_number_digit("12345678901") == 8  # the specimen on the notification card, 1234 5678 9018
    assert luhn("79927398713")
    assert not luhn("79927398710")


@given(st.integers(0, 10**15 - 1))
def test_luhn_has_one_digit_for_each_number(number: int) -> None:
    assert sum(luhn(f"{number:015}{digit}") for digit in range(10)) == 1


@settings(max_examples=200)
@given(
    st.lists(
        st.sampled_from([
            "a@b.example", "taro@example.jp", "03-3581-4111", "090", "1234", "-", " ", "5678", "@", "〒", "100-0013",
            "東京都", "4111 1111 1111 1111", "マイナンバー", "123456789018", "T7000012050002", "カード", "order", "+81",
            "(", ")", "・",
        ]),
        max_size=9,
    )
)  # fmt: skip
def test_masking_twice_masks_once(pieces: list[str]) -> None:
    once = masked("".join(pieces))
    assert personal_data(once) == ()
    assert masked(once) == once
    assert len(once) == len("".join(pieces))
