"""`farfield sample`."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from farfield.cli.options import Style

__all__ = ["sample"]

EXAMPLE = "Example: farfield sample tickets.csv --rows 200 --to start.jsonl --text message --label department"


class _Choice(StrEnum):
    facility = "facility"
    k_centre = "k-centre"
    random = "random"


def sample(
    files: Annotated[list[Path], typer.Argument(metavar="FILE…", help=".json, .jsonl, .csv, .tsv or .parquet.")],
    rows: Annotated[int, typer.Option(min=1, help="How many rows to choose.")],
    to: Annotated[Path, typer.Option(help="The file to write: .jsonl, .json, .csv or .tsv.")],
    text: Annotated[
        list[str] | None, typer.Option(help="Column to compare; may be repeated (default: the longest texts').")
    ] = None,
    by: Annotated[
        list[str] | None, typer.Option(help="Column to keep in proportion, beside file and label; may be repeated.")
    ] = None,
    label: Annotated[str, typer.Option(help="The column with the answer, kept in proportion as well.")] = "",
    choose: Annotated[
        _Choice,
        typer.Option(help="Rows that stand for many (facility), that leave none far away (k-centre), or random ones."),
    ] = _Choice.facility,
    near: Annotated[float, typer.Option(min=0, max=1, help="Cosine from which a row counts as covered.")] = 0.3,
    draws: Annotated[int, typer.Option(min=2, help="Random samples to compare with.")] = 20,
    seed: Annotated[int, typer.Option(help="Of all that is random.")] = 0,
    form: Annotated[Style, typer.Option("--format", help="How to print what was chosen.")] = Style.text,
) -> None:
    """Choose a few rows that stand for many, in proportion and unlike each other; says how well they do."""
    from farfield.cli.chosen import print_small_set
    from farfield.cli.steps import steps
    from farfield.data import SampleWishes, sample_files

    wishes = SampleWishes(rows, tuple(text or ()), tuple(by or ()), label, choose.value, near, draws, seed)
    with steps() as advance:
        done = sample_files(files, to, wishes, advance=advance)
    print_small_set(done, form)
