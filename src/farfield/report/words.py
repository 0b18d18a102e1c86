"""The report's words by language, from gettext catalogues; a key that is missing is an error, not an empty place."""

from collections.abc import Iterable
from functools import cache
from importlib.resources import files

from babel.messages.catalog import Catalog
from babel.messages.pofile import read_po

__all__ = ["LANGUAGES", "Words", "places", "words"]

LANGUAGES = ("en", "ja")


class Words:
    """One language's sentences by key; `{names}` in them are filled in."""

    def __init__(self, language: str, catalogue: Catalog) -> None:
        self.language = language
        self._texts = {str(m.id): str(m.string) for m in catalogue if m.id}

    def __call__(self, key: str, **values: object) -> str:
        """The sentence of a key.

        Raises:
            KeyError: the catalogue has no such key.
        """
        return self._texts[key].format(**values)

    @property
    def keys(self) -> frozenset[str]:
        """All keys of the catalogue."""
        return frozenset(self._texts)


@cache
def words(language: str) -> Words:
    """The catalogue of a language, read once."""
    path = files("farfield.report") / "locale" / language / "farfield.po"
    with path.open("rb") as file:
        return Words(language, read_po(file, locale=language))


def places(tiers: Iterable[str], say: Words) -> str:
    """What the test sets of these tiers are beside those of the trained domain: new domains, later times, or both."""
    tested = set(tiers)
    later, new = "later_time" in tested, "out_of_domain" in tested
    return say("places.both" if later and new else "places.later" if later else "places.new")
