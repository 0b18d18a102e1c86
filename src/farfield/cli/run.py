"""`farfield run`."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from farfield.cli.options import Memory, StudyFile

__all__ = ["run"]

EXAMPLE = "Example: farfield run study.yaml --out runs/first"


def run(
    study: StudyFile,
    out: Annotated[Path | None, typer.Option(help="The run's folder (default runs/NAME beside the study).")] = None,
    memory: Memory = None,
) -> None:
    """Run what is missing of a study; safe to kill and to run again."""
    from farfield.cli.printing import say
    from farfield.cli.progress import progress
    from farfield.spec import load_study
    from farfield.study import run as run_study

    with progress() as watch:
        done = run_study(load_study(study), out, memory=memory, watch=watch, say=say)
    for note in done.notes:
        say(f"note: {note}")
    say(f"done: every cell is in {done.folder}")
    say(f"next: farfield report {done.folder}")
    if not sys.stdout.isatty():
        print(done.folder)
