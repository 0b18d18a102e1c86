"""`farfield report`."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from farfield.cli.options import Language, RunFolder

__all__ = ["report"]

EXAMPLE = "Example: farfield report runs/sentiment --lang ja --format pdf; or farfield report runs/spring runs/autumn"


class Written(StrEnum):
    """What a report is written as."""

    html = "html"
    md = "md"
    pdf = "pdf"
    svg = "svg"


def report(
    run: RunFolder,
    later: Annotated[
        Path | None, typer.Argument(metavar="LATER", help="A later run: writes what changed from RUN to it.")
    ] = None,
    *,
    lang: Annotated[Language, typer.Option(help="Language of the report.")] = Language.en,
    form: Annotated[
        Written,
        typer.Option(
            "--format", help="One HTML file, Markdown, a PDF (needs farfield[pdf]), or a folder of the charts as SVG."
        ),
    ] = Written.html,
    out: Annotated[
        Path | None,
        typer.Option(help="What to write (default report.LANG.html in the run, or between.LANG.html in LATER)."),
    ] = None,
) -> None:
    """Write the report of a run, or what changed between two runs; nothing in it needs a network."""
    from farfield.report import Form, japanese_font, write_comparison, write_report
    from farfield.study import open_results

    if form is Written.pdf and lang is Language.ja and japanese_font() is False:
        typer.echo(
            "This system has no font for Japanese, so the PDF will show boxes; install one, such as Noto Sans CJK JP.",
            err=True,
        )
    written = Form(form.value)
    if later is None:
        path = write_report(open_results(run), language=lang.value, out=out, form=written)
    else:
        path = write_comparison(open_results(run), open_results(later), language=lang.value, out=out, form=written)
    print(path)
