"""The compiled passes (compiled.c, attention.c), where the installation could compile them.

A step of generation has a few tokens for each of many rows: in tensor operations its attention is hundreds of products
too small for any library. Norms and rotary embeddings are five passes over memory each. Elsewhere (another device or
precision, no compiler) the same is done in tensor operations.
"""

import ctypes
from collections.abc import Callable, Mapping, Sequence
from importlib.machinery import EXTENSION_SUFFIXES
from pathlib import Path

import torch
from torch import Tensor

from farfield.engine.rectangles import KEYS_ALIGNED, TILE_ROWS, Layout

__all__ = ["attend_pack", "attend_pack_backward", "attend_slots", "attends", "here", "rms_norm", "takes", "turn"]

_P, _N = ctypes.c_void_p, ctypes.c_int64
_POINTERS = (
    "query", "sources", "spans", "shapes", "tiles", "packed", "out", "lse", "gradient", "d_query", "d_keys", "d_values",
)  # fmt: skip
_NUMBERS = (
    "query_token", "query_head", "heads", "kv_heads", "dim", "tokens",
    "span_count", "shape_count", "tile_count", "room", "gradient_token", "gradient_head",
)  # fmt: skip

# As attention.h has them: the widest head, and rows of a product, by which the sums of gradients are longer.
_WIDEST, _ROWS = 256, 6


class _Pack(ctypes.Structure):
    """`struct pack` of attention.h."""

    _fields_ = (*((name, _P) for name in _POINTERS), *((name, _N) for name in _NUMBERS), ("scale", ctypes.c_float))


def _loaded() -> ctypes.CDLL | None:
    for suffix in EXTENSION_SUFFIXES:
        path = Path(__file__).with_name(f"_compiled{suffix}")
        if path.exists():
            # After torch, whose OpenMP runtime it then shares: two would wait for each other's cores.
            library = ctypes.CDLL(str(path))
            library.attend_slots.argtypes = [*[_P] * 7, *[_N] * 6, ctypes.c_float, _P, _P, ctypes.c_int]
            library.attend_slots.restype = None
            for each in (library.attend_pack, library.attend_pack_backward):
                each.argtypes, each.restype = [ctypes.POINTER(_Pack), ctypes.c_int], None
            library.rms_norm.argtypes = [_P, _P, _N, _N, ctypes.c_float, _P, ctypes.c_int]
            library.rms_norm.restype = None
            library.turn.argtypes = [_P, _P, _P, _N, _N, _N, ctypes.c_int]
            library.turn.restype = None
            return library
    return None


_library = _loaded()


def here(x: Tensor) -> bool:
    """Whether the compiled passes are there, and meant for such a tensor: fp32 on a processor."""
    return _library is not None and x.dtype is torch.float32 and x.device.type == "cpu"


def takes(query: Tensor, value: Tensor) -> bool:
    """Whether the compiled attention is there and meant for these: values as wide as queries."""
    return here(query) and query.shape[-1] == value.shape[-1]


def attends(query: Tensor, key: Tensor, value: Tensor) -> bool:
    """Whether the compiled attention of packs is there and meant for these, `[1, heads, tokens, dim]`."""
    dim, group = query.shape[3], query.shape[1] // key.shape[1]
    fits = dim % KEYS_ALIGNED == 0 and dim <= _WIDEST and group <= TILE_ROWS
    return takes(query, value) and fits and all(each.dtype is torch.float32 for each in (key, value))


def attend_pack(
    pack: tuple[Tensor, Tensor, Tensor], past: Sequence[tuple[Tensor, Tensor]], layout: Layout, scale: float
) -> tuple[Tensor, Tensor]:
    """Attention of a pack over all its rectangles in one pass, and its log-sum-exps; see `attention.attend`."""
    assert _library is not None
    query, *own = map(_read, pack)
    sources = [own, *([*map(_read, pair)] for pair in past)]
    _, heads, tokens, dim = query.shape
    # [1, tokens, heads, dim] in memory, so that the output projection reads it without a copy.
    out, lse = query.new_empty(1, tokens, heads, dim), query.new_empty(1, heads, tokens)
    asked = _asked(query, sources, layout, turned=1)
    _call(_library.attend_pack, {**asked, "out": out, "lse": lse}, scale)
    return out.transpose(1, 2), lse


def attend_pack_backward(
    gradient: Tensor,
    saved: tuple[Tensor, Tensor, Tensor, Tensor, Tensor],
    past: Sequence[tuple[Tensor, Tensor]],
    layout: Layout,
    scale: float,
) -> tuple[Tensor, Tensor, Tensor]:
    """Gradients by queries, keys and values of a pack, given that by its output.

    Args:
        gradient: `[1, heads, tokens, dim]`.
        saved: queries, keys, values, joined output and log-sum-exps.
        past: keys and values of earlier packs, which take no gradient.
        layout: who sees what.
        scale: what the scores are multiplied by.
    """
    assert _library is not None
    query, key, value, out, lse = saved
    query, gradient, *own = map(_read, (query, gradient, key, value))
    sources = [own, *([*map(_read, pair)] for pair in past)]
    _, heads, tokens, dim = query.shape
    d_query = query.new_empty(1, tokens, heads, dim)
    # A sum for each thread, added up in order.
    sums = query.new_empty(2, torch.get_num_threads(), key.shape[1], tokens + _ROWS, dim)
    asked = _asked(query, sources, layout, turned=2)
    asked |= {"out": out.transpose(1, 2).contiguous(), "lse": lse.contiguous(), "gradient": gradient}
    asked |= {"gradient_token": gradient.stride(2), "gradient_head": gradient.stride(1)}
    asked |= {"d_query": d_query, "d_keys": sums[0], "d_values": sums[1]}
    _call(_library.attend_pack_backward, asked, scale)
    d_key, d_value = sums[:, 0, None, :, :tokens].unbind(0)
    return d_query.transpose(1, 2), d_key, d_value


