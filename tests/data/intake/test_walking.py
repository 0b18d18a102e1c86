"""Folders and archives, and all that can't be entered or shouldn't be believed."""

import contextlib
import io
import os
import stat
import zipfile
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

import pytest

from farfield.data.intake import Limits, Options, Wishes, import_files
from farfield.data.intake.walking import Found, Missed, walk
from tests.data.intake.gathered import Gathered, gather

CSV = "本文,区分\n動かない,修理\n"


def _zip(path: Path, files: Mapping[str, str | bytes]) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return path


def _aside(found: Gathered) -> dict[str, str]:
    return {aside["file"]: aside["reason"] for aside in found.asides}


def test_folders_are_read_in_order_with_all_beneath(tmp_path: Path) -> None:
    for name in ("b.csv", "a/z.csv", "a/b/c.csv"):
        path = tmp_path / "in" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(CSV)
    found = gather(tmp_path / "in", to=tmp_path / "in" / "out")
    assert [row["_file"] for row in found.rows] == ["in/a/b/c.csv", "in/a/z.csv", "in/b.csv"]
    again = gather(tmp_path / "in", to=tmp_path / "in" / "out", wishes=Wishes({}, replace=True))
    assert again.rows == found.rows


def test_a_file_is_read_once_and_folders_of_one_name_are_told_apart(tmp_path: Path) -> None:
    for name in ("x/data", "y/data"):
        (tmp_path / name).mkdir(parents=True)
        (tmp_path / name / "a.csv").write_text(CSV)
    (tmp_path / "y/data/b.csv").symlink_to(tmp_path / "y/data/a.csv")
    found = gather(tmp_path / "x/data", tmp_path / "y/data", tmp_path / "x/data/a.csv", to=tmp_path / "out")
    assert len({row["_file"] for row in found.rows}) == len(found.rows) == 2
    assert [reason.split(",")[0] for reason in found.reasons] == ["the file is read already"] * 2


def test_files_that_are_not_read_are_named(tmp_path: Path) -> None:
    folder = tmp_path / "in"
    folder.mkdir()
    for name, content in {
        "a.csv": CSV.encode(), ".DS_Store": b"x", "~$a.xlsx": b"x", "b.pdf": b"%PDF-1.7", "c.gz": b"\x1f\x8b\x08",
        "d.docx": b"x", "e": b"x", "f.csv": b"", "g.doc": b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "h.zip": b"x",
    }.items():  # fmt: skip
        (folder / name).write_bytes(content)
    (folder / "loop").symlink_to(folder)
    (folder / "gone").symlink_to(tmp_path / "nowhere")
    os.mkfifo(folder / "pipe.csv")
    found = gather(folder, to=tmp_path / "out")
    assert len(found.rows) == 1
    assert {name.removeprefix("in/"): reason for name, reason in _aside(found).items()} == {
        ".DS_Store": "the file belongs to a program, not to the data",
        "~$a.xlsx": "the file belongs to a program, not to the data",
        "b.pdf": "PDF files are not read",
        "c.gz": "gzip files are not read",
        "d.docx": "files of kind .docx are not read",
        "e": "files of kind without a suffix are not read",
        "f.csv": "the file is empty",
        "g.doc": "files of kind .doc are not read",
        "gone": "the file can't be read: No such file or directory",
        "h.zip": "the archive is broken: it does not begin as one",
        "loop": "links to folders are not followed",
        "pipe.csv": "this is no file but a pipe, socket or device",
    }
    assert all(aside["mend"] for aside in found.asides)


def test_a_folder_that_can_not_be_read_is_named(tmp_path: Path) -> None:
    for name in ("closed", "open"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "a.csv").write_text(CSV)

    @contextlib.contextmanager
    def scan(path: Path) -> Iterator[Iterable[os.DirEntry[str]]]:
        if path.name == "closed":
            raise PermissionError(13, "Permission denied")
        with os.scandir(path) as entries:
            yield entries

    closed, found = walk([tmp_path], scan=scan)
    assert isinstance(closed, Missed)
    assert (closed.name, closed.why.reason) == (
        f"{tmp_path.name}/closed",
        "the folder can't be read: Permission denied",
    )
    assert isinstance(found, Found)


def test_archives_in_archives_are_read(tmp_path: Path) -> None:
    inner = _zip(tmp_path / "inner.zip", {"大阪/a.csv": CSV.encode("cp932")})
    path = _zip(tmp_path / "outer.zip", {"b.csv": CSV, "inner.zip": inner.read_bytes()})
    found = gather(path, to=tmp_path / "out")
    assert [row["_file"] for row in found.rows] == ["outer.zip/b.csv", "outer.zip/inner.zip/大阪/a.csv"]
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == ["aside.jsonl", "rows.jsonl", "sources.json"]
    deep = gather(path, to=tmp_path / "out2", limits=Limits(zip_depth=1))
    assert deep.reasons == ["archives lie 2 deep in one another; more than 1 are not unpacked"]


