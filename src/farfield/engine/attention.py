"""Exact attention over a pack: rows laid end to end that share one prefix.

Every token of a row attends to the shared prefix and to its own row up to itself. The parts are computed
apart and joined by their log-sum-exps, which is exact (the split softmax of FlashAttention, arXiv 2205.14135,
used for shared prefixes by Hydragen, 2402.05099). The backward pass of a part, given the *joined* output and
log-sum-exp, is that part's share of the gradient, so training shares the prefix as well.

Shapes: queries `[1, heads, tokens, dim]`, keys and values `[1, kv_heads, tokens, dim]`, as Transformers hands
them over after the rotary embedding; log-sum-exps `[1, heads, tokens]`, in nats.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

import torch
from torch import Tensor
from transformers import AttentionInterface

from farfield.engine import flash, native
from farfield.engine.rectangles import Layout, Rectangle
from farfield.errors import ModelError

__all__ = ["IMPLEMENTATION", "Attends", "KeyValues", "Pack", "attend", "attend_masked", "join"]

IMPLEMENTATION = "farfield"

# Keys and values of a computed stretch of tokens, one pair a layer.
KeyValues = dict[int, tuple[Tensor, Tensor]]

_cpu_forward = torch.ops.aten._scaled_dot_product_flash_attention_for_cpu
_cpu_backward = torch.ops.aten._scaled_dot_product_flash_attention_for_cpu_backward


class Attends(Protocol):
    """What travels through the model as the keyword `farfield` and answers each layer's attention."""

    positions: Tensor
    calls: int

    def attention(
        self, layer: int, query: Tensor, key: Tensor, value: Tensor, scale: float, window: int | None
    ) -> Tensor:
        """One layer's attention, `[1, tokens, heads, dim]`; `window` is the layer's sliding window in tokens."""
        ...


@dataclass(slots=True)
class Pack:
    """Where the parts of one pack stand.

    Attributes:
        positions: position of each token in its own prompt, `[tokens]`.
        trunk: tokens at the front of the pack that every row attends to.
        rows: `(start, stop)` of each row, end to end after the trunk.
        trees: for rows that branch (a branch a label), `[n, n]` boolean: what each token sees in its row.
        past: keys and values of earlier packs that all tokens attend to, in order of position.
        keep: filled with the pack's own keys and values where not None.
        calls: how many layers asked; a model that never asks can't share.
    """

    positions: Tensor
    trunk: int
    rows: tuple[tuple[int, int], ...]
    trees: dict[int, Tensor] = field(default_factory=dict)
    past: tuple[KeyValues, ...] = ()
    keep: KeyValues | None = None
    calls: int = 0
    _layouts: dict[int | None, Layout] = field(default_factory=dict)

    def attention(
        self, layer: int, query: Tensor, key: Tensor, value: Tensor, scale: float, window: int | None
    ) -> Tensor:
        """One layer's attention over the pack, `[1, tokens, heads, dim]`."""
        self.calls += 1
        if self.keep is not None:
            self.keep[layer] = (key, value)
        past = tuple(kv[layer] for kv in self.past)
        felt = window if window is not None and int(self.positions.max()) >= window else None
        if felt not in self._layouts:
            blocks = flash.has_kernel(query) and not self.trees and felt is None
            shapes = self._rectangles([k.shape[2] for k, _ in past], felt, blocks=blocks)
            self._layouts[felt] = Layout(tuple(shapes), len(self.positions))
        out: Tensor = _Joined.apply(query, key, value, past, self._layouts[felt], scale)  # type: ignore[no-untyped-call]
        return out.transpose(1, 2)

    def _rectangles(self, past: list[int], window: int | None, *, blocks: bool) -> Iterator[Rectangle]:
        """The rectangles whose union is the attention; those that cover every query once come first."""
        tokens = len(self.positions)
        trunk, rest = slice(0, self.trunk), slice(self.trunk, tokens)
        if self.trunk:
            yield self._windowed(Rectangle(trunk, trunk, causal=True), 0, window)
        if blocks and self.rows:
            yield Rectangle(rest, rest, causal=True, blocks=tuple(stop - start for start, stop in self.rows))
        for number, (start, stop) in enumerate(() if blocks else self.rows):
            own, tree = slice(start, stop), self.trees.get(number)
            yield self._windowed(Rectangle(own, own, causal=tree is None, visible=tree), 0, window)
        if self.trunk and self.rows:
            yield self._windowed(Rectangle(rest, trunk), 0, window)
        start = 0
        for number, length in enumerate(past):
            yield self._windowed(Rectangle(slice(0, tokens), slice(0, length), past=number), start, window)
            start += length

    def _windowed(self, shape: Rectangle, start: int, window: int | None) -> Rectangle:
        """The rectangle with a sliding window of `window` tokens cut out."""
        if window is None:
            return shape
        queries = self.positions[shape.queries]
        if shape.past is None:
            keys = self.positions[shape.keys]
        else:
            keys = torch.arange(start, start + shape.keys.stop, device=queries.device)
        near = queries[:, None] - keys[None, :] < window
        if shape.causal:
            near &= torch.ones_like(near).tril()
        elif shape.visible is not None:
            near &= shape.visible
        return Rectangle(shape.queries, shape.keys, past=shape.past, visible=near)


