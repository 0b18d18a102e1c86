"""Dates as people write them in tables: ISO, with slashes or dots, and in Japanese, eras included."""

import datetime
import re
import unicodedata

__all__ = ["parse_date"]

_ERAS = {"令和": 2018, "R": 2018, "平成": 1988, "H": 1988, "昭和": 1925, "S": 1925, "大正": 1911, "T": 1911,
         "明治": 1867, "M": 1867}  # fmt: skip
_TIME = r"(?:[T ]*\(?[月火水木金土日]?(?:曜日?)?\)?[T ]*(?:\d{1,2}[:時]\d{1,2}.*)?)"
_WESTERN = re.compile(rf"(\d{{4}})(?:[-/.](\d{{1,2}})(?:[-/.](\d{{1,2}}))?|年(\d{{1,2}})月(?:(\d{{1,2}})日)?){_TIME}")
_ERA = re.compile(
    rf"({'|'.join(_ERAS)})\.?(\d{{1,2}}|元)(?:[-/.](\d{{1,2}})(?:[-/.](\d{{1,2}}))?|年(\d{{1,2}})月(?:(\d{{1,2}})日)?){_TIME}"
)
_SOLID = re.compile(r"((?:19|20)\d{2})(\d{2})(\d{2})")


def parse_date(text: str) -> datetime.date | None:
    """The day that a text names, or None; a month is its first day, times are left out.

    Reads `2023-03-01`, `2023/3/1`, `2023.3.1`, `20230301`, `2023年3月1日`, `令和5年3月1日`, `令和元年5月1日`, `R5.3.1`,
    in full-width digits too, each with a time or a day of the week after it. `3/1/2023` is not read: two countries mean
    two days by it.
    """
    plain = unicodedata.normalize("NFKC", text.strip()[:40])
    if not plain:
        return None
    if solid := _SOLID.fullmatch(plain):
        return _day(int(solid[1]), solid[2], solid[3])
    if western := _WESTERN.fullmatch(plain):
        return _day(int(western[1]), western[2] or western[4], western[3] or western[5])
    if era := _ERA.fullmatch(re.sub(r"\s(?=[年月日\d])", "", plain) if plain[0] in "令平昭大明" else plain):
        year = _ERAS[era[1]] + (1 if era[2] == "元" else int(era[2]))
        return _day(year, era[3] or era[5], era[4] or era[6])
    return None


def _day(year: int, month: str, day: str | None) -> datetime.date | None:
    try:
        return datetime.date(year, int(month), int(day or 1))
    except ValueError:
        return None
