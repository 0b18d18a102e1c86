"""The rows of the scattered files before anything is wrong with them."""

from dataclasses import dataclass, replace
from datetime import date, timedelta
from functools import cache
from importlib.resources import files

__all__ = ["Entry", "Kept", "entries_of"]

_FIRST = date(2023, 4, 3)
_LATER = date(2024, 5, 13)


@dataclass(frozen=True, slots=True)
class Entry:
    """A row of one of the files.

    Attributes:
        text, target: the message, and its department or its summary.
        day: when it came.
        customer: who sent it.
        codes: the faults that stand in it, as `check` calls them; of others what it is put aside for.
        raw: bytes that no encoding has, put behind the message's first character.
        cells: how many cells too many the row has.
    """

    text: str
    target: str
    day: date
    customer: str
    codes: tuple[str, ...] = ()
    raw: bytes = b""
    cells: int = 0

    def spoilt(self, *codes: str, **changes: object) -> "Entry":
        """The same with a fault."""
        return replace(self, codes=(*self.codes, *codes), **changes)  # type: ignore[arg-type]


Kept = dict[str, list[Entry]]
"""The rows of each file, by the file's short name."""


@cache
def _sections(language: str) -> dict[str, tuple[tuple[str, ...], ...]]:
    path = files("farfield.data") / "samples" / "scattered" / f"{language}.tsv"
    found: dict[str, list[tuple[str, ...]]] = {}
    for line in path.read_text(encoding="utf-8").splitlines():
        if line.startswith("# "):
            found[line[2:]] = []
        else:
            cells = (cell.replace("\\n", "\n") for cell in line.split("\t"))
            found[list(found)[-1]].append(tuple(cells))
    return {name: tuple(rows) for name, rows in found.items()}


def entries_of(language: str) -> Kept:
    """The rows of the files of one language, each with a day and a customer of its own."""
    kept: Kept = {}
    for name, rows in _sections(language).items():
        first = _LATER if name == "later" else _FIRST
        number = sum(map(len, kept.values()))
        kept[name] = [
            Entry(
                text="\t".join(cells[1:]) if language == "ja" else cells[0],
                target=cells[0] if language == "ja" else cells[1],
                day=first + timedelta(days=number + place),
                customer=f"{'K' if language == 'ja' else 'C'}{1000 + 7 * (number + place)}",
            )
            for place, cells in enumerate(rows)
        ]
    return kept
