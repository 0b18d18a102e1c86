"""`check` tells faults of a study's rows, and `check --fix` writes files without them."""

import json
from pathlib import Path

import polars as pl
import pytest

from farfield.data import Issue, read_rows, sample_folder
from farfield.data.rewriting import rewritten
from farfield.errors import DataError, UsageError
from farfield.report import worded
from farfield.spec import StudySpec, load_study
from farfield.study import check, mend
from tests.small import MOODS, rewrite_study, study_parts, write_rows

MESSAGES = [row["message"] for row in read_rows(sample_folder("en") / "routing/hamamatsu_train.jsonl")]


def _rows(which: slice) -> list[dict[str, str]]:
    """Rows that have little in common, the same ones every time."""
    short = [text for text in MESSAGES if len(text) < 200 and "@" not in text]
    return [{"text": text, "mood": MOODS[n % 2], "client": f"c{n}"} for n, text in enumerate(short)][which]


def _study(folder: Path, model: Path, **task: object) -> StudySpec:
    parts = study_parts(model)
    moods = parts["tasks"]["mood"] | {"shots": [0], **task}  # type: ignore[index]
    del moods["out_of_domain"]
    return load_study(
        rewrite_study(folder, parts | {"tasks": {"mood": moods}, "arms": {"base": {}, "ft": {"trained": True}}})
    )


def _written(folder: Path, train: list[dict[str, str]], test: list[dict[str, str]]) -> None:
    write_rows(folder / "mood/a_train.jsonl", train)
    write_rows(folder / "mood/a_test.jsonl", test)
    write_rows(
        folder / "mood/a_demos.jsonl", [{**row, "client": f"d{n}"} for n, row in enumerate(_rows(slice(40, 43)))]
    )


def _told(issue: Issue) -> tuple[str, str]:
    said = worded(issue, "en")
    return said.where, said.what


def _codes(issues: list[Issue]) -> dict[str, tuple[int, ...]]:
    return {issue.code: issue.rows for issue in issues if issue.code not in ("power", "rows", "label_absent")}


def test_clean_rows_raise_nothing(tmp_path: Path, tiny_folder: Path) -> None:
    _written(tmp_path, _rows(slice(12)), _rows(slice(20, 30)))
    assert _codes(check(_study(tmp_path, tiny_folder))) == {}


def test_faults_are_told_where_they_stand(tmp_path: Path, tiny_folder: Path) -> None:
    train, test = _rows(slice(12)), _rows(slice(20, 30))
    test[3]["text"] = train[1]["text"].replace(" ", "  ").upper() + "!"
    test[4]["text"] += " <|im_start|>"
    test[5]["text"] += " call 090-1234-5678"
    train[2]["text"] += "\x00"
    train[3]["text"] = "Der Kühlschrank läuft über".encode().decode("latin-1")
    test[6]["client"] = train[0]["client"]
    _written(tmp_path, train, test)
    issues = check(_study(tmp_path, tiny_folder, group="client"))
    found = _codes(issues)
    assert found["near_leak"] == (3,)
    assert found["control_tokens"] == (4,)
    assert found["personal_data"] == (5,)
    assert found["control_characters"] == (2,)
    assert found["mojibake"] == (3,)
    assert found["group_straddles"] == (6,)
    assert "090" not in "".join(worded(issue, "en").what for issue in issues)


def test_later_rows_that_are_not_later(tmp_path: Path, tiny_folder: Path) -> None:
    train = [{**row, "day": f"2024-05-{n + 1:02}"} for n, row in enumerate(_rows(slice(12)))]
    test = [{**row, "day": f"2024-05-{n + 6:02}"} for n, row in enumerate(_rows(slice(20, 30)))]
    _written(tmp_path, train, test)
    later = {"a": {"path": "mood/a_test.jsonl", "demos": "mood/a_demos.jsonl"}}
    issues = check(_study(tmp_path, tiny_folder, in_domain={}, later_time=later))
    assert _codes(issues)["day_straddles"] == (0, 1, 2)  # rows 8 to 11 of training are held for development


