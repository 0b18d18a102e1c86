"""Who answers the questions of `farfield init`, and what it prints."""

import json
import sys
from typing import TYPE_CHECKING

from farfield.cli.options import Style
from farfield.cli.printing import say

if TYPE_CHECKING:
    from farfield.study import Ask, Begun, Question

__all__ = ["asker", "print_begun"]


def asker(*, yes: bool) -> "Ask":
    """A person where there is a terminal and not all is to be taken as proposed."""
    from farfield.study import Unattended

    return at_terminal if sys.stdin.isatty() and not yes else Unattended(say, every=yes)


def at_terminal(question: "Question") -> str:
    """Asks on stderr until an answer is one of the choices; Enter takes the proposal."""
    import typer

    choices = f" ({', '.join(question.choices)})" if 0 < len(question.choices) <= 10 else ""
    while True:
        proposal = question.proposal or ("-" if question.optional else None)
        answer = str(typer.prompt(f"{question.text}{choices}", default=proposal, err=True))
        if not question.choices or answer in question.choices:
            return answer
        say(f"answer one of: {', '.join(question.choices)}")


def print_begun(begun: "Begun", form: Style) -> None:
    """The study file on stdout, and on stderr which rows went where; as JSON all of it on stdout."""
    if form is Style.json:
        told = {"study": str(begun.study), "rows": begun.rows, "left_out": begun.left}
        print(json.dumps(told, ensure_ascii=False, indent=1))
        return
    for tier, domains in begun.rows.items():
        for domain, count in domains.items():
            say(f"{tier} {domain}: {count} rows")
    say(f"wrote {begun.study}; look at the prompt in it, then: farfield check {begun.study}")
    print(begun.study)