def _read(each: Tensor) -> Tensor:
    """The tensor, so that numbers of one head stand side by side."""
    return each if each.stride(3) == 1 else each.contiguous()


def _asked(query: Tensor, sources: Sequence[Sequence[Tensor]], layout: Layout, turned: int) -> dict[str, Tensor | int]:
    """The tables and sizes of a pack; `turned` is how many of keys and values are turned."""
    _, heads, tokens, dim = query.shape
    kv_heads = sources[0][0].shape[1]
    tables = layout.tables(heads // kv_heads)
    addresses = [
        [*(each.data_ptr() for each in pair), *(each.stride(axis) for each in pair for axis in (2, 1))]
        for pair in sources
    ]
    return {
        "query": query,
        "sources": torch.tensor(addresses),
        "spans": tables.spans,
        "shapes": tables.shapes,
        "tiles": tables.tiles,
        "packed": query.new_empty(turned, kv_heads, tables.room, dim),
        "query_token": query.stride(2),
        "query_head": query.stride(1),
        "heads": heads,
        "kv_heads": kv_heads,
        "dim": dim,
        "tokens": tokens,
        "span_count": len(tables.spans),
        "shape_count": len(tables.shapes),
        "tile_count": len(tables.tiles),
        "room": tables.room,
    }


def _call(run: Callable[..., None], asked: Mapping[str, Tensor | int], scale: float) -> None:
    given = {name: each.data_ptr() if isinstance(each, Tensor) else each for name, each in asked.items()}
    run(_Pack(**given, scale=scale), torch.get_num_threads())


def rms_norm(x: Tensor, weight: Tensor, epsilon: float) -> Tensor:
    """`x / sqrt(mean(x²) + ε) * weight` in one pass, `[..., width]`; nothing learns through it."""
    assert _library is not None
    x, weight = x.contiguous(), weight.contiguous()
    out, width = torch.empty_like(x), x.shape[-1]
    rows = x.numel() // width
    _library.rms_norm(x.data_ptr(), weight.data_ptr(), rows, width, epsilon, out.data_ptr(), torch.get_num_threads())
    return out


def attend_slots(
    new: tuple[Tensor, Tensor, Tensor],
    held: tuple[Tensor, Tensor],
    places: tuple[Tensor, Tensor],
    scale: float,
    window: int | None,
    joined: tuple[Tensor, Tensor],
) -> None:
    """Writes new keys and values to their slots; then each query attends to its own row up to itself.

    Args:
        new: queries, keys and values of the new tokens, `[1, tokens, heads, dim]`, slot by slot.
        held: keys and values of the slots, `[slots, kv_heads, room, dim]`; written to.
        places: tokens that each slot held before, `[slots]`, and where each slot's new tokens begin and the last
            one's end, `[slots + 1]`; int64.
        scale: what the scores are multiplied by.
        window: the layer's sliding window in tokens.
        joined: attention over the prefix and its log-sum-exps, `[1, tokens, heads, dim]` and `[1, tokens, heads]`,
            into which the own part is joined; 0 and -inf where there is none.
    """
    assert _library is not None
    query, key, value = (each.contiguous() for each in new)
    assert all(each.is_contiguous() for each in (*held, *places, *joined))
    _library.attend_slots(
        *(each.data_ptr() for each in (query, key, value, *held, *places)),
        len(places[0]),
        query.shape[2],
        key.shape[2],
        query.shape[3],
        held[0].shape[2],
        window if window is not None else held[0].shape[2],
        scale,
        *(each.data_ptr() for each in joined),
        torch.get_num_threads(),
    )


def turn(x: Tensor, cosines: Tensor, sines: Tensor) -> None:
    """Turns queries or keys by their rotary embedding, in place: the halves of each head's numbers are its plane.

    Args:
        x: `[1, tokens, heads, dim]`, contiguous.
        cosines: of each token's angles, `[1, tokens, dim]`.
        sines: as `cosines`.
    """
    assert _library is not None
    _, tokens, heads, dim = x.shape
    cosines, sines = cosines.contiguous(), sines.contiguous()
    assert x.is_contiguous()
    assert cosines.shape == sines.shape == (1, tokens, dim)
    _library.turn(x.data_ptr(), cosines.data_ptr(), sines.data_ptr(), tokens, heads, dim, torch.get_num_threads())