class _Joined(torch.autograd.Function):
    """Attention over several rectangles as one function of the pack's queries, keys and values.

    The past takes no gradient: what must learn through the prefix stands in the pack as its trunk.
    """

    @staticmethod
    def forward(
        ctx: Any,
        query: Tensor,
        key: Tensor,
        value: Tensor,
        past: tuple[tuple[Tensor, Tensor], ...],
        layout: Layout,
        scale: float,
    ) -> Tensor:
        out, lse = attend((query, key, value), past, layout, scale)
        ctx.save_for_backward(query, key, value, out, lse)
        ctx.past, ctx.layout, ctx.scale = past, layout, scale
        return out

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor | None, ...]:
        query, key, value, out, lse = ctx.saved_tensors
        (gradient,) = gradients
        if native.attends(query, key, value):
            found = native.attend_pack_backward(gradient, ctx.saved_tensors, ctx.past, ctx.layout, ctx.scale)
            return *found, None, None, None
        d_query, d_key, d_value = torch.zeros_like(query), torch.zeros_like(key), torch.zeros_like(value)
        for shape in ctx.layout.rectangles:
            k, v = (key, value) if shape.past is None else ctx.past[shape.past]
            rows, cols = shape.queries, shape.keys
            dq, dk, dv = _attend_backward(
                gradient[:, :, rows],
                (query[:, :, rows], k[:, :, cols], v[:, :, cols], out[:, :, rows], lse[:, :, rows]),
                shape,
                ctx.scale,
            )
            d_query[:, :, rows] += dq
            if shape.past is None:
                d_key[:, :, cols] += dk
                d_value[:, :, cols] += dv
        return d_query, d_key, d_value, None, None, None


def join(out: Tensor, lse: Tensor, part: Tensor, part_lse: Tensor) -> None:
    """Takes a further part of the keys into `out` and `lse`, in place.

    With weights `w = exp(part_lse) / (exp(lse) + exp(part_lse))` the softmax over both is `out + w (part - out)`.
    """
    # Where neither part shows a query anything the difference of the two has no value.
    weight = torch.sigmoid(part_lse - lse).nan_to_num_(0.0).unsqueeze(-1).to(out.dtype)
    out.lerp_(part, weight)
    torch.logaddexp(lse, part_lse, out=lse)


def attend(
    pack: tuple[Tensor, Tensor, Tensor], past: Sequence[tuple[Tensor, Tensor]], layout: Layout, scale: float
) -> tuple[Tensor, Tensor]:
    """Attention of a pack over all its rectangles, and its log-sum-exps; a query that sees nothing gets 0 and -inf.

    Args:
        pack: queries, keys and values.
        past: keys and values of earlier packs.
        layout: who sees what.
        scale: what the scores are multiplied by.
    """
    query, key, value = pack
    if native.attends(query, key, value):
        return native.attend_pack(pack, past, layout, scale)
    # [1, tokens, heads, dim] in memory, so that the output projection reads it without a copy.
    out = torch.zeros_like(query.transpose(1, 2), memory_format=torch.contiguous_format).transpose(1, 2)
    lse = query.new_full(query.shape[:3], -torch.inf, dtype=_accumulator(query.dtype))
    covered = 0
    for shape in layout.rectangles:
        k, v = (key, value) if shape.past is None else past[shape.past]
        part, part_lse = _attend(query[:, :, shape.queries], k[:, :, shape.keys], v[:, :, shape.keys], shape, scale)
        if shape.queries.start >= covered:
            out[:, :, shape.queries] = part
            lse[:, :, shape.queries] = part_lse
            covered = shape.queries.stop
        else:
            join(out[:, :, shape.queries], lse[:, :, shape.queries], part, part_lse)
    return out, lse


def _attend(query: Tensor, key: Tensor, value: Tensor, shape: Rectangle, scale: float) -> tuple[Tensor, Tensor]:
    """Softmax attention of one rectangle and its log-sum-exp; a query that sees nothing gets 0 and -inf."""
    if flash.has_kernel(query) and shape.visible is None:
        return flash.forward(query, key, value, shape.blocks, shape.causal, scale)
    if _kernel_takes(query, shape):
        mask = _additive(shape.visible, query.dtype)
        out, lse = _cpu_forward(query, key, value, 0.0, shape.causal, attn_mask=mask, scale=scale)
        return out, lse
    scores = _scores(query, key, shape, scale)
    lse = scores.logsumexp(-1)
    return _by_group(_weights(scores, lse).to(value.dtype), value), lse