def test_names_in_archives_as_windows_in_japan_writes_them(tmp_path: Path) -> None:
    path = _zip(tmp_path / "a.zip", {"QQQQ.csv": CSV})
    path.write_bytes(path.read_bytes().replace(b"QQQQ", "大阪".encode("cp932")))
    assert gather(path, to=tmp_path / "out").rows[0]["_file"] == "a.zip/大阪.csv"


def test_what_archives_should_not_hold_is_put_aside(tmp_path: Path) -> None:
    path = tmp_path / "a.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in ("a.csv", "../up.csv", "/etc/root.csv", "C:/win.csv", "__MACOSX/._a.csv", "bomb.csv"):
            archive.writestr(name, "x" * (70 << 20) if name == "bomb.csv" else CSV)
        link = zipfile.ZipInfo("link.csv")
        link.external_attr = (stat.S_IFLNK | 0o777) << 16
        archive.writestr(link, "/etc/passwd")
    found = gather(path, to=tmp_path / "out")
    reasons = {name.removeprefix("a.zip/"): reason for name, reason in _aside(found).items()}
    assert reasons.pop("bomb.csv").endswith("as a zip bomb does")
    assert reasons == {
        "../up.csv": "its name leads out of the archive",
        "/etc/root.csv": "its name leads out of the archive",
        "C:/win.csv": "its name leads out of the archive",
        "__MACOSX/._a.csv": "the file belongs to a program, not to the data",
        "link.csv": "links within archives are not followed",
    }
    assert not (tmp_path / "up.csv").exists()
    assert [row["_file"] for row in found.rows] == ["a.zip/a.csv"]


def test_archives_that_are_too_large_encrypted_or_damaged(tmp_path: Path) -> None:
    folder = tmp_path / "in"
    folder.mkdir()
    (folder / "fine.csv").write_text(CSV)
    _zip(folder / "large.zip", {"a.csv": CSV * 100})
    damaged = _zip(folder / "damaged.zip", {"a.csv": "".join(f"{n},{n * n}\n" for n in range(99)), "b.csv": CSV})
    raw = bytearray(damaged.read_bytes())
    raw[60:64] = b"\xff\xff\xff\xff"
    damaged.write_bytes(raw)
    locked = bytearray(_zip(folder / "locked.zip", {"a.csv": CSV}).read_bytes())
    for mark, at in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        locked[locked.index(mark) + at] |= 1
    (folder / "locked.zip").write_bytes(locked)
    (folder / "cut.zip").write_bytes(locked[:40])
    found = gather(folder, to=tmp_path / "out", limits=Limits(zip_bytes=1000))
    reasons = _aside(found)
    assert reasons["in/large.zip"].endswith("more than 1000 are not unpacked")
    assert reasons["in/locked.zip/a.csv"] == "the file is encrypted"
    assert reasons["in/cut.zip"].startswith("the archive is broken: ")
    assert reasons["in/damaged.zip/a.csv"].startswith("the file is broken within its archive: ")
    assert sorted(row["_file"] for row in found.rows) == ["in/damaged.zip/b.csv", "in/fine.csv"]


class _Writer:
    """A watch that writes to the file that is being read."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def begin(self, files: int, total: int) -> None:
        """Writes once, after the sizes were taken."""
        with self._path.open("a") as file:
            file.write("later,row\n")

    def file(self, name: str) -> None:
        """Nothing."""

    def advance(self, read: float) -> None:
        """Nothing."""


def test_a_file_that_grows_is_read_up_to_its_size_at_the_start(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("a,b\n1,2\n")
    done = import_files([path], tmp_path / "out", wishes=Wishes({}), options=Options(), watch=_Writer(path))
    assert done.rows == 1
    (note,) = done.sources[0].notes
    assert note.startswith("the file grew while it was read: 8 bytes at the start, 18 now")


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such names")
def test_a_name_that_is_no_text_is_written_down_all_the_same(tmp_path: Path) -> None:
    folder = tmp_path / "in"
    folder.mkdir()
    (folder / os.fsdecode(b"\xff.csv")).write_text(CSV)
    assert gather(folder, to=tmp_path / "out").rows[0]["_file"] == "in/\\xff.csv"


def test_an_empty_archive_is_no_fault(tmp_path: Path) -> None:
    nothing = io.BytesIO()
    zipfile.ZipFile(nothing, "w").close()
    (tmp_path / "empty.zip").write_bytes(nothing.getvalue())
    (tmp_path / "a.csv").write_text(CSV)
    found = gather(tmp_path / "a.csv", tmp_path / "empty.zip", to=tmp_path / "out")
    assert (len(found.rows), found.asides) == (1, [])
