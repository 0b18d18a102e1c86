"""`farfield data`: versions of data, what changed between them, and what is in a file."""

from pathlib import Path
from typing import Annotated

import typer

from farfield.cli.options import Style

__all__ = ["app"]

app = typer.Typer(
    help="Keep versions of data, compare them, and describe a file.",
    epilog="Example: farfield data save train.csv --to store",
    no_args_is_help=True,
    rich_markup_mode=None,
)
_Store = Annotated[Path, typer.Argument(metavar="STORE", help="The folder that `data save` filled.")]
_PLACE = "A file, a store (its latest snapshot), or STORE@ADDRESS, where a file's name is its latest snapshot."
_Form = Annotated[Style, typer.Option("--format", help="How to print it.")]


@app.command(epilog="Example: farfield data save start.jsonl --to store --made-by 'farfield sample raw.csv --rows 200'")
def save(
    files: Annotated[list[Path], typer.Argument(metavar="FILE…", help=".json, .jsonl, .csv, .tsv or .parquet.")],
    to: Annotated[Path, typer.Option(metavar="STORE", help="The folder that keeps versions; made if need be.")],
    made_by: Annotated[str, typer.Option(help="The command that made the files.")] = "",
    parent: Annotated[
        list[str] | None, typer.Option(help="Address of what they were made from; may be repeated (default: the last).")
    ] = None,
    form: _Form = Style.text,
) -> None:
    """Keep the files' rows under the hash of their content; what is there already is not stored again."""
    from datetime import UTC, datetime

    from farfield.cli.versions import print_saved
    from farfield.data import Store

    now = datetime.now(UTC).isoformat(timespec="seconds")
    print_saved(Store(to).save(files, saved=now, made_by=made_by, parents=parent), form)


@app.command(epilog="Example: farfield data log store")
def log(store: _Store, form: _Form = Style.text) -> None:
    """List what was saved, what it was made from, and by which command."""
    from farfield.cli.versions import print_log
    from farfield.data import Store
    from farfield.errors import DataError

    entries = Store(store).log()
    if not entries:
        raise DataError("nothing was saved here", where=str(store), mend="farfield data save FILE… --to STORE")
    print_log(entries, form)


@app.command(epilog="Example: farfield data diff store@3fa9 train.csv --key id")
def diff(
    a: Annotated[str, typer.Argument(metavar="A", help=_PLACE)],
    b: Annotated[str, typer.Argument(metavar="B", help=_PLACE)],
    key: Annotated[list[str] | None, typer.Option(help="Column that tells rows apart; may be repeated.")] = None,
    form: _Form = Style.text,
) -> None:
    """Tell which rows were added, removed and, by a key, changed; exit 1 where there are any."""
    from farfield.cli.versions import print_diff
    from farfield.data import diff_rows, rows_at

    found = diff_rows(rows_at(a), rows_at(b), key=tuple(key or ()))
    print_diff(found, form)
    if not found.empty:
        raise typer.Exit(1)


@app.command(epilog="Example: farfield data card train.csv --label department --say licence='our own' > CARD.md")
def card(
    file: Annotated[Path, typer.Argument(metavar="FILE", help=".json, .jsonl, .csv, .tsv or .parquet.")],
    label: Annotated[str, typer.Option(help="The column with the answer.")] = "",
    say: Annotated[
        list[str] | None,
        typer.Option(metavar="FACT=TEXT", help="source, collected, chosen, labelled, personal or licence."),
    ] = None,
    form: _Form = Style.text,
) -> None:
    """Describe a file in Markdown: what is in it, counted, and what is unknown."""
    from farfield.cli.versions import print_card
    from farfield.data import data_card
    from farfield.errors import UsageError

    lines = [part.partition("=") for part in say or []]
    wrong = next((name for name, sign, _ in lines if not sign), None)
    if wrong is not None:
        raise UsageError(f"--say {wrong!r} says nothing", mend="write it as FACT=TEXT, such as licence='CC BY 4.0'")
    print_card(data_card(file, label=label, said={name: text for name, _, text in lines}), form)
