"""One step of generation: the new tokens of all slots in one pass, each over the shared prefix and its own row."""

from collections.abc import Iterator, Sequence
from itertools import accumulate

import torch
from torch import Tensor
from transformers import PreTrainedModel

from farfield.engine import native
from farfield.engine.attention import KeyValues, attend, attend_masked, join
from farfield.engine.rectangles import Layout, Rectangle

__all__ = ["Cache", "Step", "token_bytes"]

# Slots that attend in one call are padded to the longest among them; fewer slots make more calls.
_TOGETHER = 16


class Cache:
    """Keys and values of each slot's own tokens, `[slots, kv_heads, room, dim]` a layer.

    Args:
        slots: rows side by side.
        room: tokens of the longest row when it is written to its end.
    """

    def __init__(self, slots: int, room: int) -> None:
        self.slots = slots
        self.room = room
        self.layers: KeyValues = {}

    def held(self, layer: int, key: Tensor, value: Tensor) -> tuple[Tensor, Tensor]:
        """A layer's keys and values; made like the given ones, `[1, kv_heads, tokens, dim]`, where there are none."""
        if layer not in self.layers:
            # The compiled pass reads only what was written; torch's multiplies the rest by 0, so it must be a number.
            read = native.takes(key, value)
            keys, values = (
                (like.new_empty if read else like.new_zeros)((self.slots, like.shape[1], self.room, like.shape[3]))
                for like in (key, value)
            )
            self.layers[layer] = keys, values
        return self.layers[layer]

    def put(self, layer: int, slots: Tensor, places: Tensor, key: Tensor, value: Tensor) -> None:
        """Writes keys and values `[1, kv_heads, tokens, dim]` to the given slots and places."""
        for held, new in zip(self.held(layer, key, value), (key, value), strict=True):
            held[slots, :, places] = new[0].transpose(0, 1)

    def move(self, source: int, target: int) -> None:
        """Copies a slot over another, so that the slots in use stay the first ones."""
        for pair in self.layers.values():
            for held in pair:
                held[target] = held[source]


