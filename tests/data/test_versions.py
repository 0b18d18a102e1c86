"""Snapshots, what changed between them, and data cards."""

import json
import random
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from farfield.data import (
    Diff,
    Store,
    apply_diff,
    card_markdown,
    data_card,
    diff_rows,
    read_rows,
    rows_at,
    stream_rows,
    write_rows,
)
from farfield.data.versions import canonical
from farfield.errors import DataError
from farfield.stats import wilson

NOW = "2026-01-01T00:00:00+00:00"
FIELDS = st.dictionaries(st.sampled_from(["id", "text", "本文", "b"]), st.text(max_size=4), max_size=4)
VERSIONS = st.lists(
    st.fixed_dictionaries({"text": st.sampled_from(["a", "b", "水"])}, optional={"n": st.just("")}), max_size=8
)
KEYED = st.dictionaries(st.integers(0, 9), st.sampled_from(["a", "b", "c"]), max_size=10)


@given(FIELDS, st.randoms())
def test_a_rows_bytes_do_not_depend_on_the_order_of_its_keys(row: dict[str, str], shuffler: random.Random) -> None:
    names = list(row)
    shuffler.shuffle(names)
    assert canonical({name: row[name] for name in names}) == canonical(row)
    assert json.loads(canonical(row)) == row


@given(VERSIONS)
def test_nothing_changed_between_a_version_and_itself(rows: list[dict[str, str]]) -> None:
    assert diff_rows(rows, rows) == Diff((), (), (), len(rows), False)


@given(VERSIONS, VERSIONS)
def test_a_diff_makes_the_second_version_of_the_first(a: list[dict[str, str]], b: list[dict[str, str]]) -> None:
    diff = diff_rows(a, b)
    made = apply_diff(a, diff)
    assert sorted(map(canonical, made)) == sorted(map(canonical, b))
    if not diff.reordered:
        assert made == b
    # As few rows as possible are touched: what is equal on both sides is in both.
    assert not {canonical(r.row) for r in diff.removed} & {canonical(r.row) for r in diff.added}


@given(KEYED, KEYED, st.randoms())
def test_the_same_by_key(a: dict[int, str], b: dict[int, str], shuffler: random.Random) -> None:
    before = [{"id": str(key), "text": text} for key, text in a.items()]
    after = [{"id": str(key), "text": text} for key, text in b.items()]
    shuffler.shuffle(after)
    diff = diff_rows(before, after, key=["id"])
    made = apply_diff(before, diff)
    assert sorted(map(canonical, made)) == sorted(map(canonical, after))
    if not diff.reordered:
        assert made == after
    assert {change.key for change in diff.changed} == {(str(key),) for key in a.keys() & b.keys() if a[key] != b[key]}
    assert diff.same == sum(a[key] == b[key] for key in a.keys() & b.keys())


def test_changed_fields_are_named_and_counted() -> None:
    before = [{"id": "1", "text": "a", "label": "x"}, {"id": "2", "text": "b", "label": "y"}, {"id": "3", "text": "c"}]
    after = [{"id": "3", "text": "c", "label": ""}, {"id": "1", "text": "A", "label": "z"}, {"id": "4", "text": "d"}]
    diff = diff_rows(before, after, key=["id"])
    assert [(change.key, change.fields) for change in diff.changed] == [
        (("1",), ("text", "label")),
        (("3",), ("label",)),
    ]
    assert diff.fields == {"label": 2, "text": 1}
    assert [placed.row["id"] for placed in diff.removed] == ["2"]
    assert [(placed.number, placed.row["id"]) for placed in diff.added] == [(2, "4")]
    assert diff.reordered


def test_a_key_must_tell_rows_apart() -> None:
    with pytest.raises(DataError, match="key '1' is row 0's already"):
        diff_rows([{"id": "1"}, {"id": "1"}], [], key=["id"])
    with pytest.raises(DataError, match="no column 'key'"):
        diff_rows([], [{"id": "1"}], key=["key"])


def _rows(count: int) -> list[dict[str, str]]:
    return [{"id": str(number), "text": f"row {number} 水道"} for number in range(count)]


def test_a_snapshot_is_kept_once_and_comes_back(tmp_path: Path) -> None:
    store = Store(tmp_path / "store")
    path, turned = tmp_path / "rows.jsonl", tmp_path / "turned" / "rows.jsonl"
    write_rows(path, _rows(6000))
    write_rows(turned, [dict(reversed(row.items())) for row in _rows(6000)])
    first = store.save([path], saved=NOW)
    assert first.new
    assert first.new_chunks == first.chunks > 2
    assert first.entry.parents == ()
    again = store.save([turned], saved=NOW, made_by="turned")
    assert (again.entry.address, again.new, again.new_chunks) == (first.entry.address, False, 0)
    grown = _rows(6000)
    grown.insert(3000, {"id": "new", "text": "one more"})
    write_rows(path, grown)
    third = store.save([path], saved=NOW, made_by="farfield sample")
    assert third.new_chunks <= 2  # the chunk that the row fell into, and no other
    assert third.entry.parents == (first.entry.address,)
    assert [entry.made_by for entry in store.log()] == ["", "turned", "farfield sample"]
    assert list(store.rows(store.snapshot())) == grown
    assert store.find("rows.jsonl") == third.entry.address
    assert list(rows_at(f"{tmp_path / 'store'}@{first.entry.address[:10]}")) == _rows(6000)
    diff = diff_rows(rows_at(f"{tmp_path / 'store'}@{first.entry.address}"), rows_at(str(path)), key=["id"])
    assert [(placed.number, placed.row["id"]) for placed in diff.added] == [(3000, "new")]
    assert (diff.same, diff.removed, diff.changed, diff.reordered) == (6000, (), (), False)


