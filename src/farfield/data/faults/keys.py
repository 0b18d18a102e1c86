"""Texts as keys for matching, and the character 3-grams of keys.

Keys serve to find rows again; what is trained on and asked stays as it was.
"""

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

__all__ = ["FIELD", "Grams", "folded", "grams_of", "key_of"]

# Between the fields of a row; no text holds it once it is folded.
FIELD = "\x1f"
# What stands before and after a key, so that its first and last characters count as much as the others.
_OPEN, _CLOSE = "\x02", "\x03"

_NUMBER = re.compile(r"\d+(?:[.,:/]\d+)*")
_BLANK = re.compile(r"[\s\x00-\x1f\x7f-\x9f\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]+")
# How a message ends changes nothing of what it asks: "it stopped", "it stopped!!" and "it stopped." are one.
_EDGES = " .,:;!?…'\"()[]-~。、・「」『』〜ー"

# Odd, without pattern in their bits: of the golden ratio, and those of splitmix64's finaliser.
_FACTORS = (0x9E3779B97F4A7C15, 0xBF58476D1CE4E5B9, 0x94D049BB133111EB)


@dataclass(frozen=True, slots=True)
class Grams:
    """The hashed 3-grams of several keys, one key after the other.

    Attributes:
        hashes: of each 3-gram, uint64; one that stands twice in a key stands here twice.
        starts: where each key's 3-grams begin; a key has as many as it has characters.
    """

    hashes: NDArray[np.uint64]
    starts: NDArray[np.int64]


def folded(text: str) -> str:
    """The text without what two spellings of one message differ in.

    Width and composition (NFKC), case, numbers (each is 0), white space, what isn't seen, and punctuation at the ends.
    """
    plain = _BLANK.sub(" ", _NUMBER.sub("0", unicodedata.normalize("NFKC", text).casefold())).strip()
    return plain.strip(_EDGES) or plain


def key_of(row: Sequence[str]) -> str:
    """The fields of a row, folded, with `FIELD` between them; empty where all are."""
    return FIELD.join(map(folded, row)).strip(FIELD)


def grams_of(keys: Sequence[str]) -> Grams:
    """The 3-grams of keys, none of which is empty, with a mark before and after each key."""
    joined = "".join(f"{_OPEN}{each}{_CLOSE}" for each in keys)
    codes = np.frombuffer(joined.encode("utf-32-le", "surrogatepass"), np.uint32).astype(np.uint64)
    lengths = np.fromiter(map(len, keys), np.int64, len(keys))
    starts = np.cumsum(lengths) - lengths
    # The i-th key has two marks, and each key before it had two as well.
    places = np.arange(lengths.sum()) + 2 * np.repeat(np.arange(len(keys)), lengths)
    mixed = np.zeros(len(places), np.uint64)
    for offset in range(3):
        mixed = _mix(mixed ^ (codes[places + offset] + np.uint64(offset << 32)))
    return Grams(mixed, starts)


def _mix(x: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """The finaliser of splitmix64 (Steele, Lea and Flood 2014), after one step of its sequence."""
    first, second, third = (np.uint64(factor) for factor in _FACTORS)
    x = x + first
    x = (x ^ (x >> np.uint64(30))) * second
    x = (x ^ (x >> np.uint64(27))) * third
    return x ^ (x >> np.uint64(31))
