"""A small set of rows for a large one: every part in proportion, and within a part rows unlike each other."""

import heapq
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

__all__ = ["Choice", "Sampled", "Stratum", "allot", "choose_rows", "facility_location", "k_centre", "strata_of"]

Choice = Literal["facility", "k-centre", "random"]
Advance = Callable[[int, int], None]

_LOOKED_AT = 6000
"""Rows that may be chosen, and rows that judge them, in one search: their likeness takes 144 MB."""
_AT_ONCE = 1000  # rows that one search chooses; more are chosen in parts that are drawn at random
_BLOCK = 512  # rows whose likeness is computed at a time


@dataclass(frozen=True, slots=True)
class Stratum:
    """Rows with the same values in the columns that are kept in proportion.

    Attributes:
        values: of these columns, in their order.
        rows: how many rows there are.
        chosen: how many of them were chosen.
    """

    values: tuple[str, ...]
    rows: int
    chosen: int


@dataclass(frozen=True, slots=True)
class Sampled:
    """Which rows were chosen.

    Attributes:
        rows: their places, ascending.
        strata: the parts, the largest first.
        notes: what a reader should know of how they were chosen.
    """

    rows: tuple[int, ...]
    strata: tuple[Stratum, ...]
    notes: tuple[str, ...]


def strata_of(rows: Sequence[Mapping[str, str]], columns: Sequence[str]) -> list[tuple[str, ...]]:
    """[n]: each row's values in the columns; a column that a row lacks counts as empty."""
    return [tuple(row.get(name, "") for name in columns) for row in rows]


def allot(sizes: Sequence[int], n: int) -> list[int]:
    """How many of n places each part gets: in proportion, by largest remainder, and one at least where n allows.

    The quota rule holds among the parts whose share is one place or more; each smaller one is given one place first.
    Where there are more parts than places the largest get one each.

    Args:
        sizes: rows of each part, each at least 1.
        n: places, at most as many as rows.

    Returns:
        As many numbers as parts, summing to n, none above its part's size.

    Raises:
        ValueError: n lies outside 0..all rows.
    """
    if not 0 <= n <= sum(sizes):
        raise ValueError(f"n must lie in 0..{sum(sizes)}, not {n}")
    by_size = sorted(range(len(sizes)), key=lambda part: (-sizes[part], part))
    if n <= len(sizes):
        return [int(part in set(by_size[:n])) for part in range(len(sizes))]
    places, left, open_parts = [0] * len(sizes), n, list(by_size)
    # The smallest part's quota falls as places are given away, so one pass from the smallest upwards finds all.
    while open_parts and sizes[open_parts[-1]] * left < sum(sizes[part] for part in open_parts):
        places[open_parts.pop()] = 1
        left -= 1
    total = sum(sizes[part] for part in open_parts)
    for part in open_parts:
        places[part] = sizes[part] * left // total
    remainders = sorted(open_parts, key=lambda part: (-(sizes[part] * left % total), -sizes[part], part))
    for part in remainders[: left - sum(places[part] for part in open_parts)]:
        places[part] += 1
    return places


def choose_rows(
    vectors: "csr_matrix",
    strata: Sequence[tuple[str, ...]],
    n: int,
    *,
    choice: Choice = "facility",
    rng: np.random.Generator,
    advance: Advance | None = None,
) -> Sampled:
    """Chooses n rows: each stratum in proportion (`allot`), and within it by `choice`.

    Args:
        vectors: [rows, features], each of length 1; see `text_vectors`.
        strata: [rows], what each row counts as.
        n: how many, from 1 to all.
        choice: `facility` (see `facility_location`), `k-centre` (see `k_centre`) or `random`.
        rng: draws what is random, and which rows are looked at where there are too many.
        advance: is told how many rows are chosen, and of how many.

    Raises:
        ValueError: n lies outside 1..rows.
    """
    parts: dict[tuple[str, ...], list[int]] = {}
    for row, values in enumerate(strata):
        parts.setdefault(values, []).append(row)
    names = sorted(parts, key=lambda values: (-len(parts[values]), values))
    places = allot([len(parts[name]) for name in names], n)
    chosen: list[int] = []
    for name, count in zip(names, places, strict=True):
        for piece, share in _pieces(np.asarray(parts[name]), count, choice, rng):
            chosen.extend(piece[_chosen(vectors[piece], share, choice, rng)].tolist())
            if advance:
                advance(len(chosen), n)
    told = tuple(Stratum(name, len(parts[name]), count) for name, count in zip(names, places, strict=True))
    return Sampled(tuple(sorted(chosen)), told, tuple(_notes(told, choice)))


def _chosen(pool: "csr_matrix", n: int, choice: Choice, rng: np.random.Generator) -> list[int]:
    if choice == "random":
        drawn: list[int] = rng.choice(pool.shape[0], n, replace=False).tolist()
        return drawn
    return facility_location(pool, n, rng=rng) if choice == "facility" else k_centre(pool, n)


