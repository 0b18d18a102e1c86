"""Data to stdout in the format that was asked for; everything else goes to stderr."""

import json
import sys
from typing import TYPE_CHECKING

from farfield.cli.options import Format, Style
from farfield.errors import UsageError

if TYPE_CHECKING:
    import polars as pl

    from farfield.study import Exported

__all__ = ["print_exported", "print_frame", "say"]


def say(text: str) -> None:
    """A message for a person, on stderr."""
    print(text, file=sys.stderr, flush=True)


def print_exported(exported: "Exported", form: Style) -> None:
    """The folder that was written; as JSON with its files."""
    told = {"folder": str(exported.folder), "files": exported.files}
    print(json.dumps(told, ensure_ascii=False) if form is Style.json else exported.folder)


def print_frame(frame: "pl.DataFrame", form: Format) -> None:
    """Prints a frame: a table for people, CSV, one JSON list, or Parquet for a pipe."""
    if form is Format.json:
        print(json.dumps(frame.to_dicts(), ensure_ascii=False, indent=1))
    elif form is Format.csv:
        print(_flat(frame).write_csv(), end="")
    elif form is Format.parquet:
        if sys.stdout.isatty():
            raise UsageError(
                "Parquet is no text",
                mend="redirect it: farfield results RUN --format parquet > results.parquet",
            )
        frame.write_parquet(sys.stdout.buffer)
    else:
        _print_table(frame)


def _flat(frame: "pl.DataFrame") -> "pl.DataFrame":
    """Lists as JSON text: CSV has no lists."""
    import polars as pl

    lists = [name for name, kind in frame.schema.items() if isinstance(kind, pl.List)]
    return frame.with_columns(
        [pl.Series(name, [None if v is None else json.dumps(v.to_list()) for v in frame[name]]) for name in lists]
    )


def _print_table(frame: "pl.DataFrame") -> None:
    from rich.console import Console
    from rich.table import Table

    console = Console()
    if not console.is_terminal:
        console.width = 240  # a pipe has no width; a table that is cut helps nobody
    # Columns in which nothing differs go above the table, once.
    fixed = [name for name in frame.columns if frame.height > 1 and frame[name].n_unique() == 1]
    for name in fixed:
        console.print(f"{name}: {frame[name][0]}", style="dim", highlight=False)
    table = Table(header_style="bold", pad_edge=False, box=None)
    shown = [name for name in frame.columns if name not in fixed]
    for name in shown:
        table.add_column(name, justify="right" if frame[name].dtype.is_numeric() else "left")
    for row in frame.select(shown).iter_rows():
        table.add_row(*(_cell(value) for value in row))
    console.print(table)


def _cell(value: object) -> str:
    if value is None:
        return "–"
    return f"{value:.3f}" if isinstance(value, float) else str(value)
