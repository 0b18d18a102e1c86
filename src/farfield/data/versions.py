"""Versions of data: snapshots under the hash of their rows, and the log of what was made from what.

STORE/chunks/ab/….jsonl.gz   some thousand rows each, stored once however many snapshots have them
STORE/snapshots/….json       files of a snapshot as lists of chunks
STORE/log.jsonl              one entry a save: snapshot, parents, and the command that made the files
"""

import gzip
import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import cached_property
from pathlib import Path

from farfield.atomic import replaced, replaced_bytes
from farfield.data.reading import stream_rows
from farfield.errors import DataError

__all__ = ["Entry", "KeptFile", "Rows", "Saved", "Snapshot", "Store", "canonical", "rows_at"]

_ROWS, _BYTES = 8192, 1 << 23  # a chunk ends here at the latest
_LATEST = "latest"
_SHORT = 12  # digits of an address that a person types


_encode = json.JSONEncoder(sort_keys=True, ensure_ascii=False, separators=(",", ":")).encode


def canonical(row: Mapping[str, str]) -> bytes:
    """A row as one line of JSON whose keys are sorted, so that equal rows are equal bytes."""
    return _encode(row).encode() + b"\n"


@dataclass(frozen=True, slots=True)
class KeptFile:
    """One file of a snapshot: its name, rows, the SHA-256 of its canonical rows in order, and its chunks."""

    name: str
    rows: int
    sha256: str
    chunks: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Snapshot:
    """Files as they were; the address is the SHA-256 of their names and rows."""

    address: str
    files: tuple[KeptFile, ...]


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the log.

    Attributes:
        address: of the snapshot.
        parents: addresses of what it was made from; empty where it is the first.
        made_by: the command that made the files; empty where nobody said.
        saved: when, as ISO 8601.
        files: names of the files.
        rows: in all files.
    """

    address: str
    parents: tuple[str, ...]
    made_by: str
    saved: str
    files: tuple[str, ...]
    rows: int


@dataclass(frozen=True, slots=True)
class Saved:
    """What a save did: its entry, whether the store lacked the snapshot, and how many chunks it lacked, of how many."""

    entry: Entry
    new: bool
    new_chunks: int
    chunks: int


@dataclass(frozen=True)
class Store:
    """A folder of snapshots.

    Attributes:
        folder: where it is, or will be made by the first save.
    """

    folder: Path

    def save(
        self, paths: Sequence[Path], *, saved: str, made_by: str = "", parents: Sequence[str] | None = None
    ) -> Saved:
        """Keeps the files' rows. Whatever stops it, the store has the whole snapshot with its entry, or neither.

        Args:
            paths: files that `read_rows` knows; their names must differ.
            saved: when, as ISO 8601; the log says it, and nothing depends on it.
            made_by: the command that made the files.
            parents: starts of addresses of what they were made from (default: the last that was saved).

        Raises:
            DataError: a file that can't be read, two of one name, or a parent that the store lacks.
        """
        from filelock import FileLock

        names = [path.name for path in paths]
        twice = next((name for name in names if names.count(name) > 1), None)
        if twice:
            raise DataError(f"two files are named {twice!r}", where=str(self.folder), mend="save them one by one")
        self.folder.mkdir(parents=True, exist_ok=True)
        with FileLock(self.folder / ".lock"):
            log = self.log()
            before = [self.find(start) for start in parents] if parents is not None else [e.address for e in log[-1:]]
            kept, new_chunks = [], 0
            for path in sorted(paths, key=lambda path: path.name):
                file, new = self._keep(path)
                kept.append(file)
                new_chunks += new
            snapshot = Snapshot(_address(kept), tuple(kept))
            place = self._snapshot_path(snapshot.address)
            new_snapshot = not place.is_file()
            if new_snapshot:
                with replaced(place) as written:
                    json.dump(asdict(snapshot), written, ensure_ascii=False)
            origin = tuple(address for address in before if address != snapshot.address)
            entry = Entry(snapshot.address, origin, made_by, saved, tuple(sorted(names)), sum(f.rows for f in kept))
            with replaced(self.folder / "log.jsonl") as written:
                written.writelines(json.dumps(asdict(e), ensure_ascii=False) + "\n" for e in (*log, entry))
        return Saved(entry, new_snapshot, new_chunks, sum(len(file.chunks) for file in kept))

    def log(self) -> list[Entry]:
        """The entries, the oldest first; none where nothing was saved."""
        path = self.folder / "log.jsonl"
        if not path.is_file():
            return []
        entries = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
        return [Entry(**{**e, "parents": tuple(e["parents"]), "files": tuple(e["files"])}) for e in entries]

    def find(self, start: str = _LATEST) -> str:
        """The address that begins so; `latest` is the last that was saved, a file's name the last that has the file.

        Raises:
            DataError: no snapshot, or several.
        """
        log = self.log()
        named = [entry.address for entry in log if start in (_LATEST, *entry.files)]
        if named:
            return named[-1]
        addresses = [entry.address for entry in log]
        found = sorted({address for address in addresses if start and address.startswith(start)})
        if len(found) == 1:
            return found[0]
        known = ", ".join(address[:_SHORT] for address in dict.fromkeys(addresses)) or "nothing"
        what = f"{len(found)} snapshots begin with {start!r}" if found else f"there is no snapshot {start!r}"
        raise DataError(what, where=str(self.folder), mend=f"the store has: {known}")

    def snapshot(self, start: str = _LATEST) -> Snapshot:
        """The snapshot whose address begins so; see `find`."""
        told = json.loads(self._snapshot_path(self.find(start)).read_text(encoding="utf-8"))
        files = tuple(KeptFile(**{**file, "chunks": tuple(file["chunks"])}) for file in told["files"])
        return Snapshot(told["address"], files)

    def rows(self, snapshot: Snapshot) -> Iterator[dict[str, str]]:
        """The rows of all its files, in the order of the files' names.

        Raises:
            DataError: a chunk is missing or is not what was kept.
        """
        for file in snapshot.files:
            for name in file.chunks:
                for line in self._chunk(name).splitlines():
                    yield json.loads(line)

    def _chunk(self, name: str) -> bytes:
        path = self._chunk_path(name)
        mend = "restore the store from a copy; other snapshots may be whole"
        try:
            raw = gzip.decompress(path.read_bytes())
        except (OSError, EOFError, gzip.zlib.error) as error:  # type: ignore[attr-defined]
            raise DataError(f"a part of the snapshot can't be read: {error}", where=str(path), mend=mend) from None
        if hashlib.sha256(raw).hexdigest() != name:
            raise DataError("a part of the snapshot is not what was kept", where=str(path), mend=mend)
        return raw

    def _keep(self, path: Path) -> tuple[KeptFile, int]:
        digest, chunks, rows, new = hashlib.sha256(), [], 0, 0
        for lines in _chunks(map(canonical, stream_rows(path))):
            raw = b"".join(lines)
            digest.update(raw)
            rows += len(lines)
            name = hashlib.sha256(raw).hexdigest()
            chunks.append(name)
            if not self._chunk_path(name).is_file():
                replaced_bytes(self._chunk_path(name), gzip.compress(raw, 6, mtime=0))
                new += 1
        return KeptFile(path.name, rows, digest.hexdigest(), tuple(chunks)), new

    def _chunk_path(self, name: str) -> Path:
        return self.folder / "chunks" / name[:2] / f"{name}.jsonl.gz"

    def _snapshot_path(self, address: str) -> Path:
        return self.folder / "snapshots" / f"{address}.json"


def _address(files: Sequence[KeptFile]) -> str:
    told = [[file.name, file.rows, file.sha256] for file in files]
    return hashlib.sha256(json.dumps(told, ensure_ascii=False).encode()).hexdigest()


def _chunks(lines: Iterable[bytes]) -> Iterator[list[bytes]]:
    """Rows in chunks that end where a row's own hash says so: a row put in or taken out moves no later boundary."""
    chunk: list[bytes] = []
    size = 0
    for line in lines:
        chunk.append(line)
        size += len(line)
        ends = not int.from_bytes(hashlib.sha256(line).digest()[:2]) % 1024
        if ends or len(chunk) >= _ROWS or size >= _BYTES:
            yield chunk
            chunk, size = [], 0
    if chunk:
        yield chunk


@dataclass(frozen=True)
class Rows:
    """Rows that can be gone through again and again without being held: a file's, or a snapshot's.

    Attributes:
        place: as a person names it.
        path: of the file; of the store where `snapshot` is given.
        start: of the snapshot's address.
    """

    place: str
    path: Path
    start: str = ""

    def __iter__(self) -> Iterator[dict[str, str]]:
        return self._store.rows(self._snapshot) if self.start else stream_rows(self.path)

    @property
    def _store(self) -> Store:
        return Store(self.path)

    @cached_property
    def _snapshot(self) -> Snapshot:
        return self._store.snapshot(self.start)


def rows_at(place: str) -> Rows:
    """The rows that a person means by FILE, STORE (its latest snapshot) or STORE@ADDRESS; see `Store.find`."""
    path = Path(place)
    if path.is_dir():
        return Rows(place, path, _LATEST)
    store, at, start = place.rpartition("@")
    if at and not path.exists() and Path(store).is_dir():
        return Rows(place, Path(store), start or _LATEST)
    return Rows(place, path)
