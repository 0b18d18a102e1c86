"""Tokens by the script of the text, because Japanese and Chinese write no spaces.

One rule for mixed text: each CJK character is a token of its own, and what stands between is split as English
is. So a text without CJK characters keeps exactly the tokens that the reference scorer gives it.
"""

import re
import unicodedata
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sklearn.feature_extraction.text import TfidfVectorizer

# Kana and ideographs: characters that say something. Punctuation is left out, as ROUGE does with English.
_CJK_LETTER = (
    "\u3005-\u3007\u3021-\u3029"  # 々〆〇, counting rods
    "\u3041-\u3096\u309d-\u309f\u30a1-\u30fa\u30fc-\u30ff\u31f0-\u31ff"  # kana, with ー and the repeat marks
    "\u3105-\u312f\u31a0-\u31bf"  # bopomofo
    "\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"  # ideographs
    "\U0001b000-\U0001b16f\U00020000-\U0003ffff"  # rare kana and ideographs
)
# All that is set in a CJK character's square, punctuation and full-width forms as well. U+3000 is a space.
_CJK_ANY = _CJK_LETTER + (
    "\u2e80-\u2fdf\u3001-\u3004\u3008-\u3020\u302a-\u303f\u3099-\u309c\u30a0\u30fb"
    "\u3200-\u33ff\ufe30-\ufe4f\uff01-\uffef"
)

_CJK = re.compile(f"[{_CJK_ANY}]")
# rouge_score knows no other letters than a-z and 0-9. Words of scripts from Greek to Khmer, and Hangul, are
# added: a Russian text equal to its reference would score 0 otherwise.
_WORD = re.compile(f"[a-z0-9]+|[{_CJK_LETTER}]|[\u0370-\u1cff\uac00-\ud7a3]+")


def words(text: str) -> list[str]:
    """The tokens that ROUGE compares: lower-cased words, and single CJK characters.

    On text in Latin script these are rouge_score's tokens without a stemmer: runs of a-z and 0-9. In text
    with CJK characters full-width letters and digits count as their plain forms (NFKC), since Japanese writes
    both and the difference is of the same rank as upper and lower case.
    """
    if _CJK.search(text):
        text = unicodedata.normalize("NFKC", text)
    return _WORD.findall(text.lower())


def spaced(text: str) -> str:
    """The text with spaces around each CJK character, for tokenizers that split at spaces.

    Case and width stay. Characters are composed first (NFC), so that が written as か and a mark is one
    character. Text without CJK characters comes back as it is.
    """
    if not _CJK.search(text):
        return text
    return _CJK.sub(r" \g<0> ", unicodedata.normalize("NFC", text))


def cjk_count(text: str) -> int:
    """How many of the text's characters are Japanese or Chinese."""
    return len(_CJK.findall(text))


def character_tfidf(shortest: int = 2) -> "TfidfVectorizer":
    """TF-IDF of character n-grams inside word bounds: one form for languages with and without spaces."""
    from sklearn.feature_extraction.text import TfidfVectorizer

    return TfidfVectorizer(analyzer="char_wb", ngram_range=(shortest, 4), sublinear_tf=True)