def _pieces(
    rows: NDArray[np.int64], n: int, choice: Choice, rng: np.random.Generator
) -> list[tuple[NDArray[np.int64], int]]:
    """The stratum's rows, cut at random into pieces of which facility location chooses at most 1,000 each."""
    count = -(-n // _AT_ONCE) if choice == "facility" else 1
    if count <= 1:
        return [(rows, n)] if n else []
    pieces = [np.sort(piece) for piece in np.array_split(rng.permutation(rows), count)]
    return list(zip(pieces, allot([len(piece) for piece in pieces], n), strict=True))


def _notes(strata: Sequence[Stratum], choice: Choice) -> list[str]:
    notes = []
    without = [stratum for stratum in strata if not stratum.chosen]
    if without:
        notes.append(f"{len(without)} of {len(strata)} parts have no row: there are more parts than rows to choose")
    cut = [stratum for stratum in strata if choice == "facility" and stratum.chosen > _AT_ONCE]
    if cut:
        notes.append(f"{len(cut)} parts were searched in random pieces, {_AT_ONCE} rows chosen of each at most")
    large = [s for s in strata if choice == "facility" and s.chosen and s.rows / -(-s.chosen // _AT_ONCE) > _LOOKED_AT]
    if large:
        notes.append(
            f"{len(large)} parts are large: in each search {_LOOKED_AT:,} rows, drawn at random, could be chosen, "
            f"and {_LOOKED_AT:,} others, drawn again, judged them"
        )
    return notes


def facility_location(
    pool: "csr_matrix", n: int, *, rng: np.random.Generator, weights: NDArray[np.float64] | None = None
) -> list[int]:
    """The n rows that stand for all: greedily, those that raise most the rows' mean cosine to their nearest chosen one.

    The gain of a row only falls as others are chosen, so it is computed again only for the row at the head of the
    queue (lazy greedy); the result is at least 1 - 1/e of the best one. Of more than 6,000 rows, 6,000 drawn ones may
    be chosen and 6,000 drawn ones judge.

    Source: Nemhauser, Wolsey & Fisher (1978), Mathematical Programming 14, 265-294; Minoux (1978), lazy greedy.

    Args:
        pool: [rows, features], each of length 1.
        n: how many, up to 6,000 and to all rows.
        rng: draws the rows that are looked at.
        weights: [rows], how much each row's nearness counts; alike by default.

    Returns:
        Places of the chosen rows, the one that brought most first.
    """
    candidates, judges = _some(pool.shape[0], rng), _some(pool.shape[0], rng)
    likeness = np.empty((len(candidates), len(judges)), dtype=np.float32)
    others = pool[judges].T.tocsr()
    for start in range(0, len(candidates), _BLOCK):
        block = candidates[start : start + _BLOCK]
        likeness[start : start + _BLOCK] = (pool[block] @ others).toarray()
    if weights is not None:
        likeness *= weights[judges].astype(np.float32)
    nearest = np.zeros(len(judges), dtype=np.float32)
    queue = [(-float(gain), place) for place, gain in enumerate(likeness.sum(axis=1, dtype=np.float64))]
    heapq.heapify(queue)
    chosen: list[int] = []
    while len(chosen) < n:
        _, place = heapq.heappop(queue)
        gain = float(np.maximum(likeness[place] - nearest, 0).sum(dtype=np.float64))
        if queue and (-gain, place) > queue[0]:
            heapq.heappush(queue, (-gain, place))
            continue
        np.maximum(nearest, likeness[place], out=nearest)
        chosen.append(int(candidates[place]))
    return chosen


def _some(rows: int, rng: np.random.Generator) -> NDArray[np.int64]:
    if rows <= _LOOKED_AT:
        return np.arange(rows)
    return np.sort(rng.choice(rows, _LOOKED_AT, replace=False))


def k_centre(pool: "csr_matrix", n: int) -> list[int]:
    """The n rows that leave no row far away: first the most central one, then always the farthest from all chosen.

    The largest distance to a chosen row is at most twice the least that n rows can reach. It takes the odd rows
    first: right for looking at what there is, wrong for what is usual.

    Source: Gonzalez (1985), Theoretical Computer Science 38, 293-306.

    Args:
        pool: [rows, features], each of length 1.
        n: how many, up to all.

    Returns:
        Places of the chosen rows, in the order of the choice.
    """
    centre = np.asarray(pool.mean(axis=0)).ravel()
    chosen = [int(np.argmax(pool @ centre))]
    nearest = np.full(pool.shape[0], -np.inf)
    while len(chosen) < n:
        np.maximum(nearest, pool @ pool[chosen[-1]].toarray().ravel(), out=nearest)
        nearest[chosen[-1]] = np.inf
        chosen.append(int(np.argmin(nearest)))
    return chosen
