"""Which domain a row belongs to: by a column, its folder, its file, or before and after a date."""

import datetime
import re
from collections.abc import Callable, Mapping
from pathlib import PurePosixPath

from farfield.data.dates import parse_date
from farfield.errors import DataError

__all__ = ["DomainOf", "domain_rule", "file_name"]

DomainOf = Callable[[Mapping[str, str], str], str]

_NOT_IN_NAMES = re.compile(r'[\x00-\x1f/\\:*?"<>|\x7f]+')


def domain_rule(rule: str) -> DomainOf:
    """A function from a row's fields and its file's name to its domain; the empty text where it has none.

    Args:
        rule: `column:NAME`, `folder`, `file`, or by the field `date`: `period:year`, `period:quarter`, `period:month`,
            a domain each (2024, 2024-Q2, 2024-05), or `period:2024` (also `2024-04-01`, and several with `+` between
            them), before and after.

    Raises:
        DataError: another rule.
    """
    kind, _, more = rule.partition(":")
    if kind == "folder" and not more:
        return lambda _, file: str(PurePosixPath(file).parent) if "/" in file else "."
    if kind == "file" and not more:
        return lambda _, file: str(PurePosixPath(file).with_suffix(""))
    if kind == "column" and more:
        return lambda fields, _: fields.get(more, "").strip()
    if kind == "period" and more:
        if more in _PERIODS:
            return _by_calendar(_PERIODS[more])
        return _by_period([_cut(part) for part in more.split("+")])
    raise DataError(
        f"{rule!r} is no rule for domains",
        mend="write column:NAME, folder, file, or period:year or period:2024 with --map date=COLUMN",
    )


def _cut(text: str) -> datetime.date:
    day = parse_date(f"{text}-01-01" if re.fullmatch(r"\d{4}", text) else text)
    if day is None:
        raise DataError(
            f"{text!r} is no date to part rows at",
            mend="write period:year, period:quarter, period:month, period:2024, or period:2024-04-01",
        )
    return day


_PERIODS: dict[str, Callable[[datetime.date], str]] = {
    "year": lambda day: f"{day.year:04}",
    "quarter": lambda day: f"{day.year:04}-Q{(day.month + 2) // 3}",
    "month": lambda day: f"{day.year:04}-{day.month:02}",
}


def _by_calendar(name: Callable[[datetime.date], str]) -> DomainOf:
    def domain(fields: Mapping[str, str], _: str) -> str:
        day = parse_date(fields.get("date", ""))
        return "" if day is None else name(day)

    return domain


def _by_period(cuts: list[datetime.date]) -> DomainOf:
    cuts = sorted(cuts)
    names = [f"before_{cuts[0]}", *(f"from_{cut}" for cut in cuts)]

    def domain(fields: Mapping[str, str], _: str) -> str:
        day = parse_date(fields.get("date", ""))
        return "" if day is None else names[sum(day >= cut for cut in cuts)]

    return domain


def file_name(domain: str, taken: Mapping[str, str]) -> str:
    """A file name for a domain that every file system takes, unlike those that are taken."""
    plain = _NOT_IN_NAMES.sub("_", domain).strip(" .") or "unnamed"
    while len(plain.encode("utf-8")) > 150:
        plain = plain[:-1]
    # Not every file system tells A from a.
    used = {name.lower() for name in taken.values()}
    name, extra = plain, 2
    while name.lower() in used:
        name, extra = f"{plain}_{extra}", extra + 1
    return name
