"""Writes that are there whole or not at all, whatever kills the process."""

import contextlib
import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TextIO

__all__ = ["fill_folder", "put_folder", "replaced", "replaced_bytes", "settle", "write_text"]


@contextlib.contextmanager
def replaced(path: Path, *, encoding: str = "utf-8", newline: str = "\n") -> Iterator[TextIO]:
    """A text file to write, which takes the place of `path` at the end; an error within leaves `path` as it was."""
    with _half(path) as half, half.open("w", encoding=encoding, newline=newline) as file:
        yield file


def replaced_bytes(path: Path, content: bytes) -> None:
    """Writes a file's bytes in the same way."""
    with _half(path) as half:
        half.write_bytes(content)


def write_text(path: Path, text: str) -> None:
    """Replaces a file's text, and waits until its name is on the disk too."""
    with replaced(path) as file:
        file.write(text)
    settle(path.parent)


@contextlib.contextmanager
def _half(path: Path) -> Iterator[Path]:
    """Where to write what will be `path`: beside it, on the same disk, so that the rename is one step."""
    path.parent.mkdir(parents=True, exist_ok=True)
    half = path.with_name(f".{path.name}.{os.getpid()}.half")
    try:
        yield half
        settle(half)
        half.replace(path)
    finally:
        half.unlink(missing_ok=True)


def fill_folder(path: Path, half: Path, write: Callable[[Path], None]) -> None:
    """Makes the folder `path`, with what `write` puts into it; `half` is where it is filled first."""
    shutil.rmtree(half, ignore_errors=True)
    half.mkdir(parents=True)
    write(half)
    put_folder(half, path)


def put_folder(half: Path, path: Path) -> None:
    """Puts a folder that is filled in the place of `path`; what was there before goes when the new one is there."""
    for file in half.rglob("*"):
        settle(file)
    settle(half)
    if path.exists():
        former = half.with_name(f"{half.name}.former")
        path.replace(former)
        try:
            half.replace(path)
        except BaseException:  # Ctrl-C between the two
            former.replace(path)
            raise
        shutil.rmtree(former, ignore_errors=True)
    else:
        half.replace(path)
    settle(path.parent)


def settle(path: Path) -> None:
    """Waits until a file's bytes, or a folder's names, are on the disk: a rename may reach it before them."""
    if os.name == "nt" and path.is_dir():
        return  # Windows opens no folders
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
