"""Which queries of a pack see which keys, as rectangles; and the tables by which a compiled pass goes over them."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

import torch
from torch import Tensor

__all__ = ["KEYS_ALIGNED", "TILE_ROWS", "Layout", "Rectangle", "Tables"]

# As attention.c has them: rows of a tile at most, and what the keys of a span are filled up to.
TILE_ROWS = 48
KEYS_ALIGNED = 16


@dataclass(frozen=True, slots=True)
class Rectangle:
    """Queries of a pack over keys of the pack, or over keys of an earlier pack where `past` says which.

    A `visible` mask (boolean, queries × keys) replaces `causal`; with neither, every query sees every key. With
    `blocks`, the queries are rows of these lengths and each sees its own row alone.
    """

    queries: slice
    keys: slice
    past: int | None = None
    causal: bool = False
    visible: Tensor | None = None
    blocks: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Tables:
    """Rectangles as int64 tables, whatever the layer.

    Attributes:
        spans: stretches of keys, `[spans, 4]`: source (0 for the pack itself, then the earlier ones), first, end, and
            where its turned keys are kept.
        shapes: the rectangles, `[rectangles, 5]`: first query, end, span, causal, address of the mask or 0.
        tiles: queries that are computed together, `[tiles, 2]`: first, end.
        room: turned keys in all.
        masks: what the addresses point to.
    """

    spans: Tensor
    shapes: Tensor
    tiles: Tensor
    room: int
    masks: tuple[Tensor, ...]


@dataclass(slots=True)
class Layout:
    """The rectangles of a pack; the same in each layer that has the same window.

    Attributes:
        rectangles: those that cover every query once come first.
        tokens: queries of the pack.
    """

    rectangles: tuple[Rectangle, ...]
    tokens: int
    _tables: dict[int, Tables] = field(default_factory=dict)

    def tables(self, group: int) -> Tables:
        """The tables for layers in which `group` query heads share a key head."""
        if group not in self._tables:
            spans: dict[tuple[int, int, int], int] = {}
            room, masks = 0, []
            rows, shapes = [], []
            for each in self.rectangles:
                span = (0 if each.past is None else each.past + 1, each.keys.start, each.keys.stop)
                if span not in spans:
                    spans[span] = len(spans)
                    rows.append((*span, room))
                    room += -(-(span[2] - span[1]) // KEYS_ALIGNED) * KEYS_ALIGNED
                mask = 0
                if each.visible is not None:
                    masks.append(each.visible.contiguous())
                    mask = masks[-1].data_ptr()
                shapes.append((each.queries.start, each.queries.stop, spans[span], int(each.causal), mask))
            tiles = list(self._cut(max(1, TILE_ROWS // group)))
            self._tables[group] = Tables(_table(rows), _table(shapes), _table(tiles), room, tuple(masks))
        return self._tables[group]

    def _cut(self, length: int) -> Iterator[tuple[int, int]]:
        """Tiles of at most `length` queries, none of which reaches over an edge of a rectangle."""
        edges = {0, self.tokens}
        for each in self.rectangles:
            edges |= {each.queries.start, each.queries.stop}
        for start, stop in pairwise(sorted(edges)):
            for first in range(start, stop, length):
                yield first, min(first + length, stop)


def _table(rows: Sequence[tuple[int, ...]]) -> Tensor:
    return torch.tensor(rows, dtype=torch.int64)
