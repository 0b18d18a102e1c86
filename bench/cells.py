"""All intervals and comparisons of a run of many cells.

    python -m bench.cells [--cells 500] [--rows 250]

Made-up predictions; the cells take turns at accuracy, macro F1, ROUGE-L, BLEU and chrF. Every cell gets its metric with
a 95 % interval, its gain over a comparator at 95 % and at 90 %, and a permutation test of that gain. Scoring the texts
is not counted. Prints one JSON line; exit status 1 where it takes ten seconds or more.
"""

import argparse
import json
import sys
from collections.abc import Iterator, Sequence
from functools import partial
from itertools import cycle, islice

import numpy as np

from bench.record import timed
from farfield.metrics import Metric, Pair, RowScore, difference, estimate, metric
from farfield.stats import mean_statistic, paired_randomization

__all__ = ["main"]

_GOAL_S = 10.0
_LABELS = ("repair", "billing", "delivery", "sales")
_METRICS = ("accuracy", "macro_f1", "rougeL", "bleu", "chrf")


def main(arguments: Sequence[str] | None = None) -> int:
    """Times all numbers of a run."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cells", type=int, default=500)
    parser.add_argument("--rows", type=int, default=250)
    given = parser.parse_args(arguments)
    draws = np.random.default_rng(0)
    metrics = {name: metric(name, _LABELS) for name in _METRICS}
    scored = {name: _arms(of, given.rows, draws) for name, of in metrics.items()}
    taken = dict.fromkeys(_METRICS, 0.0)
    for cell, name in enumerate(islice(cycle(_METRICS), given.cells)):
        taken[name] += timed(partial(_numbers, metrics[name], *scored[name], cell))[1]
    seconds = sum(taken.values())
    told = {"bench": "cells", "cells": given.cells, "rows": given.rows, "seconds": round(seconds, 2), "goal": _GOAL_S}
    print(json.dumps({**told, **{name: round(s, 2) for name, s in taken.items()}}), flush=True)
    return 0 if seconds < _GOAL_S else 1


def _numbers(of: Metric, a: Sequence[RowScore], b: Sequence[RowScore], cell: int) -> None:
    """What a report says of one cell; the draws of each number are its own."""
    rng = np.random.default_rng(cell)
    estimate(of, a, rng=rng)
    for level in (0.95, 0.90):
        difference(of, a, b, rng=rng, level=level)
    parts = [[row.parts or (row.score, 1.0) for row in rows] for rows in (a, b)]
    paired_randomization(parts[0], parts[1], of.corpus or mean_statistic, rng=rng)


def _arms(of: Metric, rows: int, draws: np.random.Generator) -> Pair:
    """Two arms' scores of the same rows."""
    pairs = list(_labels(rows, draws) if of.kind == "classification" else _texts(rows, draws))
    one, other = ([of.row(said[arm], target) for *said, target in pairs] for arm in (0, 1))
    return one, other


def _labels(rows: int, draws: np.random.Generator) -> Iterator[tuple[str, ...]]:
    for label in draws.integers(4, size=rows):
        said = [label if right else draws.integers(4) for right in draws.random(2) < (0.75, 0.7)]
        yield tuple(_LABELS[each] for each in (*said, label))


def _texts(rows: int, draws: np.random.Generator) -> Iterator[tuple[str, ...]]:
    for length in draws.integers(5, 30, size=rows):
        target = draws.integers(200, size=length)
        said = [
            np.where(draws.random(length) < keeps, target, draws.integers(200, size=length)) for keeps in (0.6, 0.55)
        ]
        yield tuple(" ".join(f"w{word}" for word in words) for words in (*said, target))


if __name__ == "__main__":
    sys.exit(main())
