"""Which column is the text, the target, a date, a source or a group: proposed by what the columns hold."""

import statistics
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field

from farfield.data.dates import parse_date

__all__ = ["ROLES", "Proposal", "Surveyed", "propose"]

ROLES = ("text", "target", "date", "source", "group")
_WHOLE = 2000  # rows that are looked at from the beginning; later ones by sample
_EVERY = 97  # a prime, so that no rhythm of the rows meets it
_VALUES = 2000  # distinct values that are counted
_MOST_LABELS = 50
_NAMES = {
    "target": ("label", "target", "class", "category", "answer", "output", "summary", "区分", "分類", "カテゴリ",
               "ラベル", "種別", "回答", "要約", "結果", "部署", "対応"),
    "source": ("source", "site", "branch", "shop", "store", "plant", "domain", "支店", "店舗", "拠点", "工場", "事業所",
               "部門", "媒体"),
    "group": ("group", "customer", "user", "thread", "conversation", "ticket", "case", "顧客", "会員", "案件",
              "管理番号", "受付番号", "スレッド"),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Proposal:
    """A column for a role, and what speaks for it."""

    role: str
    column: str
    why: str


@dataclass(slots=True)
class _Column:
    filled: int = 0
    dates: int = 0
    numbers: int = 0
    lengths: list[int] = field(default_factory=list)
    values: Counter[str] = field(default_factory=Counter)
    many: bool = False

    def see(self, text: str) -> None:
        """Takes in one value."""
        plain = text.strip()
        if not plain:
            return
        self.filled += 1
        if len(self.lengths) < 20_000:
            self.lengths.append(len(plain))
        self.dates += len(plain) < 40 and parse_date(plain) is not None
        self.numbers += plain.replace(".", "", 1).lstrip("-").isdecimal()
        if len(self.values) < _VALUES or plain in self.values:
            self.values[plain[:200]] += 1
        else:
            self.many = True

    @property
    def usual(self) -> float:
        """The median length in characters."""
        return statistics.median(self.lengths) if self.lengths else 0.0

    @property
    def distinct(self) -> float:
        """Distinct values over filled rows; 1 where they are too many to count."""
        return 1.0 if self.many else len(self.values) / max(1, self.filled)


class Surveyed:
    """What columns hold, from all of the first rows and a sample of the others."""

    def __init__(self) -> None:
        self._columns: dict[str, _Column] = {}
        self._rows = 0

    def see(self, fields: Mapping[str, str]) -> None:
        """Takes in one row."""
        self._rows += 1
        if self._rows > _WHOLE and self._rows % _EVERY:
            return
        for name, text in fields.items():
            if name not in self._columns:
                if len(self._columns) >= 1000:
                    continue
                self._columns[name] = _Column()
            self._columns[name].see(text)

    @property
    def columns(self) -> dict[str, _Column]:
        """By name, those that hold anything."""
        return {name: column for name, column in self._columns.items() if column.filled}


def propose(surveyed: Surveyed) -> tuple[Proposal, ...]:
    """A column for each role that one fits; at most one each, and no column twice."""
    left = surveyed.columns
    found = []
    for role in ("date", "text", "target", "group", "source"):
        fits = {name: _FITS[role](name, column) for name, column in left.items()}
        best = max(fits, key=lambda name: fits[name][0], default=None)
        if best is not None and fits[best][0] > 0:
            found.append(Proposal(role, best, fits[best][1]))
            del left[best]
    return tuple(sorted(found, key=lambda proposal: ROLES.index(proposal.role)))


def _named(role: str, name: str) -> float:
    return 1.0 if any(word in name.lower() for word in _NAMES[role]) else 0.0


def _date(_: str, column: _Column) -> tuple[float, str]:
    share = column.dates / column.filled
    return (share if share >= 0.9 else 0.0), f"{share:.0%} of its values are dates"


def _text(_: str, column: _Column) -> tuple[float, str]:
    fits = column.usual >= 8 and column.distinct > 0.3 and column.numbers * 2 < column.filled
    why = f"its values are long (median {column.usual:.0f} characters) and differ"
    return (column.usual * column.distinct * column.filled if fits else 0.0), why


def _target(name: str, column: _Column) -> tuple[float, str]:
    few = not column.many and 2 <= len(column.values) <= _MOST_LABELS and len(column.values) * 3 <= column.filled
    named = _named("target", name)
    if few:
        # Labels repeat; names tell them from a column of sites, which repeats too.
        fit = 1.0 + 2 * named - 2 * _named("source", name) + 1 / len(column.values)
        return fit, f"{len(column.values)} values that repeat"
    return named * (column.filled > 0), "it is called so"


def _source(name: str, column: _Column) -> tuple[float, str]:
    few = not column.many and 2 <= len(column.values) <= 1000 and len(column.values) * 3 <= column.filled
    return (0.5 + _named("source", name) if few else 0.0), f"{len(column.values)} values that repeat"


def _group(name: str, column: _Column) -> tuple[float, str]:
    called = _named("group", name) or float(name.lower().endswith(("id", "no", "番号", "コード")))
    repeats = 0.02 < column.distinct < 0.98
    return (called * (1 + repeats)), f"an id{', and several rows share one' if repeats else ''}"


_FITS = {"date": _date, "text": _text, "target": _target, "source": _source, "group": _group}
