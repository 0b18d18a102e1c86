"""`farfield check`."""

from pathlib import Path
from typing import Annotated

import typer

from farfield.cli.options import Language, StudyFile, Style

__all__ = ["check"]

EXAMPLE = "Example: farfield check study.yaml"


def check(
    study: StudyFile,
    form: Annotated[Style, typer.Option("--format", help="How to print it.")] = Style.text,
    lang: Annotated[Language, typer.Option(help="Language of what is told.")] = Language.en,
    fix: Annotated[
        Path | None,
        typer.Option(
            metavar="DIR", help="Write the data files anew into this new folder, mended, with a list of all changes."
        ),
    ] = None,
) -> None:
    """Look for what would spoil a study: leaks, bad rows, long prompts, too few rows; exit 1 on an error."""
    from farfield.cli.issues import print_issues, told_in
    from farfield.cli.printing import say
    from farfield.spec import load_study
    from farfield.study import check as check_study
    from farfield.study import mend

    loaded = load_study(study)
    issues = check_study(loaded, say=say)
    if fix:
        changes = mend(loaded, issues, fix, told=told_in(lang))
        counted = ", ".join(
            f"{sum(change.action == action for change in changes)} {action}"
            for action in ("removed", "mended", "listed")
        )
        say(f"{fix}: {counted}; each stands in changes.jsonl")
    print_issues(issues, form, lang)
    if any(issue.severity == "error" for issue in issues):
        raise typer.Exit(1)
