"""Folders and archives -> files, in order; what can't be entered is put aside by name."""

import errno
import os
import shutil
import stat
import zipfile
import zlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath
from typing import NamedTuple

from farfield.data.intake.values import Aside, Limits

__all__ = ["Found", "Missed", "unpacked", "walk", "workbook_fault"]

Scan = Callable[[Path], AbstractContextManager[Iterable[os.DirEntry[str]]]]

_LITTER = frozenset({".DS_Store", "Thumbs.db", "desktop.ini", "__MACOSX"})
_SMALL = 64 << 20  # bytes; what unpacks to no more than this is no bomb, however well it is packed


@dataclass(frozen=True, slots=True)
class Found:
    """A file to read.

    Attributes:
        name: where it comes from, relative to where the import began.
        path: where its bytes are.
        size: in bytes.
        weight: bytes that one of its bytes takes in the file that was named: less than 1 in an archive.
    """

    name: str
    path: Path
    size: int
    weight: float = 1.0


class Missed(NamedTuple):
    """A file, folder or link that is not read."""

    name: str
    why: Aside


def walk(paths: Sequence[Path], *, leave: Iterable[Path] = (), scan: Scan = os.scandir) -> Iterator[Found | Missed]:
    """The files of folders and their folders, sorted by name, and of files as they are.

    Args:
        paths: files and folders; the names of what is found begin with theirs.
        leave: folders that are not entered: the one that is written.
        scan: lists a folder.
    """
    left = {path.resolve() for path in leave}
    plain = [_readable(path.resolve().name) or "." for path in paths]
    seen: dict[Path, str] = {}
    for path, short in zip(paths, plain, strict=True):
        # Two folders of one name are told apart by the way that leads to them.
        name = short if plain.count(short) == 1 else _readable(path.as_posix())
        for item in _folder(path, name, left, scan) if path.is_dir() else (_file(path, name),):
            yield item if isinstance(item, Missed) else _once(item, seen)


def _once(found: Found, seen: dict[Path, str]) -> Found | Missed:
    """A file under the first of its names; its rows would count twice under a second."""
    path = found.path.resolve()
    if path not in seen:
        seen[path] = found.name
        return found
    return Missed(found.name, Aside(f"the file is read already, as {seen[path]}", "nothing"))


def _readable(name: str) -> str:
    """A file's name as text: one of bytes that are no UTF-8 could not be written down."""
    return name.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")


def _folder(path: Path, name: str, left: set[Path], scan: Scan) -> Iterator[Found | Missed]:
    if path.resolve() in left:
        return
    try:
        with scan(path) as entries:
            inside = sorted(entries, key=lambda entry: entry.name)
    except OSError as error:
        mend = "give yourself the right to read it"
        yield Missed(name, Aside(f"the folder can't be read: {error.strerror or error}", mend))
        return
    for entry in inside:
        label = f"{name}/{_readable(entry.name)}"
        if entry.name in _LITTER or entry.name.startswith("~$"):
            yield Missed(label, Aside("the file belongs to a program, not to the data", "nothing"))
        elif entry.is_symlink() and entry.is_dir():
            yield Missed(label, Aside("links to folders are not followed", "name the folder itself"))
        elif entry.is_dir():
            yield from _folder(path / entry.name, label, left, scan)
        else:
            yield _file(path / entry.name, label)


def _file(path: Path, name: str) -> Found | Missed:
    try:
        about = path.stat()
        if not stat.S_ISREG(about.st_mode):
            return Missed(name, Aside("this is no file but a pipe, socket or device", "write its content to a file"))
        with path.open("rb"):
            pass
    except OSError as error:
        return Missed(
            name, Aside(f"the file can't be read: {error.strerror or error}", "give yourself the right to read it")
        )
    return Found(name, path, about.st_size)


