"""Rows that stand out from their file: empty, far too long, in another language, or with their answer in them."""

from collections import Counter
from collections.abc import Sequence

import numpy as np

from farfield.data.faults.keys import folded
from farfield.metrics import cjk_count

__all__ = ["answered", "cut_off", "empty", "in_other_language", "label_in_input", "too_long"]

# A row is long that has ten times the characters of the middle one, and more than a page.
_TIMES, _PAGE = 10, 2000

# Shorter answers stand in their input by chance, or because they are answers to what it says.
_TELLING = 25

# Shares of Japanese and Chinese among the letters: below and above which a text is surely without, or surely in it.
_WITHOUT, _IN = 0.02, 0.3
_LETTERS = 12
_MAJORITY = 0.8

_FEW = 20

# How a text ends that was meant to end there, marks of quotes and brackets included.
_ENDS = (*".!?…。！？｡", *"\"'”’»)]）］」』】")
# Nearly all texts of a file end so, or how one ends says nothing.
_CLOSED = 0.95
# So many texts end in the middle at one length that none passes, and three times as many as at each of the ten lengths
# below it: an export's limit. Three headlines of the same length are chance.
_AT_LIMIT, _BESIDE, _LENGTHS = 5, 3, 10


def empty(rows: Sequence[Sequence[str]]) -> tuple[int, ...]:
    """Rows with a field in which nothing can be seen."""
    return tuple(number for number, row in enumerate(rows) if any(not folded(field) for field in row))


def too_long(texts: Sequence[str]) -> tuple[int, ...]:
    """Texts that are far longer than the file's others: ten times the middle one, and over 2,000 characters."""
    if not texts:
        return ()
    lengths = np.array([len(text) for text in texts])
    return tuple(np.flatnonzero(lengths > max(_PAGE, _TIMES * float(np.median(lengths)))).tolist())


def in_other_language(texts: Sequence[str]) -> tuple[int, ...]:
    """Texts in Latin letters in a file that is Japanese, or the other way round; none in a file of both.

    Texts of few letters (numbers, names of articles) are in no language.
    """
    shares = [_japanese(text) for text in texts]
    known = [share for share in shares if share is not None]
    if not known:
        return ()
    japanese = sum(share >= _IN for share in known) / len(known)
    latin = sum(share <= _WITHOUT for share in known) / len(known)
    if japanese >= _MAJORITY:
        return tuple(n for n, share in enumerate(shares) if share is not None and share <= _WITHOUT)
    if latin >= _MAJORITY:
        return tuple(n for n, share in enumerate(shares) if share is not None and share >= _IN)
    return ()


def _japanese(text: str) -> float | None:
    letters = sum(character.isalpha() for character in text)
    if letters < _LETTERS:
        return None
    return min(1.0, cjk_count(text) / letters)


def answered(texts: Sequence[str], targets: Sequence[str]) -> tuple[int, ...]:
    """Rows of a generation task whose whole answer, of at least 25 characters, stands in what is asked."""
    found = []
    for number, (text, target) in enumerate(zip(texts, targets, strict=True)):
        wanted = folded(target)
        if len(wanted) >= _TELLING and wanted in folded(text):
            found.append(number)
    return tuple(found)


def cut_off(targets: Sequence[str]) -> tuple[int, ...]:
    """Answers that end in the middle, where most others don't, or where several end at one length that none passes.

    Of fewer than 20 answers nothing is said. The first needs 19 of 20 that end with a mark; the second five answers of
    the greatest length. What ends with "…" among answers that don't is cut off too.
    """
    plain = [target.rstrip() for target in targets]
    if len(plain) < _FEW:
        return ()
    open_ended = [number for number, target in enumerate(plain) if target and not target.endswith(_ENDS)]
    found = set(open_ended) if len(open_ended) <= (1 - _CLOSED) * len(plain) else set()
    longest = max(map(len, plain))
    at_limit = [number for number in open_ended if len(plain[number]) == longest]
    below = sum(longest - _LENGTHS <= len(target) < longest for target in plain)
    if len(at_limit) >= _AT_LIMIT and len(at_limit) > _BESIDE * below / _LENGTHS:
        found.update(at_limit)
    trailing = [number for number, target in enumerate(plain) if target.endswith(("…", "..."))]
    if len(trailing) <= (1 - _CLOSED) * len(plain):
        found.update(trailing)
    return tuple(sorted(found))


def label_in_input(texts: Sequence[str], targets: Sequence[str], labels: Sequence[str]) -> tuple[int, ...]:
    """Rows that name their label and no other, where nearly all that name one label are right: it was left in.

    At least 20 rows and a third of all; "repair" in some messages to the repair shop is language, not a leak.
    """
    words = {label: folded(label) for label in labels if folded(label)}
    naming = []
    for number, text in enumerate(texts):
        shown = folded(text)
        named = [label for label, word in words.items() if word in shown]
        if len(named) == 1:
            naming.append((number, named[0]))
    right = tuple(number for number, label in naming if targets[number] == label)
    many = len(right) >= _FEW and 3 * len(right) >= len(texts) and len(right) >= 0.98 * len(naming)
    # A label that rules the file is named by rows of its own, whatever it means.
    spread = len(Counter(targets[number] for number in right)) > 1
    return right if many and spread else ()
