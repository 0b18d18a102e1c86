"""The scattered files on disk: each office's in its own form and encoding, and the list of what is wrong in them."""

import csv
import io
import json
import zipfile
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from importlib.resources import files
from pathlib import Path

from farfield.atomic import put_folder, write_text
from farfield.data.scattered.entries import Entry, entries_of
from farfield.data.scattered.plants import plant_english, plant_japanese
from farfield.errors import UsageError

__all__ = ["Planted", "write_scattered"]

_JAPANESE = ("受付日", "顧客番号", "本文", "区分")
_ENGLISH = ("received", "customer", "message", "summary")
Numbers = list[int]
"""The row of each entry, as an editor or a spreadsheet counts."""


@dataclass(frozen=True, slots=True)
class Planted:
    """A fault that is known to stand in a file.

    Attributes:
        code: as `check` calls it; `undecodable`, `cells` and `no_text` are put aside by an import, for these reasons.
        file: its path below the folder, an archive's as `test.zip/osaka.csv`.
        sheet: of a workbook; elsewhere empty.
        row: as an editor or a spreadsheet counts; 0 where all of the file is meant.
    """

    code: str
    file: str
    sheet: str
    row: int


def write_scattered(folder: Path) -> tuple[Planted, ...]:
    """Writes the files, `faults.json` with what is wrong in them, and a study that reads them once they are imported.

    The files are the same each time, to the byte where their format allows it.

    Args:
        folder: to make.

    Raises:
        UsageError: it is there already.
    """
    if folder.exists():
        raise UsageError("there is something already", where=str(folder), mend="name a new folder")
    folder.parent.mkdir(parents=True, exist_ok=True)
    half = folder.with_name(f".{folder.name}.half")
    planted = [Planted("imbalance", "ja/new_branch/sapporo.parquet", "", 0), *_japanese(half), *_english(half)]
    write_text(half / "faults.json", _listed(planted))
    study = files("farfield.data") / "samples" / "scattered" / "study.yaml"
    write_text(half / "study.yaml", study.read_text(encoding="utf-8"))
    put_folder(half, folder)
    return tuple(planted)


def _listed(planted: Sequence[Planted]) -> str:
    lines = ",\n".join(json.dumps(asdict(each), ensure_ascii=False) for each in planted)
    return f"[\n{lines}\n]\n"


def _japanese(folder: Path) -> list[Planted]:
    kept = entries_of("ja")
    plant_japanese(kept)
    train, test = folder / "ja" / "train", folder / "ja" / "test.zip"
    found = []

    def put(name: str, path: Path, write: Callable[[Sequence[Entry]], tuple[bytes, Numbers]]) -> None:
        raw, numbers = write(kept[name])
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(raw)
        found.extend(_planted(kept[name], numbers, path.relative_to(folder).as_posix()))

    put("osaka", train / "01_osaka.csv", lambda rows: _separated(rows, "cp932", day="{0.year}/{0.month}/{0.day}"))
    put("sendai", train / "02_sendai.tsv", lambda rows: _separated(rows, "utf-16", "\t", day=_ERA))
    put("kobe", train / "03_kobe.csv", lambda rows: _separated(rows, "euc_jp", ";"))
    halves = {"上期": kept["first_half"], "下期": kept["second_half"]}
    raw, numbers = _workbook(halves)
    (train / "04_head_office.xlsx").write_bytes(raw)
    for sheet, rows in halves.items():
        found += _planted(rows, numbers[sheet], "ja/train/04_head_office.xlsx", sheet)
    put("web", train / "05_web_form.jsonl", _lines)
    put("crm", train / "06_crm.json", _objects)
    put("nagoya", train / "07_nagoya.csv", lambda rows: _separated(rows, "utf-8-sig"))
    put("sapporo", folder / "ja" / "new_branch" / "sapporo.parquet", _parquet)
    put("later", folder / "ja" / "later" / "2024.csv", lambda rows: _separated(rows, "utf-8"))
    members = {"osaka.csv": _separated(kept["test_csv"], "cp932"), "counter.jsonl": _lines(kept["test_counter"])}
    test.write_bytes(_zipped({name: raw for name, (raw, _) in members.items()}))
    for (name, (_, numbers_of)), rows in zip(members.items(), (kept["test_csv"], kept["test_counter"]), strict=True):
        found += _planted(rows, numbers_of, f"ja/test.zip/{name}")
    for number, entry in enumerate(kept["mail"], 1):
        path = folder / "mail" / f"{number:02}.eml"
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(_message(entry, number))
    return found


def _english(folder: Path) -> list[Planted]:
    kept = entries_of("en")
    plant_english(kept)
    train, test = folder / "en" / "train", folder / "en" / "test"
    for place in (train, test):
        place.mkdir(parents=True)
    written = {
        "helpdesk": (train / "helpdesk.csv", _separated(kept["helpdesk"], "cp1252", columns=_ENGLISH)),
        "tickets": (train / "tickets.jsonl", _lines(kept["tickets"], _ENGLISH)),
        "notes": (train / "notes.tsv", _separated(kept["notes"], "utf-8-sig", "\t", columns=_ENGLISH)),
        "test": (test / "counter.json", _objects(kept["test"], _ENGLISH)),
    }
    found = []
    for name, (path, (raw, numbers)) in written.items():
        path.write_bytes(raw)
        found += _planted(kept[name], numbers, path.relative_to(folder).as_posix())
    return found


