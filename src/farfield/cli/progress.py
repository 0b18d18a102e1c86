"""Progress of a run, for people: bars on a terminal, a line a cell elsewhere."""

import sys
import time
from types import TracebackType
from typing import TYPE_CHECKING

from farfield.cli.printing import say

if TYPE_CHECKING:
    from rich.progress import TaskID

    from farfield.runs import CellRecord
    from farfield.study import Cell
    from farfield.study.execute import Place

__all__ = ["Bars", "Lines", "progress"]


def progress() -> "Bars | Lines":
    """The fitting form: bars where stderr is a terminal."""
    return Bars() if sys.stderr.isatty() else Lines()


class Lines:
    """A line as each cell begins, and one as it ends; nothing that a log file would drown in."""

    def __enter__(self) -> "Lines":
        self._started = time.monotonic()
        return self

    def __exit__(self, *_: object) -> None:
        """Nothing to put away."""

    def begin(self, cell: "Cell", place: "Place") -> None:
        """See `Watch.begin`."""
        self._label = f"[{place.number}/{place.cells}] {cell.label}"
        self._after = place.after

    def advance(self, done: int, total: int, note: str = "") -> None:
        """See `Watch.advance`."""

    def end(self, record: "CellRecord") -> None:
        """See `Watch.end`."""
        gone = time.monotonic() - self._started
        # Before a twentieth is done, loading the model is most of what was measured.
        left = f", about {_span(gone / self._after * (1 - self._after))} left" if self._after >= 0.05 else ""
        say(f"{self._label}: {record.seconds:.1f} s{left}")


class Bars:
    """One bar for the run and one for the cell at hand, with loss, tokens a second and time left."""

    def __enter__(self) -> "Bars":
        from rich.console import Console
        from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

        self._bars: Progress = Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            TaskProgressColumn(),
            TimeRemainingColumn(),
            TextColumn("{task.fields[note]}"),
            console=Console(stderr=True),
            transient=True,
        )
        self._bars.start()
        self._run: TaskID | None = None
        self._cell: TaskID | None = None
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._bars.stop()

    def begin(self, cell: "Cell", place: "Place") -> None:
        """See `Watch.begin`."""
        if self._run is None:
            self._run = self._bars.add_task("the whole run", total=1.0, note="")
        self._place = place
        self._bars.update(self._run, completed=place.before, note=f"cell {place.number} of {place.cells}")
        if self._cell is not None:
            self._bars.remove_task(self._cell)
        self._cell = self._bars.add_task(cell.label, total=None, note="")

    def advance(self, done: int, total: int, note: str = "") -> None:
        """See `Watch.advance`."""
        if self._cell is not None and self._run is not None:
            self._bars.update(self._cell, completed=done, total=total, note=note)
            share = (self._place.after - self._place.before) * done / max(1, total)
            self._bars.update(self._run, completed=self._place.before + share)

    def end(self, record: "CellRecord") -> None:
        """See `Watch.end`."""
        del record
        if self._run is not None:
            self._bars.update(self._run, completed=self._place.after)


def _span(seconds: float) -> str:
    if seconds < 90:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 5400 else f"{seconds / 3600:.1f} h"
