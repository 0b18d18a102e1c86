"""What `farfield label` prints."""

import json
from dataclasses import asdict
from typing import TYPE_CHECKING

from farfield.cli.options import Style
from farfield.stats import Number, Undefined

if TYPE_CHECKING:
    from farfield.data import Agreement, Labelled, Tasks
    from farfield.study import NextLabels

__all__ = ["print_labelled", "print_tasks"]

_SHOWN = 20  # rows that are listed


def print_tasks(tasks: "Tasks", form: Style) -> None:
    """The table, and how its rows were chosen."""
    if form is Style.json:
        print(json.dumps({**asdict(tasks), "path": str(tasks.path)}, ensure_ascii=False, indent=1))
        return
    ranked = tasks.ranked
    print(f"{tasks.path}: {len(ranked.rows)} rows to label as {', '.join(tasks.labels)}")
    if ranked.unsure:
        mean = sum(ranked.unsure) / len(ranked.unsure)
        print(f"a simple model is unsure of them by {mean:.2f} on average (1: it guesses)")
    print("they are no random sample: train on them, and measure on rows that were drawn at random")
    if tasks.cut:
        print(f"note: {tasks.cut} cells were cut: Excel's end at 32,767 characters")
    for note in ranked.notes:
        print(f"note: {note}")


def print_labelled(done: "Labelled", ahead: "NextLabels", form: Style) -> None:
    """How many answers came back, how far two people agree, and whether more labels pay."""
    if form is Style.json:
        told = {**asdict(done), "path": str(done.path), "next": {**asdict(ahead), "verdict": ahead.verdict}}
        print(json.dumps(told, ensure_ascii=False, indent=1))
        return
    for person, (answers, left) in enumerate(zip(done.answers, done.left_open, strict=True), 1):
        print(f"{done.path}: {answers} answers of person {person}, {left} rows left open")
    if done.agreement:
        _print_agreement(done.agreement)
    print(f"{ahead.labelled} rows have a label; {ahead.more} more would bring a simple model {_number(ahead.gain)}")
    print(f"  its accuracy   {_number(ahead.score)}")
    print(f"  {_VERDICTS[ahead.verdict].format(worth=f'{ahead.worth:.3g}')}")


_VERDICTS = {
    "stop": "stop: even the upper end lies below {worth}, the gain that pays",
    "go_on": "go on: even the lower end reaches {worth}, the gain that pays",
    "cant_tell": "can't tell yet whether they bring {worth}, the gain that pays",
}


def _print_agreement(found: "Agreement") -> None:
    print(f"{found.rows} rows have both answers:")
    print(f"  agreement      {_number(found.raw)}")
    print(f"  Cohen's kappa  {_number(found.kappa)}")
    print(f"  ceiling        {_number(found.ceiling)}, the accuracy that a perfect model would be measured with")
    if found.differing:
        more = f" and {len(found.differing) - _SHOWN} more" if len(found.differing) > _SHOWN else ""
        print(f"  they differ in rows {', '.join(map(str, found.differing[:_SHOWN]))}{more}: talk about these first")


def _number(number: Number) -> str:
    if isinstance(number, Undefined):
        return f"undefined: {number.reason}"
    return f"{number.value:.3f} ({number.low:.3f} to {number.high:.3f})"
