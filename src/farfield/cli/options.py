"""Arguments that several commands take, worded once."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

__all__ = ["Format", "Language", "Memory", "RunFolder", "Split", "StudyFile", "Style", "memory_bytes"]


class Format(StrEnum):
    """How data is printed."""

    table = "table"
    csv = "csv"
    json = "json"
    parquet = "parquet"


class Style(StrEnum):
    """How an answer in words is printed."""

    text = "text"
    json = "json"


class Split(StrEnum):
    """Which rows: those that were tested, those held for development, or those of unlabelled domains."""

    test = "test"
    dev = "dev"
    unlabelled = "unlabelled"


class Language(StrEnum):
    """Languages of reports and of the sample data."""

    en = "en"
    ja = "ja"


StudyFile = Annotated[Path, typer.Argument(metavar="STUDY", help="The study file (YAML).")]
RunFolder = Annotated[
    Path, typer.Argument(metavar="RUN", help="The folder of a run, as `farfield run` printed it, or its study file.")
]
_UNITS = {"KIB": 10, "MIB": 20, "GIB": 30, "K": 10, "M": 20, "G": 30, "KB": 10, "MB": 20, "GB": 30, "": 0}


def memory_bytes(size: str) -> int:
    """Bytes of a size such as `2GiB`, `512M` or a bare number."""
    number = size.rstrip("BbGgIiKkMm").strip()
    unit = size[len(size.rstrip("BbGgIiKkMm")) :].upper()
    try:
        value = float(number) * (1 << _UNITS[unit])
    except (ValueError, KeyError):
        raise typer.BadParameter(f"{size!r} is no size; write for example 2GiB or 512MiB") from None
    if value < 1 << 26:
        raise typer.BadParameter(f"{size} is too little for any micro-batch; give at least 64MiB")
    return int(value)


Memory = Annotated[
    int | None,
    typer.Option(
        "--memory",
        metavar="SIZE",
        parser=memory_bytes,
        help="Memory for a training micro-batch, or for what prompts share, such as 2GiB "
        "(default 2GiB or half of what is free, whichever is less; kept by the run).",
    ),
]
