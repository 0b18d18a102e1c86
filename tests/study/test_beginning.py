"""`farfield init`: what it proposes and asks, how it divides rows, and that `check` takes the study as it is."""

import datetime
import json
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from farfield.cli.main import run_command
from farfield.data import read_rows
from farfield.errors import DataError, UsageError
from farfield.spec import load_study
from farfield.study import Beginning, Question, begin_study
from farfield.study.dividing import Division, divide
from farfield.study.mapping import Mapped, propose_mapping
from tests.small import run_fake, write_rows

Row = dict[str, str]
_SAID = "請求書の金額が違うようです", "ポンプから水が漏れています"


def _tickets(count: int = 120) -> list[Row]:
    """Messages of two sites and two years; every customer writes three times, and a tenth has no answer."""
    rows = []
    for n in range(count):
        pump = n % 2
        rows.append(
            {
                "受付番号": f"{n:04}",
                "本文": f"{_SAID[pump]}。番号は{n * 7919 % 10007}です。",
                "区分": "" if n % 10 == 9 else ("修理" if pump else "経理"),
                "日付": f"{2023 + n // 60}-{n % 12 + 1:02}-{n % 28 + 1:02}",
                "支店": ("大阪", "仙台", "大阪")[n % 3],
                "顧客": f"C{n // 3:03}",
            }
        )
    return rows


@pytest.fixture
def tickets(tmp_path: Path) -> Path:
    """The messages as a file."""
    path = tmp_path / "tickets.jsonl"
    write_rows(path, _tickets())
    return path


def _answers(said: dict[str, str], asked: list[Question]) -> Callable[[Question], str]:
    """A person who says this and otherwise takes what is proposed."""

    def ask(question: Question) -> str:
        asked.append(question)
        return said.get(question.flag, question.proposal)

    return ask


def test_columns_are_proposed_by_what_they_hold() -> None:
    found = propose_mapping(_tickets())
    assert found.mapped == Mapped(("本文",), "区分", "日付", "支店", found.mapped.group)
    assert found.mapped.group in ("顧客", "受付番号")
    assert "dates" in found.why["date"]


def test_an_import_has_said_what_is_what() -> None:
    rows = [
        {"text": f"t {n}", "target": "a b"[n % 2 * 2], "note": f"a long note that differs {n}", "_domain": "x"}
        for n in range(9)
    ]
    assert propose_mapping(rows).mapped == Mapped(("text",), "target", "", "_domain", "")


