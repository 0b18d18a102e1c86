"""Greedy generation side by side: a finished row leaves its slot at once and a waiting row takes it."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import torch
from torch import Tensor

from farfield.engine.attention import KeyValues, Rectangle, attend, join
from farfield.engine.packing import Laid, filled
from farfield.engine.protocol import Ending, Ids, Progress

if TYPE_CHECKING:
    from farfield.engine.torch_backend import TorchBackend

__all__ = ["Decoder"]


class Cache:
    """Keys and values of each slot's own tokens, `[slots, kv_heads, room, dim]` a layer, grown as rows grow."""

    def __init__(self, slots: int) -> None:
        self.slots = slots
        self.layers: KeyValues = {}

    def put(self, layer: int, slots: Tensor, places: Tensor, key: Tensor, value: Tensor) -> None:
        """Writes `[tokens, kv_heads, dim]` to the given slots and places."""
        keys, values = self._with_room(layer, int(places.max()) + 1, key, value)
        keys[slots, :, places] = key
        values[slots, :, places] = value

    def move(self, source: int, target: int) -> None:
        """Copies a slot over another, so that the slots in use stay the first ones."""
        for keys, values in self.layers.values():
            keys[target] = keys[source]
            values[target] = values[source]

    def _with_room(self, layer: int, room: int, key: Tensor, value: Tensor) -> tuple[Tensor, Tensor]:
        held = self.layers.get(layer)
        if held is not None and held[0].shape[2] >= room:
            return held
        grown = -(-room // 64) * 64  # in steps of 64 tokens: a copy for every token would cost more than attention
        pair = tuple(like.new_zeros(self.slots, like.shape[1], grown, like.shape[2]) for like in (key, value))
        if held is not None:
            for new, old in zip(pair, held, strict=True):
                new[:, :, : old.shape[2]] = old
        self.layers[layer] = (pair[0], pair[1])
        return self.layers[layer]


@dataclass(slots=True)
class Step:
    """One new token for each of the slots in use: the shared prefix in one rectangle, own tokens slot by slot."""

    positions: Tensor
    offset: int
    past: tuple[KeyValues, ...]
    cache: Cache
    calls: int = 0

    def attention(
        self, layer: int, query: Tensor, key: Tensor, value: Tensor, scale: float, window: int | None
    ) -> Tensor:
        """One layer's attention, `[1, slots, heads, dim]`."""
        self.calls += 1
        rows = query.shape[2]
        own = self.positions - self.offset
        slots = torch.arange(rows, device=own.device)
        self.cache.put(layer, slots, own, key[0].transpose(0, 1), value[0].transpose(0, 1))
        length = int(own.max()) + 1
        keys, values = (held[:rows, :, :length] for held in self.cache.layers[layer])
        seen = torch.arange(length, device=own.device)
        visible = seen <= own[:, None]
        if window is not None:
            visible &= own[:, None] - seen < window
        out, lse = _attend_slots(query[0].transpose(0, 1)[:, :, None], keys, values, visible, scale)
        start = 0
        for stretch in self.past:
            k, v = stretch[layer]
            shape = self._rectangle(start, k.shape[2], window)
            join(out, lse, *attend(query, k, v, shape, scale))
            start += k.shape[2]
        return out.transpose(1, 2)

    def _rectangle(self, start: int, length: int, window: int | None) -> Rectangle:
        queries, keys = slice(0, len(self.positions)), slice(0, length)
        if window is None or int(self.positions.max()) < window:
            return Rectangle(queries, keys, past=0)
        places = torch.arange(start, start + length, device=self.positions.device)
        return Rectangle(queries, keys, past=0, visible=self.positions[:, None] - places < window)


def _attend_slots(query: Tensor, keys: Tensor, values: Tensor, visible: Tensor, scale: float) -> tuple[Tensor, Tensor]:
    """Each slot's query over its own keys: `[1, heads, slots, dim]` and log-sum-exps `[1, heads, slots]`.

    Query heads that share a key head are folded into its rows, so no key is copied.
    """
    slots, heads, _, dim = query.shape
    groups = keys.shape[1]
    scores = query.reshape(slots, groups, heads // groups, dim) @ keys.transpose(-1, -2)
    wide = torch.float64 if query.dtype is torch.float64 else torch.float32
    scores = (scores.to(wide) * scale).masked_fill_(~visible[:, None, None], -torch.inf)
    lse = scores.logsumexp(-1)
    out = (scores - lse[..., None]).exp_().to(values.dtype) @ values
    return (
        out.reshape(slots, heads, dim).transpose(0, 1)[None],
        lse.reshape(slots, heads).transpose(0, 1)[None],
    )


@dataclass(slots=True)
class _Row:
    number: int
    length: int  # own tokens so far, without the last one written
    written: list[int] = field(default_factory=list)


class Decoder:
    """The rows of one call: which slot holds which, what is written, who waits."""

    def __init__(
        self,
        backend: "TorchBackend",
        past: tuple[KeyValues, ...],
        offset: int,
        slots: int,
        ending: Ending,
    ) -> None:
        self.backend = backend
        self.past = past
        self.offset = offset
        self.ending = ending
        self.cache = Cache(slots)
        self.active: list[_Row] = []
        self.finished: dict[int, Ids] = {}

    def run(self, rows: Sequence[Ids], progress: Progress) -> list[Ids]:
        """Continuations of all rows, in their order."""
        waiting = list(enumerate(rows))
        while waiting or self.active:
            # Rows enter in groups: a prefill of one short row leaves the arithmetic units idle.
            free = self.cache.slots - len(self.active)
            if waiting and (free >= max(1, self.cache.slots // 4) or free >= len(waiting)):
                entering, waiting = waiting[:free], waiting[free:]
                for batch in filled(entering, self.backend.pack_tokens, lambda item: len(item[1])):
                    self._enter(batch)
            else:
                self._step()
            self._leave()
            progress(len(self.finished), len(rows))
        return [self.finished[number] for number in range(len(rows))]

    def _enter(self, batch: Sequence[tuple[int, Ids]]) -> None:
        laid, own = Laid(self.offset), KeyValues()
        lasts = [laid.lay_row(ids)[0] for _, ids in batch]
        device = self.backend.model.device
        pack = laid.pack(device, self.past, own)
        logits = self.backend.logits(laid.ids, pack, lasts)
        first = len(self.active)
        lengths = torch.tensor([len(ids) for _, ids in batch], device=device)
        slots = torch.arange(first, first + len(batch), device=device).repeat_interleave(lengths)
        places = pack.positions - self.offset
        for layer, (key, value) in own.items():
            self.cache.put(layer, slots, places, key[0].transpose(0, 1), value[0].transpose(0, 1))
        self.active += [_Row(number, len(ids)) for number, ids in batch]
        self._write(self.active[first:], logits)

    def _step(self) -> None:
        device = self.backend.model.device
        positions = torch.tensor([self.offset + row.length for row in self.active], device=device)
        step = Step(positions, self.offset, self.past, self.cache)
        ids = [row.written[-1] for row in self.active]
        logits = self.backend.logits(ids, step, range(len(ids)))
        for row in self.active:
            row.length += 1
        self._write(self.active, logits)

    def _write(self, rows: Sequence[_Row], logits: Tensor) -> None:
        for row, token in zip(rows, logits.argmax(-1).tolist(), strict=True):
            row.written.append(token)

    def _leave(self) -> None:
        """Takes finished rows out; the last slot in use moves into each gap."""
        for slot in reversed(range(len(self.active))):
            row = self.active[slot]
            ended = row.written[-1] in self.ending.eos
            if not (ended or len(row.written) >= self.ending.max_new_tokens or self.ending.done(row.written)):
                continue
            self.finished[row.number] = tuple(row.written[:-1] if ended else row.written)
            last = len(self.active) - 1
            if slot != last:
                self.cache.move(last, slot)
                self.active[slot] = self.active[last]
            self.active.pop()
