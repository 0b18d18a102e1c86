"""`farfield label`: rows out to people as a table, and their answers back into the file."""

import hashlib
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from farfield.data.labelling import Ranked, rows_to_label
from farfield.data.reading import read_rows
from farfield.data.rewriting import rewritten
from farfield.data.sheets import SHEETS, Sheet, column_letters, read_choices, read_sheet, write_sheet
from farfield.data.small_set import text_column
from farfield.data.versions import canonical
from farfield.errors import DataError
from farfield.stats import Number, Undefined, cohens_kappa, label_ceiling, raw_agreement

__all__ = ["ROW_ID", "Agreement", "LabelWishes", "Labelled", "Tasks", "take_back", "write_tasks"]

ROW_ID = "_row_id"
_EXAMPLES = 3  # labelled rows that the guideline shows of each label
_SHOWN = 200  # characters of each


@dataclass(frozen=True, slots=True)
class LabelWishes:
    """What a table of tasks should have.

    Attributes:
        rows: how many.
        label: the file's column with the answer.
        labels: what may be answered; the file's own labels where there are none.
        text: columns that are compared; the one with the longest texts where there are none.
        domain: column of the domain; empty for one domain.
        guideline: a text file to read first.
        second: the file's column of a second person's answers (default: `second_` and the label's name).
        seed: of what is random.
    """

    rows: int
    label: str = "label"
    labels: tuple[str, ...] = ()
    text: tuple[str, ...] = ()
    domain: str = ""
    guideline: Path | None = None
    second: str = ""
    seed: int = 0


@dataclass(frozen=True, slots=True)
class Tasks:
    """What was written: the file, the labels, the ranked rows, and how many cells were cut because Excel's end."""

    path: Path
    labels: tuple[str, ...]
    ranked: Ranked
    cut: int


@dataclass(frozen=True, slots=True)
class Agreement:
    """How far two people agree on the rows that both answered.

    Attributes:
        rows: that both answered.
        raw: share on which they agree.
        kappa: Cohen's.
        ceiling: accuracy that a perfect model would be measured with on such labels.
        differing: rows of the file on which they differ.
    """

    rows: int
    raw: Number
    kappa: Number
    ceiling: Number
    differing: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Labelled:
    """What was taken back: the file, answers of each table, rows left open in each, and the agreement of two."""

    path: Path
    answers: tuple[int, ...]
    left_open: tuple[int, ...]
    agreement: Agreement | None


def write_tasks(file: Path, to: Path, wishes: LabelWishes) -> Tasks:
    """Writes the most useful rows without a label as a table: an id, the answer to give, and the row's fields.

    Raises:
        DataError: a file that can't be read, a missing column, no labels to choose from, or nothing left to label.
    """
    if to.suffix.lower() not in SHEETS:
        write_sheet(to, Sheet((), (), "", (), ()))
    rows = read_rows(file)
    text = wishes.text or (text_column([{k: v for k, v in row.items() if k != wishes.label} for row in rows]),)
    for name in (*text, *((wishes.domain,) if wishes.domain else ())):
        if not any(name in row for row in rows):
            mend = f"the file has: {', '.join(_columns(rows))}"
            raise DataError(f"there is no column {name!r}", where=str(file), mend=mend)
    given = [row.get(wishes.label, "").strip() and row[wishes.label] for row in rows]
    labels = wishes.labels or tuple(label for label, _ in Counter(filter(None, given)).most_common())
    if not labels:
        raise DataError("no label is known to choose from", where=str(file), mend="name them: --labels repair,billing")
    if all(given):
        raise DataError("every row has a label already", where=str(file), mend="name a file with rows to label")
    asked = ["\n".join(row.get(name, "") for name in text) for row in rows]
    domains = [row.get(wishes.domain, "") for row in rows]
    ranked = rows_to_label(asked, given, domains, wishes.rows, rng=np.random.default_rng(wishes.seed))
    answers = (wishes.label, wishes.second or f"second_{wishes.label}")
    shown = [name for name in dict.fromkeys([*text, *_columns(rows)]) if name not in answers]
    cells = [(_row_id(number, rows[number], *answers), "", *(rows[number].get(name, "") for name in shown))
             for number in ranked.rows]  # fmt: skip
    guideline = _guideline(wishes.guideline, labels, list(zip(given, asked, strict=True)))
    cut = write_sheet(to, Sheet((ROW_ID, wishes.label, *shown), tuple(cells), wishes.label, labels, guideline))
    return Tasks(to, labels, ranked, cut)


