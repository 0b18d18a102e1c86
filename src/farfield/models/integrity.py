"""Hashes of model folders: computed once, remembered by size and time of change, checked when those differ."""

import hashlib
import json
import os
from pathlib import Path

__all__ = ["fingerprint", "seal", "sealed", "sha256_of"]

_SEAL = "farfield.json"
_COUNTED = (".safetensors", ".json", ".jinja", ".model")


def sha256_of(path: Path) -> str:
    """SHA-256 of a file's bytes."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def fingerprint(folder: Path, cache: Path) -> str:
    """SHA-256 over the names and bytes of a folder's weights, configuration and tokenizer.

    Half a gigabyte takes a second to hash, so hashes are remembered in `cache` by path, size and time of change.
    """
    memory = cache / "hashes.json"
    known = _read(memory)
    lines, fresh = [], False
    for path in _files(folder):
        stat = path.stat()
        mark = f"{path.resolve()}|{stat.st_size}|{stat.st_mtime_ns}"
        if mark not in known:
            known[mark], fresh = sha256_of(path), True
        lines.append(f"{path.name} {known[mark]}")
    if fresh:
        _write(memory, {mark: sha for mark, sha in known.items() if Path(mark.split("|")[0]).exists()})
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()


def seal(folder: Path) -> None:
    """Notes size, time of change and hash of every file; a folder without the note is unfinished."""
    _write(folder / _SEAL, {path.name: f"{_mark(path)} {sha256_of(path)}" for path in _files(folder)})


def sealed(folder: Path) -> bool:
    """Whether the folder is finished and unaltered; a file whose time changed is hashed, others are believed."""
    notes = _read(folder / _SEAL)
    if not notes or {path.name for path in _files(folder)} != set(notes):
        return False
    for path in _files(folder):
        mark, sha = notes[path.name].rsplit(" ", 1)
        if _mark(path) != mark and (path.stat().st_size != int(mark.split()[0]) or sha256_of(path) != sha):
            return False
    return True


def _mark(path: Path) -> str:
    stat = path.stat()
    return f"{stat.st_size} {stat.st_mtime_ns}"


def _files(folder: Path) -> list[Path]:
    if not folder.is_dir():
        return []
    return sorted(p for p in folder.iterdir() if p.suffix in _COUNTED and p.name != _SEAL)


def _read(path: Path) -> dict[str, str]:
    try:
        notes = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return notes if isinstance(notes, dict) else {}


def _write(path: Path, notes: dict[str, str]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    half = path.with_name(f"{path.name}.{os.getpid()}")
    half.write_text(json.dumps(notes, indent=1), encoding="utf-8")
    half.replace(path)
