"""Attention of half-precision packs on a GPU: the variable-length FlashAttention kernels that come with torch.

The same two answers as the CPU kernel's: the output with its log-sum-exps, and a part's share of the gradient given
the joined ones (FlashAttention-2, arXiv 2307.08691, algorithms 1 and 2). Not measured yet: no GPU has run it.
"""

from functools import lru_cache

import torch
from torch import Tensor

__all__ = ["backward", "forward", "has_kernel"]

_forward = torch.ops.aten._flash_attention_forward
_backward = torch.ops.aten._flash_attention_backward


def has_kernel(query: Tensor) -> bool:
    """Whether the kernels take tensors of this kind."""
    return query.device.type == "cuda" and query.dtype in (torch.bfloat16, torch.float16)


def forward(
    query: Tensor, key: Tensor, value: Tensor, blocks: tuple[int, ...], causal: bool, scale: float
) -> tuple[Tensor, Tensor]:
    """Attention, `[1, heads, n, dim]`, and log-sum-exps, `[1, heads, n]`.

    Args:
        query: `[1, heads, n, dim]`.
        key: `[1, kv_heads, keys, dim]`.
        value: as `key`.
        blocks: lengths of the rows that attend each to itself; empty where all queries see the same keys.
        causal: whether what stands after a token is hidden from it.
        scale: what scores are multiplied by.
    """
    lengths = _lengths(query, key, blocks)
    out, lse, *_ = _forward(
        *(_flat(tensor) for tensor in (query, key, value)), *lengths, 0.0, causal, False, scale=scale
    )
    return _unflat(out), lse[None]


def backward(
    gradient: Tensor, saved: tuple[Tensor, ...], blocks: tuple[int, ...], causal: bool, scale: float
) -> tuple[Tensor, Tensor, Tensor]:
    """Gradients by queries, keys and values, given the joined output and log-sum-exps; `saved` as in `attention`."""
    query, key, value, out, lse = saved
    flat = [_flat(tensor) for tensor in (gradient, query, key, value, out)]
    unused = torch.zeros(2, dtype=torch.uint64, device=query.device)  # the state of a dropout that is not there
    grads = _backward(
        *flat, lse[0].contiguous(), *_lengths(query, key, blocks), 0.0, causal, unused, unused[0], scale=scale
    )
    d_query, d_key, d_value = (_unflat(grad) for grad in grads)
    return d_query, d_key, d_value


def _flat(each: Tensor) -> Tensor:
    """`[1, heads, n, dim]` to `[n, heads, dim]`."""
    return each[0].transpose(0, 1).contiguous()


def _unflat(flat: Tensor) -> Tensor:
    return flat.transpose(0, 1)[None]


def _lengths(query: Tensor, key: Tensor, blocks: tuple[int, ...]) -> tuple[Tensor, Tensor, int, int]:
    """Where rows of queries and of keys end, and the longest of each."""
    queries, keys = blocks or (query.shape[2],), blocks or (key.shape[2],)
    return _ends(queries, query.device), _ends(keys, key.device), max(queries), max(keys)


@lru_cache(maxsize=64)
def _ends(lengths: tuple[int, ...], device: torch.device) -> Tensor:
    return torch.tensor((0, *lengths), device=device).cumsum(0).to(torch.int32)
