"""`farfield plan`."""

from pathlib import Path
from typing import Annotated

import typer

from farfield.cli.options import Memory, StudyFile, Style

__all__ = ["plan"]

EXAMPLE = "Example: farfield plan study.yaml --cells"


def plan(
    study: StudyFile,
    out: Annotated[Path | None, typer.Option(help="The run's folder; finished cells are not counted.")] = None,
    memory: Memory = None,
    cells: Annotated[bool, typer.Option("--cells", help="Print every cell.")] = False,
    form: Annotated[Style, typer.Option("--format", help="How to print it.")] = Style.text,
) -> None:
    """Print the cells of a study with time, memory, disk and tokens, before anything runs; exit 1 if it can't."""
    import json
    from dataclasses import asdict

    from farfield.cli.printing import say
    from farfield.spec import load_study
    from farfield.study import plan_study

    planned = plan_study(load_study(study), out, memory=memory, say=say)
    if form is Style.json:
        print(json.dumps({**asdict(planned), "tokens": planned.forecast.tokens}, ensure_ascii=False, indent=1))
    else:
        for note in planned.notes:
            print(f"note: {note}")
        if cells:
            for line in planned.forecast.lines:
                print(f"{line.seconds:8.1f} s {line.tokens:9d} tokens  {line.label}")
        told = planned.forecast
        print(f"cells:  {len(told.lines)} to run, {planned.finished} finished")
        print(f"time:   {told.seconds / 60:.1f} min")
        print(f"memory: {told.memory / 2**30:.1f} GiB of {planned.memory_here / 2**30:.1f} GiB")
        print(f"disk:   {told.disk / 2**20:.0f} MiB of {planned.disk_here / 2**20:.0f} MiB free")
        print(f"tokens: {told.tokens}")
        print(f"basis:  {told.basis}")
        for nth, shown in enumerate(planned.detectable):
            print(f"{'power:' if not nth else '':8}{shown.task} · {shown}")
        for assumed in dict.fromkeys(shown.assumed for shown in planned.detectable):
            print(f"{'':8}found with 80 % power, assumed that {assumed}")
        for problem in planned.problems:
            print(f"error: {problem}")
    if planned.problems:
        raise typer.Exit(1)
