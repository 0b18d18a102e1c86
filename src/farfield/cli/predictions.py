"""`farfield predictions`."""

from typing import Annotated

import typer

from farfield.cli.options import Format, RunFolder, Split

__all__ = ["predictions"]

EXAMPLE = "Example: farfield predictions runs/sentiment --format parquet > predictions.parquet"


def predictions(
    run: RunFolder,
    form: Annotated[Format, typer.Option("--format", help="How to print it.")] = Format.table,
    split: Annotated[Split, typer.Option(help="Which rows.")] = Split.test,
    universe: Annotated[str, typer.Option(help="As another universe of `multiverse:` or `sensitivity:` asks.")] = "",
) -> None:
    """Print one row per example, cell and metric."""
    from farfield.cli.printing import print_frame
    from farfield.study import open_results, predictions_frame

    print_frame(predictions_frame(open_results(run).run, split=split.value, universe=universe), form)
