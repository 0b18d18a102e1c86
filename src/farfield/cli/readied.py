"""What `farfield ready` prints."""

import json
from collections.abc import Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING

from farfield.cli.options import Format, Style
from farfield.cli.printing import print_frame
from farfield.stats import Undefined

if TYPE_CHECKING:
    from farfield.study import Ready

__all__ = ["print_ready"]

_VERDICTS = {"today": "today", "work": "after work", "rows": "rows are missing"}
_LABELS = 12


def print_ready(found: Sequence["Ready"], form: Style) -> None:
    """A table of the tasks, and below it what was found in each; as JSON all of it."""
    if form is Style.json:
        told = [{**asdict(each), "verdict": each.verdict, "wide": each.wide} for each in found]
        print(json.dumps(told, ensure_ascii=False, indent=1))
        return
    import polars as pl

    print_frame(pl.DataFrame([_line(each) for each in found]), Format.table)
    for each in found:
        _print_task(each)


def _line(each: "Ready") -> dict[str, object]:
    return {
        "task": each.name,
        "start": _VERDICTS[each.verdict],
        "kind": each.kind,
        "rows": each.rows,
        "labelled": each.labelled,
        "sound": each.usable,
        "wanted": each.wanted,
        "hours": round(each.fix_hours + each.label_hours, 1),
        "answers": each.size,
        "bits": f"{'≥ ' if each.wide else ''}{each.bits:.1f}",
        "shows": "–" if isinstance(each.detects, Undefined) else f"{each.detects:.0%}",
    }


def _print_task(each: "Ready") -> None:
    print(f"\n{each.name}")
    if each.per_label:
        shown = ", ".join(f"{label} {count}" for label, count in list(each.per_label.items())[:_LABELS])
        print(f"  rows per label: {shown}{', …' if len(each.per_label) > _LABELS else ''}")
    for fault in each.faults:
        by = " (check --fix)" if fault.by_machine else ""
        print(f"  {fault.severity:8}{fault.code.replace('_', ' ')}: {fault.rows} rows{by}")
    for count, hours, what in (
        (each.to_fix, each.fix_hours, "faulty rows to look at"),
        (each.to_label, each.label_hours, "rows to label"),
    ):
        if count:
            print(f"  work: {count} {what}, {hours:.1f} hours")
    if each.to_collect:
        print(f"  work: {each.to_collect} further rows to collect")
