"""A first study file from a firm's own rows: what kind of task they make, and the text of the file."""

import os
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import yaml

from farfield.data import read_rows
from farfield.spec import parse_study
from farfield.study.mapping import Mapped

__all__ = ["Draft", "draft_study", "kind_of", "labels_of"]

_MOST_LABELS = 20


@dataclass(frozen=True, slots=True)
class Draft:
    """What a study file is written from.

    Attributes:
        name: of the study.
        model: as a study file names it.
        mapped: the rows' columns; the group stays on one side of training and development rows.
        kind: `classification` or `generation`.
        labels: of a classification; other labels of the rows are dropped, by name.
        train, in_domain, out_of_domain, later_time: files by domain.
        demos: rows to show in prompts; without them the study asks without examples.
    """

    name: str
    model: str
    mapped: Mapped
    kind: str
    labels: tuple[str, ...]
    train: Mapping[str, Path]
    in_domain: Mapping[str, Path] = field(default_factory=dict)
    out_of_domain: Mapping[str, Path] = field(default_factory=dict)
    later_time: Mapping[str, Path] = field(default_factory=dict)
    demos: Path | None = None


def labels_of(rows: Sequence[Mapping[str, str]], target: str) -> tuple[str, ...]:
    """The answers that stand in the rows, the most frequent first."""
    counted = Counter(answer for row in rows if (answer := row.get(target, "")).strip())
    return tuple(answer for answer, _ in sorted(counted.items(), key=lambda told: (-told[1], told[0])))


def kind_of(rows: Sequence[Mapping[str, str]], target: str) -> str:
    """Classification where few short answers repeat, else generation."""
    labels = labels_of(rows, target)
    few = len(labels) <= min(_MOST_LABELS, len(rows) // 2) and max(map(len, labels), default=0) <= 40
    return "classification" if few and len(labels) > 1 else "generation"


def draft_study(draft: Draft, *, beside: Path) -> str:
    """The text of a study file; it loads as it is.

    Args:
        draft: what it is written from.
        beside: the folder that the study file will stand in.

    Raises:
        DataError: a file that can't be read.
        SpecError: a name that no study file takes.
    """
    rows = [row for path in draft.train.values() for row in read_rows(path)]
    held = len(read_rows(draft.demos)) if draft.demos else 0
    shown = {"demos": _relative(draft.demos, beside)} if draft.demos else {}
    task = _asked(rows, draft) | {"shots": [0, min(2, held)] if held else [0]}
    if draft.mapped.group:
        task["group"] = draft.mapped.group
    for tier in ("train", "in_domain", "out_of_domain", "later_time"):
        files: Mapping[str, Path] = getattr(draft, tier)
        if files:
            task[tier] = {domain: {"path": _relative(path, beside), **shown} for domain, path in files.items()}
    arms: dict[str, object] = {"base": {}, "ft": {"trained": True}}
    if held >= 2:
        arms["fticl"] = {"trained": True, "train_shots": 2}
    dev = min(100, len(rows) // 5)
    study = {
        "study": draft.name,
        "model": draft.model,
        "seeds": [0],
        "dev": dev,
        **({"demo_source": "train"} if held else {}),  # one file of demos serves all domains
        "tasks": {draft.mapped.target: task},
        "arms": arms,
        "training": {"train_rows": [len(rows) - dev], "method": "lora"},
    }
    text = yaml.dump(study, Dumper=_Readable, sort_keys=False, allow_unicode=True, width=110)
    parse_study(text, folder=beside)
    return text


def _asked(rows: Sequence[Mapping[str, str]], draft: Draft) -> dict[str, object]:
    """What the task asks: its kind, labels, prompt and answer."""
    kind: dict[str, object] = {"kind": draft.kind}
    if draft.kind == "classification":
        kind["labels"] = list(draft.labels)
        others = [label for label in labels_of(rows, draft.mapped.target) if label not in draft.labels]
        if others:
            kind["drop_labels"] = others
    prompt = "".join(f"### {_heading(field)}:\n{{{field}}}\n" for field in draft.mapped.text)
    return {
        **kind,
        "prompts": [f"{prompt}### {_heading(draft.mapped.target)}:"],
        "target": f"{{{draft.mapped.target}}}",
    }


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


def _relative(path: Path, beside: Path) -> str:
    return os.path.relpath(path.resolve(), beside.resolve())
