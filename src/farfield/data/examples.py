"""Rows -> examples of a task, with where each came from."""

import hashlib
import json
import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from difflib import get_close_matches
from pathlib import Path

from farfield.data.reading import read_rows
from farfield.errors import DataError
from farfield.spec import TaskSpec, Template

__all__ = ["Example", "Left", "Loaded", "fingerprint", "key", "load_examples"]


@dataclass(frozen=True, slots=True)
class Example:
    """One row of a task.

    Attributes:
        fields: what the prompts ask for, by name.
        target: the gold answer; empty where a row of an unlabelled domain has none.
        domain: the domain that it was read for.
        row: its number in its file, from 0.
        source: the file's name.
        group: the value of the task's group column; None where there is none.
        second: the answer that a second person gave; empty where there is none.
    """

    fields: Mapping[str, str]
    target: str
    domain: str
    row: int
    source: str
    group: str | None = None
    second: str = ""

    @property
    def asked(self) -> str:
        """What the row asks, without a template: its fields, a line each."""
        return "\n".join(self.fields.values())


@dataclass(frozen=True, slots=True)
class Left:
    """A row that was left out, and why: `dropped_label`, `equals_demo`, `equals_training_row`, `too_long`, ..."""

    source: str
    row: int
    reason: str


@dataclass(frozen=True, slots=True)
class Loaded:
    """The examples of a file, and rows whose label the study drops."""

    examples: tuple[Example, ...]
    dropped: tuple[Left, ...]


def load_examples(
    path: Path, *, domain: str, task: TaskSpec, rows: tuple[int, int] | None = None, labelled: bool = True
) -> Loaded:
    """Reads the examples of one file.

    Args:
        path: of the file.
        domain: the name that the study gives it.
        task: whose fields, target and labels are looked for.
        rows: takes rows a to b-1 only.
        labelled: whether every row must have a target; otherwise its columns may be empty or absent.

    Raises:
        DataError: rows without a field, without a target, or with a gold label outside the labels.
    """
    every = read_rows(path)
    wanted = range(*rows) if rows else range(len(every))
    target = Template(task.target)
    second = Template(task.second_target) if task.second_target else None
    of_target = target.fields if labelled else ()
    needed = tuple(dict.fromkeys((*task.fields, *of_target, *((task.group,) if task.group else ()))))
    _require_columns(every, needed, path)
    examples = [
        Example(
            fields={name: every[number][name] for name in task.fields},
            target=_target(target, every[number]),
            domain=domain,
            row=number,
            source=path.name,
            group=every[number][task.group] if task.group else None,
            second=_target(second, every[number]) if second else "",
        )
        for number in wanted
        if number < len(every)
    ]
    if not examples:
        raise DataError(
            f"rows {list(rows or ())} lie beyond the end of the file, which has {len(every)} rows",
            where=str(path),
            mend="ask for rows that are there",
        )
    dropped = [Left(e.source, e.row, "dropped_label") for e in examples if e.target in task.drop_labels]
    kept = tuple(e for e in examples if e.target not in task.drop_labels)
    _require_answers([replace(e, target=e.second) for e in kept if e.second], task, path)
    _require_answers(kept if labelled else [e for e in kept if e.target], task, path)
    return Loaded(kept, tuple(dropped))


def _target(target: Template, row: Mapping[str, str]) -> str:
    """The gold answer of a row; empty where it has none of the columns that the answer is made of."""
    if target.fields and not any(row.get(name, "").strip() for name in target.fields):
        return ""
    return target.render(row)


def key(example: Example, task: TaskSpec) -> str:
    """What makes two rows the same question: their fields, NFKC-normalised, white space collapsed.

    For matching only; what is trained on and asked stays as it was.
    """
    texts = (unicodedata.normalize("NFKC", example.fields[name]) for name in task.fields)
    return "\x1f".join(re.sub(r"\s+", " ", text).strip() for text in texts)


def fingerprint(examples: Iterable[Example]) -> str:
    """SHA-256 of the examples' fields, targets and row numbers, in order."""
    digest = hashlib.sha256()
    for example in examples:
        digest.update(json.dumps([sorted(example.fields.items()), example.target, example.row]).encode())
    return digest.hexdigest()


def _require_columns(rows: Sequence[Mapping[str, str]], needed: Sequence[str], path: Path) -> None:
    for name in needed:
        lacking = [number for number, row in enumerate(rows) if name not in row]
        if not lacking:
            continue
        columns = sorted({column for row in rows[:100] for column in row})
        near = get_close_matches(name, columns, 1, 0.5)
        hint = f"did you mean {near[0]!r}? " if near else ""
        raise DataError(
            f"{len(lacking)} of {len(rows)} rows have no field {name!r}",
            where=f"{path}, {_listed(lacking)}",
            mend=f"{hint}the file has: {', '.join(columns)}; a brace that is no field is written {{{{ or }}}}",
        )


def _require_answers(examples: Sequence[Example], task: TaskSpec, path: Path) -> None:
    empty = [e.row for e in examples if not e.target.strip()]
    if empty:
        raise DataError(
            f"{len(empty)} rows have an empty target",
            where=f"{path}, {_listed(empty)}",
            mend="fill them in or remove them",
        )
    if not task.labels:
        return
    strange = [e for e in examples if e.target not in task.labels]
    if strange:
        found = sorted({e.target for e in strange})[:5]
        near = get_close_matches(found[0], task.labels, 1, 0.6)
        raise DataError(
            f"{len(strange)} rows have a gold label outside the task's labels: {', '.join(map(repr, found))}",
            where=f"{path}, {_listed([e.row for e in strange])}",
            mend=(f"did you mean {near[0]!r}? " if near else "")
            + f"the labels are {', '.join(task.labels)}; mend the rows, or name the label in `drop_labels:`",
        )


def _listed(rows: Sequence[int]) -> str:
    shown = ", ".join(map(str, rows[:10]))
    return f"row{'s' if len(rows) > 1 else ''} {shown}" + (f" and {len(rows) - 10} more" if len(rows) > 10 else "")
