"""`farfield harness`."""

from pathlib import Path
from typing import Annotated

import typer

from farfield.cli.options import RunFolder, Style

__all__ = ["harness"]

EXAMPLE = "Example: farfield harness runs/sentiment --out sentiment-lm-eval"


def harness(
    run: RunFolder,
    out: Annotated[Path | None, typer.Option(help="The folder to write (default lm-eval in the run).")] = None,
    form: Annotated[Style, typer.Option("--format", help="How to print what was written.")] = Style.text,
) -> None:
    """Write the study's tasks and the run's predictions in the form of lm-evaluation-harness."""
    from farfield.cli.printing import print_exported
    from farfield.study import export_tasks, open_results

    print_exported(export_tasks(open_results(run), out=out), form)
