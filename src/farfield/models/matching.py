"""A format over a model's own tokens: which may come next, and the way to a match where tokens run out."""

from collections.abc import Sequence
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from farfield.errors import SpecError
from farfield.spec import grammar

if TYPE_CHECKING:
    from llguidance import LLMatcher, LLTokenizer

__all__ = ["Matching", "RowMatcher"]

# Characters beyond which no way to a match is looked for.
_FAR = 1 << 13


class Matching:
    """One expression over one vocabulary; makes a matcher for each row.

    Args:
        pieces: the vocabulary as llguidance holds it.
        expression: what a whole answer must match.
        stop: text that ends an answer.
    """

    def __init__(self, pieces: "LLTokenizer", expression: str, stop: str) -> None:
        self.pieces = pieces
        self.expression = expression
        self.stop = stop
        self._begun: dict[int | None, LLMatcher] = {}

    def __call__(self) -> "RowMatcher":
        """A matcher for one answer, before its first token."""
        return RowMatcher(self)

    def after(self, written: Sequence[int], most: int | None = None) -> "LLMatcher | None":
        """The state after some tokens; None where nothing of at most `most` characters begins with them and matches."""
        from llguidance import LLMatcher

        if most not in self._begun:
            self._begun[most] = LLMatcher(self.pieces, grammar(self.expression, self.stop, most), log_level=0)
            self._begun[most].compute_logit_bias()  # only now it knows whether anything matches
        state = self._begun[most].deep_copy()
        fits = state.try_consume_tokens(list(written)) == len(written) and not state.is_error()
        return state if fits else None

    def way(self, written: Sequence[int]) -> list[int]:
        """The tokens of a way to a match with the fewest characters, the longest token first.

        Raises:
            SpecError: the expression is beyond the library's limits, or its matches are thousands of characters long.
        """
        low = most = begun = self._characters(written)
        while self.after(written, most) is None:
            low, most = most + 1, 2 * most - begun + 1
            if most > _FAR:
                raise self.error()
        while low < most:
            middle = (low + most) // 2
            low, most = (middle + 1, most) if self.after(written, middle) is None else (low, middle)
        state, way = self.after(written, most), list[int]()
        while state is not None and not state.is_accepting():
            if state.is_error():
                raise self.error()
            allowed = np.frombuffer(state.compute_logit_bias(), np.uint8)
            way.append(int(np.where(allowed, self._lengths, 0).argmax()))
            state.consume_token(way[-1])
        return way

    def error(self) -> SpecError:
        """What is told where the library gives up."""
        return SpecError(
            "a format is too much for the library that matches it",
            where=self.expression,
            mend="write a shorter expression, with smaller counts of repetition",
        )

    def _characters(self, written: Sequence[int]) -> int:
        """Characters that have begun: the last token may end inside one."""
        return sum(byte & 0xC0 != 0x80 for byte in self.pieces.decode_bytes(list(written)))

    @cached_property
    def _lengths(self) -> NDArray[np.int64]:
        """Bytes of each token."""
        return np.array([len(self.pieces.decode_bytes([token])) for token in range(self.pieces.vocab_size)])


class RowMatcher:
    """What one answer may go on with; see `engine.protocol.Matcher`."""

    def __init__(self, matching: Matching) -> None:
        state = matching.after(())
        if state is None:
            raise matching.error()
        self.matching = matching
        self.written: list[int] = []
        self.state = state
        self.way: list[int] = []  # leads to a match wherever what is written is none

    def allowed(self) -> bytes:
        """See `Matcher.allowed`."""
        return self.state.compute_logit_bias()

    def take(self, token: int, left: int) -> int:
        """See `Matcher.take`."""
        ahead, way = self._after(token), self.way
        if token in self.matching.pieces.eos_tokens or ahead.is_accepting():
            return self._write(token, ahead)
        if way[:1] == [token]:
            way = way[1:]
        if len(way) > left or not _closes(ahead, way):  # most tokens leave the way as it was
            way = self.matching.way([*self.written, token])
        if len(way) > left:
            matched = self.state.is_accepting()
            token, *way = [self.matching.pieces.eos_token] if matched else self.way or self.matching.way(self.written)
            ahead = self._after(token)
        self.way = way
        return self._write(token, ahead)

    def _write(self, token: int, ahead: "LLMatcher") -> int:
        self.written.append(token)
        self.state = ahead
        return token

    def _after(self, token: int) -> "LLMatcher":
        ahead = self.state.deep_copy()
        if not ahead.consume_token(token):
            raise self.matching.error()
        return ahead


def _closes(state: "LLMatcher", way: list[int]) -> bool:
    ahead = state.deep_copy()
    return ahead.try_consume_tokens(way) == len(way) and ahead.is_accepting()
