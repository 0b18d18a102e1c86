"""Issues of `check` -> sentences of a language: where, what, and how to mend it."""

from collections.abc import Mapping
from dataclasses import dataclass

from farfield.data import Issue, Place, Value
from farfield.report.words import Words, words

__all__ = ["Worded", "worded"]


@dataclass(frozen=True, slots=True)
class Worded:
    """An issue in words: how bad it is, where, what, and what to do; the last may be empty."""

    severity: str
    where: str
    what: str
    mend: str


def worded(issue: Issue, language: str) -> Worded:
    """An issue in the words of a language."""
    say = words(language)
    values = {"rows": len(issue.rows), **{name: _value(value, say) for name, value in issue.values.items()}}
    if issue.code == "rows":
        what, mend = say(f"note.{issue.values['note']}", **{**values, "rows": values.get("rows", "")}), ""
    else:
        what, mend = say(f"issue.{issue.code}", **values), say(f"issue.{issue.code}.mend", **values)
    return Worded(say(f"severity.{issue.severity}"), _place(issue.where, say), what, mend)


def _value(value: Value, say: Words) -> str | int:
    if isinstance(value, Place):
        return _place(value, say)
    if isinstance(value, Mapping):
        return ", ".join(f"{say(f'personal.{kind}')} {count}" for kind, count in value.items())
    return value


def _place(place: Place, say: Words) -> str:
    parts = [say("place.task", task=place.task)] if place.task else []
    parts += [say(f"place.{place.part}", name=place.name)] if place.part else []
    return say("place.joined").join((*parts, *filter(None, (place.beyond,)))) or say("place.study")
