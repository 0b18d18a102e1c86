"""`farfield show`."""

from typing import TYPE_CHECKING, Annotated

import typer

from farfield.cli.options import StudyFile, Style

if TYPE_CHECKING:
    from rich.text import Text

    from farfield.study.showing import Piece, Shown

__all__ = ["show"]

EXAMPLE = "Example: farfield show study.yaml --task sentiment --domain sst2 --row 7 --shots 2"


def show(
    study: StudyFile,
    task: Annotated[str, typer.Option(help="Name of the task (default: the first).")] = "",
    domain: Annotated[str, typer.Option(help="Name of the test domain (default: the first).")] = "",
    row: Annotated[int, typer.Option(help="The row's number in its file, from 0.")] = 0,
    shots: Annotated[int | None, typer.Option(help="Number of demos (default: the study's first).")] = None,
    template: Annotated[int, typer.Option(help="Number of the template, from 0.")] = 0,
    arm: Annotated[str, typer.Option(help="An arm with `search:`: the form that its run found.")] = "",
    form: Annotated[Style, typer.Option("--format", help="How to print it.")] = Style.text,
) -> None:
    """Print the exact tokens of one prompt: what is shared, asked and scored."""
    import json
    from dataclasses import asdict

    from farfield.runs import Run
    from farfield.spec import load_study
    from farfield.study import default_folder, found_by, prepare, shown

    spec = load_study(study)
    prepared = prepare(spec)
    name = task or next(iter(spec.tasks))
    held = prepared.plan.tasks.get(name)
    place = domain or (held.domains[0].name if held else "")
    asked = spec.tasks[name].shots[0] if shots is None and name in spec.tasks else shots or 0
    wanted = found_by(prepared.plan, Run(default_folder(spec)), arm, name) if arm else (asked, template)
    found = shown(prepared.plan, prepared.tokenizer, name, place, row, wanted)
    if form is Style.json:
        print(json.dumps(asdict(found), ensure_ascii=False, indent=1))
    else:
        _print(found)


def _print(found: "Shown") -> None:
    from rich.console import Console
    from rich.text import Text

    console = Console(soft_wrap=True, highlight=False)
    console.print(f"scoring: {found.scoring}; a token ends at each ·, a line break is ⏎")
    for name, pieces, style in (
        ("BOS", found.bos, "magenta"),
        ("shared", found.shared, "cyan"),
        ("asked", found.asked, "green"),
    ):
        console.print(Text(f"{name} ({len(pieces)} tokens): ", "bold") + _joined(pieces, style))
    for label, pieces in found.scored.items():
        ids = ", ".join(str(piece.id) for piece in pieces)
        console.print(Text(f"scored, {label!r} (id {ids}): ", "bold") + _joined(pieces, "yellow"))
    console.print(Text(f"the gold answer, as training would learn it ({len(found.trained)} tokens): ", "bold")
                  + _joined(found.trained, "red"))  # fmt: skip


def _joined(pieces: "tuple[Piece, ...]", style: str) -> "Text":
    from rich.text import Text

    joined = Text()
    for piece in pieces:
        joined.append((piece.text or piece.token).replace("\n", "⏎"), style)
        joined.append("·", "dim")
    return joined
