"""The whole import: mappings, domains, and a target that is there whole or not at all."""

import json
from pathlib import Path

import pytest

from farfield.data.dates import parse_date
from farfield.data.intake import Wishes, import_files, parse_mapping
from farfield.data.intake.columns import Surveyed, propose
from farfield.data.intake.domains import file_name
from farfield.errors import DataError
from tests.data.intake.gathered import gather

ROWS = "本文,区分,日付,支店\n" + "".join(
    f"{n} 台目のプリンタが動きません,{('修理', '配送')[n % 2]},令和{4 + n % 2}年3月{n + 1}日,"
    f"{('大阪', '仙台', '')[n % 3]}\n"
    for n in range(12)
)


@pytest.fixture
def table(tmp_path: Path) -> Path:
    """One file of twelve rows."""
    path = tmp_path / "a.csv"
    path.write_text(ROWS, encoding="utf-8")
    return path


def test_what_an_import_leaves(table: Path, tmp_path: Path) -> None:
    found = gather(table, to=tmp_path / "data" / "out")
    assert [path.name for path in tmp_path.joinpath("data").iterdir()] == ["out"]
    told = json.loads((tmp_path / "data" / "out" / "sources.json").read_text(encoding="utf-8"))
    (source,) = told["sources"]
    assert (source["rows"], source["aside"], source["delimiter"], source["encoding"]) == (12, 0, ",", "utf-8")
    assert len(source["sha256"]) == 64
    assert len(found.done.preview) == 5


def test_columns_are_mapped_to_their_roles(table: Path, tmp_path: Path) -> None:
    found = gather(table, to=tmp_path / "out", wishes=Wishes(parse_mapping("text=本文, target=区分")))
    assert list(found.rows[0]) == ["text", "target", "日付", "支店", "_file", "_sheet", "_row"]
    assert found.done.proposals == ()


def test_rows_that_lack_a_mapped_column_or_their_text_are_put_aside(table: Path, tmp_path: Path) -> None:
    other = tmp_path / "b.jsonl"
    other.write_text('{"text": "x"}\n{"本文": " ", "text": "x"}\n{"本文": "y", "text": "x"}\n', encoding="utf-8")
    found = gather(table, other, to=tmp_path / "out", wishes=Wishes({"text": "本文"}))
    assert found.reasons == ["the row has no column '本文', which is mapped to text", "its text is empty"]
    assert (found.rows[-1]["text"], found.rows[-1]["text_"]) == ("y", "x")


@pytest.mark.parametrize("text", ["text", "text=", "colour=本文", "text=a,text=b", "text=a,target=a"])
def test_a_mapping_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(DataError):
        parse_mapping(text)


def test_a_file_for_each_domain(table: Path, tmp_path: Path) -> None:
    found = gather(table, to=tmp_path / "out", wishes=Wishes({}, domain="column:支店"))
    assert found.done.domains == {"大阪": "大阪", "仙台": "仙台"}
    assert found.reasons == ["the row has no domain"] * 4
    lines = (tmp_path / "out" / "domains" / "大阪.jsonl").read_text(encoding="utf-8").splitlines()
    assert [json.loads(line)["_domain"] for line in lines] == ["大阪"] * 4
    assert len(found.rows) == 8


def test_a_mapped_column_can_be_the_domain(table: Path, tmp_path: Path) -> None:
    found = gather(table, to=tmp_path / "out", wishes=Wishes({"source": "支店"}, domain="column:支店"))
    assert set(found.done.domains) == {"大阪", "仙台"}


def test_periods_by_japanese_dates(table: Path, tmp_path: Path) -> None:
    found = gather(table, to=tmp_path / "out", wishes=Wishes({"date": "日付"}, domain="period:2023"))
    assert found.done.domains == {"before_2023-01-01": "before_2023-01-01", "from_2023-01-01": "from_2023-01-01"}
    with pytest.raises(DataError, match="a period needs a date"):
        gather(table, to=tmp_path / "out2", wishes=Wishes({}, domain="period:2023"))


@pytest.mark.parametrize(
    ("rule", "names"),
    [("year", ["2023", "2024"]), ("quarter", ["2023-Q2", "2024-Q1"]), ("month", ["2023-05", "2024-02"])],
)
def test_a_domain_for_each_year_quarter_and_month(tmp_path: Path, rule: str, names: list[str]) -> None:
    table = tmp_path / "a.csv"
    table.write_text("日付,本文\n令和5年5月1日,一\n2024-02-29,二\nいつか,三\n2023/5/31,四\n", encoding="utf-8")
    found = gather(table, to=tmp_path / "out", wishes=Wishes({"date": "日付"}, domain=f"period:{rule}"))
    assert [row["_domain"] for row in found.rows] == [names[0], names[1], names[0]]
    assert found.reasons == ["the row has no domain"]
    assert {path.stem for path in (tmp_path / "out" / "domains").iterdir()} == set(names)


