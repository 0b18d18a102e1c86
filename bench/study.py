"""A whole study: time outside the engine, the finished run again, and `--help`.

    python -m bench.study study.yaml

Runs the study into a folder of its own, with every call into the engine timed. Exits with 1 where more than 3 % of
the time went elsewhere, the finished run took 2 s or more, or `--help` took 0.3 s more than a bare Python.
"""

import argparse
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path

from bench.record import line, median, timed
from farfield import load_study, run
from farfield.engine import (
    Backend,
    Choices,
    Ending,
    Ids,
    LocalEngine,
    Moved,
    Opened,
    Progress,
    Settings,
    StepReport,
    Surprise,
    Target,
    Trained,
    silent,
)
from farfield.models import ModelFolder
from farfield.spec import Recipe
from farfield.study import RunSettings

MOST_OUTSIDE, MOST_AGAIN, MOST_HELP = 0.03, 2.0, 0.3
HELPS = 5


class Clock:
    """Seconds that went by inside the engine."""

    seconds = 0.0

    @contextmanager
    def running(self) -> Iterator[None]:
        """Counts what goes by in the block."""
        started = time.perf_counter()
        try:
            yield
        finally:
            self.seconds += time.perf_counter() - started


class TimedBackend:
    """A back end whose calls are timed."""

    def __init__(self, backend: Backend, clock: Clock) -> None:
        self.backend, self.clock, self.name = backend, clock, backend.name

    def score(self, prefix: Ids, rows: Sequence[Choices], progress: Progress = silent) -> list[tuple[float, ...]]:
        """See `Backend.score`."""
        with self.clock.running():
            return self.backend.score(prefix, rows, progress)

    def generate(self, prefix: Ids, rows: Sequence[Ids], ending: Ending, progress: Progress = silent) -> list[Ids]:
        """See `Backend.generate`."""
        with self.clock.running():
            return self.backend.generate(prefix, rows, ending, progress)


class TimedEngine:
    """This machine's engine, with its calls timed; reading a model's weights counts as the engine's."""

    def __init__(self, engine: LocalEngine, clock: Clock) -> None:
        self.engine, self.clock = engine, clock

    def open(self, weights: Path | None = None, *, strength: float = 1.0, plain: bool = False) -> Opened:
        """See `Engine.open`."""
        with self.clock.running():
            opened = self.engine.open(weights, strength=strength, plain=plain)
        return Opened(TimedBackend(opened.backend, self.clock), opened.reason)

    def moved(self, weights: Path, rows: Sequence[Sequence[Target]]) -> tuple[list[Moved], list[list[float]]]:
        """See `Engine.moved`."""
        with self.clock.running():
            return self.engine.moved(weights, rows)

    def surprised(self, weights: Path | None, rows: Sequence[Sequence[Target]]) -> list[list[Surprise]]:
        """See `Engine.surprised`."""
        with self.clock.running():
            return self.engine.surprised(weights, rows)

    def write(self, weights: Path, folder: Path, *, strength: float = 1.0) -> None:
        """See `Engine.write`."""
        with self.clock.running():
            self.engine.write(weights, folder, strength=strength)

    def train(
        self,
        rows: Sequence[Target],
        recipe: Recipe,
        seed: int,
        scratch: Path,
        watch: Callable[[StepReport], None],
    ) -> tuple[Trained, Callable[[Path], None]]:
        """See `Engine.train`."""
        with self.clock.running():
            return self.engine.train(rows, recipe, seed, scratch, watch)


def main() -> None:
    """Runs the study, then what is quick."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("study", type=Path)
    given = parser.parse_args()
    study, clock = load_study(given.study), Clock()

    def engine(model: ModelFolder, fixed: RunSettings) -> TimedEngine:
        return TimedEngine(LocalEngine(model, Settings(fixed.memory, fixed.threads, study.precision)), clock)

    with tempfile.TemporaryDirectory() as scratch:
        _, whole = timed(partial(run, study, Path(scratch) / "run", make_engine=engine))
        outside = (whole - clock.seconds) / whole
        held = [_told(given.study.stem, "in the engine", clock.seconds, whole, outside <= MOST_OUTSIDE, share=outside)]
        again = [sys.executable, "-m", "farfield", "run", str(given.study), "--out", str(Path(scratch) / "run")]
        spent = _command(again)
        held.append(_told("finished run again", "most", MOST_AGAIN, spent, spent < MOST_AGAIN))
    bare = median([_command([sys.executable, "-c", ""]) for _ in range(HELPS)])
    spent = median([_command([sys.executable, "-m", "farfield", "--help"]) for _ in range(HELPS)])
    held.append(_told("--help", "a bare Python", bare, spent, spent - bare < MOST_HELP))
    sys.exit(0 if all(held) else 1)


def _command(command: Sequence[str]) -> float:
    return timed(partial(subprocess.run, command, check=True, capture_output=True))[1]


def _told(case: str, peer: str, peer_s: float, farfield_s: float, held: bool, **more: float) -> bool:
    line("study", case, peer, [peer_s], [farfield_s], equal=held, **{k: round(v, 4) for k, v in more.items()})
    return held


if __name__ == "__main__":
    main()
