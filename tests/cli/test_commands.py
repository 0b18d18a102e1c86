"""The commands as a user types them, on a tiny real model: what they print, and their exit codes."""

import json
import os
import subprocess
import sys
from pathlib import Path

import polars as pl
import pytest

from farfield.cli.main import run_command
from farfield.runs import FORMAT
from tests.small import mood_rows, rewrite_study, study_parts, write_rows, write_study


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory, tiny_folder: Path) -> Path:
    """A folder with a study that was run once, and how its progress was told."""
    folder = tmp_path_factory.mktemp("home")
    assert run_command(["run", str(write_study(folder, tiny_folder))]) == 0
    return folder


def _printed(capsys: pytest.CaptureFixture[str], *arguments: object, code: int = 0) -> str:
    assert run_command([str(part) for part in arguments]) == code
    return capsys.readouterr().out


def _told(capsys: pytest.CaptureFixture[str], *arguments: object, code: int = 2) -> str:
    assert run_command([str(part) for part in arguments]) == code
    found = capsys.readouterr()
    assert found.out == ""
    return found.err


def test_a_second_run_asks_for_nothing_and_loads_no_torch(home: Path) -> None:
    script = "import sys; from farfield.cli.main import run_command; code = run_command(sys.argv[1:]); "
    script += "print('torch' in sys.modules, code)"
    done = subprocess.run(
        [sys.executable, "-c", script, "run", str(home / "study.yaml")], capture_output=True, text=True, check=True
    )
    assert done.stdout.splitlines()[-1] == "False 0"
    assert "done: every cell is in" in done.stderr
    assert "[" not in done.stderr.split("done:")[0]


def test_help_names_every_command_with_examples_and_is_light() -> None:
    script = "import sys; from farfield.cli.main import run_command; code = run_command(['--help']); "
    script += (
        "heavy = {'torch', 'transformers', 'polars', 'pydantic', 'numpy', 'scipy'} & set(sys.modules); print(heavy)"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "set()"
    for name in (
        "demo",
        "import",
        "init",
        "check",
        "plan",
        "show",
        "run",
        "results",
        "predictions",
        "verify",
        "report",
        "export",
        "harness",
        "schema",
    ):
        assert f"  {name} " in done.stdout
        said = subprocess.run(
            [sys.executable, "-m", "farfield", name, "--help"], capture_output=True, text=True, check=True
        )
        assert "Example: farfield" in said.stdout


@pytest.mark.parametrize("command", ["check", "plan"])
def test_a_study_is_looked_at_without_its_model(tmp_path: Path, command: str) -> None:
    path = write_study(tmp_path, "nobody/nothing-7b")
    done = subprocess.run(
        [sys.executable, "-m", "farfield", command, str(path)],
        capture_output=True, text=True, check=True, env={**os.environ, "HF_HUB_OFFLINE": "1"},
    )  # fmt: skip
    assert "lengths are estimated from bytes" in done.stderr
    assert {"check": "0 errors", "plan": "7e+09 parameters"}[command] in done.stdout


@pytest.mark.parametrize("form", ["table", "csv", "json"])
def test_results_in_every_format(home: Path, capsys: pytest.CaptureFixture[str], form: str) -> None:
    out = _printed(capsys, "results", home / "runs/small", "--format", form)
    if form == "json":
        rows = json.loads(out)
        assert {"arm", "strength", "trained_on", "value", "low", "high", "n", "left_out", "backend"} <= set(rows[0])
    elif form == "csv":
        assert pl.read_csv(out.encode()).height == len(out.splitlines()) - 1
    else:
        assert "fticl" in out
        assert "\x1b[" not in out  # no colour in a pipe


def test_predictions_in_a_pipe_as_parquet(home: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "farfield", "predictions", str(home / "runs/small"), "--format", "parquet"],
        capture_output=True, check=True,
    )  # fmt: skip
    frame = pl.read_parquet(done.stdout)
    assert frame.filter(pl.col("arm") == "base").height == 2 * 2 * 10 * 3  # domains, shots, rows; metrics 1 + 2


