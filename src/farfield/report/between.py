"""Two runs -> one page on what changed between them, in the look of the report."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from farfield.findings import Between, Change, Held, Turn, between
from farfield.report.formats import Form, save
from farfield.report.html import render
from farfield.report.numbers import gain_text, number_text
from farfield.report.words import Words, words
from farfield.study import Results, predictions_frame

__all__ = ["BetweenView", "ChangeRow", "between_view", "write_comparison"]

_SHOWN = {Turn.better: ("▲", "good"), Turn.worse: ("▼", "bad"), Turn.alike: ("＝", "calm"), Turn.open: ("?", "open")}
_DEEP = 60  # characters of a setting; the rest stands in the runs


@dataclass(frozen=True, slots=True)
class ChangeRow:
    """One model on one test set; all fields as they are shown."""

    model: str
    domain: str
    tier: str
    before: str
    now: str
    change: str
    rows: str
    symbol: str
    verdict: str
    tone: str


@dataclass(frozen=True, slots=True)
class BetweenView:
    """The page.

    Attributes:
        answer: what changed, in one sentence.
        tasks: name of each task, and its rows.
        gone: what only the earlier run has.
        new: what only the later one has.
        settings: key, before, now, where the runs' studies differ.
    """

    title: str
    answer: str
    tasks: list[tuple[str, list[ChangeRow]]]
    gone: str
    new: str
    settings: list[tuple[str, str, str]]


def write_comparison(
    before: Results, now: Results, *, language: str, out: Path | None = None, form: Form = Form.html
) -> Path:
    """Writes what changed from one run to another and returns its path.

    Args:
        before: the earlier run.
        now: the later one.
        language: `en` or `ja`.
        out: where to; by default `between.LANGUAGE` with the form's suffix in the later run's folder.
        form: as of a report.
    """
    held = [Held(each.study, each.predictions, predictions_frame(each.run, split="dev")) for each in (before, now)]
    say = words(language)
    manifests = [each.run.manifest() for each in (before, now)]
    view = between_view(between(*held), (before.study.study, now.study.study), list(_settings(*manifests)), say)
    return save(render("between.html.jinja", say, page=view), form, now.folder / f"between.{language}", out)


def between_view(
    found: Between, names: tuple[str, str], settings: list[tuple[str, str, str]], say: Words
) -> BetweenView:
    """The page's contents.

    Args:
        found: what the runs say of each other.
        names: of their studies.
        settings: key, before, now, where they differ.
        say: the words.
    """
    turns = [change.turn for change in found.changes]
    counted = {str(turn): turns.count(turn) for turn in Turn}
    tasks = dict.fromkeys(change.task for change in found.changes)
    before, now = names
    return BetweenView(
        say("since.title", before=before, now=now) if before != now else say("since.title.same", name=now),
        say("since.answer", **counted) if turns else say("since.nothing"),
        [(task, [_row(change, say) for change in found.changes if change.task == task]) for task in tasks],
        say("list.comma").join(found.gone),
        say("list.comma").join(found.new),
        settings,
    )


def _row(change: Change, say: Words) -> ChangeRow:
    symbol, tone = _SHOWN[change.turn]
    return ChangeRow(
        _model(change, say),
        change.domain,
        say(f"tier.{change.tier}"),
        number_text(change.before, say),
        number_text(change.now, say),
        gain_text(change.change, say),
        say("since.shared", rows=change.shared) if change.shared else say("since.apart", rows=change.change.n),
        symbol,
        say(f"turn.{change.turn}"),
        tone,
    )


def _model(change: Change, say: Words) -> str:
    if change.arm is None or change.sizes is None:
        asked = [say("arm.untrained", arm=arm, shots=shots) for arm, shots, _ in change.asked]
    else:
        asked = [say("compared.model", arm=change.arm, rows=size) for size in change.sizes]
    return " → ".join(dict.fromkeys(asked))


def _settings(before: Mapping[str, Any], now: Mapping[str, Any]) -> Iterator[tuple[str, str, str]]:
    """Every key of both studies, and of the models, whose value differs."""
    first, second = (dict(_flat({"": run["study"], "model": run["model"]}, "")) for run in (before, now))
    for key in sorted(first.keys() | second.keys()):
        ends = [json.dumps(side[key], ensure_ascii=False) if key in side else "–" for side in (first, second)]
        if ends[0] != ends[1]:
            yield key, _short(ends[0]), _short(ends[1])


def _flat(value: Any, key: str) -> Iterator[tuple[str, Any]]:
    if isinstance(value, Mapping) and value:
        for name, inner in value.items():
            yield from _flat(inner, ".".join(filter(None, (key, str(name)))))
    else:
        yield key, value


def _short(text: str) -> str:
    return text if len(text) <= _DEEP else text[: _DEEP - 1] + "…"
