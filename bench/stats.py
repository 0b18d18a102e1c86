"""Every interval, test and alarm of `farfield.stats` in drawn worlds whose truth is known.

    python -m bench.stats [--area intervals] [--replications 4000] [--seed 0] [--workers 2]

Prints one JSON line a case. Exit status 1 where a case fails, or where a method that is planted as wrong passes.
"""

import argparse
import json
import os
import sys
import zlib
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from multiprocessing import get_context

import numpy as np

from bench.simulate import AREAS
from bench.simulate.case import Case, Measured

__all__ = ["main", "measured"]


def main(arguments: Sequence[str] | None = None) -> int:
    """Measures all cases, or those of one area."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--area", choices=sorted(AREAS))
    parser.add_argument("--replications", type=int, default=4000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--workers", type=int, default=os.cpu_count())
    given = parser.parse_args(arguments)
    asked = [(area, n) for area in AREAS if given.area in (None, area) for n in range(len(AREAS[area]))]
    passed = True
    # Started anew, with one thread each: several in each of several processes would wait for each other's cores.
    os.environ["OMP_NUM_THREADS"] = os.environ["OPENBLAS_NUM_THREADS"] = "1"
    with ProcessPoolExecutor(given.workers, get_context("spawn")) as pool:
        for (area, n), found in zip(asked, pool.map(partial(_of, given), asked), strict=True):
            case = AREAS[area][n]
            passed &= case.holds(found) is not case.planted
            _print(case, found)
    return 0 if passed else 1


def _of(given: argparse.Namespace, asked: tuple[str, int]) -> Measured:
    area, n = asked
    return measured(AREAS[area][n], given.replications, given.seed)


def measured(case: Case, replications: int, seed: int) -> Measured:
    """A case's value; its draws follow from its name, so that cases can be measured one by one."""
    return case.measure(replications, np.random.default_rng([seed, zlib.crc32(case.name.encode())]))


def _print(case: Case, found: Measured) -> None:
    told = {
        "bench": "stats",
        "area": case.area,
        "case": case.name,
        "value": round(found.value, 5),
        "error": round(found.error, 5),
        "replications": found.replications,
        "wanted": case.wanted,
        "holds": case.holds(found),
        "planted": case.planted,
    }
    print(json.dumps(told), flush=True)


if __name__ == "__main__":
    sys.exit(main())
