"""The sample data that ships with farfield: three plants of one firm, two tasks, two languages."""

from importlib.resources import files
from pathlib import Path

from farfield.errors import UsageError

__all__ = ["LANGUAGES", "sample_folder"]

LANGUAGES = ("en", "ja")


def sample_folder(language: str) -> Path:
    """The folder with `study.yaml` and the rows of one language.

    Raises:
        UsageError: a language without sample data.
    """
    if language not in LANGUAGES:
        raise UsageError(f"there is no sample data in {language!r}", mend=f"choose one of {', '.join(LANGUAGES)}")
    return Path(str(files("farfield.data") / "samples" / language))