@pytest.mark.parametrize(
    ("by", "tier", "domains"),
    [
        ("domain", "out_of_domain", ("大阪", "仙台")),
        ("period", "later_time", ("before_2024-03-01", "from_2024-03-01")),
        ("random", "", ("tickets", "")),
    ],
)
def test_a_dialogue_ends_in_a_study_that_check_takes(
    tmp_path: Path, tiny_folder: Path, tickets: Path, by: str, tier: str, domains: tuple[str, str],
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    home, away = domains
    asked: list[Question] = []
    told: list[str] = []
    person = _answers(
        {"--split": by, "--group": "顧客", "--later-from": "2024-03-01", "--model": str(tiny_folder)}, asked
    )
    begun = begin_study(Beginning(tickets, out=tmp_path / "study.yaml"), person, told.append)
    assert {"--target", "--text", "--date", "--source", "--group", "--kind", "--labels", "--split"} <= {
        q.flag for q in asked
    }
    assert any("本文: " in line for line in told)
    study = load_study(begun.study)
    (task,) = study.tasks.values()
    assert (task.kind, set(task.labels), task.fields, task.group) == (
        "classification",
        {"修理", "経理"},
        ("本文",),
        "顧客",
    )
    assert list(task.train) == list(task.in_domain) == [home]
    if tier:
        assert list(getattr(task, tier)) == [away]
    assert begun.left["it has no answer"] == 12
    parts = {
        name: read_rows(study.resolve(s.path))
        for t in ("train", "in_domain")
        for name, s in getattr(task, t).items()
        for name in [t]
    }
    assert not {row["顧客"] for row in parts["train"]} & {row["顧客"] for row in parts["in_domain"]}
    if by == "period":
        assert all(row["日付"] >= "2024-03-01" for row in read_rows(study.resolve(task.later_time[away].path)))
        assert all(row["日付"] < "2024-03-01" for row in parts["train"])
    capsys.readouterr()
    assert run_command(["check", str(begun.study), "--format", "json"]) == 0
    issues = json.loads(capsys.readouterr().out)
    assert not [issue for issue in issues if issue["code"] in ("leak", "day_straddles")]
    assert not run_fake(study)[0].frame.is_empty()


def test_every_question_has_an_option(tmp_path: Path, tickets: Path, capsys: pytest.CaptureFixture[str]) -> None:
    options = {
        "--target": "区分", "--text": "本文", "--date": "-", "--source": "支店", "--group": "-",
        "--kind": "classification",
        "--labels": "修理,経理", "--split": "domain", "--train-on": "仙台", "--test-share": "0.3", "--name": "mine",
        "--model": "nobody/nothing-7b", "--out": str(tmp_path / "mine.yaml"), "--format": "json",
    }  # fmt: skip
    typed = [part for option in options.items() for part in option]
    assert run_command(["init", str(tickets), *typed]) == 0
    found = capsys.readouterr()
    told = json.loads(found.out)
    assert set(told["rows"]["train"]) == {"仙台"}
    assert set(told["rows"]["out_of_domain"]) == {"大阪"}
    assert "proposed" not in found.err
    assert sum(sum(part.values()) for part in told["rows"].values()) + sum(told["left_out"].values()) == 120


def test_without_a_terminal_the_error_names_the_options(
    tmp_path: Path, tickets: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "study.yaml"
    assert run_command(["init", str(tickets), "--out", str(out)]) == 2
    said = capsys.readouterr().err
    assert "there is no terminal" in said
    assert "--target 区分 --split domain" in said
    assert "--yes" in said
    assert [path.name for path in tmp_path.iterdir()] == ["tickets.jsonl"]
    assert run_command(["init", "--out", str(out)]) == 2
    assert "DATA" in capsys.readouterr().err
    assert run_command(["init", str(tickets), "--out", str(out), "--yes"]) == 0
    assert run_command(["init", str(tickets), "--out", str(out), "--yes"]) == 2
    assert "--replace" in capsys.readouterr().err
    assert run_command(["init", str(tickets), "--out", str(out), "--yes", "--replace"]) == 0


@pytest.mark.parametrize(
    ("said", "error"),
    [
        ({"--target": "部署"}, "no column"),
        ({"--split": "sideways"}, "is no answer"),
        ({"--text": "本文,区分"}, "is shown to the model"),
        ({"--labels": "修理"}, "two different labels"),
        ({"--split": "period", "--later-from": "soon"}, "is no day"),
        ({"--split": "period", "--date": "-"}, "can't be divided by period"),
        ({"--split": "period", "--later-from": "2030"}, "of one side"),
        ({"--split": "random", "--test-share": "2"}, "is no share"),
    ],
)
def test_answers_that_are_none_are_refused(tmp_path: Path, tickets: Path, said: dict[str, str], error: str) -> None:
    with pytest.raises((UsageError, DataError), match=error):
        begin_study(Beginning(tickets, out=tmp_path / "study.yaml"), _answers(said, []), lambda _: None)
    assert not (tmp_path / "study.yaml").exists()


def test_labels_that_are_not_named_are_dropped_by_name(tmp_path: Path, tickets: Path) -> None:
    rows = [row | {"区分": "-"} if n % 20 == 0 else row for n, row in enumerate(_tickets())]
    write_rows(tickets, rows)
    person = _answers({"--split": "random", "--labels": "修理,経理"}, [])
    begun = begin_study(Beginning(tickets, out=tmp_path / "study.yaml"), person, lambda _: None)
    assert load_study(begun.study).tasks["区分"].drop_labels == ("-",)


@given(
    st.lists(st.tuples(st.integers(0, 8), st.integers(0, 6), st.booleans()), min_size=4, max_size=40),
    st.floats(0.1, 0.9),
    st.integers(0, 5),
)
def test_no_row_is_lost_and_what_belongs_together_stays_together(
    made: list[tuple[int, int, bool]], share: float, seed: int
) -> None:
    rows = [{"q": f"ask {q}", "g": f"g{g}" if g else "", "a": "yes" if known else ""} for q, g, known in made]
    mapped = Mapped(("q",), "a", group="g")
    try:
        divided = divide(rows, mapped, Division("random", test_share=share, seed=seed), name="n")
    except DataError:
        return
    assert Counter([*divided.train, *divided.test, *divided.left]) == Counter(range(len(rows)))
    for column in ("q", "g"):
        sides = [{rows[n][column] for n in part} - {""} for part in (divided.train, divided.test)]
        assert not sides[0] & sides[1]
    assert all(not rows[n]["a"] for n in divided.left)


def test_later_rows_that_ask_what_was_trained_are_left_out() -> None:
    rows = [{"q": f"ask {n % 6}", "a": "x", "d": f"202{3 + n // 8}-01-01"} for n in range(10)]
    how = Division("period", since=datetime.date(2024, 1, 1), test_share=0.4)
    rows[9]["q"] = "new"
    divided = divide(rows, Mapped(("q",), "a", "d"), how, name="n")
    assert divided.away == {"from_2024-01-01": [9]}
    assert divided.left == {8: "it asks what a row of the training domain asks"}
