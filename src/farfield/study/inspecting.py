"""What is wrong in the rows of a task: faults of each part, and what stands on both sides of a split."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import chain
from typing import Literal

from farfield.data import Example, Issue, Place, Value, key, read_rows
from farfield.data.faults import (
    Crossing,
    crossings,
    damaged,
    doubted,
    fields_of,
    nearly_repeated,
    not_later,
    personal,
    standing_out,
    straddling,
)
from farfield.spec import DomainSpec, StudySpec
from farfield.study.tasks import Domain, TaskData

__all__ = ["DEMOS", "DEV", "TRAIN", "inspected", "parts_of"]

# What teaches, by its name in texts; a test set goes by the name of its domain.
DEMOS, TRAIN, DEV = "demos", "training rows", "development rows"
_TEACHING = (DEMOS, TRAIN, DEV)
_PARTS: Mapping[str, Literal["demos", "train", "dev"]] = {DEMOS: "demos", TRAIN: "train", DEV: "dev"}


def inspected(study: StudySpec, task: TaskData) -> Iterator[Issue]:
    """The issues of a task's rows, part by part and then between parts."""
    parts = parts_of(task)
    for part, examples in parts.items():
        where = _where(task, part)
        yield from damaged(examples, where)
        yield from personal(examples, where)
        if part == DEMOS:  # few, and each stands where it does on purpose
            continue
        yield from nearly_repeated(examples, task.spec, where)
        # Where a row is too long to train on, that it is too long is what has to be told.
        yield from standing_out(task.split.uncut if part == TRAIN else examples, task.spec, where)
        yield from doubted(examples, task.spec, where)
    yield from _crossing(task, parts)
    yield from _groups(task, parts)
    yield from _days(study, task)


def parts_of(task: TaskData) -> dict[str, Sequence[Example]]:
    """The rows of a task by part, what teaches before what tests; demos that are training rows stand there only."""
    held = (*task.train_demos.values(), *(domain.demos for domain in _asked(task)))
    demos = {id(each): each for demos in held if demos.choice != "nearest" for each in demos.pool}
    once = {(demo.source, demo.domain, demo.row): demo for demo in demos.values()}
    parts = {DEMOS: tuple(once.values()), TRAIN: task.split.train, DEV: task.split.dev}
    parts |= {f"domain {domain.name}": domain.examples for domain in _asked(task)}
    return {part: examples for part, examples in parts.items() if examples}


def _asked(task: TaskData) -> tuple[Domain, ...]:
    return (*task.domains, *task.dev_domains, *task.unlabelled)


def _where(task: TaskData, part: str) -> Place:
    if part in _TEACHING:
        return Place(task.name, _PARTS[part])
    return Place(task.name, "domain", part.removeprefix("domain "))


def _crossing(task: TaskData, parts: Mapping[str, Sequence[Example]]) -> Iterator[Issue]:
    """Rows that nearly stand in an earlier part; those that equal one are left out, or kept knowingly."""
    found: dict[tuple[str, str], list[Crossing]] = defaultdict(list)
    for each in crossings({part: fields_of(examples) for part, examples in parts.items()}):
        found[each.part, each.other_part].append(each)
    for (part, earlier), leaks in found.items():
        if part == TRAIN:  # a training row like a demo teaches what it shall
            continue
        rows = tuple(parts[part][leak.row].row for leak in leaks)
        most = max(leaks, key=lambda leak: (leak.similarity, -leak.row))
        told: dict[str, Value] = {
            "of": len(parts[part]),
            "there": replace(_where(task, earlier), task=""),
            "one": parts[part][most.row].row,
            "other": parts[earlier][most.other].row,
            "alike": f"{most.similarity:.0%}",
        }
        if earlier in _TEACHING:
            yield Issue("near_leak", _where(task, part), rows, told)
        else:
            same = sum(key(parts[part][k.row], task.spec) == key(parts[earlier][k.other], task.spec) for k in leaks)
            yield Issue("shared_by_domains", _where(task, part), rows, {**told, "same": same})


def _groups(task: TaskData, parts: Mapping[str, Sequence[Example]]) -> Iterator[Issue]:
    """Groups (a customer, a thread) whose rows both train and test."""
    shared = straddling({part: [example.group for example in examples] for part, examples in parts.items()})
    for part, examples in parts.items():
        if part in _TEACHING:
            continue
        known = {group for group, where in shared.items() if part in where and TRAIN in where}
        rows = tuple(example.row for example in examples if example.group in known)
        if rows:
            told: dict[str, Value] = {"of": len(examples), "groups": len(known), "group": task.spec.group or ""}
            yield Issue("group_straddles", _where(task, part), rows, told)


def _days(study: StudySpec, task: TaskData) -> Iterator[Issue]:
    """Test rows of a later time that are not later than all that trains, by any column of days that both have."""
    spec = task.spec
    if not spec.later_time or not spec.train:
        return
    trained: dict[str, list[str]] = defaultdict(list)
    for domain, source in spec.train.items():
        taken = {example.row for example in task.split.train if example.domain == domain}
        for name, values in _columns(study, source, sorted(taken)).items():
            trained[name] += values
    for domain, source in spec.later_time.items():
        asked = next(each.examples for each in task.domains if each.name == domain)
        places = [example.row for example in asked]
        for name, values in _columns(study, source, places).items():
            early = not_later(trained[name], values) if name in trained else None
            if early:
                rows = tuple(places[place] for place in early)
                where = Place(task.name, "domain", domain)
                yield Issue("day_straddles", where, rows, {"of": len(asked), "column": name})


def _columns(study: StudySpec, source: DomainSpec, places: Sequence[int]) -> dict[str, list[str]]:
    every = read_rows(study.resolve(source.path))
    rows = [every[place] for place in places]
    names = dict.fromkeys(chain.from_iterable(rows))
    return {name: [row.get(name, "") for row in rows] for name in names}
