"""How Japanese a text looks, and ISO-2022-JP with the characters that mail programs add to it."""

import re
from collections import Counter
from functools import cache

__all__ = ["decode_line", "decode_mail", "plausibility"]

_KANA = re.compile("[\u3041-\u3096\u30a1-\u30fa\u30fc]")
_COMMON_SIGNS = frozenset("、。・「」『』（）〜～！？：％＆／＋−＝　①②③④⑤㈱〒※→○●◎□■△▲☆★℃…【】＜＞×")
_SHIFT = re.compile(rb"\x1b(\$\(D|\$[@B]|\([BJI])")
_ROW_13 = re.compile(rb"\xad[\xa1-\xfe]")
_CHARACTER = re.compile(rb"\x8f[\xa1-\xfe]{2}|[\x8e\xa1-\xfe][\xa1-\xfe]|.", re.DOTALL)
_ENOUGH = 50  # characters after which Japanese without any kana is not believed


@cache
def _common_kanji() -> frozenset[str]:
    """The 2965 kanji of JIS X 0208's first level, which cover nearly all of running text."""
    pairs = (bytes((lead, trail)) for lead in range(0xB0, 0xD0) for trail in range(0xA1, 0xFF))
    return frozenset("".join(pair.decode("euc_jp", "ignore") for pair in pairs))


def plausibility(text: str) -> float:
    """The share of a text's characters outside ASCII that running Japanese would have, from 0 to 1.

    Kana, common kanji, full-width letters and usual signs count; half-width katakana, rare kanji and all else do not:
    EUC-JP read as CP932 gives the first kind of nonsense, UTF-8 read as CP932 the second. A longer text without any
    kana is Chinese read as Japanese, and counts 0.
    """
    counts = Counter(text)
    outside = {character: n for character, n in counts.items() if not character.isascii()}
    total = sum(outside.values())
    if not total:
        return 0.0
    kana = sum(n for character, n in outside.items() if _KANA.match(character))
    if total >= _ENOUGH and not kana:
        return 0.0
    common = sum(n for character, n in outside.items() if character in _common_kanji() or character in _COMMON_SIGNS)
    wide = sum(n for character, n in outside.items() if "\uff10" <= character <= "\uff5a")
    return min(1.0, (kana + common + wide) / total)


def decode_line(raw: bytes, codec: str) -> str:
    """One line in a codec; in the two whose tables in Python lack the vendors' row 13 (①, ㈱), with it.

    Raises:
        UnicodeDecodeError: bytes that stand for no character there.
    """
    if codec == "iso2022_jp":
        return decode_mail(raw)
    try:
        return raw.decode(codec)
    except UnicodeDecodeError:
        if codec != "euc_jp":
            raise
        if not _ROW_13.search(raw):
            raise
    pieces, end = [], 0
    for character in _CHARACTER.finditer(raw):
        if character[0][0] == 0xAD and len(character[0]) == 2:
            pieces += [raw[end : character.start()].decode("euc_jp"), _pair(character[0])]
            end = character.end()
    return "".join([*pieces, raw[end:].decode("euc_jp")])


def _pair(raw: bytes) -> str:
    return _as_cp932(bytes(byte & 0x7F for byte in raw)).decode("cp932")


def decode_mail(raw: bytes) -> str:
    """ISO-2022-JP, half-width katakana and the vendors' row 13 (①, ㈱) included, which no codec of Python takes all.

    Raises:
        UnicodeDecodeError: bytes that stand for no character there.
    """
    texts, mode, end = [], b"(B", 0
    for shift in _SHIFT.finditer(raw):
        texts.append(_part(raw[end : shift.start()], mode))
        mode, end = shift[1], shift.end()
    return "".join([*texts, _part(raw[end:], mode)])


def _part(raw: bytes, mode: bytes) -> str:
    if mode in (b"$B", b"$@"):
        # Line ends belong to no pair; a line should have gone back to ASCII before its end, and some do not.
        body = raw.rstrip(b"\r\n")
        return _as_cp932(body).decode("cp932") + raw[len(body) :].decode("ascii")
    if mode == b"$(D":
        return b"".join(b"\x8f" + bytes((a | 0x80, b | 0x80)) for a, b in _pairs(raw)).decode("euc_jp")
    if mode == b"(I":
        return bytes(byte | 0x80 if byte > 0x20 else byte for byte in raw).decode("cp932")
    return raw.decode("ascii")


def _pairs(raw: bytes) -> list[tuple[int, int]]:
    if len(raw) % 2:
        raise UnicodeDecodeError("iso2022_jp", raw, len(raw) - 1, len(raw), "half of a character")
    return list(zip(raw[::2], raw[1::2], strict=True))


def _as_cp932(raw: bytes) -> bytes:
    """Rows and cells of JIS X 0208 moved to where Shift-JIS has them, by the usual arithmetic."""
    moved = bytearray()
    for row, cell in _pairs(raw):
        if not (0x21 <= row <= 0x7E and 0x21 <= cell <= 0x7E):
            raise UnicodeDecodeError("iso2022_jp", raw, 0, len(raw), "no pair of JIS X 0208")
        lead = (row + 1) // 2 + (0x70 if row < 0x5F else 0xB0)
        trail = cell + (0x1F if cell < 0x60 else 0x20) if row % 2 else cell + 0x7E
        moved += bytes((lead, trail))
    return bytes(moved)
