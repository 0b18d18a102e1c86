"""`farfield export`."""

from pathlib import Path
from typing import Annotated

import typer

from farfield.cli.options import RunFolder, Style

__all__ = ["export"]

EXAMPLE = "Example: farfield export runs/sentiment --arm ft --strength 0.6 --out sentiment-model"


def export(
    run: RunFolder,
    arm: Annotated[str, typer.Option(help="Name of the trained arm.")],
    task: Annotated[str | None, typer.Option(help="Task it was trained on (needed where there are several).")] = None,
    rows: Annotated[int | None, typer.Option(help="Number of training rows (default: the most).")] = None,
    seed: Annotated[int | None, typer.Option(help="Seed (default: the study's first).")] = None,
    strength: Annotated[float, typer.Option(help="Share of what was learnt, from 0 to 1.")] = 1.0,
    adapter: Annotated[bool, typer.Option("--adapter", help="The LoRA adapter, in place of merged weights.")] = False,
    out: Annotated[Path | None, typer.Option(help="The folder to write (default export/… in the run).")] = None,
    form: Annotated[Style, typer.Option("--format", help="How to print what was written.")] = Style.text,
) -> None:
    """Write a trained model, with its prompt and a model card, as a folder that Transformers loads."""
    from farfield.cli.printing import print_exported
    from farfield.study import Wanted, export_model, open_results

    wanted = Wanted(arm, task, rows, seed)
    print_exported(export_model(open_results(run), wanted, strength=strength, adapter=adapter, out=out), form)
