"""Text that was read in a wrong encoding, found by whether writing it back and reading it again makes sense.

What Western encodings made of UTF-8 is left to ftfy (Speer 2019, doi 10.5281/zenodo.2591652), which knows what half of
a text that was spoilt looks like. It knows nothing of Japanese encodings; those are here.
"""

import re

__all__ = ["is_damaged", "may_be_damaged", "unspoilt"]

# What was written, and as what it was read. Strict: a text that holds one character which the wrong encoding can't
# have made was not made by it. The sloppy form of CP1252 is that of browsers, which leave no byte out; ftfy brings it.
_ROUTES = (("utf-8", "cp932"), ("utf-8", "euc_jp"), ("euc_jp", "cp932"), ("cp932", "sloppy-windows-1252"),
           ("cp932", "latin-1"), ("euc_jp", "sloppy-windows-1252"), ("euc_jp", "latin-1"))  # fmt: skip

_KANA = re.compile("[\u3041-\u3096\u30a1-\u30fa\u30fc]")
_HALF_KANA = re.compile("[\uff61-\uff9f]")
_LATIN_SUPPLEMENT = re.compile("[\u0080-\u00ff\u0152-\u0192\u02c6\u02dc\u2013-\u203a\u20ac\u2122]")
_IDEOGRAPH = re.compile("[\u3400-\u9fff]")
_OTHER_THAN_ASCII = re.compile("[^\x00-\x7f]")

# First halves of kana in UTF-8 and in EUC-JP, as CP932 shows them; where a part is lost they are all that tells.
_KANA_LEADS = re.compile("[縺繧繝]")
_EUC_LEADS = re.compile("(?:[､･][^､･\x00-\x7f]{1,2}){3}")

# One character of these, at least, stands in nearly all that was read as CP932, Latin-1 or CP1252.
_TELLING = re.compile("[縺繧繝\u0080-\u024f\u02c6\u02dc\u2013-\u203a\u20ac\u2122\uff61-\uff9f]")


def unspoilt(text: str) -> str:
    """The text as it was meant; itself, where nothing tells that it was read in a wrong encoding."""
    if text.isascii():
        return text
    import ftfy

    for written, read in _ROUTES:
        again = _again(text, written, read)
        if again is not None and _more_plausible(text, again, written, read):
            return again
    return ftfy.fix_encoding(text)


def is_damaged(text: str) -> bool:
    """Whether a text was read in a wrong encoding, also where it can't be told any more what it was."""
    return unspoilt(text) != text or _leads(text)


def may_be_damaged(text: str) -> bool:
    """Whether a text has any character that wrong encodings are known by; many times as fast as `is_damaged`."""
    return bool(_TELLING.search(text))


def _again(text: str, written: str, read: str) -> str | None:
    try:
        return text.encode(read).decode(written)
    except UnicodeError:
        return None


def _more_plausible(text: str, again: str, written: str, read: str) -> bool:
    """Whether `again` says more than the text. Kana decides: few texts lack it, and chance seldom makes it."""
    strange = len(_OTHER_THAN_ASCII.findall(text))
    meant = len(_OTHER_THAN_ASCII.findall(again))
    kana = len(_KANA.findall(again))
    if written == "utf-8":  # bytes that are UTF-8 by chance are rare: two characters in a row settle it
        return meant >= 2 and strange > meant and len(_KANA.findall(text)) <= kana
    if read == "cp932":
        return kana >= 2 and 5 * kana >= meant and 3 * len(_HALF_KANA.findall(text)) >= strange
    # Japanese in two bytes a character, shown as accented letters: what is meant has half as many, most of them ours.
    ours = kana + len(_IDEOGRAPH.findall(again))
    return kana >= 2 and 2 * ours >= meant and 2 * len(_LATIN_SUPPLEMENT.findall(text)) >= strange


def _leads(text: str) -> bool:
    leads = len(_KANA_LEADS.findall(text))
    of_utf8 = leads >= 3 and 8 * leads >= len(_OTHER_THAN_ASCII.findall(text))
    return of_utf8 or bool(_EUC_LEADS.search(text))