def take_back(
    tables: Sequence[Path], into: Path, *, label: str = "label", labels: Sequence[str] = (), second: str = ""
) -> Labelled:
    """Writes the answers of one person, or of two, into the file; nothing is written unless every answer is in order.

    Where two people differ the first one's answer is the label; both are in the file, and the rows are told.

    Args:
        tables: of one person, or of two who answered the same rows.
        into: the file that the rows came from, of any kind that `read_rows` reads.
        label: its column for the answers.
        labels: what may be answered; where none are given, the table's own list, or else the file's labels.
        second: column for the second person's answers (default: `second_` and the label's name).

    Raises:
        DataError: a row id that is not the file's, an unknown label, a row answered twice, or one that has another
            label already; with the cell.
    """
    if not 1 <= len(tables) <= 2:
        raise DataError(f"{len(tables)} tables were given", mend="give one person's table, or two people's")
    columns = (label, second or f"second_{label}")
    rows = read_rows(into)
    known = tuple(labels) or read_choices(tables[0]) or tuple(dict.fromkeys(filter(None, (r.get(label) for r in rows))))
    if not known:
        raise DataError("no label is known", where=str(into), mend="name them: --labels repair,billing")
    ids = {_row_id(number, row, *columns): number for number, row in enumerate(rows)}
    found: list[dict[int, str]] = []
    left_open: list[int] = []
    changes: dict[int, dict[str, str]] = {}
    for table, column in zip(tables, columns, strict=False):
        answers, empty = _answers(table, ids, label, known)
        for number, (answer, cell) in answers.items():
            before = rows[number].get(column, "")
            if before.strip() and before != answer:
                mend = "empty it there if the new answer is right"
                raise DataError(f"row {number} of {into.name} has the answer {before!r} already", where=cell, mend=mend)
            changes.setdefault(number, {})[column] = answer
        found.append({number: answer for number, (answer, _) in answers.items()})
        left_open.append(empty)
    rewritten(into, into, texts=changes, replace=True)
    agreement = _agreement(found[0], found[1], len(known)) if len(found) == 2 else None
    return Labelled(into, tuple(map(len, found)), tuple(left_open), agreement)


def _answers(
    table: Path, ids: Mapping[str, int], label: str, known: Sequence[str]
) -> tuple[dict[int, tuple[str, str]], int]:
    """Each answered row's answer with its cell, and how many rows were left open."""
    rows = read_sheet(table)
    names = list(rows[0])
    for name in (ROW_ID, label):
        if name not in names:
            mend = f"give the table that `farfield label` wrote; this one has: {', '.join(names)}"
            raise DataError(f"there is no column {name!r}", where=str(table), mend=mend)
    cell = {name: column_letters(names.index(name)) for name in (ROW_ID, label)}
    answers: dict[int, tuple[str, str]] = {}
    for line, row in enumerate(rows, 2):
        answer, here = row[label].strip(), f"{table}, cell {cell[label]}{line}"
        if not any(value.strip() for value in row.values()):
            continue
        number = ids.get(row[ROW_ID].strip())
        if number is None:
            mend = "leave the ids as they were; if the file's rows changed since, write the tasks again"
            where = f"{table}, cell {cell[ROW_ID]}{line}"
            raise DataError(f"no row of the file has the id {row[ROW_ID]!r}", where=where, mend=mend)
        if not answer:
            continue
        if answer not in known:
            raise DataError(f"there is no label {answer!r}", where=here, mend=f"the labels are {', '.join(known)}")
        if number in answers:
            first = answers[number][1].rpartition(" ")[2]
            raise DataError(
                f"row {number} is answered twice", where=here, mend=f"keep this answer or that of cell {first}"
            )
        answers[number] = (answer, here)
    return answers, len({row[ROW_ID] for row in rows if row[ROW_ID].strip()}) - len(answers)


def _agreement(one: Mapping[int, str], other: Mapping[int, str], labels: int) -> Agreement:
    both = sorted(one.keys() & other.keys())
    a, b = [one[row] for row in both], [other[row] for row in both]
    ceiling: Number = label_ceiling(a, b, labels=labels) if labels > 1 else Undefined("there is one label only")
    differing = tuple(row for row in both if one[row] != other[row])
    return Agreement(len(both), raw_agreement(a, b), cohens_kappa(a, b), ceiling, differing)


def _row_id(number: int, row: Mapping[str, str], *answers: str) -> str:
    """The row's number and the beginning of the hash of what is asked, so that a file that changed is noticed."""
    asked = {name: value for name, value in row.items() if name not in answers}
    return f"{number}-{hashlib.sha256(canonical(asked)).hexdigest()[:8]}"


def _columns(rows: Sequence[Mapping[str, str]]) -> list[str]:
    return list(dict.fromkeys(name for row in rows for name in row))


def _guideline(path: Path | None, labels: Sequence[str], rows: Sequence[tuple[str, str]]) -> tuple[str, ...]:
    text = _text_of(path) if path else ""
    lines = ["How to fill this in", f"Choose one label for each row in the sheet of tasks; leave {ROW_ID} as it is."]
    lines += ["Leave the label empty where none fits or you can't tell.", "", *text.splitlines(), "", "Labels"]
    for label in labels:
        shown = [asked[:_SHOWN] for given, asked in rows if given == label][:_EXAMPLES]
        lines += [label, *(f"    such as: {asked}" for asked in shown)]
    return tuple(lines)


def _text_of(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        mend = "name a text file in UTF-8"
        raise DataError(f"the guideline can't be read: {error}", where=str(path), mend=mend) from None
