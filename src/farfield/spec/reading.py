"""YAML -> StudySpec and other models, with errors that name the key, its line and the nearest known key."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from types import UnionType
from typing import TypeVar, Union, get_args, get_origin

import yaml
from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from farfield.errors import SpecError
from farfield.spec.study import StudySpec

__all__ = ["load_study", "parse_study", "parsed", "schema", "text_of"]

KeyPath = tuple[str | int, ...]
M = TypeVar("M", bound=BaseModel)

_BOOL, _FLOAT, _DATE = (f"tag:yaml.org,2002:{name}" for name in ("bool", "float", "timestamp"))


class Loader(yaml.SafeLoader):
    """Scalars as YAML 1.2 has them: `yes`, `no` and `on` are words (and labels), `5e-4` is a number."""

    yaml_implicit_resolvers = {  # noqa: RUF012 (PyYAML's own form)
        first: [(tag, form) for tag, form in forms if tag not in (_BOOL, _FLOAT, _DATE)]
        for first, forms in yaml.SafeLoader.yaml_implicit_resolvers.items()
    }


Loader.add_implicit_resolver(_BOOL, re.compile(r"^(?:true|True|TRUE|false|False|FALSE)$"), list("tTfF"))
Loader.add_implicit_resolver(
    _FLOAT, re.compile(r"^[-+]?(?:\d+\.\d*|\.\d+|\d+(?=[eE]))(?:[eE][-+]?\d+)?$"), list("-+.0123456789")
)


def load_study(path: str | Path) -> StudySpec:
    """Reads a study file; its relative paths start from its own folder.

    Raises:
        SpecError: no such file, no YAML, or keys that are unknown, missing or impossible; all of them at once.
    """
    path = Path(path)
    text = text_of(path, "study file", "check the path, or write one with `farfield init`")
    return parse_study(text, folder=path.resolve().parent, name=str(path))


def text_of(path: Path, kind: str, find: str) -> str:
    """The text of a YAML file; `kind` names it, and `find` tells how to come by one that is not there.

    Raises:
        SpecError: no such file, a folder, or not UTF-8.
    """
    try:
        return path.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        raise SpecError(f"there is no such {kind}", where=str(path), mend=find) from None
    except IsADirectoryError:
        raise SpecError(f"a folder is no {kind}", where=str(path), mend="name the .yaml file in it") from None
    except UnicodeDecodeError:
        raise SpecError(f"the {kind} is not UTF-8", where=str(path), mend="save it as UTF-8") from None


def parse_study(text: str, *, folder: Path, name: str = "study") -> StudySpec:
    """A study from its text; see `load_study`."""
    return parsed(text, StudySpec, name, "start from an example in the README").in_folder(folder)


def parsed(text: str, model: type[M], name: str, start: str) -> M:
    """A file's text as a model.

    Args:
        text: YAML.
        model: what it should be.
        name: of the file, for errors.
        start: how to begin such a file.

    Raises:
        SpecError: no YAML, or keys that are unknown, missing or impossible; all of them at once, each with its line.
    """
    try:
        root = yaml.compose(text, Loader)
        lines = dict(_lines(root)) if root is not None else {}
        parts = yaml.load(text, Loader)
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise SpecError(
            f"this is no YAML: {error.problem}",
            where=f"{name}, line {line}",
            mend="mind the indentation, and quote texts that hold ': ' or '#'",
        ) from None
    if not isinstance(parts, dict):
        raise SpecError("the file holds no keys", where=name, mend=start)
    try:
        return model.model_validate(parts)
    except ValidationError as error:
        raise _Telling(model, lines, name).error(error) from None


def schema() -> str:
    """The JSON Schema of study files, as text."""
    return json.dumps(StudySpec.model_json_schema(), ensure_ascii=False, indent=2)


def _lines(node: yaml.Node, path: KeyPath = ()) -> Iterator[tuple[KeyPath, int]]:
    """The line of every key and item, from 1.

    Raises:
        yaml.MarkedYAMLError: a key stands twice in one mapping; YAML would drop the first in silence.
    """
    yield path, node.start_mark.line + 1
    if isinstance(node, yaml.MappingNode):
        seen: set[str] = set()
        for key, value in node.value:
            if key.value in seen:
                raise yaml.MarkedYAMLError(problem=f"the key {key.value!r} stands twice", problem_mark=key.start_mark)
            seen.add(key.value)
            yield (*path, key.value), key.start_mark.line + 1
            for below, line in _lines(value, (*path, key.value)):
                if len(below) > len(path) + 1:
                    yield below, line
    elif isinstance(node, yaml.SequenceNode):
        for number, item in enumerate(node.value):
            yield from _lines(item, (*path, number))


@dataclass(frozen=True, slots=True)
class _Telling:
    """Words for what is wrong with a file that should have been a `model`."""

    model: type[BaseModel]
    lines: dict[KeyPath, int]
    name: str

    def error(self, error: ValidationError) -> SpecError:
        """All that is wrong, the first thing with its mend."""
        told = [self._told(detail) for detail in error.errors()]
        (line, what, mend), *others = told
        more = "".join(f"\n  line {line}: {what}{f' ({mend})' if mend else ''}" for line, what, mend in others)
        return SpecError(
            what + (f"\n  and {len(others)} more:{more}" if others else ""),
            where=f"{self.name}, line {line}",
            mend=mend,
        )

    def _told(self, detail: ErrorDetails) -> tuple[int, str, str]:
        """Line, what is wrong, and how to mend it."""
        path = tuple(part for part in detail["loc"] if part != "[key]")
        known = path
        while known not in self.lines and known:
            known = known[:-1]  # Pydantic's path may end in names of a union's members
        dotted = ".".join(map(str, known))
        line = self.lines.get(known, 1)
        if detail["type"] == "extra_forbidden":
            keys = self._keys_at(path[:-1])
            near = get_close_matches(str(path[-1]), keys, 1, 0.5)
            mend = f"did you mean {near[0]!r}?" if near else f"known keys: {', '.join(keys)}"
            return line, f"unknown key {dotted!r}", mend
        if detail["type"] == "missing":
            return line, f"the key {'.'.join(map(str, path))!r} is missing", self._description(path)
        message = detail["msg"].removeprefix("Value error, ")
        return line, f"{dotted}: {message}" if dotted else message, self._description(known)

    def _model_at(self, path: KeyPath) -> type[BaseModel] | None:
        model = self.model
        rest = list(path)
        while rest:
            info = model.model_fields.get(str(rest.pop(0)))
            inner = next(_models_of(info.annotation), None) if info else None
            if info is None or inner is None:
                return None
            if get_origin(info.annotation) in (dict, tuple) and rest:
                rest.pop(0)  # a name that the user chose, of a task, an arm, a domain; or a number in a list
            model = inner
        return model

    def _keys_at(self, path: KeyPath) -> list[str]:
        model = self._model_at(path)
        return list(model.model_fields) if model else []

    def _description(self, path: KeyPath) -> str:
        model = self._model_at(path[:-1]) if path else None
        info = model.model_fields.get(str(path[-1])) if model else None
        return (info.description or "") if info else ""


def _models_of(annotation: object) -> Iterator[type[BaseModel]]:
    """The models inside an annotation such as `dict[str, TaskSpec]` or `TrainingSpec | None`."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for part in get_args(annotation) if get_origin(annotation) in (dict, tuple, list, Union, UnionType) else ():
        yield from _models_of(part)
