"""Every interval, test and alarm of `farfield.stats` in drawn worlds whose truth is known.

    python -m bench.stats [--area intervals] [--replications 4000] [--seed 0]

Prints one JSON line a case. Exit status 1 where a case fails, or where a method that is planted as wrong passes.
"""

import argparse
import json
import sys
import zlib
from collections.abc import Sequence

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
    given = parser.parse_args(arguments)
    passed = True
    for area, cases in AREAS.items():
        for case in cases if given.area in (None, area) else ():
            found = measured(case, given.replications, given.seed)
            passed &= case.holds(found) is not case.planted
            _print(case, found)
    return 0 if passed else 1


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
