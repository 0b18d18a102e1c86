"""Greedy generation side by side: a finished row leaves its slot at once and a waiting row takes it.

The last rows of a call leave the arithmetic units idle, so they get drafts: what followed a row's last tokens where
they stood before (prompt lookup; copying from the text as in LLMA, arXiv 2304.04487). A draft is read in the same
pass as the token before it and kept as far as the model writes the same, so what comes out is greedy's own text.

Under a format a row says one token after the other (`narrowed`), and asks no further than its draft is kept.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import torch
from torch import Tensor

from farfield.engine.attention import KeyValues
from farfield.engine.narrowed import narrowed
from farfield.engine.packing import Laid, filled
from farfield.engine.protocol import Ending, Ids, Matcher, Progress
from farfield.engine.step import Cache, Step

if TYPE_CHECKING:
    from farfield.engine.torch_backend import TorchBackend

__all__ = ["Decoder", "drafted"]

# Tokens of a step below which more cost next to nothing: reading the weights is what takes time.
_IDLE = 16
# A draft continues this many equal tokens; after fewer it is mostly wrong.
_EQUAL = 3


@dataclass(slots=True)
class _Row:
    number: int
    own: Ids
    matcher: Matcher | None
    written: list[int] = field(default_factory=list)
    ended: bool = False

    @property
    def held(self) -> int:
        """Own tokens whose keys and values are held: all but the last one written."""
        return len(self.own) + len(self.written) - 1


class Decoder:
    """The rows of one call: which slot holds which, what is written, who waits."""

    def __init__(
        self,
        backend: "TorchBackend",
        past: tuple[KeyValues, ...],
        offset: int,
        cache: Cache,
        ending: Ending,
    ) -> None:
        self.backend = backend
        self.past = past
        self.offset = offset
        self.ending = ending
        self.cache = cache
        self.active: list[_Row] = []
        self.finished: dict[int, Ids] = {}

    def run(self, rows: Sequence[Ids], progress: Progress) -> list[Ids]:
        """Continuations of all rows, in their order."""
        # Neighbours in length stand in neighbouring slots, which attend together.
        waiting = sorted(enumerate(rows), key=lambda item: len(item[1]), reverse=True)
        while waiting or self.active:
            # Rows enter in groups: a prefill of one short row leaves the arithmetic units idle.
            free = self.cache.slots - len(self.active)
            if waiting and (free >= max(1, self.cache.slots // 4) or free >= len(waiting)):
                entering, waiting = waiting[:free], waiting[free:]
                for batch in filled(entering, self.backend.pack_tokens, lambda item: len(item[1])):
                    self._enter([_Row(number, ids, self._matcher()) for number, ids in batch])
            else:
                self._step()
            self._leave()
            progress(len(self.finished), len(rows))
        return [self.finished[number] for number in range(len(rows))]

    def _enter(self, batch: list[_Row]) -> None:
        laid, own = Laid(self.offset), KeyValues()
        lasts = [laid.lay_row(row.own)[0] for row in batch]
        device = self.backend.model.device
        pack = laid.pack(device, self.past, own)
        logits = self.backend.logits(laid.ids, pack, lasts)
        first = len(self.active)
        lengths = torch.tensor([len(row.own) for row in batch], device=device)
        slots = torch.arange(first, first + len(batch), device=device).repeat_interleave(lengths)
        for layer, (key, value) in own.items():
            self.cache.put(layer, slots, pack.positions - self.offset, key, value)
        self.active += batch
        for row, said in zip(batch, self._said(batch, logits, [1] * len(batch)), strict=True):
            self._write(row, [], said)

    def _step(self) -> None:
        spare = _IDLE // len(self.active) - 1
        drafts = [self._draft(row, spare) for row in self.active]
        counts = [1 + len(draft) for draft in drafts]
        starts = [row.held for row in self.active]
        step = Step(starts, counts, self.offset, self.past, self.cache, self.backend.model.device)
        ids = [token for row, draft in zip(self.active, drafts, strict=True) for token in (row.written[-1], *draft)]
        said = self._said(self.active, self.backend.logits(ids, step, range(len(ids))), counts)
        for row, draft, tokens in zip(self.active, drafts, said, strict=True):
            self._write(row, draft, tokens)

    def _matcher(self) -> Matcher | None:
        return self.ending.matcher() if self.ending.matcher else None

    def _said(self, rows: Sequence[_Row], logits: Tensor, counts: Sequence[int]) -> Iterator[Iterable[int]]:
        """What the model says after each token that each of the rows read."""
        if self.ending.matcher is None:
            best = iter(_best(logits))
            for count in counts:
                yield [next(best) for _ in range(count)]
            return
        start = 0
        for row, count in zip(rows, counts, strict=True):
            assert row.matcher is not None
            yield narrowed(row.matcher, logits[start : start + count], self.ending.max_new_tokens - len(row.written))
            start += count

    def _draft(self, row: _Row, spare: int) -> list[int]:
        left = self.ending.max_new_tokens - len(row.written) - 1
        most = min(spare, left)
        return drafted([*row.own, *row.written], most) if most > 0 else []

    def _write(self, row: _Row, draft: Sequence[int], said: Iterable[int]) -> None:
        """Takes what the model says after each token that it read, as long as that is the draft's next."""
        for token, expected in zip(said, [*draft, None], strict=True):
            row.written.append(token)
            row.ended = (
                token in self.ending.eos
                or len(row.written) >= self.ending.max_new_tokens
                or self.ending.done(row.written)
            )
            if row.ended or token != expected:
                return

    def _leave(self) -> None:
        """Takes finished rows out; the last slot in use moves into each gap."""
        for slot in reversed(range(len(self.active))):
            row = self.active[slot]
            if not row.ended:
                continue
            closed = row.written[-1] in self.ending.eos
            self.finished[row.number] = tuple(row.written[:-1] if closed else row.written)
            last = len(self.active) - 1
            if slot != last:
                self.cache.move(last, slot)
                self.active[slot] = self.active[last]
            self.active.pop()


def drafted(text: Sequence[int], most: int) -> list[int]:
    """What followed the last tokens of `text` where they last stood before, over again if that reaches its end."""
    key = list(text[-_EQUAL:])
    for start in range(len(text) - _EQUAL - 1, -1, -1):
        if list(text[start : start + _EQUAL]) == key:
            period = len(text) - _EQUAL - start
            return [text[len(text) - period + n % period] for n in range(most)]
    return []


def _best(logits: Tensor) -> list[int]:
    best: list[int] = logits.argmax(-1).tolist()
    return best
