"""`farfield label`."""

from pathlib import Path
from typing import Annotated

import typer

from farfield.cli.options import Style

__all__ = ["label"]

EXAMPLE = (
    "Example: farfield label tickets.csv --to tasks.xlsx --rows 100 --label department, and when it is filled in: "
    "farfield label --back tasks.xlsx --into tickets.csv --label department"
)


def label(
    file: Annotated[Path | None, typer.Argument(metavar="[FILE]", help="Rows, some of them without a label.")] = None,
    to: Annotated[Path | None, typer.Option(help="The table to write: .xlsx or .csv.")] = None,
    rows: Annotated[int | None, typer.Option(min=1, help="How many rows to ask for.")] = None,
    back: Annotated[
        list[Path] | None, typer.Option(help="A table that was filled in; a second person's may follow.")
    ] = None,
    into: Annotated[Path | None, typer.Option(help="The file that takes the answers of --back.")] = None,
    column: Annotated[str, typer.Option("--label", help="The file's column with the answer.")] = "label",
    labels: Annotated[str, typer.Option(metavar="A,B,…", help="What may be answered (default: the file's own).")] = "",
    second: Annotated[str, typer.Option(help="Column for a second person's answers (default second_LABEL).")] = "",
    text: Annotated[
        list[str] | None, typer.Option(help="Column to compare; may be repeated (default: the longest texts').")
    ] = None,
    domain: Annotated[str, typer.Option(help="Column of the domain; every one gets its share.")] = "",
    guideline: Annotated[Path | None, typer.Option(help="A text file that explains the labels.")] = None,
    more: Annotated[
        int, typer.Option("--next", min=1, help="With --back: what so many more labels would bring.")
    ] = 100,
    worth: Annotated[
        float, typer.Option(min=0, max=1, help="With --back: the gain in accuracy that 100 labels must bring to pay.")
    ] = 0.01,
    seed: Annotated[int, typer.Option(help="Of all that is random.")] = 0,
    form: Annotated[Style, typer.Option("--format", help="How to print what was done.")] = Style.text,
) -> None:
    """Write the rows most worth a label as a table with a dropdown; --back takes answers back and says when to stop."""
    from farfield.cli.labelled import print_labelled, print_tasks
    from farfield.data import LabelWishes, take_back, write_tasks
    from farfield.errors import UsageError
    from farfield.study import more_labels_of

    choices = tuple(part.strip() for part in labels.split(",") if part.strip())
    if back and into and not (file or to or rows):
        done = take_back(back, into, label=column, labels=choices, second=second)
        print_labelled(done, more_labels_of(into, column, text=text or (), more=more, worth=worth, seed=seed), form)
        return
    if back or into or not (file and to and rows):
        mend = "write a table with FILE, --to and --rows, or take answers back with --back and --into"
        raise UsageError("these options do not go together", mend=mend)
    wishes = LabelWishes(rows, column, choices, tuple(text or ()), domain, guideline, second, seed)
    print_tasks(write_tasks(file, to, wishes), form)
