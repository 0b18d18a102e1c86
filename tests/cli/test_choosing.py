"""`farfield sample`, `label` and `data` as a user types them: what they print, and their exit codes."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from farfield.cli.main import run_command
from farfield.data import read_rows, write_rows


@pytest.fixture
def tickets(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A file of tickets in the working folder, a third of them without a label."""
    monkeypatch.chdir(tmp_path)
    subjects = {"repair": "pump valve leak motor noise", "billing": "invoice price tax refund account"}
    rows = []
    for number in range(90):
        label = "repair" if number % 3 else "billing"
        words = subjects[label].split()
        text = f"{words[number % 5]} {words[(number // 5) % 5]} at site {number % 7}"
        rows.append({"id": str(number), "message": text, "label": "" if number % 3 == 1 else label})
    path = Path("tickets.csv")
    write_rows(path, rows)
    return path


def _run(capsys: pytest.CaptureFixture[str], line: str, code: int = 0) -> str:
    assert run_command(line.split()) == code
    return capsys.readouterr().out


@pytest.mark.parametrize("command", ["sample", "label", "data", "data save", "data log", "data diff", "data card"])
def test_each_command_has_help_with_an_example(command: str) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "farfield", *command.split(), "--help"], capture_output=True, text=True, check=True
    )
    assert "Example: farfield" in " ".join(done.stdout.split())


def test_sample_tells_how_well_it_stands_for_all(tickets: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = _run(capsys, "sample tickets.csv --rows 12 --to start.jsonl --label label --draws 5")
    assert "start.jsonl: 12 of 90 rows, compared by message" in out
    assert "energy distance to the other rows" in out
    assert "label 'repair': 0." in out
    told = json.loads(
        _run(capsys, "sample tickets.csv --rows 12 --to again.jsonl --label label --draws 5 --format json")
    )
    assert len(told["sampled"]["rows"]) == told["rows"] == 12
    assert told["representation"]["nearness"]["low"] <= told["representation"]["nearness"]["random"]
    assert Path("start.jsonl").read_bytes() == Path("again.jsonl").read_bytes()


def test_versions_are_saved_listed_compared_and_described(tickets: Path, capsys: pytest.CaptureFixture[str]) -> None:
    first = json.loads(_run(capsys, "data save tickets.csv --to store --format json"))["entry"]["address"]
    assert "there already" in _run(capsys, "data save tickets.csv --to store")
    assert "90 rows in both; 0 removed, 0 added, 0 changed" in _run(capsys, "data diff store tickets.csv")
    rows = read_rows(tickets)
    rows[4]["label"] = "repair"
    write_rows(tickets, [*rows[:-1], {"id": "90", "message": "new", "label": ""}])
    _run(capsys, f"data save tickets.csv --to store --parent {first[:8]} --made-by by-hand")
    log = json.loads(_run(capsys, "data log store --format json"))
    assert [entry["parents"] for entry in log] == [[], [], [first]]
    assert "by by-hand" in _run(capsys, "data log store")
    out = _run(capsys, f"data diff store@{first[:8]} store --key id", code=1)
    assert "88 rows in both; 1 removed, 1 added, 1 changed" in out
    assert 'label: "" → "repair"' in out
    told = json.loads(_run(capsys, f"data diff store@{first[:8]} store --key id --format json", code=1))
    assert told["changed"][0]["fields"] == ["label"]
    assert "| message | 0 (0.0%) |" in _run(capsys, "data card tickets.csv --label label --say licence=ours")


def test_labels_go_out_and_come_back(tickets: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = _run(capsys, "label tickets.csv --to tasks.csv --rows 6")
    assert "tasks.csv: 6 rows to label as billing, repair" in out
    assert "no random sample" in out
    rows = read_rows(Path("tasks.csv"))
    write_rows(Path("one.csv"), [row | {"label": "repair"} for row in rows])
    write_rows(Path("two.csv"), [row | {"label": "repair" if n else "billing"} for n, row in enumerate(rows)])
    out = _run(capsys, "label --back one.csv --back two.csv --into tickets.csv")
    assert "6 answers of person 2" in out
    assert "agreement      0.833" in out
    assert "they differ in rows" in out
    told = json.loads(_run(capsys, "label --back one.csv --into tickets.csv --format json"))
    ahead = told.pop("next")
    assert told == {"path": "tickets.csv", "answers": [6], "left_open": [0], "agreement": None}
    assert 0 <= ahead["gain"]["low"] <= ahead["gain"]["high"] <= 1
    assert sum(row["label"] == "" for row in read_rows(tickets)) == 24


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("sample tickets.csv --rows 12 --to start.xlsx", ".xlsx are not written"),
        ("sample nothing.csv --rows 12 --to start.csv", "no such file"),
        ("label tickets.csv --to tasks.csv", "do not go together"),
        ("label --back tasks.csv", "do not go together"),
        ("data log nowhere", "nothing was saved here"),
        ("data card tickets.csv --say ours", "says nothing"),
        ("data diff nowhere@12 tickets.csv", "no such file"),
    ],
)
def test_what_can_not_be_done_is_told(tickets: Path, capsys: pytest.CaptureFixture[str], line: str, said: str) -> None:
    assert run_command(line.split()) == 2
    found = capsys.readouterr()
    assert found.out == ""
    assert said in found.err
