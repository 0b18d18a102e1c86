"""How many rows an alarm takes, and how wide an interval is that always holds: the tables of docs/sequential.md.

python -m bench.delays [--replications 2000] [--seed 0]
"""

import argparse
import sys
from collections.abc import Sequence

import numpy as np

from bench.simulate.alarms import Follower, Rows, knowing, rows_of_rate, rows_to_alarm
from farfield.stats import MeanSequence, Number, Undefined, e_detector, e_process, wilson

__all__ = ["main"]

USUAL, ALPHA, RUN = 0.10, 0.05, 10_000
HARMS, CHANGES = (0.02, 0.05, 0.10, 0.20), (0, 100, 1_000)
HORIZON = 20_000  # rows that are watched after the change
NAMES = ("e-process", "all staked at first", "Shiryaev-Roberts", "CUSUM", "knows harm and row")


def main(arguments: Sequence[str] | None = None) -> int:
    """Prints the tables as Markdown."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--replications", type=int, default=2000)
    parser.add_argument("--seed", type=int, default=0)
    given = parser.parse_args(arguments)
    _delays(given.replications, given.seed)
    _widths()
    return 0


def _delays(streams: int, seed: int) -> None:
    _line("harm", "begins at row", *NAMES)
    _line(*["---"] * (2 + len(NAMES)))
    for harm in HARMS:
        for change in CHANGES:
            taken = _taken(harm, change, streams, seed)
            told = [_told(rows[rows > change] - change) for rows in taken]
            _line(f"{harm * 100:.0f} points", f"{change:,}", *told)
    _line("rang before", f"{change:,}", *(f"{100 * np.mean(rows <= change):.1f} %" for rows in taken))
    print()


def _taken(harm: float, change: int, streams: int, seed: int) -> list[Rows]:
    """The row of each stream's alarm, for each of NAMES; all are drawn alike."""
    begins: list[tuple[Follower, float]] = [
        (e_process(USUAL, late=0.5, streams=(streams,)), 1 / ALPHA),
        (e_process(USUAL, streams=(streams,)), 1 / ALPHA),
        (e_detector(USUAL, streams=(streams,)), RUN),
        (e_detector(USUAL, detector="cusum", streams=(streams,)), RUN),
    ]
    taken = []
    for begin, height in begins:
        draw = rows_of_rate(np.random.default_rng(seed), streams, USUAL, later=USUAL + harm, change=change)
        taken.append(rows_to_alarm(begin, draw, height, change + HORIZON))
    # It needs no rows before the change.
    best = knowing(USUAL, harm / (USUAL * (1 - USUAL)), streams)
    draw = rows_of_rate(np.random.default_rng(seed), streams, USUAL + harm)
    return [*taken, change + rows_to_alarm(best, draw, 1 / ALPHA, HORIZON)]


def _told(delays: Rows) -> str:
    """Median and 90 % of delays."""
    quantiles = np.quantile(delays, (0.5, 0.9), method="inverted_cdf")
    return " / ".join(f"{rows:,.0f}" if rows <= HORIZON else f"> {HORIZON:,}" for rows in quantiles)


def _widths() -> None:
    """No draws: intervals of just the expected number of errors."""
    sizes = (100, 1_000, 10_000, 100_000)
    _line("errors", *(f"{n:,} rows" for n in sizes))
    _line(*["---"] * (1 + len(sizes)))
    for share in (0.02, 0.10, 0.50):
        cells = []
        for n in sizes:
            errors = round(share * n)
            always, once = MeanSequence((0, 1), (0.0, 1.0), (n - errors, errors)).estimate(), wilson(errors, n)
            low, high = _ends(always)
            wider = (high - low) / float(np.ptp(_ends(once)))
            cells.append(f"{low:.4f} to {high:.4f}, {wider:.2f} times as wide")
        _line(f"{share:.2f}", *cells)


def _ends(number: Number) -> tuple[float, float]:
    if isinstance(number, Undefined):
        raise TypeError(f"no interval: {number.reason}")
    return number.low, number.high


def _line(*cells: str) -> None:
    print("|", " | ".join(cells), "|", flush=True)


if __name__ == "__main__":
    sys.exit(main())