@pytest.mark.parametrize(("rule", "names"), [("folder", ["in/大阪", "in/仙台"]), ("file", ["in/大阪/a", "in/仙台/a"])])
def test_folders_and_files_are_domains(table: Path, tmp_path: Path, rule: str, names: list[str]) -> None:
    for place in ("大阪", "仙台"):
        (tmp_path / "in" / place).mkdir(parents=True)
        (tmp_path / "in" / place / "a.csv").write_bytes(table.read_bytes())
    found = gather(tmp_path / "in", to=tmp_path / "out", wishes=Wishes({}, domain=rule))
    assert sorted(found.done.domains) == sorted(names)
    assert all((tmp_path / "out" / "domains" / f"{name.replace('/', '_')}.jsonl").is_file() for name in names)


@pytest.mark.parametrize("rule", ["column:", "folders", "period:soon", "folder:x"])
def test_a_rule_that_is_none_is_refused(table: Path, tmp_path: Path, rule: str) -> None:
    with pytest.raises(DataError):
        gather(table, to=tmp_path / "out", wishes=Wishes({"date": "日付"}, domain=rule))
    assert [path.name for path in tmp_path.iterdir()] == ["a.csv"]


def test_many_domains_and_odd_names(tmp_path: Path) -> None:
    body = "".join(f"site {n % 150}/x,text {n}\n" for n in range(900))
    (tmp_path / "a.csv").write_text(f"site,text\n{body}")
    found = gather(tmp_path / "a.csv", to=tmp_path / "out", wishes=Wishes({}, domain="column:site"))
    files = sorted((tmp_path / "out" / "domains").iterdir())
    assert (len(files), len(found.done.domains)) == (150, 150)
    assert sum(len(path.read_text().splitlines()) for path in files) == 900
    assert file_name("../a\0b", {}) == "_a_b"
    assert file_name("A", {"a": "a"}) == "A_2"
    assert len(file_name("支" * 200, {}).encode()) <= 150


def test_a_target_is_only_replaced_when_asked_and_only_if_it_is_an_import(table: Path, tmp_path: Path) -> None:
    gather(table, to=tmp_path / "out")
    with pytest.raises(DataError, match="the target exists"):
        gather(table, to=tmp_path / "out")
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "thesis.txt").write_text("years of work")
    with pytest.raises(DataError, match="no former import"):
        gather(table, to=tmp_path / "mine", wishes=Wishes({}, replace=True))
    assert (tmp_path / "mine" / "thesis.txt").exists()


class _Stopping:
    """A watch at which somebody presses Ctrl-C."""

    def begin(self, files: int, total: int) -> None:
        """Nothing."""

    def file(self, name: str) -> None:
        """The key is pressed."""
        raise KeyboardInterrupt

    def advance(self, read: float) -> None:
        """Nothing."""


def test_a_stop_leaves_nothing_half_done(table: Path, tmp_path: Path) -> None:
    before = gather(table, to=tmp_path / "out").rows
    with pytest.raises(KeyboardInterrupt):
        import_files([table], tmp_path / "out", wishes=Wishes({}, replace=True), watch=_Stopping())
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.csv", "out"]
    assert (tmp_path / "out" / "rows.jsonl").read_text(encoding="utf-8").count("\n") == len(before)


def test_nothing_to_read_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="no such file or folder"):
        gather(tmp_path / "nowhere", to=tmp_path / "out")
    (tmp_path / "a.csv").write_text("a,b\n")
    with pytest.raises(DataError, match="not one row could be read"):
        gather(tmp_path / "a.csv", to=tmp_path / "out")


def test_columns_are_proposed_by_what_they_hold(table: Path, tmp_path: Path) -> None:
    proposals = gather(table, to=tmp_path / "out").done.proposals
    assert {one.role: one.column for one in proposals} == {
        "text": "本文", "target": "区分", "date": "日付", "source": "支店",
    }  # fmt: skip


def test_ids_that_several_rows_share_are_a_group() -> None:
    surveyed = Surveyed()
    for n in range(300):
        surveyed.see({"customer_id": f"C{n // 3:05}", "note": f"the printer number {n} is broken again", "n": str(n)})
    assert {one.role: one.column for one in propose(surveyed)} == {"text": "note", "group": "customer_id"}


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("2023-03-01", "2023-03-01"), ("2023/3/1", "2023-03-01"), ("2023.3.1 12:30", "2023-03-01"),
        ("20230301", "2023-03-01"), ("2023年3月1日(水)", "2023-03-01"), ("令和5年3月1日", "2023-03-01"),
        ("令和５年３月１日", "2023-03-01"), ("令和元年5月1日", "2019-05-01"), ("R5.3.1", "2023-03-01"),
        ("平成 31 年 4 月 30 日", "2019-04-30"), ("昭和64年1月7日", "1989-01-07"), ("2023-03", "2023-03-01"),
        ("2023-03-01T09:30:00+09:00", "2023-03-01"), ("3/1/2023", None), ("2023-13-01", None), ("", None),
        ("12345678", None), ("お世話になります", None), ("R2D2", None),
    ],
)  # fmt: skip
def test_dates_as_people_write_them(text: str, day: str | None) -> None:
    found = parse_date(text)
    assert (found.isoformat() if found else None) == day
