"""Whether bytes read as a Western European language: accents within words, and the signs of typesetters."""

import re

__all__ = ["reads_as_western"]

_LETTERS = "àáâãäåæçèéêëìíîïñòóôõöøùúûüßœšžÀÁÂÃÄÅÆÇÈÉÊËÌÍÎÏÑÒÓÔÕÖØÙÚÛÜŒŠŽ"
_SIGNS = frozenset("‘’“”„–—…€£¥§©®™°²³¼½¾«»·•¿¡º\xa0")
_IN_WORD = re.compile(f"(?<=[A-Za-z])[{_LETTERS}]|[{_LETTERS}](?=[A-Za-z])")
_OUTSIDE = re.compile("[^\x00-\x7f]")
_LETTER = re.compile(r"[^\W\d_]")

# Accents are rare in any Western language; in Cyrillic read so, nearly every letter has one.
_MOST = 0.3


def reads_as_western(raw: bytes) -> bool:
    """Whether lines outside ASCII are Western text in CP1252 (or Latin-1, which has the same letters)."""
    try:
        text = raw.decode("cp1252")
    except UnicodeDecodeError:
        return False
    outside = len(_OUTSIDE.findall(text))
    accented = len(_IN_WORD.findall(text))
    signs = sum(map(text.count, _SIGNS))
    return outside == accented + signs and accented <= _MOST * len(_LETTER.findall(text))
