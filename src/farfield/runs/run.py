"""A run's folder.

manifest.json                    what was run, on what, and every cell's record
cells/ADDRESS/record.json        written last: a folder that has one is finished
cells/ADDRESS/…                  predictions.parquet, or weights as safetensors
half/ADDRESS/                    scratch of the cell at hand
.lock                            held while cells are worked on
"""

import json
import shutil
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, cast

from filelock import FileLock, Timeout

from farfield.atomic import fill_folder, write_text
from farfield.errors import RunError
from farfield.runs.address import Part

if TYPE_CHECKING:
    import polars as pl

__all__ = ["FORMAT", "CellRecord", "Run"]

# The number of the layout above. A change to it comes with a step that brings older folders along.
FORMAT = 1
_MANIFEST, _RECORD, _LOCK = "manifest.json", "record.json", ".lock"
# What a run that was killed before its first manifest may leave: such a folder goes on, others' folders don't.
_OURS = {_LOCK, "cells", "half"}


@dataclass(frozen=True, slots=True)
class CellRecord:
    """What is told of a finished cell.

    Attributes:
        kind: `train`, `choose`, `search`, `evaluate`, `move`, `space` or `baseline`.
        seconds: wall clock; after a resume, of the last part.
        tokens: read, written or trained on.
        peak_memory: bytes, of the process up to the cell's end.
        facts: what this kind of cell tells besides, such as the back end or the losses.
    """

    address: str
    kind: str
    seconds: float
    tokens: int
    peak_memory: int
    facts: Mapping[str, Part] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Run:
    """The folder of a run; made by `create` or `open`, and by itself it touches nothing."""

    folder: Path

    @classmethod
    def create(cls, folder: Path) -> "Run":
        """The run in `folder`, made where it is not there yet.

        Raises:
            RunError: the folder holds something else, can't be made, or is from a newer version.
        """
        if folder.exists() and not (folder / _MANIFEST).exists() and (not folder.is_dir() or _strangers(folder)):
            raise RunError(
                "the run's folder is there already and holds no run",
                where=str(folder),
                mend="give another folder with --out, or empty this one",
            )
        try:
            for part in ("cells", "half"):
                (folder / part).mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise RunError(
                f"the run's folder can't be made: {error.strerror}",
                where=str(folder),
                mend="give a folder that can be written to with --out",
            ) from error
        run = cls(folder)
        run.manifest()
        return run

    @classmethod
    def open(cls, folder: Path) -> "Run":
        """A run that is there.

        Raises:
            RunError: there is none, or it is from a newer version.
        """
        if not (folder / _MANIFEST).is_file():
            raise RunError(
                "no run in this folder",
                where=str(folder),
                mend="give the folder that `farfield run` printed; by default it is runs/NAME beside the study file",
            )
        run = cls(folder)
        run.manifest()
        return run

    def manifest(self) -> dict[str, Part]:
        """The manifest; empty before the first one is written.

        Raises:
            RunError: it is damaged, or from a newer version.
        """
        path = self.folder / _MANIFEST
        try:
            read = json.loads(path.read_text(encoding="utf-8"))
            number = int(read["format"])
        except FileNotFoundError:
            return {}
        except (ValueError, TypeError, KeyError) as error:
            raise RunError(
                "this manifest can't be read",
                where=str(path),
                mend="delete it and run the study again: finished cells are kept",
            ) from error
        if number > FORMAT:
            raise RunError(
                f"this run was made by a newer farfield (format {number}; this one reads up to {FORMAT})",
                where=str(path),
                mend="update farfield, or give another folder with --out",
            )
        return cast("dict[str, Part]", read)

    def write_manifest(self, head: Mapping[str, Part]) -> None:
        """Replaces the manifest by `head` with the layout's number and the record of every finished cell."""
        whole = {"format": FORMAT, **head, "cells": [asdict(record) for record in self.records()]}
        write_text(self.folder / _MANIFEST, json.dumps(whole, ensure_ascii=False, indent=1) + "\n")

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Holds the folder; the lock goes with the process, however that ends.

        Raises:
            RunError: another process holds it.
        """
        try:
            held = FileLock(self.folder / _LOCK, timeout=0).acquire()
        except Timeout as error:
            raise RunError(
                "another farfield works in this run's folder",
                where=str(self.folder),
                mend="wait for it to end, or give another folder with --out",
            ) from error
        with held:
            yield

    def has(self, address: str) -> bool:
        """Whether a cell is finished."""
        return (self.cell(address) / _RECORD).is_file()

    def cell(self, address: str) -> Path:
        """A finished cell's folder."""
        return self.folder / "cells" / address

    def weights(self, address: str) -> Path:
        """The folder with a finished training's weights; a choice between trainings leads to the one it took."""
        return self.cell(str(self.record(address).facts.get("weights", address)))

    def scratch(self, address: str) -> Path:
        """A folder for what the cell keeps until it is finished; a killed run finds it again."""
        path = self.folder / "half" / address
        path.mkdir(parents=True, exist_ok=True)
        return path

    def finish(self, record: CellRecord, write: Callable[[Path], None]) -> None:
        """Makes a cell finished, with what `write` puts into its folder; it is there whole or not at all."""

        def fill(folder: Path) -> None:
            write(folder)
            text = json.dumps(asdict(record), ensure_ascii=False)
            (folder / _RECORD).write_text(text, encoding="utf-8")

        half = self.folder / "half"
        fill_folder(self.cell(record.address), half / f"{record.address}.new", fill)
        shutil.rmtree(half / record.address, ignore_errors=True)

    def record(self, address: str) -> CellRecord:
        """A finished cell's record."""
        return CellRecord(**json.loads((self.cell(address) / _RECORD).read_text(encoding="utf-8")))

    def records(self) -> list[CellRecord]:
        """The records of all finished cells, in the order of their addresses."""
        found = (self.folder / "cells").glob(f"*/{_RECORD}")
        return [self.record(path.parent.name) for path in sorted(found)]

    def predictions(self, address: str) -> "pl.DataFrame":
        """What a finished cell predicted, one row per example."""
        import polars as pl

        return pl.read_parquet(self.cell(address) / "predictions.parquet")


def _strangers(folder: Path) -> bool:
    # A kill may leave the half of a manifest behind.
    return any(path.name not in _OURS and path.suffix != ".half" for path in folder.iterdir())
