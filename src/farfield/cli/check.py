"""`farfield check`."""

from pathlib import Path
from typing import Annotated

import typer

from farfield.cli.options import StudyFile, Style

__all__ = ["check"]

EXAMPLE = "Example: farfield check study.yaml"


def check(
    study: StudyFile,
    form: Annotated[Style, typer.Option("--format", help="How to print it.")] = Style.text,
    fix: Annotated[
        Path | None,
        typer.Option(
            metavar="DIR", help="Write the data files anew into this new folder, mended, with a list of all changes."
        ),
    ] = None,
) -> None:
    """Look for what would spoil a study: leaks, bad rows, long prompts, too few rows; exit 1 on an error."""
    import json
    from dataclasses import asdict

    from farfield.cli.printing import say
    from farfield.spec import load_study
    from farfield.study import check as check_study
    from farfield.study import mend

    loaded = load_study(study)
    issues = check_study(loaded, say=say)
    if fix:
        changes = mend(loaded, issues, fix)
        counted = ", ".join(
            f"{sum(change.action == action for change in changes)} {action}"
            for action in ("removed", "mended", "listed")
        )
        say(f"{fix}: {counted}; each stands in changes.jsonl")
    if form is Style.json:
        print(json.dumps([asdict(issue) for issue in issues], ensure_ascii=False, indent=1))
    else:
        for issue in issues:
            rows = (
                f" (rows {', '.join(map(str, issue.rows[:10]))}{', …' if len(issue.rows) > 10 else ''})"
                if issue.rows
                else ""
            )
            print(f"{issue.severity:8}{issue.where}: {issue.what}{rows}")
            if issue.mend:
                print(f"{'':8}→ {issue.mend}")
        errors, warnings = (sum(i.severity == s for i in issues) for s in ("error", "warning"))
        print(f"{errors} errors, {warnings} warnings")
    if any(issue.severity == "error" for issue in issues):
        raise typer.Exit(1)