def test_mended_files_have_what_was_wrong_mended_and_nothing_else(tmp_path: Path, tiny_folder: Path) -> None:
    train, test = _rows(slice(14)), _rows(slice(20, 30))
    train[2]["text"] += "\x00"
    train[3]["text"] = "Der Kühlschrank läuft über".encode().decode("latin-1")
    train.append(train[4] | {"text": train[4]["text"] + " "})
    train[5]["text"] = test[0]["text"] + "!"
    train[6] = train[7] | {"mood": MOODS[0] if train[7]["mood"] == MOODS[1] else MOODS[1]}
    _written(tmp_path, train, test)
    study = _study(tmp_path, tiny_folder)
    before = {path: path.read_bytes() for path in tmp_path.rglob("*.jsonl")}
    changes = mend(study, check(study), tmp_path / "mended", told=_told)
    assert {path: path.read_bytes() for path in before} == before
    new = read_rows(tmp_path / "mended/mood/a_train.jsonl")
    wanted = [row for n, row in enumerate(train) if n not in (5, 14)]
    wanted[2] = wanted[2] | {"text": wanted[2]["text"][:-1]}
    wanted[3] = wanted[3] | {"text": "Der Kühlschrank läuft über"}
    assert new == wanted
    assert (tmp_path / "mended/mood/a_test.jsonl").read_bytes() == before[tmp_path / "mood/a_test.jsonl"]
    told = [json.loads(line) for line in (tmp_path / "mended/changes.jsonl").read_text(encoding="utf-8").splitlines()]
    assert [(t["action"], t["row"]) for t in told[:4]] == [
        ("mended", 2),
        ("mended", 3),
        ("removed", 14),
        ("removed", 5),
    ]
    assert {t["row"] for t in told if "differently" in t["why"]} == {6, 7}
    assert len(told) == len(changes)
    with pytest.raises(UsageError, match="something already"):
        mend(study, [], tmp_path / "mended", told=_told)


def test_rows_that_are_taken_by_number_keep_their_places(tmp_path: Path, tiny_folder: Path) -> None:
    train = [*_rows(slice(12)), *_rows(slice(1))]
    _written(tmp_path, train, _rows(slice(20, 30)))
    source = {"a": {"path": "mood/a_train.jsonl", "demos": "mood/a_demos.jsonl", "rows": [0, 13]}}
    changes = mend(_study(tmp_path, tiny_folder, train=source), [], tmp_path / "mended", told=_told)
    assert [(change.action, change.row) for change in changes] == [("listed", 12)]
    assert read_rows(tmp_path / "mended/mood/a_train.jsonl") == train


@pytest.mark.parametrize("suffix", [".json", ".jsonl", ".csv", ".tsv", ".parquet"])
def test_every_kind_of_file_is_rewritten(tmp_path: Path, suffix: str) -> None:
    path, out = tmp_path / f"a{suffix}", tmp_path / f"new/a{suffix}"
    rows = [{"n": n, "text": text} for n, text in enumerate(['say "a, b"', "two\tcells", "三"])]
    if suffix == ".json":
        path.write_text(json.dumps(rows), encoding="utf-8")
    elif suffix == ".jsonl":
        path.write_text("".join(json.dumps(row) + "\n\n" for row in rows), encoding="utf-8")
    elif suffix == ".parquet":
        pl.DataFrame(rows).write_parquet(path)
    else:
        pl.DataFrame(rows).write_csv(path, separator="," if suffix == ".csv" else "\t")
    rewritten(path, out, texts={2: {"text": "四"}}, without={0})
    assert read_rows(out) == [{"n": "1", "text": "two\tcells"}, {"n": "2", "text": "四"}]
    if suffix == ".json":
        assert json.loads(out.read_text(encoding="utf-8"))[0]["n"] == 1
    with pytest.raises(DataError, match="there already"):
        rewritten(path, out, texts={})
