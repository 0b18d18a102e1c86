"""What a file is, by what it begins with and then by its name: an .xls may be a table of tabs, a .csv a workbook."""

import zipfile
from pathlib import Path, PurePosixPath

from farfield.data.intake.values import Aside

__all__ = ["kind_of"]

_SUFFIXES = {
    ".csv": "csv", ".tsv": "csv", ".tab": "csv", ".xls": "csv",
    ".json": "json", ".jsonl": "jsonl", ".ndjson": "jsonl",
    ".txt": "text", ".text": "text", ".md": "text", ".eml": "eml",
}  # fmt: skip
_FOREIGN = (
    (b"%PDF", "PDF files are not read", "export its text or its tables first"),
    (b"\x1f\x8b", "gzip files are not read", "unpack it with gunzip first"),
    (b"7z\xbc\xaf\x27\x1c", "7z files are not read", "unpack it first"),
    (b"Rar!", "RAR files are not read", "unpack it first"),
)
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_WORKBOOKS = (".xlsx", ".xlsm", ".xlsb", ".ods")
_PAGES = (b"<html", b"<!doc", b"<table", b"<?xml")
_BROKEN = "fetch or pack it again"


def kind_of(path: Path, name: str) -> str | Aside:
    """`csv`, `excel`, `json`, `jsonl`, `parquet`, `text`, `eml` or `zip`; or why the file is not read.

    Args:
        path: of the file.
        name: what it is called where it comes from; a file out of an archive has another path.
    """
    suffix = PurePosixPath(name).suffix.lower()
    with path.open("rb") as file:
        head = file.read(512)
    if not head:
        return Aside("the file is empty", "nothing, if it should be")
    if head.startswith((b"PK\x03\x04", b"PK\x05\x06")):
        return _packed(path, suffix)
    if head.startswith(b"PAR1") or suffix == ".parquet":
        return "parquet"
    if head.startswith(_OLE):
        office = suffix in (".doc", ".ppt", ".msg")
        return Aside(f"files of kind {suffix} are not read", "export it as text or CSV") if office else "excel"
    return _other_than_it_says(head, suffix) or _by_name(suffix)


def _other_than_it_says(head: bytes, suffix: str) -> Aside | None:
    """A file that is none of those that are read, or not what its name promises."""
    for mark, what, mend in _FOREIGN:
        if head.startswith(mark):
            return Aside(what, mend)
    if suffix in _WORKBOOKS:
        return Aside(
            "the workbook is broken: it does not begin as one", "open it in Excel, let it be repaired, save it"
        )
    if suffix == ".zip":
        return Aside("the archive is broken: it does not begin as one", _BROKEN)
    if suffix in (".xls", ".csv") and head.lstrip(b"\xef\xbb\xbf \t\r\n").lower().startswith(_PAGES):
        return Aside(f"the file is called {suffix} and holds a web page", "open it in Excel and save it as .xlsx")
    return None


def _by_name(suffix: str) -> str | Aside:
    kind = _SUFFIXES.get(suffix)
    return kind or Aside(
        f"files of kind {suffix or 'without a suffix'} are not read",
        "give it the suffix of what it holds: .csv, .tsv, .xlsx, .json, .jsonl, .parquet, .txt, .eml or .zip",
    )


def _packed(path: Path, suffix: str) -> str | Aside:
    """Workbooks of today are archives too."""
    try:
        with zipfile.ZipFile(path) as archive:
            names = set(archive.namelist())
    except (zipfile.BadZipFile, OSError, ValueError, RuntimeError) as error:
        what = "workbook" if suffix in _WORKBOOKS else "archive"
        return Aside(f"the {what} is broken: {error}", _BROKEN)
    if any(name.startswith("xl/") for name in names) or ("content.xml" in names and suffix == ".ods"):
        return "excel"
    if any(name.startswith(("word/", "ppt/")) for name in names) or "content.xml" in names:
        return Aside(f"files of kind {suffix} are not read", "export it as text or CSV")
    return "zip"
