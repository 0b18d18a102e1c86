"""Rows -> examples -> training, development and test rows; every row left out is listed."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from farfield.data import Example, fingerprint, kept_test, key, load_examples, split
from farfield.errors import DataError
from farfield.spec import TaskSpec
from tests.small import write_rows

TASK = TaskSpec.model_validate({
    "kind": "classification", "labels": ["good", "bad"], "prompts": ["{text}"], "target": "{mood}",
    "drop_labels": ["-"], "group": "who", "in_domain": {"a": {"path": "a"}},
})  # fmt: skip


def _rows(*moods: str) -> list[dict[str, str]]:
    return [{"text": f"row {n}", "mood": mood, "who": f"w{n // 2}"} for n, mood in enumerate(moods)]


def _load(tmp_path: Path, rows: list[dict[str, str]], span: tuple[int, int] | None = None) -> tuple[Example, ...]:
    write_rows(tmp_path / "a.jsonl", rows)
    return load_examples(tmp_path / "a.jsonl", domain="a", task=TASK, rows=span).examples


def test_examples_keep_their_row_numbers(tmp_path: Path) -> None:
    examples = _load(tmp_path, _rows("good", "bad", "good", "bad"), (1, 3))
    assert [(e.row, e.target, e.group, e.source) for e in examples] == [
        (1, "bad", "w0", "a.jsonl"),
        (2, "good", "w1", "a.jsonl"),
    ]


def test_dropped_labels_are_listed(tmp_path: Path) -> None:
    write_rows(tmp_path / "a.jsonl", _rows("good", "-", "bad"))
    loaded = load_examples(tmp_path / "a.jsonl", domain="a", task=TASK)
    assert [e.row for e in loaded.examples] == [0, 2]
    assert [(left.row, left.reason) for left in loaded.dropped] == [(1, "dropped_label")]


def test_rows_of_an_unlabelled_domain_may_have_no_target(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    rows = [{"text": "x", "mood": "good", "who": "w"}, {"text": "y", "mood": " ", "who": "w"}]
    rows.append({"text": "z", "who": "w"})
    write_rows(path, rows)
    loaded = load_examples(path, domain="a", task=TASK, labelled=False)
    assert [e.target for e in loaded.examples] == ["good", "", ""]
    write_rows(path, [{"text": "x", "mood": "god", "who": "w"}])
    with pytest.raises(DataError, match="outside the task's labels"):
        load_examples(path, domain="a", task=TASK, labelled=False)


@pytest.mark.parametrize(
    ("rows", "span", "expected"),
    [
        ([{"txt": "x", "mood": "good", "who": "w"}], None, ["no field 'text'", "row 0", "did you mean 'txt'?"]),
        (_rows("good", "god"), None, ["outside the task's labels: 'god'", "row 1", "did you mean 'good'?"]),
        (_rows("good", " "), None, ["empty target", "row 1"]),
        (_rows("good"), (5, 9), ["beyond the end", "1 rows"]),
    ],
)
def test_errors_name_the_rows(
    tmp_path: Path, rows: list[dict[str, str]], span: tuple[int, int] | None, expected: list[str]
) -> None:
    with pytest.raises(DataError) as caught:
        _load(tmp_path, rows, span)
    for part in ("a.jsonl", *expected):
        assert part in str(caught.value)


def test_a_key_ignores_width_and_white_space() -> None:
    narrow = Example({"text": "ABC  123\n"}, "good", "a", 0, "f")
    wide = Example({"text": "ＡＢＣ　１２３"}, "bad", "a", 1, "f")
    assert key(narrow, TASK) == key(wide, TASK)


def test_a_fingerprint_sees_every_change() -> None:
    base = Example({"text": "x"}, "good", "a", 0, "f")
    others = [
        Example({"text": "y"}, "good", "a", 0, "f"),
        Example({"text": "x"}, "bad", "a", 0, "f"),
        Example({"text": "x"}, "good", "a", 1, "f"),
    ]
    assert len({fingerprint([e]) for e in (base, *others)}) == 4
    assert fingerprint([base]) == fingerprint([Example({"text": "x"}, "good", "b", 0, "g")])


def _examples(texts: list[str], groups: bool = False) -> list[Example]:
    return [Example({"text": t}, "good", "a", n, "f", t if groups else None) for n, t in enumerate(texts)]


@given(
    texts=st.lists(st.sampled_from("abcdefgh"), max_size=30),
    demos=st.sets(st.sampled_from("abcdefgh")),
    size=st.integers(0, 10),
    dev=st.integers(0, 10),
)
def test_no_row_is_given_away(texts: list[str], demos: set[str], size: int, dev: int) -> None:
    found = split(_examples(texts, groups=True), TASK, demo_keys=demos, size=size, dev=dev, fits=lambda _: True)
    train, held = ({key(e, TASK) for e in part} for part in (found.train, found.dev))
    assert not train & demos
    assert not held & (demos | train)
    assert len(found.train) == min(size, sum(text not in demos for text in texts))
    rows = [e.row for e in (*found.train, *found.dev)] + [left.row for left in found.left_out]
    assert len(rows) == len(set(rows))
    kept = kept_test(_examples(texts), TASK, demos, train | held)
    assert len(kept.examples) + len(kept.left_out) == len(texts)
    assert not {key(e, TASK) for e in kept.examples} & (demos | train | held)


def test_rows_that_do_not_fit_are_refilled() -> None:
    found = split(
        _examples(["long", "a", "long", "b", "c"]), TASK, demo_keys=set(), size=2, dev=1,
        fits=lambda e: e.fields["text"] != "long",
    )  # fmt: skip
    assert [e.row for e in found.train] == [1, 3]
    assert [e.row for e in found.dev] == [4]
    assert [(left.row, left.reason) for left in found.left_out] == [(0, "too_long"), (2, "too_long")]
