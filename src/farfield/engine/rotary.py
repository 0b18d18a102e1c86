"""Attention layers whose queries and keys are turned by their rotary embedding in one compiled pass.

Rotary embeddings (RoFormer, arXiv 2104.09864) are five tensor operations of queries and five of keys, each a pass over
memory: about a tenth of the time of reading. A layer gets this form only if it then asks the attention the very same
thing: turned by halves, over the same window, with the same scale. Other layers keep their own.
"""

from collections.abc import Callable
from functools import partial
from typing import Any, Protocol, TypeGuard, cast

import torch
from torch import Tensor, nn

from farfield.engine import native
from farfield.engine.attention import Attends

__all__ = ["alike", "turned", "turned_form"]

Answer = tuple[Tensor, Tensor | None]
Forward = Callable[..., Answer]


class _Layer(Protocol):
    config: Any
    head_dim: int
    scaling: float
    layer_idx: int
    q_proj: nn.Module
    k_proj: nn.Module
    v_proj: nn.Module
    o_proj: nn.Module


def turned_form(module: nn.Module) -> Callable[..., Answer] | None:
    """The layer's shorter form; None where it has none."""
    own = partial(type(module).forward, module)
    if not _has_parts(module):
        return None
    forward = partial(turned, module, own)
    return forward if _asks_the_same(module, own, forward) else None


def turned(
    layer: _Layer,
    own: Forward,
    hidden_states: Tensor,
    position_embeddings: tuple[Tensor, Tensor] | None = None,
    attention_mask: Tensor | None = None,
    **kwargs: Any,
) -> Answer:
    """The layer's forward, of a pack that is only read; everything else goes its own way."""
    asks: Attends | None = kwargs.get("farfield")
    reads = not torch.is_grad_enabled() and kwargs.get("cache") is None and native.here(hidden_states)
    if asks is None or position_embeddings is None or not reads:
        return own(hidden_states, position_embeddings, attention_mask, **kwargs)
    shape = (*hidden_states.shape[:-1], -1, layer.head_dim)
    query = _normed(layer, "q_norm", layer.q_proj(hidden_states).view(shape))
    key = _normed(layer, "k_norm", layer.k_proj(hidden_states).view(shape))
    value = layer.v_proj(hidden_states).view(shape)
    for each in (query, key):
        native.turn(each, *position_embeddings)
    query, key, value = (each.transpose(1, 2) for each in (query, key, value))
    out = asks.attention(layer.layer_idx, query, key, value, layer.scaling, _window(layer))
    return layer.o_proj(out.reshape(*hidden_states.shape[:-1], -1)), None


def _normed(layer: _Layer, name: str, x: Tensor) -> Tensor:
    """Some families norm queries and keys before they are turned."""
    norm = getattr(layer, name, None)
    return x if norm is None else norm(x)


def _window(layer: _Layer) -> int | None:
    found = layer if hasattr(layer, "sliding_window") else layer.config
    return cast("int | None", getattr(found, "sliding_window", None))


def _has_parts(module: nn.Module) -> TypeGuard[_Layer]:
    return all(hasattr(module, name) for name in (*_Layer.__annotations__,))


class _Asked:
    """Stands in for the attention: keeps what it was asked, and answers with the values' mean."""

    def __init__(self, tokens: int) -> None:
        self.positions = torch.arange(tokens)
        self.calls = 0
        self.heads: list[Tensor] = []
        self.rest: tuple[object, ...] = ()

    def attention(
        self, layer: int, query: Tensor, key: Tensor, value: Tensor, scale: float, window: int | None
    ) -> Tensor:
        """One layer's attention, `[1, tokens, heads, dim]`."""
        self.calls += 1
        self.heads, self.rest = [each.clone() for each in (query, key, value)], (layer, scale, window)
        return value.mean(1, keepdim=True).expand(-1, query.shape[1], -1, -1).transpose(1, 2)


def _asks_the_same(layer: _Layer, own: Forward, forward: Forward) -> bool:
    """Whether both forms ask the attention the same, and make the same of its answer, on a few random rows."""
    like = next(cast("nn.Module", layer).parameters())
    drawn = torch.Generator().manual_seed(0)
    width = cast("int", layer.config.get_text_config().hidden_size)
    x = torch.randn(1, 8, width, generator=drawn).to(like)
    if not native.here(x):
        return False
    angles = torch.randn(1, 8, layer.head_dim // 2, generator=drawn).repeat(1, 1, 2)
    found = []
    with torch.inference_mode():
        for each in (own, forward):
            asked = _Asked(8)
            try:
                out, _ = each(x, (angles.cos(), angles.sin()), None, farfield=asked)
            except (RuntimeError, TypeError):  # turned in part, or called otherwise: another kind of layer
                return False
            found.append((asked, [*asked.heads, out]))
    (a, theirs), (b, ours) = found
    same = (mine.shape == its.shape and alike(its, mine) for its, mine in zip(theirs, ours, strict=True))
    return a.rest == b.rest and a.calls == b.calls == 1 and all(same)


def alike(own: Tensor, short: Tensor) -> bool:
    """Whether a shorter form gives what a layer's own does, but for rounding."""
    # Against the largest number: rounding follows the size of what is summed up, not of the sum.
    return bool((own - short).abs().max() <= 1e-5 * own.abs().max())
