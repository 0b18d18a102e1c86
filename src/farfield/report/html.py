"""The HTML file: a template, the words of a language, and a view of the findings."""

from functools import cache

from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape
from markupsafe import Markup

from farfield.findings import Findings
from farfield.report.numbers import number_text, points_text
from farfield.report.terms import Terms
from farfield.report.view import RunFacts, page_of
from farfield.report.words import Words, words

__all__ = ["render", "render_html"]


def render_html(findings: Findings, facts: RunFacts, *, language: str) -> str:
    """The report as one HTML file that asks no network for anything.

    Args:
        findings: of the run.
        facts: about the run.
        language: `en` or `ja`.
    """
    say = words(language)
    return render("report.html.jinja", say, page=page_of(findings, facts, say), facts=facts, explain=Terms(say))


def render(template: str, say: Words, **given: object) -> str:
    """A page of the house: a template's name, the words, and what it shows."""
    found = _environment().get_template(template)
    return found.render(
        say=say, chart=Markup, number=lambda number: number_text(number, say), points=points_text, **given
    )


@cache
def _environment() -> Environment:
    # Autoescape on: the rows of a study are strangers' text.
    return Environment(
        loader=PackageLoader("farfield.report", "templates"),
        autoescape=select_autoescape(default=True, default_for_string=True),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
