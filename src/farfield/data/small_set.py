"""`farfield sample`: files -> a small set of their rows, each with its place, and how well they do."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path

import numpy as np

from farfield.data.reading import read_rows
from farfield.data.representing import Representation, representation
from farfield.data.sampling import Choice, Sampled, choose_rows, strata_of
from farfield.data.vectors import text_vectors
from farfield.data.writing import WRITTEN, write_rows
from farfield.errors import DataError

__all__ = ["FROM_FILE", "FROM_ROW", "SampleWishes", "SmallSet", "sample_files", "text_column"]

FROM_FILE, FROM_ROW = "_from_file", "_from_row"
_LOOKED_AT = 2000  # rows from which the column of text is told


@dataclass(frozen=True, slots=True)
class SampleWishes:
    """What a small set should be like.

    Attributes:
        rows: how many rows.
        text: columns that are compared; the one with the longest texts where there are none.
        by: columns that are kept in proportion, beside the file and the label.
        label: the column with the answer; empty where there is none.
        choice: how rows are chosen within a part.
        threshold: cosine from which a row counts as covered.
        draws: random samples of as many rows, beside which the choice is measured.
        seed: of all that is random.
    """

    rows: int
    text: tuple[str, ...] = ()
    by: tuple[str, ...] = ()
    label: str = ""
    choice: Choice = "facility"
    threshold: float = 0.3
    draws: int = 20
    seed: int = 0


@dataclass(frozen=True, slots=True)
class SmallSet:
    """What was written.

    Attributes:
        path: of the file.
        rows: rows in it.
        of: rows that there were.
        text: columns that were compared.
        by: what was kept in proportion; `file` is the row's file.
        sampled: which rows, and of which parts.
        representation: how well they stand for all.
    """

    path: Path
    rows: int
    of: int
    text: tuple[str, ...]
    by: tuple[str, ...]
    sampled: Sampled
    representation: Representation


def sample_files(
    paths: Sequence[Path], to: Path, wishes: SampleWishes, *, advance: Callable[[str, int, int], None] | None = None
) -> SmallSet:
    """Writes a small set of the files' rows: their values as `read_rows` gives them, and the file and row of each.

    Args:
        paths: the files; all of them have the columns that are named.
        to: the file to write.
        wishes: what it should be like.
        advance: is told what is being done, how much of it is done, and of how much.

    Raises:
        DataError: a file that can't be read, a column that is missing, or more rows asked for than there are.
    """
    if to.suffix.lower() not in WRITTEN:  # before minutes of work
        write_rows(to, [])
    if any(to.resolve() == path.resolve() for path in paths):
        raise DataError("the file to write is one of those to read", where=str(to), mend="name another with --to")
    rows = [row | {FROM_FILE: str(path), FROM_ROW: str(number)} for path in paths for number, row in _read(path)]
    if not 1 <= wishes.rows <= len(rows):
        what = f"{wishes.rows} rows are asked for, and there are {len(rows)}"
        raise DataError(what, where=", ".join(map(str, paths)), mend=f"ask for 1 to {len(rows)}")
    text = wishes.text or (text_column(rows),)
    by = tuple(dict.fromkeys([*wishes.by, *([wishes.label] if wishes.label else [])]))
    for name in (*text, *by):
        _require(rows, name)
    told = advance or _silent
    told("reading texts", 0, 1)
    vectors = text_vectors(["\n".join(row[name] for name in text) for row in rows])
    told("reading texts", 1, 1)
    strata = strata_of(rows, (FROM_FILE, *by))
    rng = np.random.default_rng(wishes.seed)
    sampled = choose_rows(
        vectors, strata, wishes.rows, choice=wishes.choice, rng=rng, advance=lambda a, b: told("choosing", a, b)
    )
    labels = [row[wishes.label] for row in rows] if wishes.label else None
    found = representation(
        vectors, sampled.rows, labels, rng=rng, threshold=wishes.threshold, draws=wishes.draws,
        advance=lambda a, b: told("comparing with random samples", a, b),
    )  # fmt: skip
    chosen = [dict(rows[place]) | {FROM_ROW: int(rows[place][FROM_ROW])} for place in sampled.rows]
    write_rows(to, chosen)
    return SmallSet(to, len(chosen), len(rows), text, ("file", *by), sampled, found)


def text_column(rows: Sequence[Mapping[str, str]]) -> str:
    """The column with the longest texts, over rows spread evenly; the first of equals."""
    lengths: dict[str, int] = {}
    for row in rows[:: max(1, len(rows) // _LOOKED_AT)]:
        for name, value in row.items():
            if name not in (FROM_FILE, FROM_ROW):
                lengths[name] = lengths.get(name, 0) + len(value)
    return max(lengths, key=lambda name: lengths[name])


def _read(path: Path) -> list[tuple[int, dict[str, str]]]:
    rows = read_rows(path)
    taken = [name for name in (FROM_FILE, FROM_ROW) if any(name in row for row in rows)]
    if taken:
        mend = "rename the column: the sample writes there where each row came from"
        raise DataError(f"there is a column {taken[0]!r} already", where=str(path), mend=mend)
    return list(enumerate(rows))


def _require(rows: Sequence[Mapping[str, str]], name: str) -> None:
    lacking = next((row for row in rows if name not in row), None)
    if lacking is None:
        return
    columns = [column for column in lacking if column not in (FROM_FILE, FROM_ROW)]
    near = get_close_matches(name, columns, 1, 0.5)
    raise DataError(
        f"a row has no column {name!r}",
        where=f"{lacking[FROM_FILE]}, row {lacking[FROM_ROW]}",
        mend=(f"did you mean {near[0]!r}? " if near else "") + f"the row has: {', '.join(columns)}",
    )


def _silent(step: str, done: int, total: int) -> None:
    """Tells nobody."""
