"""One JSON line a case: what every benchmark prints."""

import json
import os
import statistics
import time
from collections.abc import Callable, Sequence
from typing import TypeVar

from farfield.runs import facts

__all__ = ["alternating", "line", "median", "timed"]

Given = TypeVar("Given")


def alternating(runs: Sequence[Callable[[], object]], repeats: int) -> list[list[float]]:
    """Seconds of each run, `[runs][repeats]`, taken in turn so that a drifting machine is fair to all; one warm-up."""
    taken: list[list[float]] = [[] for _ in runs]
    for repeat in range(repeats + 1):
        for run, times in zip(runs, taken, strict=True):
            started = time.perf_counter()
            run()
            if repeat:
                times.append(time.perf_counter() - started)
    return taken


def timed(run: Callable[[], Given]) -> tuple[Given, float]:
    """What a run gives, and the seconds that it took."""
    started = time.perf_counter()
    given = run()
    return given, time.perf_counter() - started


def median(times: Sequence[float]) -> float:
    """The middle one."""
    return statistics.median(times)


def line(
    bench: str, case: str, peer: str, peer_s: Sequence[float], farfield_s: Sequence[float], **more: object
) -> None:
    """Prints one case; `ratio` is the peer's median time over farfield's unless given."""
    here = facts()
    told = {
        "bench": bench,
        "case": case,
        "peer": peer,
        "peer_s": [round(s, 4) for s in sorted(peer_s)],
        "farfield_s": [round(s, 4) for s in sorted(farfield_s)],
        "ratio": round(median(peer_s) / median(farfield_s), 3),
        **more,
        "machine": f"{here.processor}, {here.vectors}, {len(os.sched_getaffinity(0))} cores, {here.versions['torch']}",
    }
    print(json.dumps(told), flush=True)
