"""Rows of one file -> rows to train on, to test on at home, and to test on elsewhere or later; each in a file."""

import datetime
import re
import unicodedata
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

import numpy as np

from farfield.data import linked, write_rows
from farfield.data.intake import file_name, parse_date
from farfield.errors import DataError
from farfield.study.mapping import Mapped

__all__ = ["SPLITS", "Divided", "Division", "days_of", "divide", "write_divided"]

Split = Literal["random", "domain", "period"]
SPLITS: tuple[Split, ...] = ("random", "domain", "period")
Row = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Division:
    """How rows are to be divided.

    Attributes:
        by: at random; or by the source, one of which trains and the others are new domains; or by the date.
        train_on: the source that trains.
        since: the day from which rows are later ones.
        test_share: share of the training domain's rows that is held for its test.
        seed: of the draw.
    """

    by: Split
    train_on: str = ""
    since: datetime.date | None = None
    test_share: float = 0.2
    seed: int = 0


@dataclass(slots=True)
class Divided:
    """Places of rows.

    Attributes:
        home: name of the domain that trains.
        train, test: of that domain.
        away: other test sets by name: new domains, or a later time.
        left: rows that go nowhere, with the reason.
    """

    home: str
    train: list[int] = field(default_factory=list)
    test: list[int] = field(default_factory=list)
    away: dict[str, list[int]] = field(default_factory=dict)
    left: dict[int, str] = field(default_factory=dict)


def days_of(rows: Sequence[Row], column: str) -> list[datetime.date | None]:
    """The day of each row; None where the column holds none."""
    return [parse_date(row.get(column, "")) for row in rows]


def divide(rows: Sequence[Row], mapped: Mapped, how: Division, *, name: str) -> Divided:
    """Divides the rows that have an answer; rows that ask the same, or share a group, stay on one side.

    Rows of other domains or of a later time that ask what the training domain asks are left out with that reason.

    Args:
        rows: all of them.
        mapped: their columns.
        how: the division.
        name: of the only domain, where rows are divided at random.

    Raises:
        DataError: too few rows on a side, or a source that there is not.
    """
    places = [n for n, row in enumerate(rows) if row.get(mapped.target, "").strip()]
    divided = Divided(name, left={n: "it has no answer" for n in range(len(rows)) if n not in set(places)})
    keys = [_key(row, mapped) for row in rows]
    home = _of_home(rows, mapped, how, places, divided)
    _draw(home, _blocks(rows, keys, mapped.group, home), how, divided)
    known = {keys[place] for place in home}
    for other, there in divided.away.items():
        again = [place for place in there if keys[place] in known]
        divided.left |= dict.fromkeys(again, "it asks what a row of the training domain asks")
        divided.away[other] = [place for place in there if keys[place] not in known]
    divided.away = {other: there for other, there in divided.away.items() if there}
    if not divided.train or not divided.test:
        what = f"{len(home)} rows of {divided.home!r} with an answer are too few to train and to test on"
        raise DataError(what, mend="take another split, or a smaller --test-share")
    if how.by != "random" and not divided.away:
        raise DataError("all rows with an answer are of one side", mend="take another split")
    return divided


def _of_home(rows: Sequence[Row], mapped: Mapped, how: Division, places: list[int], divided: Divided) -> list[int]:
    """Places of the rows of the training domain; all others go to `away` or `left`."""
    if how.by == "random":
        return places
    if how.by == "domain":
        counted = Counter(rows[place].get(mapped.source, "").strip() for place in places)
        if how.train_on not in counted or not how.train_on:
            there = ", ".join(name for name, _ in counted.most_common(20) if name)
            raise DataError(f"no row with an answer comes from {how.train_on!r}", mend=f"train on one of: {there}")
        sides: list[str | None] = [rows[place].get(mapped.source, "").strip() or None for place in places]
        divided.home = how.train_on
    else:
        since = how.since or datetime.date.max
        days = days_of(rows, mapped.date)
        before, later = f"before_{since}", f"from_{since}"
        sides = [None if (day := days[place]) is None else later if day >= since else before for place in places]
        divided.home = before
    home, files = [], {divided.home: file_name(divided.home, {})}
    for place, side in zip(places, sides, strict=True):
        if side is None:
            divided.left[place] = "it has no date" if how.by == "period" else "it has no source"
        elif side == divided.home:
            home.append(place)
        else:
            # Names of test sets are names of files, and keys of a study file.
            if side not in files:
                files[side] = file_name(side, files)
            divided.away.setdefault(files[side], []).append(place)
    divided.home = files[divided.home]
    return home


def _draw(home: Sequence[int], blocks: list[list[int]], how: Division, divided: Divided) -> None:
    """Takes blocks at random for the test until it has its share; one that is too large for it trains."""
    wanted = max(1, round(how.test_share * len(home)))
    test: set[int] = set()
    for number in np.random.default_rng(how.seed).permutation(len(blocks)).tolist():
        if len(test) + len(blocks[number]) <= wanted:
            test.update(blocks[number])
    divided.train = [place for place in home if place not in test]
    divided.test = [place for place in home if place in test]


def _blocks(rows: Sequence[Row], keys: Sequence[str], group: str, places: Sequence[int]) -> list[list[int]]:
    """Rows that must stay together: each with all that share its question or its group, over any number of steps."""
    first: dict[str, int] = {}
    links = []
    for number, place in enumerate(places):
        shared = rows[place].get(group, "").strip() if group else ""
        for mark in (f"asks {keys[place]}", *([f"group {shared}"] if shared else [])):
            links.append((first.setdefault(mark, number), number))
    return [[places[number] for number in block] for block in linked(links, len(places))]


def _key(row: Row, mapped: Mapped) -> str:
    """As `data.key` tells questions apart, before there is a task."""
    texts = (unicodedata.normalize("NFKC", row.get(name, "")) for name in mapped.text)
    return "\x1f".join(re.sub(r"\s+", " ", text).strip() for text in texts)


def write_divided(rows: Sequence[Row], mapped: Mapped, divided: Divided, folder: Path) -> dict[str, dict[str, Path]]:
    """Writes a file for each part, and `left_out.jsonl`; the paths by part (`train`, `test`, `away`) and domain.

    All columns are kept, so that a row can be followed to where it came from.
    """
    columns = list(dict.fromkeys([*mapped.text, mapped.target, *(name for row in rows for name in row)]))

    def written(name: str, places: Sequence[int]) -> Path:
        path = folder / f"{name}.jsonl"
        write_rows(path, [{column: rows[place].get(column, "") for column in columns} for place in places])
        return path

    home = divided.home
    parts = {
        "train": {home: written(f"{home}_train", divided.train)},
        "test": {home: written(f"{home}_test", divided.test)},
        "away": {name: written(f"{name}_only", places) for name, places in divided.away.items()},
    }
    left = [dict(rows[place]) | {"_why": why} for place, why in sorted(divided.left.items())]
    write_rows(folder / "left_out.jsonl", left)
    return parts
