"""Writes that are there whole or not at all, whatever kills the process."""

import os
import shutil
from collections.abc import Callable
from pathlib import Path

__all__ = ["fill_folder", "settle", "write_text"]


def write_text(path: Path, text: str) -> None:
    """Replaces a file's text."""
    half = path.with_name(f"{path.name}.half")
    half.write_text(text, encoding="utf-8")
    settle(half)
    half.replace(path)
    settle(path.parent)


def fill_folder(path: Path, half: Path, write: Callable[[Path], None]) -> None:
    """Makes the folder `path`, with what `write` puts into it; `half` is where it is filled first."""
    shutil.rmtree(half, ignore_errors=True)
    half.mkdir(parents=True)
    write(half)
    for file in half.rglob("*"):
        settle(file)
    settle(half)
    shutil.rmtree(path, ignore_errors=True)  # one that lacks its record is no cell
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
