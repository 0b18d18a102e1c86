"""What stands on both sides of a split: rows that are alike, groups, and days."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import chain, combinations

from farfield.data.dates import parse_date
from farfield.data.faults.near import ALIKE, near_duplicates, similarity

__all__ = ["Crossing", "crossings", "not_later", "straddling"]

# Partners in one cluster that a row is compared with; the first ones are as good as the others.
_PARTNERS = 20


@dataclass(frozen=True, slots=True)
class Crossing:
    """A row of `part` that a row of an earlier part gives away.

    Attributes:
        part: where the row stands.
        row: its place in the part.
        other_part: where the row stands that gives it away; an earlier key of the mapping.
        other: that row's place, the most alike one.
        similarity: of the two, up to 1.
    """

    part: str
    row: int
    other_part: str
    other: int
    similarity: float


def crossings(parts: Mapping[str, Sequence[Sequence[str]]]) -> list[Crossing]:
    """Rows that are the same or nearly so in two parts, each with the most alike row of the other part.

    Args:
        parts: the fields of each row, by the part's name; what teaches stands before what tests.
    """
    places = [(part, place) for part, rows in parts.items() for place in range(len(rows))]
    near = near_duplicates(list(chain.from_iterable(parts.values())))
    found: list[Crossing] = []
    for cluster in near.clusters:
        members: dict[str, list[int]] = defaultdict(list)
        for number in cluster:
            part, place = places[number]
            members[part].append(place)
        # A part's members stand in the order of the parts, as the rows of a cluster do.
        for earlier, part in combinations(members, 2):
            found += _given_away(parts, members, earlier, part)
    order = {part: place for place, part in enumerate(parts)}
    return sorted(found, key=lambda crossing: (order[crossing.part], order[crossing.other_part], crossing.row))


def _given_away(
    parts: Mapping[str, Sequence[Sequence[str]]], members: Mapping[str, Sequence[int]], earlier: str, part: str
) -> Iterator[Crossing]:
    """A cluster may hang together by rows between; each crossing is compared by itself."""
    for row in members[part]:
        known = [(similarity(parts[part][row], parts[earlier][o]), -o) for o in members[earlier][:_PARTNERS]]
        alike, other = max(known)
        if alike >= ALIKE:
            yield Crossing(part, row, earlier, -other, alike)


def straddling(parts: Mapping[str, Sequence[str | None]]) -> dict[str, tuple[str, ...]]:
    """Groups that stand in more than one part (a customer, a thread), each with those parts; None is no group."""
    seen: dict[str, dict[str, None]] = defaultdict(dict)
    for part, groups in parts.items():
        for group in groups:
            if group:
                seen[group][part] = None
    return {group: tuple(where) for group, where in seen.items() if len(where) > 1}


def not_later(before: Sequence[str], after: Sequence[str]) -> tuple[int, ...] | None:
    """Places in `after` whose day is no later than the last one in `before`.

    Returns:
        None where the values are no days, as `parse_date` reads them.
    """
    known, asked = _days(before), _days(after)
    if known is None or asked is None:
        return None
    last = max(day for day in known if day)
    return tuple(place for place, day in enumerate(asked) if day and day <= last)


def _days(values: Sequence[str]) -> list[date | None] | None:
    """The day of each value, None where it is empty; None for all where one is no day or none is there."""
    days = [parse_date(value) for value in values]
    strange = any(day is None and value.strip() for day, value in zip(days, values, strict=True))
    return days if any(days) and not strange else None
