"""Progress of a command that goes through named steps: a bar on a terminal, a line a step elsewhere."""

import contextlib
import sys
from collections.abc import Callable, Iterator

from farfield.cli.printing import say

__all__ = ["steps"]


@contextlib.contextmanager
def steps() -> Iterator[Callable[[str, int, int], None]]:
    """What to tell: the step, how much of it is done, and of how much."""
    if not sys.stderr.isatty():
        yield _lines()
        return
    from rich.console import Console
    from rich.progress import Progress

    with Progress(console=Console(stderr=True), transient=True) as bars:
        tasks = {}

        def advance(step: str, done: int, total: int) -> None:
            if step not in tasks:
                tasks[step] = bars.add_task(step, total=total)
            bars.update(tasks[step], completed=done, total=total)

        yield advance


def _lines() -> Callable[[str, int, int], None]:
    begun: set[str] = set()

    def advance(step: str, done: int, total: int) -> None:
        del done, total
        if step not in begun:
            begun.add(step)
            say(f"{step} …")

    return advance
