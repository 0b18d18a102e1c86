"""What an import's folder holds, and where: filled beside its place and put there at the end."""

import base64
import json
import shutil
import tempfile
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from types import TracebackType
from typing import BinaryIO

from farfield.atomic import put_folder
from farfield.data.intake.domains import file_name
from farfield.data.intake.values import Aside, Source
from farfield.data.writing import row_line
from farfield.errors import DataError

__all__ = ["Target"]

_BUFFER = 1 << 18
_OPEN = 64  # files of domains that are open at a time
_MOST_DOMAINS = 2000
_KNOWN = "sources.json"  # what makes a folder one of ours


class Target:
    """Where rows go; a context manager: an error or Ctrl-C within it leaves what was there before.

    Args:
        folder: the folder to make.
        replace: whether a former import may be replaced.

    Raises:
        DataError: on entering, where the folder exists and may not or should not be replaced.
    """

    def __init__(self, folder: Path, *, replace: bool = False) -> None:
        self.folder = folder
        self.domains: dict[str, str] = {}
        self._replace = replace
        self._open: OrderedDict[str, BinaryIO] = OrderedDict()

    def __enter__(self) -> "Target":
        if self.folder.exists():
            self._may_replace()
        self.folder.parent.mkdir(parents=True, exist_ok=True)
        self._half = Path(tempfile.mkdtemp(prefix=f".{self.folder.name}.", suffix=".half", dir=self.folder.parent))
        self._rows = (self._half / "rows.jsonl").open("wb", _BUFFER)
        self._asides = (self._half / "aside.jsonl").open("wb", _BUFFER)
        return self

    def _may_replace(self) -> None:
        if not self._replace:
            raise DataError("the target exists", where=str(self.folder), mend="name another, or give --replace")
        if not (self.folder / _KNOWN).is_file():
            mend = "name another folder; --replace only replaces what an import wrote"
            raise DataError("the target is no former import", where=str(self.folder), mend=mend)

    @property
    def scratch(self) -> Path:
        """Where archives may be unpacked; it goes at the end."""
        return self._half / "unpacked"

    def row(self, line: bytes, domain: str | None) -> None:
        """Writes one row, and into its domain's file where rows have domains."""
        self._rows.write(line)
        if domain is not None:
            self._domain_file(domain).write(line)

    def aside(self, file: str, aside: Aside) -> None:
        """Writes what was put aside."""
        raw = base64.b64encode(aside.raw).decode("ascii")
        told = {"sheet": aside.sheet, "row": aside.row, "reason": aside.reason, "mend": aside.mend}
        self._asides.write(row_line({"file": file, **told, "raw_base64": raw}, errors="backslashreplace"))

    def _domain_file(self, domain: str) -> BinaryIO:
        if domain in self._open:
            self._open.move_to_end(domain)
            return self._open[domain]
        if domain not in self.domains:
            if len(self.domains) >= _MOST_DOMAINS:
                mend = "choose a column that names where rows come from, not one that names the row"
                raise DataError(f"there are more than {_MOST_DOMAINS} domains", mend=mend)
            self.domains[domain] = file_name(domain, self.domains)
        if len(self._open) >= _OPEN:
            self._open.popitem(last=False)[1].close()
        (self._half / "domains").mkdir(exist_ok=True)
        file = (self._half / "domains" / f"{self.domains[domain]}.jsonl").open("ab")
        self._open[domain] = file
        return file

    def finish(self, sources: Sequence[Source]) -> None:
        """Writes what is known of the files and puts the folder in its place."""
        self._close()
        told = {"sources": [asdict(source) for source in sources], "domains": self.domains}
        text = json.dumps(told, ensure_ascii=False, indent=1)
        (self._half / _KNOWN).write_bytes(text.encode("utf-8", "backslashreplace"))
        shutil.rmtree(self.scratch, ignore_errors=True)
        self._half.chmod(0o755)  # mkdtemp makes folders for one's own eyes
        put_folder(self._half, self.folder)

    def _close(self) -> None:
        for file in (self._rows, self._asides, *self._open.values()):
            file.close()
        self._open.clear()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._close()
        shutil.rmtree(self._half, ignore_errors=True)
