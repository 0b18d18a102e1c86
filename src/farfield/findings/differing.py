"""Rows on which arms differ: what a number can't show."""

from collections.abc import Iterator, Mapping
from itertools import zip_longest

import polars as pl

from farfield.findings.model import Differing

__all__ = ["differing"]

_SHOWN = 12
_BETTER = 0.3  # a generated answer counts as clearly better from this far up


def differing(frames: Mapping[str, Mapping[str, pl.DataFrame]]) -> Iterator[Differing]:
    """At most a dozen rows, the widest apart of each domain in turn.

    Args:
        frames: by domain and arm, the predictions to compare; of several seeds the first one's are shown.
    """
    found = []
    for domain, said in frames.items():
        apart = sorted(_rows(domain, said), key=lambda pair: -pair[0])
        found.append([row for _, row in apart])
    turns = [row for turn in zip_longest(*found) for row in turn if row is not None]
    return iter(turns[:_SHOWN])


def _rows(domain: str, frames: Mapping[str, pl.DataFrame]) -> Iterator[tuple[float, Differing]]:
    said: dict[int, list[tuple[str, str, float]]] = {}
    targets: dict[int, str] = {}
    for arm, frame in frames.items():
        first = frame.unique("row", keep="first", maintain_order=True)
        for row, target, prediction, score in first.select("row", "target", "prediction", "score").iter_rows():
            said.setdefault(row, []).append((arm, prediction, score))
            targets[row] = target
    for row, answers in said.items():
        scores = [score for *_, score in answers]
        spread = max(scores) - min(scores)
        if spread >= _BETTER:
            yield spread, Differing(domain, row, targets[row], tuple(answers))
