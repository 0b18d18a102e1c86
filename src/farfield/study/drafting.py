"""A first study file from a firm's own rows: which column is the answer, and what kind of task that makes."""

import os
from collections.abc import Mapping, Sequence
from pathlib import Path

import yaml

from farfield.data import read_rows
from farfield.errors import DataError
from farfield.spec import parse_study

__all__ = ["draft_study"]

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
_MOST_LABELS = 20


def draft_study(
    train: Path, test: Path, new: Sequence[Path], *, demos: Path | None, target: str, name: str, beside: Path
) -> str:
    """The text of a study file for these rows; it loads as it is.

    Args:
        train: rows to train on; their columns are the fields.
        test: test rows of the same domain.
        new: test rows of new domains, one file each.
        demos: rows to show in prompts; without them the study asks without examples.
        target: the column with the answer; guessed where empty.
        name: of the study; the training file's where empty.
        beside: the folder that the study file will stand in.

    Raises:
        DataError: a file that can't be read, or no column that could be the answer.
    """
    rows = read_rows(train)
    columns = list(rows[0])
    target = target or _guess(columns, train)
    if target not in columns:
        raise DataError(f"there is no column {target!r}", where=str(train), mend=f"name one of: {', '.join(columns)}")
    held = len(read_rows(demos)) if demos else 0
    shown = {"demos": _relative(demos, beside)} if demos else {}

    def source(path: Path) -> dict[str, object]:
        return {path.stem: {"path": _relative(path, beside), **shown}}

    task = _asked(rows, target) | {
        "shots": [0, min(2, held)] if held else [0],
        "train": source(train),
        "in_domain": source(test),
    }
    if new:
        task["out_of_domain"] = {key: value for path in new for key, value in source(path).items()}
    arms: dict[str, object] = {"base": {}, "ft": {"trained": True}}
    if held >= 2:
        arms["fticl"] = {"trained": True, "train_shots": 2}
    dev = min(100, len(rows) // 5)
    study = {
        "study": name or train.stem,
        "model": "smollm2-135m-instruct",
        "seeds": [0],
        "dev": dev,
        **({"demo_source": "train"} if held else {}),  # one file of demos serves all domains
        "tasks": {target: task},
        "arms": arms,
        "training": {"train_rows": [len(rows) - dev], "method": "lora"},
    }
    text = yaml.dump(study, Dumper=_Readable, sort_keys=False, allow_unicode=True, width=110)
    parse_study(text, folder=beside)
    return text


def _asked(rows: Sequence[Mapping[str, str]], target: str) -> dict[str, object]:
    """What the task asks: its kind, labels, prompt and answer."""
    fields = [column for column in rows[0] if column != target and column not in ("id", "idx")]
    labels = sorted({row[target] for row in rows})
    classifies = len(labels) <= min(_MOST_LABELS, len(rows) // 2) and max(map(len, labels)) <= 40
    kind: dict[str, object] = {"kind": "classification", "labels": labels} if classifies else {"kind": "generation"}
    prompt = "".join(f"### {_heading(field)}:\n{{{field}}}\n" for field in fields)
    return {**kind, "prompts": [f"{prompt}### {_heading(target)}:"], "target": f"{{{target}}}"}


def _heading(column: str) -> str:
    return column.replace("_", " ").capitalize()


class _Readable(yaml.SafeDumper):
    """Prompts as blocks, line by line; lists of words on one line: the file is there to be read."""


def _text(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style="|" if "\n" in text else None)


def _list(dumper: yaml.SafeDumper, items: list[object]) -> yaml.SequenceNode:
    long = any(isinstance(item, str) and "\n" in item for item in items)
    return dumper.represent_sequence("tag:yaml.org,2002:seq", items, flow_style=not long)


_Readable.add_representer(str, _text)
_Readable.add_representer(list, _list)


def _guess(columns: Sequence[str], path: Path) -> str:
    known = [column for column in columns if column.lower() in _ANSWER_NAMES]
    if known:
        return known[-1]
    raise DataError(
        "no column is clearly the answer",
        where=str(path),
        mend=f"name it with --target; there are: {', '.join(columns)}",
    )


def _relative(path: Path, beside: Path) -> str:
    return os.path.relpath(path.resolve(), beside.resolve())