class Step:
    """New tokens for each of the slots in use, as `Attends` says it.

    Args:
        starts: own tokens that each slot holds already.
        counts: new tokens of each slot, at least one.
        offset: tokens of the prefix.
        past: keys and values of the prefix.
        cache: holds the rows; the new tokens are written to it.
        device: where the model is.
    """

    def __init__(
        self,
        starts: Sequence[int],
        counts: Sequence[int],
        offset: int,
        past: tuple[KeyValues, ...],
        cache: Cache,
        device: torch.device,
    ) -> None:
        self.calls = 0
        self.past, self.cache = past, cache
        self.width = max(counts)
        self.ends = [start + count for start, count in zip(starts, counts, strict=True)]
        flat = [(slot, nth, start + nth) for slot, start in enumerate(starts) for nth in range(counts[slot])]
        self.slots, self.nth, self.own = torch.tensor(flat, device=device).unbind(1)
        self.places = torch.tensor(starts), torch.tensor([0, *accumulate(counts)])
        self.positions = self.own + offset
        self._layouts: dict[int | None, Layout] = {}
        self._masks: dict[int | None, list[tuple[slice, Tensor]]] = {}

    def attention(
        self, layer: int, query: Tensor, key: Tensor, value: Tensor, scale: float, window: int | None
    ) -> Tensor:
        """One layer's attention, `[1, tokens, heads, dim]`."""
        self.calls += 1
        new = query, key, value
        out, lse = attend(new, [stretch[layer] for stretch in self.past], self._over_past(layer, window), scale)
        if native.takes(query, value):
            flat = query.transpose(1, 2), key.transpose(1, 2), value.transpose(1, 2)
            joined = out.transpose(1, 2).contiguous(), lse.transpose(1, 2).contiguous()
            native.attend_slots(flat, self.cache.held(layer, key, value), self.places, scale, window, joined)
            return joined[0]
        self.cache.put(layer, self.slots, self.own, key, value)
        join(out, lse, *self._over_own(layer, query, scale, window))
        return out.transpose(1, 2)

    def _over_past(self, layer: int, window: int | None) -> Layout:
        """Each token over each stretch of the prefix."""
        if window not in self._layouts:
            lengths = [stretch[layer][0].shape[2] for stretch in self.past]
            shapes = (self._rectangle(n, sum(lengths[:n]), lengths[n], window) for n in range(len(lengths)))
            self._layouts[window] = Layout(tuple(shapes), len(self.positions))
        return self._layouts[window]

    def _over_own(self, layer: int, query: Tensor, scale: float, window: int | None) -> tuple[Tensor, Tensor]:
        """Each token over its own row: `[1, heads, tokens, dim]` and log-sum-exps `[1, heads, tokens]`.

        Query heads that share a key head stand as its rows, so no key is copied.
        """
        keys, values = self.cache.layers[layer]
        heads, dim = query.shape[1], query.shape[3]
        kv_heads = keys.shape[1]
        shape = (len(self.ends), self.width, kv_heads, heads // kv_heads)
        wide = self._padded(query[0].transpose(0, 1)).reshape(*shape, dim)
        wide = wide.permute(0, 2, 1, 3, 4).reshape(len(self.ends), kv_heads, -1, dim)
        parts = []
        for slots, mask in self._chunks(shape[3], query.dtype, window):
            k, v = (held[slots, :, : mask.shape[-1]] for held in (keys, values))
            parts.append(attend_masked(wide[slots], k, v, mask, scale))
        out, lse = (torch.cat(part) if len(parts) > 1 else part[0] for part in zip(*parts, strict=True))
        out = out.reshape(shape[0], kv_heads, shape[1], shape[3], -1).permute(0, 2, 1, 3, 4).flatten(2, 3)
        lse = lse.reshape(shape[0], kv_heads, shape[1], shape[3]).permute(0, 2, 1, 3).flatten(2)
        return self._flat(out).transpose(0, 1)[None], self._flat(lse).transpose(0, 1)[None]

    def _padded(self, each: Tensor) -> Tensor:
        """`[tokens, ...]` to `[slots, width, ...]`."""
        if self.width == 1:
            return each[:, None]
        wide = each.new_zeros(len(self.ends), self.width, *each.shape[1:])
        wide[self.slots, self.nth] = each
        return wide

    def _flat(self, wide: Tensor) -> Tensor:
        return wide[:, 0] if self.width == 1 else wide[self.slots, self.nth]

    def _chunks(self, group: int, dtype: torch.dtype, window: int | None) -> list[tuple[slice, Tensor]]:
        """Slots that attend together, and what each of their queries sees, `[slots, 1, width * group, keys]`."""
        if window not in self._masks:
            self._masks[window] = list(self._masked(group, dtype, window))
        return self._masks[window]

    def _masked(self, group: int, dtype: torch.dtype, window: int | None) -> Iterator[tuple[slice, Tensor]]:
        places = self._padded(self.own)
        for start in range(0, len(self.ends), _TOGETHER):
            slots = slice(start, start + _TOGETHER)
            seen = torch.arange(max(self.ends[slots]), device=places.device)
            own = places[slots, :, None]
            hidden = seen > own
            if window is not None:
                hidden |= own - seen >= window
            mask = torch.zeros(hidden.shape, dtype=dtype, device=places.device).masked_fill_(hidden, -torch.inf)
            yield slots, mask.repeat_interleave(group, 1)[:, None]

    def _rectangle(self, number: int, start: int, length: int, window: int | None) -> Rectangle:
        queries, keys = slice(0, len(self.positions)), slice(0, length)
        if window is None or int(self.positions.max()) < window:
            return Rectangle(queries, keys, past=number)
        places = torch.arange(start, start + length, device=self.positions.device)
        return Rectangle(queries, keys, past=number, visible=self.positions[:, None] - places < window)


def token_bytes(model: PreTrainedModel) -> int:
    """Bytes that a token's keys and values take in all layers."""
    config = model.config.get_text_config()
    heads = int(config.num_attention_heads)
    kv_heads = int(getattr(config, "num_key_value_heads", None) or heads)
    dim = int(getattr(config, "head_dim", None) or config.hidden_size // heads)
    itemsize: int = next(model.parameters()).element_size()
    return 2 * int(config.num_hidden_layers) * kv_heads * dim * itemsize
