"""Files, folders and archives -> one folder with every row, every line put aside, and what is known of each file."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from farfield.data.faults.streamed import faults_of_row
from farfield.data.intake.columns import ROLES, Proposal, Surveyed, propose
from farfield.data.intake.domains import DomainOf, domain_rule
from farfield.data.intake.folder import Target
from farfield.data.intake.kinds import kind_of
from farfield.data.intake.lines import Opened
from farfield.data.intake.readers import read_file
from farfield.data.intake.values import Aside, Options, Row, Source
from farfield.data.intake.walking import Found, Missed, unpacked, walk
from farfield.data.writing import row_line
from farfield.errors import DataError

__all__ = ["Imported", "Watch", "Wishes", "import_files", "parse_mapping"]

_SHOWN = 3  # of what a file had put aside
_SHOWN_FILES = 20
_PREVIEW = 5
_DEFAULT = Options()


class Watch(Protocol):
    """Who is told how far an import is."""

    def begin(self, files: int, total: int) -> None:
        """So many files with so many bytes are to be read."""

    def file(self, name: str) -> None:
        """A file begins."""

    def advance(self, read: float) -> None:
        """So many more bytes were read."""


class _Silent:
    def begin(self, files: int, total: int) -> None:
        """Says nothing."""

    def file(self, name: str) -> None:
        """Says nothing."""

    def advance(self, read: float) -> None:
        """Says nothing."""


@dataclass(frozen=True, slots=True)
class Wishes:
    """What the rows should become.

    Attributes:
        mapping: a role (`text`, `target`, `date`, `source`, `group`) -> the column that becomes it.
        domain: as `domain_rule` reads it; empty: rows have no domains.
        replace: whether the target may replace a former import.
    """

    mapping: Mapping[str, str]
    domain: str = ""
    replace: bool = False


@dataclass(frozen=True, slots=True)
class Imported:
    """What an import did.

    Attributes:
        folder: with `rows.jsonl`, `aside.jsonl`, `sources.json` and, where rows have domains, `domains/`.
        sources: what is known of each file.
        rows, aside, blank: rows read, put aside, and empty ones.
        shown: the first of what was put aside, by file.
        proposals: columns that fit roles, where no mapping was given.
        preview: the first rows as they were written.
        domains: each domain and the name of its file.
        columns: the different sets of columns that files have.
    """

    folder: Path
    sources: tuple[Source, ...]
    rows: int
    aside: int
    blank: int
    shown: Mapping[str, tuple[Aside, ...]]
    proposals: tuple[Proposal, ...]
    preview: tuple[Mapping[str, str | int], ...]
    domains: Mapping[str, str]
    columns: tuple[tuple[str, ...], ...]


def import_files(
    paths: Sequence[Path], to: Path, *, wishes: Wishes, options: Options = _DEFAULT, watch: Watch | None = None
) -> Imported:
    """Reads all that lies under the paths into the folder `to`, which appears at the end, whole or not at all.

    Args:
        paths: files, folders, archives.
        to: the folder to make.
        wishes: roles of columns, domains, and whether a former import may be replaced.
        options: what the caller knows of the files.
        watch: is told the progress.

    Raises:
        DataError: a path that isn't there, a target that exists, a mapping that fits no row, or not one row read.
    """
    for path in paths:
        if not path.exists():
            raise DataError("there is no such file or folder", where=str(path), mend="check the path")
    with Target(to, replace=wishes.replace) as target:
        job = _Job(target, wishes, options, watch or _Silent())
        job.take_all(list(walk(paths, leave=(to, target.scratch.parent))))
        done = job.done()
        if not done.rows:
            raise DataError("not one row could be read", where=", ".join(map(str, paths)), mend=_why_none(done))
        target.finish(job.sources)
    return done


def _why_none(done: Imported) -> str:
    said = [f"{name}: {aside.reason}; {aside.mend}" for name, shown in done.shown.items() for aside in shown]
    return " | ".join(said[:_SHOWN]) or "name a file or folder that holds rows"


class _Job:
    """One import while it runs."""

    def __init__(self, target: Target, wishes: Wishes, options: Options, watch: Watch) -> None:
        self._target = target
        self._options = options
        self._watch = watch
        self._mapping = {column: role for role, column in wishes.mapping.items()}
        self._domain = _rule(wishes)
        self._surveyed = Surveyed()
        self._shown: dict[str, list[Aside]] = {}
        self._preview: list[dict[str, str | int]] = []
        self._columns: dict[tuple[str, ...], None] = {}
        self.sources: list[Source] = []

    def take_all(self, found: Sequence[Found | Missed]) -> None:
        """Reads every file in order."""
        sizes = [item.size for item in found if isinstance(item, Found)]
        self._watch.begin(len(sizes), sum(sizes))
        for item in found:
            self._take(item, depth=0)

    def _take(self, item: Found | Missed, depth: int) -> None:
        source = Source(item.name)
        self.sources.append(source)
        if isinstance(item, Missed):
            self._put_aside(item.why, source)
            return
        self._watch.file(item.name)
        source.bytes = item.size
        opened = Opened(item.path, item.size, lambda read: self._watch.advance(read * item.weight))
        try:
            kind = kind_of(item.path, item.name)
            if isinstance(kind, str):
                source.kind = kind
                self._read(item, opened, source, depth)
            else:
                self._put_aside(kind, source)
            source.sha256 = opened.sha256()
            if changed := opened.changed():
                source.notes.append(changed)
        except OSError as error:
            if not item.path.exists() or error.filename == str(item.path):
                self._put_aside(Aside(f"the file went away: {error.strerror}", "import it again"), source)
            else:
                raise  # the target's disk, not the source

    def _read(self, item: Found, opened: Opened, source: Source, depth: int) -> None:
        limits = self._options.limits
        if source.kind == "zip":
            if depth >= limits.zip_depth:
                what = f"archives lie {depth + 1} deep in one another; more than {limits.zip_depth} are not unpacked"
                self._put_aside(Aside(what, "unpack it yourself and name the folder"), source)
                return
            for inner in unpacked(item, self._target.scratch, limits):
                self._take(inner, depth + 1)
            return
        for found in read_file(opened, source.kind, self._options, source):
            if isinstance(found, Row):
                self._take_row(found, source)
            else:
                self._put_aside(found, source)

    def _take_row(self, row: Row, source: Source) -> None:
        fields = row.fields
        if not any(fields.values()) or not "".join(fields.values()).strip():
            source.blank += 1
            return
        if self._mapping:
            fields = self._mapped(fields)
            if fault := self._unfit(fields):
                self._put_aside(_whole(row, *fault), source)
                return
        written: dict[str, str | int] = {**fields, "_file": source.file, "_sheet": row.sheet, "_row": row.row}
        domain = None
        if self._domain is not None:
            domain = self._domain(fields, source.file)
            if not domain:
                mend = "fill its column, or choose another --domain"
                self._put_aside(_whole(row, "the row has no domain", mend), source)
                return
            written["_domain"] = domain
        try:
            line = row_line(written)
        except UnicodeEncodeError:
            what = "the row holds half of a character, or bytes that stand for none"
            self._put_aside(_whole(row, what, "write it again; something cut its text in the middle"), source)
            return
        self._target.row(line, domain)
        source.rows += 1
        for code in faults_of_row(fields.values()):
            source.found[code] = source.found.get(code, 0) + 1
        if source.rows == 1:
            self._columns[tuple(fields)] = None
        self._surveyed.see(fields)
        if len(self._preview) < _PREVIEW:
            self._preview.append(written)

    def _mapped(self, fields: Mapping[str, str]) -> dict[str, str]:
        """Columns under the names of their roles; one that has a role's name already gets another."""
        roles = set(self._mapping.values())
        return {
            self._mapping.get(name) or (f"{name}_" if name in roles else name): value for name, value in fields.items()
        }

    def _unfit(self, fields: Mapping[str, str]) -> tuple[str, str] | None:
        for column, role in self._mapping.items():
            if role not in fields:
                return f"the row has no column {column!r}, which is mapped to {role}", "import such files by themselves"
        if "text" in self._mapping.values() and not fields["text"].strip():
            return "its text is empty", "nothing, if it should be"
        return None

    def _put_aside(self, aside: Aside, source: Source) -> None:
        self._target.aside(source.file, aside)
        source.aside += 1
        if len(self._shown) < _SHOWN_FILES or source.file in self._shown:
            shown = self._shown.setdefault(source.file, [])
            if len(shown) < _SHOWN:
                shown.append(aside)

    def done(self) -> Imported:
        """What was done."""
        return Imported(
            folder=self._target.folder,
            sources=tuple(self.sources),
            rows=sum(source.rows for source in self.sources),
            aside=sum(source.aside for source in self.sources),
            blank=sum(source.blank for source in self.sources),
            shown={name: tuple(asides) for name, asides in self._shown.items()},
            proposals=() if self._mapping else propose(self._surveyed),
            preview=tuple(self._preview),
            domains=self._target.domains,
            columns=tuple(self._columns),
        )


