"""`farfield demo`."""

from pathlib import Path
from typing import Annotated

import typer

from farfield.cli.options import Language

__all__ = ["demo"]

EXAMPLE = "Example: farfield demo --lang ja --out my-demo"


def demo(
    lang: Annotated[Language, typer.Option(help="Language of the sample data and the report.")] = Language.en,
    out: Annotated[Path | None, typer.Option(help="The run's folder (default farfield-demo-LANG).")] = None,
    scattered: Annotated[
        Path | None,
        typer.Option(metavar="DIR", help="Only write scattered files with known faults, to try `farfield import` on."),
    ] = None,
) -> None:
    """Run a whole study on the shipped sample data with a small open model, and write its report."""
    from farfield.cli.printing import say

    if scattered:
        from farfield.data.scattered import write_scattered

        planted = write_scattered(scattered)
        say(f"{len(planted)} faults stand in the files; {scattered / 'faults.json'} says where")
        print(scattered)
        return

    from farfield.cli.progress import progress
    from farfield.report import run_demo

    folder = out or Path(f"farfield-demo-{lang.value}")
    say(f"the sample study in {folder}; stop it with Ctrl-C and run it again at any time, it goes on")
    with progress() as watch:
        page = run_demo(lang.value, folder, watch=watch, say=say)
    say("done; open this file in a browser:")
    print(page.resolve())