def attend_masked(query: Tensor, key: Tensor, value: Tensor, mask: Tensor, scale: float) -> tuple[Tensor, Tensor]:
    """Softmax attention of many rows with as many query as key heads, and its log-sum-exp.

    Args:
        query: `[rows, heads, n, dim]`.
        key: `[rows, heads, keys, dim]`.
        value: as `key`.
        mask: what is added to the scores, `[rows, 1, n, keys]`; every query sees a key at least.
        scale: what the scores are multiplied by before.
    """
    if query.device.type == "cpu":
        out, lse = _cpu_forward(query, key, value, 0.0, False, attn_mask=mask, scale=scale)
        return out, lse
    scores = (query @ key.transpose(-1, -2)).to(_accumulator(query.dtype)) * scale + mask
    lse = scores.logsumexp(-1)
    return _weights(scores, lse).to(value.dtype) @ value, lse


def _attend_backward(
    gradient: Tensor, saved: tuple[Tensor, ...], shape: Rectangle, scale: float
) -> tuple[Tensor, Tensor, Tensor]:
    """Gradients by queries, keys and values of one rectangle, given the joined output and log-sum-exp."""
    query, key, value, out, lse = saved
    if flash.has_kernel(query) and shape.visible is None:
        return flash.backward(gradient, saved, shape.blocks, shape.causal, scale)
    if _kernel_takes(query, shape):
        mask = _additive(shape.visible, query.dtype)
        dq, dk, dv = _cpu_backward(
            gradient, query, key, value, out, lse, 0.0, shape.causal, attn_mask=mask, scale=scale
        )
        return dq, dk, dv
    weights = _weights(_scores(query, key, shape, scale), lse).to(value.dtype)
    d_value = _fold(weights.transpose(-1, -2) @ gradient, value)
    d_weights = _by_group(gradient, value.transpose(-1, -2))
    d_scores = weights * (d_weights - (gradient * out).sum(-1, keepdim=True)) * scale
    return _by_group(d_scores, key), _fold(d_scores.transpose(-1, -2) @ query, key), d_value


def _kernel_takes(query: Tensor, shape: Rectangle) -> bool:
    # The CPU kernel divides by zero for a query that sees no key; only a sliding window over the shared
    # prefix makes such queries, every other mask shows each token at least itself.
    sees_itself = shape.past is None and shape.queries == shape.keys
    return query.device.type == "cpu" and (shape.visible is None or sees_itself)


def _additive(visible: Tensor | None, dtype: torch.dtype) -> Tensor | None:
    if visible is None:
        return None
    return torch.zeros(visible.shape, dtype=dtype).masked_fill_(~visible, -torch.inf)[None, None]


def _accumulator(dtype: torch.dtype) -> torch.dtype:
    return torch.float64 if dtype is torch.float64 else torch.float32


def _by_group(left: Tensor, right: Tensor) -> Tensor:
    """`left @ right` where several query heads share one key head: `[1, heads, n, k] @ [1, kv_heads, k, m]`."""
    _, heads, n, k = left.shape
    kv_heads = right.shape[1]
    grouped = left.reshape(1, kv_heads, heads // kv_heads * n, k)
    return (grouped @ right).reshape(1, heads, n, right.shape[-1])


def _fold(per_head: Tensor, like: Tensor) -> Tensor:
    """Sums gradients of the query heads that share one key head."""
    return per_head.reshape(1, like.shape[1], -1, *per_head.shape[2:]).sum(2)


def _scores(query: Tensor, key: Tensor, shape: Rectangle, scale: float) -> Tensor:
    scores = _by_group(query, key.transpose(-1, -2)).to(_accumulator(query.dtype)) * scale
    if shape.causal:
        blind = torch.ones(scores.shape[-2:], dtype=torch.bool, device=scores.device).triu(1)
        return scores.masked_fill(blind, -torch.inf)
    return scores if shape.visible is None else scores.masked_fill(~shape.visible, -torch.inf)


def _weights(scores: Tensor, lse: Tensor) -> Tensor:
    return torch.exp(scores - lse.masked_fill(lse == -torch.inf, 0.0).unsqueeze(-1))


def _implementation(
    module: torch.nn.Module,
    query: Tensor,
    key: Tensor,
    value: Tensor,
    attention_mask: Tensor | None,  # noqa: ARG001 (Transformers' signature)
    scaling: float | None = None,
    farfield: Attends | None = None,
    **kwargs: Any,
) -> tuple[Tensor, None]:
    """The attention that Transformers calls in every layer of a model loaded with `IMPLEMENTATION`.

    Raises:
        ModelError: the model wants something of its attention that packs don't do.
    """
    if farfield is None:
        raise ModelError("the model doesn't hand keywords to its attention")
    for extra in ("softcap", "s_aux"):
        if kwargs.get(extra) is not None:
            raise ModelError(f"the model's attention wants '{extra}'")
    # Under autocast the rotary embedding hands queries and keys back in fp32.
    query, key = query.to(value.dtype), key.to(value.dtype)
    scale = query.shape[-1] ** -0.5 if scaling is None else scaling
    layer = int(module.layer_idx)  # type: ignore[arg-type]
    return farfield.attention(layer, query, key, value, scale, kwargs.get("sliding_window")), None


AttentionInterface.register(IMPLEMENTATION, _implementation)