def parse_mapping(text: str) -> dict[str, str]:
    """`text=本文,target=区分` as roles and their columns.

    Raises:
        DataError: a part without `=`, an unknown role, or a role or column that comes twice.
    """
    mapping: dict[str, str] = {}
    for part in filter(None, text.split(",")):
        role, mark, column = (piece.strip() for piece in part.partition("="))
        if not mark or not column or role not in ROLES:
            raise DataError(
                f"{part!r} maps no column to a role", mend=f"write ROLE=COLUMN; roles are {', '.join(ROLES)}"
            )
        if role in mapping or column in mapping.values():
            raise DataError(f"{part!r} names a role or a column for the second time", mend="name each once")
        mapping[role] = column
    return mapping


def _rule(wishes: Wishes) -> DomainOf | None:
    if not wishes.domain:
        return None
    kind, _, column = wishes.domain.partition(":")
    if kind == "period" and "date" not in wishes.mapping:
        raise DataError("a period needs a date", mend="say which column it is: --map date=COLUMN")
    if kind == "column":
        # Rows reach the rule with their columns' new names.
        roles = {given: role for role, given in wishes.mapping.items()}
        return domain_rule(f"column:{roles.get(column, column)}")
    return domain_rule(wishes.domain)


def _whole(row: Row, reason: str, mend: str) -> Aside:
    """A row that was read, put aside as it was read."""
    raw = row_line(row.fields, errors="surrogatepass").rstrip()
    return Aside(reason, mend, row.row, row.sheet, raw)
