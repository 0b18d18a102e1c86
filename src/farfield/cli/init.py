"""`farfield init`."""

from pathlib import Path
from typing import Annotated

import typer

__all__ = ["init"]

EXAMPLE = "Example: farfield init --train site_a.csv --test site_a_test.csv --new site_b.csv --target department"


def init(
    train: Annotated[Path | None, typer.Option(help="File of labelled rows to train on.")] = None,
    test: Annotated[Path | None, typer.Option(help="Labelled rows of the same domain to test on.")] = None,
    new: Annotated[list[Path] | None, typer.Option(help="Labelled rows of a new domain; may be repeated.")] = None,
    demos: Annotated[Path | None, typer.Option(help="Rows to show as examples in prompts.")] = None,
    target: Annotated[str, typer.Option(help="The column with the answer.")] = "",
    name: Annotated[str, typer.Option(help="Name of the study.")] = "",
    out: Annotated[Path, typer.Option(help="The study file to write.")] = Path("study.yaml"),
) -> None:
    """Look at your files and write a study file; asks for what the options leave open."""
    from farfield.cli.printing import say
    from farfield.study import draft_study

    train = train or Path(typer.prompt("File of labelled rows to train on", err=True))
    test = test or Path(typer.prompt("File of labelled test rows of the same domain", err=True))
    if new is None:
        more = typer.prompt(
            "Files of labelled rows of new domains (separated by spaces; may be empty)", default="", err=True
        )
        new = [Path(part) for part in more.split()]
    if out.exists() and not typer.confirm(f"{out} exists; replace it?", err=True):
        raise typer.Exit(2)
    text = draft_study(train, test, new, demos=demos, target=target, name=name, beside=out.parent)
    out.write_text(text, encoding="utf-8")
    say(f"wrote {out}; look at the prompt in it, then: farfield check {out}")
    print(out)
