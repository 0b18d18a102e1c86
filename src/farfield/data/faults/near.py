"""Near duplicates: rows that say the same with a typo, other digits, other width or order.

Candidates come from MinHash bands; each is then compared by itself, so that chance lets pairs be missed and never
lets a wrong one in.
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from farfield.data.faults.keys import FIELD, Grams, grams_of, key_of
from farfield.data.faults.minhash import candidates, signatures
from farfield.data.linked import linked

if TYPE_CHECKING:
    from scipy.sparse import csr_array

__all__ = ["ALIKE", "Near", "Pair", "near_duplicates", "similarity"]

# Shared 3-grams of the two texts over all of theirs.
ALIKE = 0.65
# Few characters have few 3-grams, and one typo spoils three: texts up to SHORT characters may also be alike in what
# share of them stays without an edit (optimal string alignment: a swap of neighbours is one).
SHORT, EDITED = 40, 0.85

# Below this no pair of short texts is alike by edits: of 7 characters with one typo, 4 of 10 3-grams are shared.
_FLOOR = 0.25
_PAIRS_AT_ONCE = 1 << 17


@dataclass(frozen=True, slots=True, order=True)
class Pair:
    """Two rows that say the same, by their numbers, the smaller first, and how alike their keys are, up to 1."""

    one: int
    other: int
    similarity: float


@dataclass(frozen=True, slots=True)
class Near:
    """Near duplicates among rows.

    Attributes:
        pairs: that were compared and found alike, in order. In a crowd not every pair is compared.
        clusters: rows that hang together by pairs, each in order, by their first row.
    """

    pairs: tuple[Pair, ...]
    clusters: tuple[tuple[int, ...], ...]

    @property
    def later(self) -> tuple[int, ...]:
        """Rows that come after another one of their cluster, in order."""
        return tuple(sorted(row for cluster in self.clusters for row in cluster[1:]))


def near_duplicates(rows: Sequence[Sequence[str]]) -> Near:
    """Finds rows that are alike in each of their fields.

    Args:
        rows: the fields of each row; rows without a character in any field are never alike.
    """
    places: dict[str, list[int]] = defaultdict(list)
    for number, row in enumerate(rows):
        if this := key_of(row):
            places[this].append(number)
    keys = list(places)
    firsts = [numbers[0] for numbers in places.values()]
    pairs = [Pair(numbers[0], later, 1.0) for numbers in places.values() for later in numbers[1:]]
    for one, other, alike in _alike(keys):
        low, high = sorted((firsts[one], firsts[other]))
        pairs.append(Pair(low, high, alike))
    return Near(tuple(sorted(pairs)), _clusters(pairs, len(rows)))


def similarity(one: Sequence[str], other: Sequence[str]) -> float:
    """How alike two rows are in the field in which they are least so: what a pair of `near_duplicates` says.

    By shared 3-grams; of short texts by edits, where that says more. 0 where one lacks a field.
    """
    return _fieldwise(key_of(one), key_of(other))


def _alike(keys: Sequence[str]) -> Iterator[tuple[int, int, float]]:
    """Pairs of different keys that are alike, each once."""
    if len(keys) < 2:
        return
    grams = grams_of(keys)
    lengths = np.diff(np.append(grams.starts, len(grams.hashes)))
    sets = _sets(grams)
    paired = _candidates(grams, lengths, np.diff(sets.indptr))
    for start in range(0, len(paired), _PAIRS_AT_ONCE):
        part = np.stack(np.divmod(paired[start : start + _PAIRS_AT_ONCE], len(keys)), axis=1)
        shared = _jaccard(sets, part)
        short = lengths[part].max(axis=1) <= SHORT
        left = np.flatnonzero((shared >= ALIKE) | (shared >= _FLOOR) & short)
        for one, other, of_all in zip(*part[left].T.tolist(), shared[left].tolist(), strict=True):
            if FIELD in keys[one] or short_pair(keys[one], keys[other]):
                of_all = _fieldwise(keys[one], keys[other])  # noqa: PLW2901
            if of_all >= ALIKE:
                yield one, other, of_all


def _candidates(grams: Grams, lengths: NDArray[np.int64], sizes: NDArray[np.int32]) -> NDArray[np.int64]:
    """Pairs to compare, each once, as `first · n + second`; those whose sizes rule it out are left out."""
    signed = signatures(grams)
    few = np.flatnonzero(lengths <= SHORT)
    texts = len(lengths)
    found = np.empty(0, np.int64)
    held: list[NDArray[np.int64]] = []

    def keep(pairs: NDArray[np.int64]) -> None:
        nonlocal found
        small, large = np.sort(sizes[pairs], axis=1).T
        pairs = pairs[small * 2 >= large]
        held.append(pairs[:, 0] * texts + pairs[:, 1])
        if sum(map(len, held)) > 1 << 22:  # what was found in many bands is kept once, or memory runs out
            found = np.unique(np.concatenate([found, *held]))
            held.clear()

    for pairs in candidates(signed, 4):
        keep(pairs)
    for pairs in candidates(signed[few], 3):
        keep(few[pairs])
    return np.unique(np.concatenate([found, *held]))


def _sets(grams: Grams) -> "csr_array":
    """Which 3-grams each key has, as a sparse matrix of ones; 31 bits of their hashes are the columns."""
    from scipy.sparse import csr_array

    columns = (grams.hashes >> np.uint64(33)).astype(np.int32)
    bounds = np.append(grams.starts, len(columns)).astype(np.int64)
    found = csr_array(
        (np.ones(len(columns), np.uint8), columns, bounds.astype(np.int32)), shape=(len(grams.starts), 1 << 31)
    )
    found.sum_duplicates()
    found.data[:] = 1
    return found


def _jaccard(sets: "csr_array", pairs: NDArray[np.int64]) -> NDArray[np.float64]:
    one, other = sets[pairs[:, 0]], sets[pairs[:, 1]]
    both = np.diff(one.multiply(other).tocsr().indptr)
    every = np.diff(one.indptr) + np.diff(other.indptr) - both
    return np.asarray(both / every, np.float64)


def short_pair(one: str, other: str) -> bool:
    """Whether edits may say of two keys that they are alike."""
    return max(len(one), len(other)) <= SHORT


def _fieldwise(one: str, other: str) -> float:
    ones, others = one.split(FIELD), other.split(FIELD)
    if len(ones) != len(others):
        return 0.0
    return min(_compared(a, b) for a, b in zip(ones, others, strict=True))


def _compared(one: str, other: str) -> float:
    """Shared 3-grams over all; of short texts, where edits make them alike, what stays without an edit."""
    if one == other:
        return 1.0
    if not one or not other:
        return 0.0
    from rapidfuzz.distance import OSA

    ones, others = (_marked(text) for text in (one, other))
    shared = len(ones & others) / len(ones | others)
    if not short_pair(one, other):
        return shared
    edited = OSA.normalized_similarity(one, other, score_cutoff=EDITED)
    return max(shared, edited)


def _marked(text: str) -> set[str]:
    marked = f"\x02{text}\x03"
    return {marked[place : place + 3] for place in range(len(text))}


def _clusters(pairs: Sequence[Pair], rows: int) -> tuple[tuple[int, ...], ...]:
    """Rows that hang together by pairs."""
    groups = linked([(pair.one, pair.other) for pair in pairs], rows)
    return tuple(tuple(group) for group in groups if len(group) > 1)