def _planted(rows: Sequence[Entry], numbers: Numbers, file: str, sheet: str = "") -> list[Planted]:
    found = zip(rows, numbers, strict=True)
    return [Planted(code, file, sheet, number) for entry, number in found for code in entry.codes]


_ISO = "{0:%Y-%m-%d}"
_ERA = "令和{1}年{0.month}月{0.day}日"


def _row(entry: Entry, columns: Sequence[str], day: str = _ISO) -> dict[str, str]:
    cells = (day.format(entry.day, entry.day.year - 2018), entry.customer, entry.text, entry.target)
    return dict(zip(columns, cells, strict=True))


def _separated(
    rows: Sequence[Entry],
    encoding: str,
    delimiter: str = ",",
    *,
    day: str = _ISO,
    columns: Sequence[str] = _JAPANESE,
) -> tuple[bytes, Numbers]:
    """A table of cells; what no encoding has stands in its text as a mark until all else is encoded."""
    raw, numbers, line = [_record(columns, delimiter)], [], 2
    for entry in rows:
        numbers.append(line)
        cells = [*_row(entry, columns, day).values(), *["?"] * entry.cells]
        raw.append(_record(cells, delimiter))
        line += raw[-1].count("\n")
    written = ("".join(raw)).encode(encoding)
    for entry in rows:
        written = _torn(entry, written, encoding)
    return written, numbers


def _record(cells: Sequence[str], delimiter: str) -> str:
    line = io.StringIO(newline="")
    csv.writer(line, delimiter=delimiter, lineterminator="\r\n").writerow(cells)
    return line.getvalue()


def _torn(entry: Entry, written: bytes, encoding: str) -> bytes:
    """The bytes with those behind the entry's first character that stand for nothing."""
    if not entry.raw:
        return written
    first, rest = entry.text[:1].encode(encoding), entry.text[1:].encode(encoding)
    return written.replace(first + rest, first + entry.raw + rest, 1)


def _workbook(sheets: dict[str, list[Entry]]) -> tuple[bytes, dict[str, Numbers]]:
    """Two sheets with a title that is merged over the table, and the header two rows below it."""
    import xlsxwriter

    buffer, numbers = io.BytesIO(), {}
    with xlsxwriter.Workbook(buffer, {"in_memory": True}) as book:
        book.set_properties({"created": datetime(2024, 4, 1)})
        for name, rows in sheets.items():
            sheet = book.add_worksheet(name)
            sheet.merge_range(0, 0, 0, 3, f"お問い合わせ一覧（{name}）")
            sheet.write_row(2, 0, _JAPANESE)
            for place, entry in enumerate(rows, 3):
                for column, cell in enumerate(_row(entry, _JAPANESE, "{0.year}年{0.month}月{0.day}日").values()):
                    sheet.write_string(place, column, cell)
            numbers[name] = list(range(4, 4 + len(rows)))
    return buffer.getvalue(), numbers


def _lines(rows: Sequence[Entry], columns: Sequence[str] = _JAPANESE) -> tuple[bytes, Numbers]:
    written = "".join(json.dumps(_row(entry, columns), ensure_ascii=False) + "\n" for entry in rows).encode()
    for entry in rows:
        written = _torn(entry, written, "utf-8")
    return written, list(range(1, len(rows) + 1))


def _objects(rows: Sequence[Entry], columns: Sequence[str] = _JAPANESE) -> tuple[bytes, Numbers]:
    """An export that keeps its list beside what it says of itself, a row a line."""
    listed = ",\n".join(json.dumps(_row(entry, columns), ensure_ascii=False) for entry in rows)
    text = f'{{"exported": "2024-04-01", "rows": [\n{listed}\n]}}\n'
    return text.encode(), list(range(2, 2 + len(rows)))


def _parquet(rows: Sequence[Entry]) -> tuple[bytes, Numbers]:
    import polars as pl

    buffer = io.BytesIO()
    pl.DataFrame([_row(entry, _JAPANESE) for entry in rows]).write_parquet(buffer)
    return buffer.getvalue(), list(range(1, len(rows) + 1))


def _zipped(members: dict[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, raw in members.items():
            archive.writestr(zipfile.ZipInfo(name, (2024, 4, 1, 9, 0, 0)), raw, zipfile.ZIP_DEFLATED)
    return buffer.getvalue()


def _message(entry: Entry, number: int) -> bytes:
    """An e-mail as Japanese programs send it; its subject stands before the tab."""
    from email.header import Header
    from email.mime.text import MIMEText

    subject, _, text = entry.text.partition("\t")
    message = MIMEText(f"{text}\n", "plain", "iso-2022-jp")
    message["Subject"] = Header(subject, "iso-2022-jp").encode()
    message["From"] = f"desk@customer{number}.example.jp"
    message["To"] = "support@aonami.example"
    message["Date"] = f"{entry.day:%a, %d %b %Y} 09:{number:02}:00 +0900"
    return message.as_bytes()
