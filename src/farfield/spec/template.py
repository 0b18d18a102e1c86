"""Texts with fields in braces. What stands in a field's place is data and is never read as a template again."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

__all__ = ["Template"]

_PIECE = re.compile(r"\{\{|\}\}|\{([^{}]*)\}|[{}]")


@dataclass(frozen=True, slots=True)
class Template:
    """A text such as `"Input: {input}"`; `{{` and `}}` stand for single braces.

    Raises:
        ValueError: on reading `fields` or rendering, where a brace is left open or a field has no name.
    """

    text: str

    @property
    def fields(self) -> tuple[str, ...]:
        """Names of the fields, each once, in order."""
        names = (self._field(match) for match in _PIECE.finditer(self.text))
        return tuple(dict.fromkeys(name for name in names if name is not None))

    def render(self, fields: Mapping[str, str]) -> str:
        """The text with every field filled in, in one pass."""

        def piece(match: re.Match[str]) -> str:
            name = self._field(match)
            return match[0][0] if name is None else fields[name]

        return _PIECE.sub(piece, self.text)

    def expression(self, fields: Mapping[str, str]) -> str:
        """A regular expression of the text, where each field stands for an expression of its own."""
        parts, end = [], 0
        for match in _PIECE.finditer(self.text):
            name = self._field(match)
            parts += [
                re.escape(self.text[end : match.start()]),
                re.escape(match[0][0]) if name is None else fields[name],
            ]
            end = match.end()
        return "".join([*parts, re.escape(self.text[end:])])

    def _field(self, match: re.Match[str]) -> str | None:
        if match[0] in ("{{", "}}"):
            return None
        if not match[1]:
            raise ValueError(
                f"a brace at character {match.start()} belongs to no field; write {{{{ or }}}} for a brace"
            )
        return match[1]
