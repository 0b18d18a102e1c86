"""`farfield import`."""

from pathlib import Path
from typing import Annotated

import typer

from farfield.cli.options import Style

__all__ = ["import_"]

EXAMPLE = "Example: farfield import exports/ faq.xlsx --to data/support --map text=本文,target=区分 --domain folder"


def import_(
    paths: Annotated[list[Path], typer.Argument(metavar="PATH…", help="Files, folders and .zip archives.")],
    to: Annotated[Path, typer.Option(help="The folder to write, such as data/NAME.")],
    mapping: Annotated[
        str, typer.Option("--map", metavar="ROLE=COLUMN,…", help="Columns that are text, target, date, source, group.")
    ] = "",
    domain: Annotated[
        str,
        typer.Option(metavar="RULE", help="A file per domain: column:NAME, folder, file, period:year, or period:2024."),
    ] = "",
    encoding: Annotated[str, typer.Option(help="Encoding of all text files (default: found for each).")] = "",
    delimiter: Annotated[str, typer.Option(help="Between cells; 'tab' for a tab (default: found for each).")] = "",
    header_row: Annotated[int | None, typer.Option(min=0, help="Row of the header; 0 where there is none.")] = None,
    text_lines: Annotated[bool, typer.Option("--text-lines", help="Plain text has an example a line.")] = False,
    line_limit: Annotated[int, typer.Option(min=1000, help="Bytes of a line; longer ones are put aside.")] = 10_000_000,
    replace: Annotated[bool, typer.Option("--replace", help="Replace a former import in that folder.")] = False,
    form: Annotated[Style, typer.Option("--format", help="How to print what was read.")] = Style.text,
) -> None:
    """Gather rows from whatever there is (CSV, Excel, JSON, Parquet, text, mail, archives) into one folder."""
    from farfield.cli.gathering import gathering, print_imported
    from farfield.data.intake import Limits, Options, Wishes, import_files, known_encoding, parse_mapping
    from farfield.errors import Stopped

    options = Options(
        encoding=known_encoding(encoding),
        delimiter="\t" if delimiter in ("tab", "\\t") else delimiter,
        header=header_row,
        text_lines=text_lines,
        limits=Limits(line_bytes=line_limit),
    )
    wishes = Wishes(parse_mapping(mapping), domain, replace)
    try:
        with gathering() as watch:
            done = import_files(paths, to, wishes=wishes, options=options, watch=watch)
    except KeyboardInterrupt:
        raise Stopped("stopped; nothing was written", where=str(to)) from None
    print_imported(done, form)