def test_the_kind_of_file_does_not_change_the_rows_hash(tmp_path: Path) -> None:
    hashes = set()
    for suffix in (".jsonl", ".json", ".csv", ".tsv"):
        path = tmp_path / f"rows{suffix}"
        write_rows(path, [{"text": 'a "b",\n\tc', "label": "水"}, {"text": "", "label": "-"}])
        hashes.add(data_card(path).rows_sha256)
    assert len(hashes) == 1


def test_a_save_that_fails_leaves_the_store_as_it_was(tmp_path: Path) -> None:
    store = Store(tmp_path / "store")
    good, bad = tmp_path / "good.jsonl", tmp_path / "zbad.jsonl"
    write_rows(good, _rows(5))
    bad.write_text('{"text": "a"}\n{"text": \n', encoding="utf-8")
    with pytest.raises(DataError, match="no JSON"):
        store.save([good, bad], saved=NOW)
    assert store.log() == []
    assert not list((tmp_path / "store").rglob("*.half"))
    assert store.save([good], saved=NOW).new


def test_what_the_store_lacks_is_said(tmp_path: Path) -> None:
    store = Store(tmp_path / "store")
    path = tmp_path / "rows.jsonl"
    write_rows(path, _rows(5))
    with pytest.raises(DataError, match="no snapshot 'latest'"):
        store.snapshot()
    address = store.save([path], saved=NOW).entry.address
    with pytest.raises(DataError, match="no snapshot 'zz'"):
        store.save([path], saved=NOW, parents=["zz"])
    with pytest.raises(DataError, match=r"named 'rows\.jsonl'"):
        store.save([path, tmp_path / "more" / "rows.jsonl"], saved=NOW)
    (chunk,) = store.snapshot(address[:6]).files[0].chunks
    place = tmp_path / "store" / "chunks" / chunk[:2] / f"{chunk}.jsonl.gz"
    whole = place.read_bytes()
    place.write_bytes(whole[:-9])
    with pytest.raises(DataError, match="can't be read"):
        list(store.rows(store.snapshot()))


@pytest.mark.parametrize("suffix", [".jsonl", ".csv", ".tsv", ".json"])
def test_rows_one_by_one_are_the_rows_at_once(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"rows{suffix}"
    write_rows(path, [{"text": "two\r\nlines\u2028here", "label": "水"}, {"text": "plain", "label": ""}])
    assert list(stream_rows(path)) == read_rows(path)
    path.write_bytes(path.read_bytes().decode().encode("utf-16"))
    assert list(stream_rows(path)) == read_rows(path)


def test_rows_one_by_one_fail_with_the_same_words(tmp_path: Path) -> None:
    for name, content in (
        ("a.csv", b"text\n\x83e\n"),
        ("b.jsonl", b""),
        ("c.csv", b"text,label\na\n"),
        ("d.txt", b"x"),
    ):
        path = tmp_path / name
        path.write_bytes(content)
        said = []
        for read in (read_rows, lambda path: list(stream_rows(path))):
            with pytest.raises(DataError) as error:
                read(path)
            said.append(str(error.value))
        assert said[0] == said[1]


def test_a_card_counts_and_says_what_is_unknown(tmp_path: Path) -> None:
    path = tmp_path / "tickets.csv"
    rows = [{"message": "水が漏れています", "sent": "2024/3/5", "label": "repair"}] * 2
    rows += [{"message": "invoice | wrong", "sent": "2023年12月31日", "label": "billing"}]
    rows += [{"message": "", "sent": "2024-01-02", "label": ""}, {"message": "水道", "sent": "", "label": "repair"}]
    write_rows(path, rows)
    card = data_card(path, label="label", said={"licence": "CC BY 4.0"})
    message, sent, _ = card.columns
    assert (card.rows, card.duplicates, card.unlabelled) == (5, 1, 1)
    assert (message.empty, message.distinct, message.lengths) == (1, 3, (2, 8, 8, 15))
    assert message.scripts == {"Japanese (kana)": 2, "Latin": 1, "Chinese, or Japanese without kana": 1}
    assert sent.dates == ("2023-12-31", "2024-03-05")
    assert card.shares == {"repair": wilson(3, 4), "billing": wilson(1, 4)}
    page = card_markdown(card)
    assert "| repair | 75.0% | 30.1% to 95.4% |" in page
    assert "for what: CC BY 4.0" in page
    assert page.count("**unknown**") == 5
    assert card.rows_sha256 in page
    with pytest.raises(DataError, match="no line 'license'"):
        data_card(path, said={"license": "x"})
    with pytest.raises(DataError, match="no column 'target'"):
        data_card(path, label="target")