def unpacked(found: Found, scratch: Path, limits: Limits) -> Iterator[Found | Missed]:
    """The files of an archive, one at a time; each lies in `scratch`, under a name of ours, until the next comes."""
    scratch.mkdir(parents=True, exist_ok=True)
    place = scratch / f"{len(list(scratch.iterdir()))}.part"
    try:
        with zipfile.ZipFile(found.path) as archive:
            inside = [info for info in archive.infolist() if not info.is_dir()]
            total = sum(info.file_size for info in inside)
            if total > limits.zip_bytes:
                what = f"the archive unpacks to {total} bytes; more than {limits.zip_bytes} are not unpacked"
                yield Missed(found.name, Aside(what, "unpack it yourself, if you trust it, and name the folder"))
                return
            for info in sorted(inside, key=_member_name):
                fault = _member_fault(info, limits)
                name = f"{found.name}/{_member_name(info)}"
                if fault:
                    yield Missed(name, fault)
                else:
                    yield _member(archive, info, replace(found, name=name, path=place))
    except (zipfile.BadZipFile, OSError, ValueError, RuntimeError) as error:
        if isinstance(error, OSError) and error.errno == errno.ENOSPC:
            raise  # our disk, not the archive
        yield Missed(found.name, Aside(f"the archive is broken: {error}", "fetch or pack it again"))
    finally:
        place.unlink(missing_ok=True)


def _member(archive: zipfile.ZipFile, info: zipfile.ZipInfo, outer: Found) -> Found | Missed:
    """Unpacks one file to where `outer` says, under the name that it gives."""
    try:
        with archive.open(info) as packed, outer.path.open("wb") as file:
            shutil.copyfileobj(packed, file, 1 << 20)
    except (zipfile.BadZipFile, EOFError, RuntimeError, ValueError, zlib.error) as error:
        mend = "fetch or pack the archive again"
        return Missed(outer.name, Aside(f"the file is broken within its archive: {error}", mend))
    weight = outer.weight * info.compress_size / max(1, info.file_size)
    return replace(outer, size=outer.path.stat().st_size, weight=weight)


def _member_fault(info: zipfile.ZipInfo, limits: Limits) -> Aside | None:
    name = _member_name(info)
    parts = PurePosixPath(name).parts
    if ".." in parts or name.startswith("/") or name[1:2] == ":":
        return Aside("its name leads out of the archive", "nothing; honest archives have no such names")
    if set(parts) & _LITTER or parts[-1].startswith(("~$", "._")):
        return Aside("the file belongs to a program, not to the data", "nothing")
    if stat.S_ISLNK(info.external_attr >> 16):
        return Aside("links within archives are not followed", "pack the file itself")
    if info.flag_bits & 1:
        return Aside("the file is encrypted", "unpack the archive with its password and name the folder")
    if info.file_size > _SMALL and info.file_size > limits.zip_ratio * max(1, info.compress_size):
        what = f"the file unpacks to {info.file_size} bytes from {info.compress_size}, as a zip bomb does"
        return Aside(what, "unpack it yourself, if you trust it, and name the folder")
    return None


def _member_name(info: zipfile.ZipInfo) -> str:
    """The name as its author wrote it: Windows in Japan packs names in CP932 and does not say so."""
    name = info.filename
    if not info.flag_bits & 0x800:
        raw = name.encode("cp437", "replace")
        for codec in ("utf-8", "cp932"):
            try:
                name = raw.decode(codec)
                break
            except UnicodeDecodeError:
                continue
    return name.replace("\\", "/")


def workbook_fault(path: Path, limits: Limits) -> Aside | None:
    """Why a workbook that is an archive should not be opened: it is held in memory, and XML packs very well."""
    if not zipfile.is_zipfile(path):
        return None
    try:
        with zipfile.ZipFile(path) as archive:
            inside = archive.infolist()
            total = sum(info.file_size for info in inside)
            if total <= limits.sheet_bytes:
                # Reads all of it: sizes may lie, and then the check sums fail here and not in memory.
                damaged = archive.testzip()
                return _damaged(damaged) if damaged else None
    except (zipfile.BadZipFile, EOFError, OSError, RuntimeError, ValueError, zlib.error) as error:
        return Aside(f"the workbook is broken: {error}", "open it in Excel, let it be repaired, and save it again")
    what = f"the workbook unpacks to {total} bytes; more than {limits.sheet_bytes} are not held in memory"
    return Aside(what, "save its sheets as CSV, if you trust it")


def _damaged(name: str) -> Aside:
    return Aside(
        f"the workbook is broken: {name} in it is damaged", "open it in Excel, let it be repaired, and save it again"
    )
