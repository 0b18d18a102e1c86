"""What is wrong with a row by itself, seen while it streams past: nothing of other rows is held."""

from collections.abc import Iterable

from farfield.data.faults.characters import LOST, control_tokens, controls, invisible
from farfield.data.faults.mojibake import is_damaged, may_be_damaged
from farfield.data.faults.personal import personal_data

__all__ = ["faults_of_row"]

# Shorter values are numbers, labels and dates; no pattern of personal data is shorter than a postal code.
_LEAST = 7


def faults_of_row(values: Iterable[str]) -> set[str]:
    """The codes of `check` for damage and personal data that values hold, each looked at by itself."""
    found: set[str] = set()
    for text in values:
        plain = text.isascii()
        if controls(text):
            found.add("control_characters")
        if "<" in text or "[" in text:
            found.update(["control_tokens"] if control_tokens(text) else [])
        if not plain:
            found.update(_outside_ascii(text))
        if len(text) >= _LEAST and personal_data(text):
            found.add("personal_data")
    return found


def _outside_ascii(text: str) -> Iterable[str]:
    if LOST in text:
        yield "lost_characters"
    if invisible(text):
        yield "invisible_characters"
    if may_be_damaged(text) and is_damaged(text):
        yield "mojibake"
