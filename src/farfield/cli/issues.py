"""What `farfield check` found, in the reader's language."""

import json
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from farfield.cli.options import Language, Style

if TYPE_CHECKING:
    from farfield.data import Issue

__all__ = ["print_issues", "told_in"]

_SHOWN = 10  # rows of an issue that are named


def told_in(lang: Language) -> "Callable[[Issue], tuple[str, str]]":
    """What says where an issue is and what it is."""
    from farfield.report import worded

    def told(issue: "Issue") -> tuple[str, str]:
        said = worded(issue, lang.value)
        return said.where, said.what

    return told


def print_issues(issues: "Sequence[Issue]", form: Style, lang: Language) -> None:
    """The worst first, each with its rows and its mend; as JSON with all rows."""
    from farfield.report import worded, words

    say, told = words(lang.value), [(issue, worded(issue, lang.value)) for issue in issues]
    if form is Style.json:
        listed = [
            {"severity": i.severity, "code": i.code, "what": w.what, "where": w.where, "rows": i.rows, "mend": w.mend}
            for i, w in told
        ]
        print(json.dumps(listed, ensure_ascii=False, indent=1))
        return
    for issue, said in told:
        shown = ", ".join(map(str, issue.rows[:_SHOWN])) + (", …" if len(issue.rows) > _SHOWN else "")
        rows = f" ({say('issues.rows', rows=shown)})" if issue.rows else ""
        print(f"{said.severity:8}{said.where}: {said.what}{rows}")
        if said.mend:
            print(f"{'':8}→ {said.mend}")
    errors, warnings = (sum(issue.severity == s for issue in issues) for s in ("error", "warning"))
    print(say("issues.counted", errors=errors, warnings=warnings))
