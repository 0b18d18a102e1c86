"""`farfield report`."""

from pathlib import Path
from typing import Annotated

import typer

from farfield.cli.options import Language, RunFolder

__all__ = ["report"]

EXAMPLE = "Example: farfield report runs/sentiment --lang ja"


def report(
    run: RunFolder,
    lang: Annotated[Language, typer.Option(help="Language of the report.")] = Language.en,
    out: Annotated[Path | None, typer.Option(help="The file to write (default report.LANG.html in the run).")] = None,
) -> None:
    """Write the report of a run: one HTML file that needs no network."""
    from farfield.report import write_report
    from farfield.study import open_results

    print(write_report(open_results(run), language=lang.value, out=out))
