"""`farfield ready`."""

from pathlib import Path
from typing import Annotated

import typer

from farfield.cli.options import Language, Style

__all__ = ["ready"]

EXAMPLE = "Example: farfield ready data/support tickets.csv --minutes-per-label 0.5 --html ready.html --lang ja"


def ready(
    data: Annotated[
        list[Path], typer.Argument(metavar="DATA…", help="Files of rows, folders of imports, or study files.")
    ],
    target: Annotated[str, typer.Option(help="The column with the answer (default: proposed).")] = "",
    text: Annotated[str, typer.Option(metavar="A,B,…", help="The columns that the model reads.")] = "",
    label_minutes: Annotated[
        float, typer.Option("--minutes-per-label", min=0, help="A person's minutes for a label.")
    ] = 0.5,
    fix_minutes: Annotated[
        float, typer.Option("--minutes-per-fix", min=0, help="A person's minutes for a faulty row.")
    ] = 1.0,
    train_rows: Annotated[int, typer.Option(min=1, help="Rows to train on.")] = 100,
    difference: Annotated[
        float | None, typer.Option(min=0.001, max=1, help="To be shown (default 0.1 accuracy, 0.05 ROUGE-L).")
    ] = None,
    html: Annotated[Path | None, typer.Option(help="Write the page there too.")] = None,
    lang: Annotated[Language, typer.Option(help="Language of the page.")] = Language.en,
    form: Annotated[Style, typer.Option("--format", help="How to print it.")] = Style.text,
) -> None:
    """Say which tasks can start today, which need what work in hours, and what their rows can show."""
    from farfield.cli.printing import say
    from farfield.cli.readied import print_ready
    from farfield.study import Needs, look_at

    columns = tuple(part.strip() for part in text.split(",") if part.strip())
    needs = Needs(label_minutes, fix_minutes, train_rows, difference, target, columns)
    found = look_at(data, needs, say=say)
    if html:
        from farfield.report import ready_page

        html.write_text(ready_page(found, needs, language=lang), encoding="utf-8")
        say(f"wrote {html}")
    print_ready(found, form)
