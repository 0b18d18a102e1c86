"""What changed between two versions of data, by the rows' content or by their key."""

import hashlib
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from farfield.data.versions import canonical
from farfield.errors import DataError

__all__ = ["Change", "Diff", "Placed", "apply_diff", "diff_rows"]

Identity: TypeAlias = bytes | tuple[str, ...]
_DIGEST = 16  # bytes of a row's hash: of a million rows two are alike by chance once in 10^26 times


@dataclass(frozen=True, slots=True)
class Placed:
    """A row and its number in its version, from 0."""

    number: int
    row: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Change:
    """A row of one key that is not what it was."""

    key: tuple[str, ...]
    before: Placed
    after: Placed

    @property
    def fields(self) -> tuple[str, ...]:
        """The fields that changed, came or went, in their order."""
        old, new = self.before.row, self.after.row
        return tuple(name for name in dict.fromkeys([*old, *new]) if old.get(name) != new.get(name))


@dataclass(frozen=True, slots=True)
class Diff:
    """What must be done to one version to get the other.

    Attributes:
        removed: rows that only the first has.
        added: rows that only the second has.
        changed: rows of one key that differ; empty without a key.
        same: how many rows are in both.
        reordered: whether rows that are in both changed their order.
    """

    removed: tuple[Placed, ...]
    added: tuple[Placed, ...]
    changed: tuple[Change, ...]
    same: int
    reordered: bool

    @property
    def empty(self) -> bool:
        """Whether the versions have the same rows; their order may differ."""
        return not (self.removed or self.added or self.changed)

    @property
    def fields(self) -> dict[str, int]:
        """How many changed rows changed each field."""
        return dict(Counter(name for change in self.changed for name in change.fields).most_common())


def diff_rows(
    before: Iterable[Mapping[str, str]], after: Iterable[Mapping[str, str]], *, key: Sequence[str] = ()
) -> Diff:
    """Compares two versions.

    Without a key, equal rows are matched in their order, so of a row that is there twice and then once, the second
    one is removed. Held are a hash and a number a row (about 200 bytes), and the rows that differ.

    Args:
        before: rows, gone through twice: a list, or `rows_at(place)`.
        after: rows, gone through once.
        key: columns that tell rows apart; a row of one key that differs is a change.

    Raises:
        DataError: a row without the key, or two rows of one version with the same key.
    """
    places: dict[Identity, int] = {}
    digests = bytearray()
    for number, (identity, digest, _) in enumerate(_identified(before, key, "before")):
        places[identity] = number
        digests += digest
    matched = bytearray(len(places))
    added: list[Placed] = []
    changed: dict[int, Placed] = {}
    last, reordered, same = -1, False, 0
    for number, (identity, digest, row) in enumerate(_identified(after, key, "after")):
        old = places.get(identity)
        if old is None:
            added.append(Placed(number, row))
            continue
        matched[old] = 1
        reordered, last = reordered or old < last, old
        if digests[old * _DIGEST : (old + 1) * _DIGEST] == digest:
            same += 1
        else:
            changed[old] = Placed(number, row)
    removed, changes = [], []
    for number, row in enumerate(before):
        if number in changed:
            changes.append(Change(tuple(row[name] for name in key), Placed(number, row), changed[number]))
        elif not matched[number]:
            removed.append(Placed(number, row))
    return Diff(tuple(removed), tuple(added), tuple(changes), same, reordered)


def apply_diff(rows: Iterable[Mapping[str, str]], diff: Diff) -> list[Mapping[str, str]]:
    """The second version from the first: the same rows, and in the same order unless the diff is `reordered`."""
    gone = {placed.number for placed in diff.removed} | {change.before.number for change in diff.changed}
    kept = iter([row for number, row in enumerate(rows) if number not in gone])
    put = {placed.number: placed.row for placed in (*diff.added, *(change.after for change in diff.changed))}
    return [put[number] if number in put else next(kept) for number in range(len(put) + diff.same)]


def _identified(
    rows: Iterable[Mapping[str, str]], key: Sequence[str], version: str
) -> Iterator[tuple[Identity, bytes, Mapping[str, str]]]:
    """Each row with what identifies it and the hash of its content."""
    seen: dict[tuple[str, ...], int] = {}
    first: set[bytes] = set()
    again: Counter[bytes] = Counter()
    for number, row in enumerate(rows):
        digest = hashlib.sha256(canonical(row)).digest()[:_DIGEST]
        if key:
            yield _own_key(row, key, seen, f"{version}, row {number}"), digest, row
            seen[tuple(row[name] for name in key)] = number
            continue
        identity = digest
        if digest in first:
            again[digest] += 1
            identity = digest + again[digest].to_bytes(8)
        first.add(digest)
        yield identity, digest, row


def _own_key(
    row: Mapping[str, str], key: Sequence[str], seen: Mapping[tuple[str, ...], int], where: str
) -> tuple[str, ...]:
    lacking = next((name for name in key if name not in row), None)
    if lacking is not None:
        raise DataError(f"the row has no column {lacking!r}", where=where, mend=f"the row has: {', '.join(row)}")
    own = tuple(row[name] for name in key)
    if own in seen:
        what = f"the key {', '.join(own)!r} is row {seen[own]}'s already"
        raise DataError(what, where=where, mend="name columns that tell all rows apart, or leave --key out")
    return own
