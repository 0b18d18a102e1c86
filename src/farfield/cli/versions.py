"""What the commands of `farfield data` print."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING

from farfield.cli.options import Style

if TYPE_CHECKING:
    from farfield.data import DataCard, Diff, Entry, Placed, Saved

__all__ = ["print_card", "print_diff", "print_log", "print_saved"]

_SHORT = 12  # digits of an address
_SHOWN = 20  # rows of each kind
_WIDTH = 100  # characters of a row


def print_saved(saved: "Saved", form: Style) -> None:
    """The address, and what was new."""
    if form is Style.json:
        _print_json(asdict(saved))
        return
    news = f"{saved.new_chunks} of {saved.chunks} parts are new" if saved.new else "these rows were there already"
    print(f"{saved.entry.address[:_SHORT]}  {saved.entry.rows} rows, {news}")


def print_log(entries: "Sequence[Entry]", form: Style) -> None:
    """The entries, the last one first."""
    if form is Style.json:
        _print_json([asdict(entry) for entry in entries])
        return
    for entry in reversed(entries):
        print(f"{entry.address[:_SHORT]}  {entry.saved}  {entry.rows} rows  {', '.join(entry.files)}")
        parents = ", ".join(parent[:_SHORT] for parent in entry.parents) or "nothing in this store"
        print(f"{'':14}from {parents}")
        print(f"{'':14}by {entry.made_by or 'a command that nobody named'}")


def print_diff(diff: "Diff", form: Style) -> None:
    """Counts, and the first rows of each kind."""
    if form is Style.json:
        told = asdict(diff)
        for change, shown in zip(diff.changed, told["changed"], strict=True):
            shown["fields"] = change.fields
        _print_json({**told, "fields": diff.fields})
        return
    order = ", their order differs" if diff.reordered else ""
    counts = f"{len(diff.removed)} removed, {len(diff.added)} added, {len(diff.changed)} changed"
    print(f"{diff.same} rows in both{order}; {counts}")
    _print_rows("-", diff.removed)
    _print_rows("+", diff.added)
    for change in diff.changed[:_SHOWN]:
        print(f"~ row {change.before.number} → {change.after.number}, key {', '.join(change.key)}")
        for name in change.fields:
            print(f"    {name}: {_cell(change.before.row, name)} → {_cell(change.after.row, name)}")
    _print_more("~", len(diff.changed))
    for name, count in diff.fields.items():
        print(f"{name}: changed in {count} rows")


def print_card(card: "DataCard", form: Style) -> None:
    """The page, or the same as JSON."""
    from farfield.data import card_markdown

    if form is Style.json:
        _print_json(asdict(card))
    else:
        print(card_markdown(card), end="")


def _print_rows(sign: str, rows: "Sequence[Placed]") -> None:
    for placed in rows[:_SHOWN]:
        print(f"{sign} row {placed.number}: {_short(json.dumps(placed.row, ensure_ascii=False))}")
    _print_more(sign, len(rows))


def _print_more(sign: str, count: int) -> None:
    if count > _SHOWN:
        print(f"{sign} … and {count - _SHOWN} more; --format json lists all")


def _cell(row: Mapping[str, str], name: str) -> str:
    return _short(json.dumps(row[name], ensure_ascii=False)) if name in row else "no such field"


def _short(text: str) -> str:
    return text if len(text) <= _WIDTH else text[:_WIDTH] + "…"


def _print_json(told: object) -> None:
    print(json.dumps(told, ensure_ascii=False, indent=1))
