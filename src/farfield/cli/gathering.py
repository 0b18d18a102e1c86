"""What `farfield import` tells: progress while it reads, and what came of it."""

import json
import sys
from dataclasses import asdict
from typing import TYPE_CHECKING

from farfield.cli.options import Style
from farfield.cli.printing import say

if TYPE_CHECKING:
    from farfield.data.intake import Aside, Imported, Source

__all__ = ["gathering", "print_imported"]

_SHOWN = 60  # characters of a cell in the preview, and of bytes that could not be read
_FILES = 50  # files that are listed one by one


def gathering() -> "_Bar | _Quiet":
    """A bar with the time left where stderr is a terminal; elsewhere nothing until the end."""
    return _Bar() if sys.stderr.isatty() else _Quiet()


class _Quiet:
    def __enter__(self) -> "_Quiet":
        return self

    def __exit__(self, *_: object) -> None:
        """Nothing to put away."""

    def begin(self, files: int, total: int) -> None:
        """See `Watch.begin`."""
        say(f"reading {files} files, {total / 1e6:.1f} MB")

    def file(self, name: str) -> None:
        """See `Watch.file`."""

    def advance(self, read: float) -> None:
        """See `Watch.advance`."""


class _Bar:
    def __enter__(self) -> "_Bar":
        from rich.console import Console
        from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn

        self._bars = Progress(
            BarColumn(),
            DownloadColumn(),
            TimeRemainingColumn(),
            TextColumn("{task.description}", markup=False),
            console=Console(stderr=True),
            transient=True,
        )
        self._bars.start()
        self._task = self._bars.add_task("", total=None)
        return self

    def __exit__(self, *_: object) -> None:
        self._bars.stop()

    def begin(self, files: int, total: int) -> None:
        """See `Watch.begin`."""
        self._bars.update(self._task, total=total, description=f"{files} files")

    def file(self, name: str) -> None:
        """See `Watch.file`."""
        self._bars.update(self._task, description=name[-_SHOWN:])

    def advance(self, read: float) -> None:
        """See `Watch.advance`."""
        self._bars.advance(self._task, read)


def print_imported(done: "Imported", form: Style) -> None:
    """The folder on stdout, and on stderr what a person should look at; as JSON all of it on stdout."""
    if form is Style.json:
        print(json.dumps(_told(done), ensure_ascii=False, indent=1))
        return
    for source in done.sources[:_FILES]:
        say(_line(source))
    if len(done.sources) > _FILES:
        say(f"… and {len(done.sources) - _FILES} more files, in {done.folder / 'sources.json'}")
    _say_asides(done)
    _say_columns(done)
    say(f"{done.rows} rows read, {done.aside} put aside, {done.blank} blank")
    print(done.folder)


def _line(source: "Source") -> str:
    how = [source.kind or "not read"]
    if source.encoding:
        how.append(f"{source.encoding} ({source.sure}{f': {source.why}' if source.sure == 'guess' else ''})")
    if source.delimiter:
        how.append("tabs" if source.delimiter == "\t" else f"delimiter {source.delimiter}")
    for sheet, row in source.header.items():
        how.append(f"{f'{sheet}: ' if sheet else ''}{f'header in row {row}' if row else 'no header'}")
    how.append(f"{source.rows} rows" + (f", {source.aside} put aside" if source.aside else ""))
    found = [f"{count} rows with {code.replace('_', ' ')}" for code, count in sorted(source.found.items())]
    notes = [*source.notes, *([f"found: {', '.join(found)}"] if found else [])]
    return "\n".join([f"{source.file}: {', '.join(how)}", *(f"  {note}" for note in notes)])


def _say_asides(done: "Imported") -> None:
    if not done.aside:
        return
    say(f"put aside, with their bytes, in {done.folder / 'aside.jsonl'}; the first of each file:")
    for file, asides in done.shown.items():
        for aside in asides:
            say(f"  {file}{_place(aside)}: {aside.reason}\n    mend: {aside.mend}{_bytes(aside)}")


def _place(aside: "Aside") -> str:
    return f"{f', sheet {aside.sheet}' if aside.sheet else ''}{f', row {aside.row}' if aside.row else ''}"


def _bytes(aside: "Aside") -> str:
    text = aside.raw[:_SHOWN].decode("utf-8", "backslashreplace").strip()
    return f"\n    {_plain(text)}" if text else ""


def _plain(text: str) -> str:
    """One line without control characters: what stands in a file gives a terminal no orders."""
    return "".join(character if character.isprintable() else " " for character in text)[:_SHOWN]


def _say_columns(done: "Imported") -> None:
    if len(done.columns) > 1:
        say(f"files differ in their columns: {len(done.columns)} sets; import alike files together, with --map")
    for number, row in enumerate(done.preview, 1):
        cells = ", ".join(f"{_plain(name)}: {_plain(str(cell))}" for name, cell in row.items() if name[0] != "_")
        say(f"row {number}: {cells}")
    for proposal in done.proposals:
        say(f"{proposal.role} could be {_plain(proposal.column)!r}: {proposal.why}")
    if done.proposals:
        say("to map them: --map " + ",".join(f"{one.role}={_plain(one.column)}" for one in done.proposals))


def _told(done: "Imported") -> dict[str, object]:
    shown = {
        file: [{**aside._asdict(), "raw": aside.raw[:_SHOWN].decode("utf-8", "backslashreplace")} for aside in asides]
        for file, asides in done.shown.items()
    }
    return {**asdict(done), "folder": str(done.folder), "shown": shown}
