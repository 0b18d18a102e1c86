"""Personal data in texts: where it stands and of which kind, with few false alarms, and texts without it.

A check digit alone proves little: of numbers with twelve digits one in eleven has that of My Number. So numbers that
could be anything are told by the word before them, and never after words of orders and parts.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

__all__ = ["Found", "Kind", "corporate_number_digit", "luhn", "masked", "my_number_digit", "personal_data"]

Kind = Literal["e-mail", "phone", "postal_code", "card", "my_number", "corporate_number"]


@dataclass(frozen=True, slots=True)
class Found:
    """A piece of personal data: its kind, and where it begins and ends in the text, in characters."""

    kind: Kind
    start: int
    end: int


# Full-width digits and signs count as plain ones; one for one, so that places stay what they were.
_WIDTH = {0xFF01 + code: 0x21 + code for code in range(94)} | dict.fromkeys(map(ord, "‐‑–—―−ｰ"), "-") | {0x3000: " "}

_MAIL = re.compile(
    r"(?<![A-Za-z0-9_.+%-])[A-Za-z0-9_][A-Za-z0-9._%+-]{0,63}@(?:[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.)+"
    r"[A-Za-z]{2,24}(?![A-Za-z0-9])"
)
_POSTAL = re.compile(r"〒\s?(\d{3}-?\d{4})(?![\d-])")
_PREFECTURE = r"(?:東京都|北海道|(?:大阪|京都)府|[一-龥]{2,3}県)"
_POSTAL_ADDRESS = re.compile(rf"(?<![\d-])(\d{{3}}-\d{{4}})(?=\s{{0,2}}{_PREFECTURE})")
_CARD = re.compile(r"(?<![\d-])(?:\d{4}([ -]?)\d{4}\1\d{4}\1\d{4}|\d{4}([ -]?)\d{6}\2\d{4,5})(?![ -]?\d)")
_TWELVE = re.compile(r"(?<![\d-])\d{4}([ -]?)\d{4}\1\d{4}(?![ -]?\d)")
_THIRTEEN = re.compile(r"(?<!\d)(?<!\d-)(T-?)?\d([ -]?)\d{4}\2\d{4}\2\d{4}(?![ -]?\d)")
_DIGITS = re.compile(r"\d(?:[ ()./-]{0,2}\d){8}")

_OF_ORDERS = re.compile(
    r"(?:order|invoice|ticket|serial|lot|part|article|reference|ref|tracking|case|quote|no|nr|number|id|sku|#|"
    r"注文|受注|発注|伝票|請求書?|見積|製造|製品|型式|型番|品番|追跡|送り状|管理|お問い?合わ?せ|シリアル|ロット|番号)"
    r"[\s.:#№()-]*(?:番号|号|no|nr|number)?[\s.:#№()は-]*$",
    re.IGNORECASE,
)
_OF_PHONES = re.compile(
    r"(?:tel|phone|fax|mobile|cell|call|電話|携帯|ＴＥＬ|連絡先|ファックス)\D{0,12}$", re.IGNORECASE
)
_OF_CARDS = re.compile(r"(?:card|visa|master|amex|jcb|カード|クレジット)\D{0,16}$", re.IGNORECASE)
_OF_PERSONS = re.compile(r"(?:my\s?number|individual number|マイナンバー|個人番号)\D{0,16}$", re.IGNORECASE)
_OF_FIRMS = re.compile(r"(?:corporate number|法人番号|登録番号)\D{0,16}$", re.IGNORECASE)
# First four digits by length.
_ISSUED = {
    14: ((3000, 3059), (3600, 3699), (3800, 3999)),
    15: ((3400, 3499), (3700, 3799)),
    16: ((4000, 4999), (5100, 5599), (2221, 2720), (3528, 3589), (6011, 6011), (6440, 6599)),
}

# Whatever is looked for has an @ or seven digits that hang together; of other texts nothing more is read.
_MAY = re.compile(r"[@＠]|\d(?:\D{0,4}\d){6}")

# Words of phones may stand farther away than these characters; it is then not by them that one reads the number.
_BEFORE = 28


def personal_data(text: str) -> tuple[Found, ...]:
    """Personal data in the order in which it stands; where two kinds overlap, the first of the list below."""
    if not _MAY.search(text):
        return ()
    plain = text.translate(_WIDTH)
    taken: list[Found] = []
    for find in (_mails, _postal_codes, _my_numbers, _corporate_numbers, _cards, _phones):
        for found in find(plain):
            if all(found.end <= other.start or found.start >= other.end for other in taken):
                taken.append(found)
    return tuple(sorted(taken, key=lambda found: found.start))


def masked(text: str) -> str:
    """The text with a • for each letter and digit of its personal data; masked again, it stays as it is."""
    while found := personal_data(text):
        for each in found:
            hidden = re.sub(r"[^\W_]", "•", text[each.start : each.end])
            text = text[: each.start] + hidden + text[each.end :]
    return text


def luhn(digits: str) -> bool:
    """Whether the last digit is the check digit of those before (ISO/IEC 7812-1, annex B)."""
    doubled = [int(digit) * (1 + place % 2) for place, digit in enumerate(reversed(digits))]
    return sum(value - 9 * (value > 9) for value in doubled) % 10 == 0


def my_number_digit(eleven: str) -> int:
    """The check digit, the twelfth, of an individual number (個人番号, "My Number").

    Article 5 of the ordinance of the Ministry of Internal Affairs and Communications no. 85 of 2014: the n-th digit
    from the right is multiplied by n + 1 up to the sixth and by n − 5 from the seventh; 11 less the sum modulo 11, and
    0 where the rest is 0 or 1.
    """
    total = sum(int(d) * (n + 1 if n <= 6 else n - 5) for n, d in enumerate(reversed(eleven), 1))
    return 0 if total % 11 <= 1 else 11 - total % 11


def corporate_number_digit(twelve: str) -> int:
    """The check digit, the first of thirteen, of a corporate number (法人番号).

    Article 2 of the ordinance of the Ministry of Finance no. 70 of 2014: the n-th digit from the right is multiplied by
    1 where n is odd and by 2 where it is even; 9 less the sum modulo 9.
    """
    return 9 - sum(int(d) * (2 - n % 2) for n, d in enumerate(reversed(twelve), 1)) % 9


def _mails(text: str) -> Iterator[Found]:
    for match in _MAIL.finditer(text):
        if ".." not in match.group() and ".@" not in match.group():
            yield Found("e-mail", *match.span())


def _postal_codes(text: str) -> Iterator[Found]:
    for pattern in (_POSTAL, _POSTAL_ADDRESS):
        for match in pattern.finditer(text):
            yield Found("postal_code", *match.span(1))


def _my_numbers(text: str) -> Iterator[Found]:
    for match in _TWELVE.finditer(text):
        digits = _only_digits(match.group())
        if my_number_digit(digits[:11]) == int(digits[11]) and _told_by(_OF_PERSONS, text, match.start()):
            yield Found("my_number", *match.span())


def _corporate_numbers(text: str) -> Iterator[Found]:
    """With T before it, the number under which a firm is registered for the invoices of consumption tax."""
    for match in _THIRTEEN.finditer(text):
        digits = _only_digits(match.group())
        told = bool(match.group(1)) or _told_by(_OF_FIRMS, text, match.start())
        if told and corporate_number_digit(digits[1:]) == int(digits[0]):
            yield Found("corporate_number", *match.span())


def _cards(text: str) -> Iterator[Found]:
    for match in _CARD.finditer(text):
        digits, grouped = _only_digits(match.group()), bool(match.group(1) or match.group(2))
        told = _told_by(_OF_CARDS, text, match.start())
        if luhn(digits) and _issued(digits) and (told or (grouped and not _told_by(_OF_ORDERS, text, match.start()))):
            yield Found("card", *match.span())


def _issued(digits: str) -> bool:
    """Whether a card network has such numbers: Visa, Mastercard, American Express, JCB, Discover, Diners Club."""
    four = int(digits[:4])
    return any(low <= four <= high for low, high in _ISSUED.get(len(digits), ()))


def _phones(text: str) -> Iterator[Found]:
    """By the plan of numbers of each country; digits in a row where a word tells, or where mobiles look so."""
    if not _DIGITS.search(text):
        return
    from phonenumbers import Leniency, PhoneNumberMatcher

    for region in ("JP", "US"):
        for match in PhoneNumberMatcher(text, region, leniency=Leniency.STRICT_GROUPING):
            raw, start = match.raw_string, match.start
            written = bool(re.search(r"[-() ]", raw.strip("+"))) or raw.startswith("+")
            plain_mobile = bool(re.fullmatch(r"0[789]0\d{8}", raw))
            told = _told_by(_OF_PHONES, text, start)
            if told or ((written or plain_mobile) and not _told_by(_OF_ORDERS, text, start)):
                yield Found("phone", start, match.end)


def _told_by(words: re.Pattern[str], text: str, start: int) -> bool:
    return bool(words.search(text[max(0, start - _BEFORE) : start]))


def _only_digits(text: str) -> str:
    return re.sub(r"\D", "", text)
