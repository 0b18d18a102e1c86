"""`farfield results`."""

from typing import Annotated

import typer

from farfield.cli.options import Format, RunFolder, Split

__all__ = ["results"]

EXAMPLE = "Example: farfield results runs/sentiment --format csv > results.csv"


def results(
    run: RunFolder,
    form: Annotated[Format, typer.Option("--format", help="How to print it.")] = Format.table,
    split: Annotated[Split, typer.Option(help="Which rows.")] = Split.test,
) -> None:
    """Print one row per cell and metric, with its interval."""
    from farfield.cli.printing import print_frame
    from farfield.study import open_results, results_frame

    print_frame(results_frame(open_results(run).run, split=split.value), form)