def test_development_rows_are_told_apart(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rows = json.loads(_printed(capsys, "results", home / "runs/small", "--split", "dev", "--format", "json"))
    arms = {(row["arm"], row["task"], row["n"]) for row in rows}
    # Of trained arms only classifiers are asked: how sure they may be is seen there.
    assert arms == {("base", "mood", 4), ("base", "title", 4), ("ft", "mood", 4), ("fticl", "mood", 4)}


def test_a_universe_that_the_run_does_not_have_is_named(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert "no universe 'chat=true'" in _told(capsys, "predictions", home / "runs/small", "--universe", "chat=true")


def test_verify_says_the_run_holds(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    told = json.loads(_printed(capsys, "verify", home / "runs/small", "--share", 0.2, "--format", "json"))
    assert told["holds"]
    assert told["worst"] < 1e-3
    assert told["rows"] >= 40
    assert told["texts"] > 0


def test_verify_says_when_it_does_not(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = _printed(capsys, "verify", home / "runs/small", "--share", 1, "--tolerance", "1e-12", code=1)
    assert "does not hold" in out


def test_show_prints_every_token_and_what_it_is(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    place = ("show", home / "study.yaml", "--task", "mood", "--domain", "b", "--row", 3, "--shots", 2)
    told = json.loads(_printed(capsys, *place, "--format", "json"))
    whole = "".join(piece["text"] for part in ("bos", "shared", "asked") for piece in told[part])
    assert told["text"].startswith(whole)
    assert set(told["scored"]) == {"good", "bad"}
    assert "".join(piece["text"] for piece in told["trained"]).endswith("bad")
    out = _printed(capsys, *place)
    assert "scored, 'good'" in out
    assert "shared (" in out


@pytest.mark.parametrize(
    ("option", "expected"),
    [
        (("--task", "moods"), "no task 'moods'"),
        (("--domain", "c"), "known: a, b"),
        (("--shots", "1"), "known: 0, 2"),
        (("--row", "99"), "row 99 is not asked"),
        (("--arm", "base"), "arm 'base' searches no prompt of task 'mood'"),
    ],
)
def test_show_tells_what_is_there(
    home: Path, capsys: pytest.CaptureFixture[str], option: tuple[str, str], expected: str
) -> None:
    assert expected in _told(capsys, "show", home / "study.yaml", *option)


def test_check_lists_issues_and_answers_no_on_an_error(
    tmp_path: Path, tiny_folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    study = write_study(tmp_path, tiny_folder)
    assert "0 errors" in _printed(capsys, "check", study)
    write_rows(tmp_path / "mood/b_test.jsonl", [*mood_rows("train", 3), *mood_rows("b", 9), mood_rows("b", 1)[0]])
    issues = json.loads(_printed(capsys, "check", study, "--format", "json", code=1))
    found = {issue["code"]: issue for issue in issues}
    assert found["leak"]["severity"] == "error"
    assert found["leak"]["rows"] == [0, 1, 2]
    assert found["duplicates"]["rows"] == [12]
    assert found["power"]["severity"] == "note"
    assert issues[0]["severity"] == "error"


def test_plan_before_and_after(
    home: Path, tmp_path: Path, tiny_folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    told = json.loads(_printed(capsys, "plan", write_study(tmp_path, tiny_folder), "--format", "json"))
    assert told["finished"] == 0
    assert told["forecast"]["seconds"] > 0
    assert told["tokens"] > 1000
    assert sum(line["label"].startswith("train") for line in told["forecast"]["lines"]) == 4
    assert not (tmp_path / "runs").exists()
    out = _printed(capsys, "plan", home / "study.yaml")
    assert "cells:  0 to run" in out


def test_plan_without_the_model_estimates_from_bytes(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    study = write_study(tmp_path, "nobody/no-model-7b")
    told = json.loads(_printed(capsys, "plan", study, "--format", "json"))
    assert "lengths from bytes" in told["forecast"]["basis"]
    assert "7e+09 parameters" in told["forecast"]["basis"]


def test_init_writes_a_study_that_runs(tmp_path: Path, tiny_folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write_study(tmp_path, tiny_folder)
    mood = tmp_path / "mood"
    out = tmp_path / "mine.yaml"
    printed = _printed(
        capsys, "init", "--train", mood / "a_train.jsonl", "--test", mood / "a_test.jsonl", "--new",
        mood / "b_test.jsonl", "--demos", mood / "a_demos.jsonl", "--target", "mood", "--out", out,
    )  # fmt: skip
    assert printed.strip() == str(out)
    text = out.read_text().replace("smollm2-135m-instruct", str(tiny_folder))
    out.write_text(text)
    assert run_command(["run", str(out)]) == 0
    assert "fticl" in text


def test_report_in_both_languages(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for language, word in (("en", "How far does the fine-tune carry?"), ("ja", "ファインチューニング")):
        page = Path(_printed(capsys, "report", home / "runs/small", "--lang", language).strip())
        text = page.read_text(encoding="utf-8")
        assert word in text
        assert f'<html lang="{language}">' in text


def test_schema_is_json(capsys: pytest.CaptureFixture[str]) -> None:
    assert "properties" in json.loads(_printed(capsys, "schema"))


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (("run", "none.yaml"), "no such study file"),
        (("results", "."), "no run in this folder"),
        (("rn",), "No such command"),
        (("run", "x.yaml", "--memory", "lots"), "'lots' is no size"),
        (("run", "x.yaml", "--memory", "1K"), "too little"),
    ],
)
def test_wrong_use_exits_2(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], arguments: tuple[str, ...],
    expected: str,
) -> None:  # fmt: skip
    monkeypatch.chdir(tmp_path)
    assert expected in _told(capsys, *arguments)


def test_a_newer_run_folder_exits_2(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "manifest.json").write_text(json.dumps({"format": FORMAT + 1}))
    assert "newer farfield" in _told(capsys, "results", tmp_path)


def test_an_unreachable_model_exits_3(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    study = write_study(tmp_path, "nobody/no-such-model")
    assert "can't be reached" in _told(capsys, "run", study, code=3)


def test_errors_show_no_traceback_and_no_colour(
    tmp_path: Path, tiny_folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    parts = study_parts(tiny_folder)
    parts["tsaks"] = {}
    write_study(tmp_path, tiny_folder)
    told = _told(capsys, "check", rewrite_study(tmp_path, parts))
    assert told.startswith("error: unknown key 'tsaks'")
    assert "did you mean 'tasks'?" in told
    assert "Traceback" not in told
    assert "\x1b[" not in told


def test_export_and_harness_print_what_they_wrote(
    home: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    model, tasks = tmp_path / "model", tmp_path / "tasks"
    place = ("export", home / "study.yaml", "--arm", "ft", "--task", "mood", "--strength", 0.5, "--out", model)
    told = json.loads(_printed(capsys, *place, "--format", "json"))
    assert told["folder"] == str(model)
    assert {"model.safetensors", "prompt.json", "README.md"} <= set(told["files"])
    assert all((model / name).is_file() for name in told["files"])
    assert _printed(capsys, "harness", home / "study.yaml", "--out", tasks).strip() == str(tasks)
    assert "is there already" in _told(capsys, "harness", home / "study.yaml", "--out", tasks)
    assert "name one with --task: mood, title" in _told(capsys, "export", home / "study.yaml", "--arm", "ft")
