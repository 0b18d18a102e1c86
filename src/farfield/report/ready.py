"""The page of readiness: which tasks can start today, which need what work, and what their rows can show."""

from collections.abc import Sequence
from dataclasses import dataclass

from farfield.report.html import render
from farfield.report.numbers import number_text, share_text
from farfield.report.words import LANGUAGES, Words, words
from farfield.stats import Number, Undefined
from farfield.study import Needs, Ready

__all__ = ["LANGUAGES", "ReadyRow", "ready_page"]

_TONES = {"today": ("✔", "good"), "work": ("→", "open"), "rows": ("✘", "bad")}
_LABELS = 12  # that are listed by name


@dataclass(frozen=True, slots=True)
class ReadyRow:
    """One task as the page shows it.

    Attributes:
        start: verdict with its symbol and tone, labelled of all rows, usable of wanted ones, work in words.
        labels: rows of each label, the most first.
        faults: severity, fault, rows, who mends it.
        space: kind, different answers, entropy, length, copied, prospect.
        shows: test rows, the difference that they show, and the one that is wanted.
    """

    name: str
    symbol: str
    tone: str
    start: list[str]
    labels: list[tuple[str, int]]
    others: str
    faults: list[tuple[str, str, int, str]]
    space: list[str]
    shows: list[str]


def ready_page(found: Sequence[Ready], needs: Needs, *, language: str) -> str:
    """One HTML file that asks no network for anything.

    Args:
        found: from `study.look_at`.
        needs: that it was looked at with.
        language: `en` or `ja`.
    """
    say = words(language)
    rows = [_row(each, say) for each in found]
    assumed = say(
        "ready.assumed", label=f"{needs.minutes_per_label:g}", fix=f"{needs.minutes_per_fix:g}", train=needs.train_rows
    )
    answer, meaning = _answer(found, say), _meaning(found, say)
    title = say("ready.title")
    return render("readiness.html.jinja", say, rows=rows, title=title, answer=answer, meaning=meaning, assumed=assumed)


def _answer(found: Sequence[Ready], say: Words) -> str:
    today = sum(each.verdict == "today" for each in found)
    hours = sum(each.fix_hours + each.label_hours for each in found if each.verdict == "work")
    told = say("ready.answer", today=today, tasks=len(found))
    return told + say("sentence.gap") + say("ready.answer.hours", hours=_hours(hours)) if hours else told


def _meaning(found: Sequence[Ready], say: Words) -> list[str]:
    sides = {"space.narrow": [e.name for e in found if not e.wide], "space.wide": [e.name for e in found if e.wide]}
    return [say(side, tasks=say("list.comma").join(names)) for side, names in sides.items() if names]


def _row(each: Ready, say: Words) -> ReadyRow:
    symbol, tone = _TONES[each.verdict]
    labels = list(each.per_label.items())
    others = say("ready.others", n=len(labels) - _LABELS) if len(labels) > _LABELS else ""
    bits = say("space.least", bits=f"{each.bits:.1f}") if each.wide else _plain(each.entropy, say)
    detects = "–" if isinstance(each.detects, Undefined) else share_text(round(each.detects, 3))
    return ReadyRow(
        each.name,
        symbol,
        tone,
        [
            say(f"ready.verdict.{each.verdict}"),
            say("ready.of", size=f"{each.labelled:,}", rows=f"{each.rows:,}"),
            say("ready.of", size=f"{each.usable:,}", rows=f"{each.wanted:,}"),
            _work(each, say),
        ],
        labels[:_LABELS],
        others,
        [
            (say(f"ready.severity.{f.severity}"), _fault(f.code, say), f.rows, _who(f.by_machine, f.severity, say))
            for f in each.faults
        ],
        [
            say(f"ready.kind.{each.kind}"),
            f"{each.size:,}",
            bits,
            _plain(each.length, say, digits=1),
            number_text(each.copied, say),
            say("ready.wide" if each.wide else "ready.narrow"),
        ],
        [f"{each.test_rows:,}", detects, share_text(each.difference)],
    )


def _work(each: Ready, say: Words) -> str:
    parts = [
        *([say("ready.work.fix", n=each.to_fix, hours=_hours(each.fix_hours))] if each.to_fix else []),
        *([say("ready.work.label", n=each.to_label, hours=_hours(each.label_hours))] if each.to_label else []),
        *([say("ready.work.collect", n=each.to_collect)] if each.to_collect else []),
    ]
    return say("list.comma").join(parts) or say("ready.work.none")


def _hours(hours: float) -> str:
    if 0 < hours < 0.05:
        return "< 0.1"
    return f"{hours:,.1f}" if hours < 100 else f"{hours:,.0f}"


def _fault(code: str, say: Words) -> str:
    """The fault in words; its code where there are none yet."""
    key = f"fault.{code}"
    return say(key) if key in say.keys else code


def _who(by_machine: bool, severity: str, say: Words) -> str:
    return say("ready.by.machine") if by_machine else say("ready.by.look" if severity == "note" else "ready.by.person")


def _plain(number: Number, say: Words, digits: int = 2) -> str:
    if isinstance(number, Undefined):
        return say(f"reason.{number.reason}")
    value, low, high = (f"{end:,.{digits}f}" for end in (number.value, number.low, number.high))
    return f"{value} {say('interval', low=low, high=high)}"
