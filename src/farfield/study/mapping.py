"""Which columns of a file are what: proposed by what they hold, for somebody to accept or to change."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches

from farfield.data.intake import ROLES, Surveyed, propose
from farfield.errors import DataError

__all__ = ["Mapped", "Proposed", "propose_mapping", "require_columns"]

_ANSWER_NAMES = (
    "label",
    "target",
    "output",
    "answer",
    "class",
    "category",
    "department",
    "summary",
    "headline",
)
_DOMAIN = "_domain"  # what an import writes where rows have domains


@dataclass(frozen=True, slots=True)
class Mapped:
    """The columns of a task: what the model reads, the answer, and what rows are divided by; empty where there is none.

    Attributes:
        text: columns that the prompt shows, in their order.
        target: the answer.
        date: the day of a row.
        source: where a row comes from; its values are domains.
        group: what rows share that must not be parted (a customer, a thread).
    """

    text: tuple[str, ...]
    target: str
    date: str = ""
    source: str = ""
    group: str = ""


@dataclass(frozen=True, slots=True)
class Proposed:
    """What speaks for which column.

    Attributes:
        mapped: the proposal; without a target where no column is clearly the answer.
        why: by role, what speaks for it.
        columns: all that can be chosen.
    """

    mapped: Mapped
    why: Mapping[str, str]
    columns: tuple[str, ...]


def propose_mapping(rows: Sequence[Mapping[str, str]], *, target: str = "") -> Proposed:
    """Proposes columns for the roles.

    A column that an import named after its role is taken for it. Several columns of text are all shown to the model.

    Args:
        rows: at least one.
        target: the answer's column where it is known; no other role gets it.
    """
    surveyed = Surveyed()
    for row in rows:
        surveyed.see({name: value for name, value in row.items() if name != target and _usable(name)})
    names = tuple(dict.fromkeys(name for row in rows for name in row if _usable(name) or name == _DOMAIN))
    found = {proposal.role: (proposal.column, proposal.why) for proposal in propose(surveyed)}
    named = {role: (role, "it is called so") for role in ROLES if role in names and role != target}
    taken = {column for column, _ in named.values()}
    found = {role: told for role, told in found.items() if told[0] not in taken} | named
    if _DOMAIN in names:
        found["source"] = _DOMAIN, "the import's own domains"
    if target:
        found["target"] = target, "it was named"
    elif "target" not in found and (answers := [name for name in names if name.lower() in _ANSWER_NAMES]):
        found["target"] = answers[-1], "it is called so"
        found = {role: told for role, told in found.items() if role == "target" or told[0] != answers[-1]}
    held = {column for role, (column, _) in found.items() if role != "text"}
    long = [
        name
        for name, column in surveyed.columns.items()
        if name not in held and column.usual >= 8 and column.distinct > 0.3 and column.numbers * 2 < column.filled
    ]
    # What an import was told is the text is all of it.
    long = ["text"] if "text" in named else long
    text = tuple(long) or tuple(name for name in names if name not in held and name not in ("id", "idx", _DOMAIN))
    why = {role: told for role, (_, told) in found.items()}
    columns = {role: found.get(role, ("", ""))[0] for role in ("target", "date", "source", "group")}
    return Proposed(Mapped(text, **columns), why, names)


def require_columns(columns: Sequence[str], wanted: Sequence[str], where: str) -> None:
    """Looks whether columns are there.

    Raises:
        DataError: one is not, with the nearest that is.
    """
    for name in wanted:
        if name not in columns:
            near = get_close_matches(name, columns, 1, 0.5)
            hint = f"did you mean {near[0]!r}? " if near else ""
            mend = f"{hint}there are: {', '.join(columns)}"
            raise DataError(f"there is no column {name!r}", where=where, mend=mend)


def _usable(name: str) -> bool:
    """Columns that begin with `_` are where an import or a sample says what came from where."""
    return bool(name) and not name.startswith("_")
