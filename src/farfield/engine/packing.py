"""Rows laid end to end, with the places of their tokens: the form that every forward pass of the engine takes."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

import torch
from torch import Tensor

from farfield.engine.attention import KeyValues, Pack
from farfield.engine.protocol import Ids

__all__ = ["Laid", "filled"]

Row = TypeVar("Row")


@dataclass(slots=True)
class Laid:
    """A pack being laid: an optional trunk that all rows read, then rows, each with branches where it forks.

    Attributes:
        offset: tokens of the prefix that was computed earlier and stands before everything here.
        ids: the tokens so far; places are indices into it.
    """

    offset: int = 0
    ids: list[int] = field(default_factory=list)
    trunk: int = 0
    _ranges: list[range] = field(default_factory=list)
    _spans: list[tuple[int, int]] = field(default_factory=list)
    _trees: dict[int, Tensor] = field(default_factory=dict)

    def lay_trunk(self, ids: Ids) -> None:
        """Lays the tokens that all rows read; only before the first row."""
        self.trunk = len(ids)
        self.ids += ids
        self._ranges.append(range(self.offset, self.offset + self.trunk))

    def lay_row(self, stem: Ids, branches: Sequence[Ids] = ()) -> list[int]:
        """Lays one row; returns the place of the stem's last token, then each branch's first place."""
        start, after = len(self.ids), self.offset + self.trunk + len(stem)
        self.ids += stem
        self._ranges.append(range(after - len(stem), after))
        places = [len(self.ids) - 1]
        for branch in branches:
            places.append(len(self.ids))
            self.ids += branch
            self._ranges.append(range(after, after + len(branch)))
        if any(branches):
            self._trees[len(self._spans)] = _tree(len(stem), [len(b) for b in branches])
        self._spans.append((start, len(self.ids)))
        return places

    def pack(self, device: torch.device, past: tuple[KeyValues, ...] = (), keep: KeyValues | None = None) -> Pack:
        """The finished pack, for the model's attention."""
        positions = torch.tensor([p for r in self._ranges for p in r], device=device)
        trees = {number: tree.to(device) for number, tree in self._trees.items()}
        return Pack(positions, self.trunk, tuple(self._spans), trees, past, keep)


def _tree(stem: int, branches: Sequence[int]) -> Tensor:
    """What each token of a forked row sees: the stem and its own branch, up to itself; `[n, n]`, boolean."""
    n = stem + sum(branches)
    visible = torch.zeros(n, n, dtype=torch.bool)
    visible[:, :stem] = True
    start = stem
    for length in branches:
        visible[start : start + length, start : start + length] = True
        start += length
    return visible.tril_()


def filled(rows: Sequence[Row], limit: int, size: Callable[[Row], int]) -> Iterator[list[Row]]:
    """Rows in their order, cut into batches of at most `limit` in size, at least one row each."""
    batch: list[Row] = []
    held = 0
    for row in rows:
        if batch and held + size(row) > limit:
            yield batch
            batch, held = [], 0
        batch.append(row)
        held += size(row)
    if batch:
        yield batch
