"""Technical words of a sentence, explained where they stand: on hover, on focus by the keyboard, in the glossary."""

import re

from markupsafe import Markup, escape

from farfield.report.words import Words

__all__ = ["TERMS", "Terms"]

TERMS = (
    "interval", "comparator", "gain", "carries", "cant_tell", "fine_tuning", "prompting", "npv", "gate", "automatic",
    "development", "guarantee", "seed", "domain", "labelled", "drift", "assumption", "update", "arm",
)  # fmt: skip
"""Entries of the glossary whose forms (`term.…` of the catalogues, `|` between them) are looked for."""


class Terms:
    """Marks the first occurrence of each term in the texts that it is given, in their order.

    Args:
        say: the language.
    """

    def __init__(self, say: Words) -> None:
        self._say = say
        self._keys = {form.casefold(): key for key in TERMS for form in say(f"term.{key}").split("|")}
        longest = sorted(self._keys, key=len, reverse=True)
        either = "|".join(map(re.escape, longest))
        # Japanese puts no spaces between words, and a word of its script is never part of a Latin one.
        self._form = re.compile(either if say.language == "ja" else rf"\b(?:{either})\b", re.IGNORECASE)
        self._done: set[str] = set()

    def __call__(self, text: str) -> Markup:
        """The text as HTML; all of it is escaped, and only the house's own words are marked."""
        parts, end = [], 0
        for found in self._form.finditer(text):
            key = self._keys[found[0].casefold()]
            if key in self._done:
                continue
            self._done.add(key)
            parts += [escape(text[end : found.start()]), self._link(key, found[0])]
            end = found.end()
        return Markup("").join([*parts, escape(text[end:])])

    def _link(self, key: str, form: str) -> Markup:
        link = Markup('<a class="term" href="#term-{0}" aria-describedby="term-{0}-text" data-tip="{1}">{2}</a>')
        return link.format(key, self._say(f"glossary.{key}.text"), form)
