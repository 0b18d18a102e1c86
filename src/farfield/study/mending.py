"""`check --fix`: the data files of a study written anew, with what can be mended mended and every change listed.

Mended is what one right answer has: texts that were read in a wrong encoding, control characters, training rows that
stand twice or give test rows away. Labels are listed and left to people.
"""

import json
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, field
from itertools import chain
from pathlib import Path
from typing import Literal

from farfield.data import Example, Issue, key, load_examples, read_rows, write_rows
from farfield.data.faults import crossings, fields_of, unspoilt, without_controls
from farfield.data.rewriting import rewritten
from farfield.errors import UsageError
from farfield.spec import OWN_TIERS, DomainSpec, StudySpec, TaskSpec
from farfield.study.inspecting import TRAIN

__all__ = ["Change", "mend"]

CHANGES = "changes.jsonl"

# Listed beside the changes, because a person has to decide.
_LISTED = ("conflicting_labels", "label_errors", "near_conflicts", "near_duplicates")


@dataclass(frozen=True, slots=True)
class Change:
    """One change of a data file, or a row that somebody has to look at.

    Attributes:
        action: `removed`, `mended`, or `listed` (nothing was changed).
        file: as the study names it; for what is listed, the part of which task.
        row: its number in the file before any change, from 0.
        field: that was mended; empty where the whole row is meant.
        before, after: the text; of a removed row its fields, and nothing after.
        why: in a sentence.
    """

    action: Literal["removed", "mended", "listed"]
    file: str
    row: int
    field: str
    before: str
    after: str
    why: str


@dataclass(slots=True)
class _File:
    """What is to be done with one file of the study; a fixed one keeps all its rows."""

    path: Path
    fixed: bool = False
    texts: dict[int, dict[str, str]] = field(default_factory=lambda: defaultdict(dict))
    without: set[int] = field(default_factory=set)


def mend(
    study: StudySpec, issues: list[Issue], folder: Path, *, told: Callable[[Issue], tuple[str, str]]
) -> list[Change]:
    """Writes a new version of all data files of a study, and `changes.jsonl`; nothing is overwritten.

    Files keep their path below the folder; those from outside the study's own folder go to `outside/`.

    Args:
        study: the study, whose files stay as they are.
        issues: what `check` found; those of labels are listed.
        folder: for the new files; it must not exist, or be empty.
        told: says where an issue is and what it is, in a language.

    Raises:
        UsageError: there is something in the folder already.
        DataError: a file that can't be read.
    """
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise UsageError("there is something already", where=str(folder), mend="name a new folder for `--fix`")
    files: dict[str, _File] = {}
    for task in study.tasks.values():
        for source in _sources(task):
            for path in filter(None, (source.path, source.demos)):
                files.setdefault(path, _File(study.resolve(path)))
            files[source.path].fixed |= source.rows is not None
        for source in _tests(task).values():
            files[source.path].fixed = True
    changes = list(chain.from_iterable(_mended(name, file) for name, file in files.items()))
    for task_name, task in study.tasks.items():
        changes += _removed(study, task_name, task, files)
    for issue in issues:
        if issue.code in _LISTED:
            where, what = told(issue)
            changes += [Change("listed", where, row, "", "", "", what) for row in issue.rows]
    for place, (name, file) in enumerate(files.items()):
        rewritten(file.path, folder / _inside(name, place), texts=file.texts, without=file.without)
    write_rows(folder / CHANGES, map(asdict, changes))
    return changes


def _sources(task: TaskSpec) -> list[DomainSpec]:
    return [*task.train.values(), *_tests(task).values(), *task.dev_domains.values(), *task.unlabelled.values()]


def _tests(task: TaskSpec) -> dict[str, DomainSpec]:
    return {domain: source for tier in OWN_TIERS for domain, source in getattr(task, tier).items()}


def _inside(name: str, place: int) -> Path:
    path = Path(name)
    outside = path.is_absolute() or ".." in path.parts
    return Path("outside") / f"{place}-{path.name}" if outside else path


def _mended(name: str, file: _File) -> Iterator[Change]:
    """Texts without what an encoding or a program broke in them, in every column."""
    for number, row in enumerate(read_rows(file.path)):
        for column, before in row.items():
            whole = unspoilt(before)
            after = without_controls(whole)
            if after != before:
                file.texts[number][column] = after
                why = ["read in a wrong encoding"] * (whole != before) + ["control characters"] * (after != whole)
                yield Change("mended", name, number, column, before, after, ", ".join(why))


def _removed(study: StudySpec, task_name: str, task: TaskSpec, files: dict[str, _File]) -> Iterator[Change]:
    """Training rows that stand twice with one answer, and those that give a test row away, exactly or nearly."""
    train: list[tuple[str, Example]] = []
    for domain, source in task.train.items():
        loaded = load_examples(study.resolve(source.path), domain=domain, task=task, rows=source.rows)
        train += [(source.path, example) for example in loaded.examples]
    if not train:
        return
    seen: dict[tuple[str, str], tuple[str, int]] = {}
    why: dict[tuple[str, int], tuple[Example, str]] = {}
    for path, example in train:
        this = (key(example, task), example.target)
        first = seen.setdefault(this, (path, example.row))
        if first != (path, example.row):
            why[path, example.row] = (example, f"says what row {first[1]} of {first[0]} says, with the same answer")
    for place, test, row, alike in _giving_away(study, task, [example for _, example in train]):
        path, example = train[place]
        why.setdefault((path, example.row), (example, f"gives row {row} of {test} away ({alike:.0%} alike)"))
    for (path, row), (example, reason) in why.items():
        file = files[path]
        told = f"task {task_name}: {reason}"
        if file.fixed:  # rows would no longer have the numbers by which the study takes them, or tests would shrink
            told += "; left in its place, because the study takes rows of the file by number, or tests on them"
        elif row in file.without:
            continue
        else:
            file.without.add(row)
        before = json.dumps(dict(example.fields), ensure_ascii=False)
        yield Change("listed" if file.fixed else "removed", path, row, "", before, "", told)


def _giving_away(study: StudySpec, task: TaskSpec, train: list[Example]) -> Iterator[tuple[int, str, int, float]]:
    """Places of training rows, the test file and row that each gives away, and how alike they are."""
    tests = {
        source.path: load_examples(study.resolve(source.path), domain=domain, task=task, rows=source.rows).examples
        for domain, source in _tests(task).items()
    }
    # Tests first: each training row then comes with the test row that it is most like.
    parts = {path: fields_of(examples) for path, examples in tests.items()} | {TRAIN: fields_of(train)}
    for leak in crossings(parts):
        if leak.part == TRAIN:
            yield leak.row, leak.other_part, tests[leak.other_part][leak.other].row, leak.similarity
