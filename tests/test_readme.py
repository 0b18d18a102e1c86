"""What the README tells a reader to type is typed here, on a tiny model, in the README's order."""

import contextlib
import csv
import os
import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import pytest

from farfield.cli.main import run_command
from farfield.spec import load_study

ROOT = Path(__file__).parent.parent
MODEL = "smollm2-135m-instruct"
LABELS = ("repair", "billing", "delivery", "sales")


def _blocks(name: str) -> list[tuple[str, str]]:
    text = (ROOT / name).read_text(encoding="utf-8")
    return re.findall(r"^```(\w+)\n(.*?)^```", text, re.DOTALL | re.MULTILINE)


def _commands(name: str) -> list[str]:
    return [line for kind, text in _blocks(name) if kind == "sh" for line in text.splitlines() if line.strip()]


def _code(name: str, kind: str) -> list[str]:
    return [text for found, text in _blocks(name) if found == kind]


def _write(path: Path, rows: int) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["message", "department"])
        writer.writerows([f"{path.stem} asks for {LABELS[n % 4]}, case {n}", LABELS[n % 4]] for n in range(rows))


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A folder with the files that the README speaks of, and the process in it."""
    folder = tmp_path_factory.mktemp("desk")
    for name, rows in (("site_a", 80), ("site_a_test", 12), ("site_b", 12), ("demos", 4)):
        _write(folder / f"{name}.csv", rows)
    before = Path.cwd()
    os.chdir(folder)
    yield folder
    os.chdir(before)


@pytest.fixture(scope="module")
def typed(desk: Path, tiny_folder: Path) -> list[tuple[str, int]]:
    """Every `farfield` line of the README with the exit code that it gave."""
    codes = []
    for line in _commands("README.md"):
        if line.startswith("farfield"):
            codes.append((line, run_command(shlex.split(line)[1:])))
        if line.startswith("farfield init"):
            path = desk / "study.yaml"
            path.write_text(path.read_text(encoding="utf-8").replace(MODEL, str(tiny_folder)), encoding="utf-8")
    return codes


def test_every_command_does_what_it_says(typed: list[tuple[str, int]], desk: Path) -> None:
    commands = ["init", "check", "plan", "show", "run", "results", "report", "export", "harness"]
    assert [line.split()[1] for line, _ in typed] == commands
    assert {code for _, code in typed} == {0}
    assert list(desk.glob("runs/*/report.en.html"))


def test_make_knows_its_targets() -> None:
    rules = (ROOT / "Makefile").read_text(encoding="utf-8")
    asked = {word for line in _commands("README.md") if line.startswith("make") for word in line.split()[1:2]}
    assert asked == {"demo", "test"}
    assert all(re.search(rf"^{target}:", rules, re.MULTILINE) for target in asked)


def test_the_study_loads_and_passes_its_check(desk: Path, tiny_folder: Path) -> None:
    (text,) = _code("README.md", "yaml")
    (desk / "shown.yaml").write_text(text.replace(MODEL, str(tiny_folder)), encoding="utf-8")
    study = load_study(desk / "shown.yaml")
    assert MODEL in text
    assert set(study.arms) == {"base", "ft", "fticl"}
    assert run_command(["check", "shown.yaml"]) == 0


@pytest.mark.usefixtures("typed")
def test_the_python_examples_run(tiny_folder: Path) -> None:
    examples = _code("README.md", "python")
    assert len(examples) == 2
    for text in examples:
        with Path(os.devnull).open("w") as nowhere, contextlib.redirect_stdout(nowhere):
            exec(compile(text.replace(MODEL, str(tiny_folder)), "README.md", "exec"), {})


def test_both_languages_show_the_same_code() -> None:
    english, japanese = ([(kind, re.sub(r"#[^#\n]*$", "", text, flags=re.MULTILINE)) for kind, text in _blocks(name)]
                         for name in ("README.md", "README.ja.md"))  # fmt: skip
    assert japanese == english
    assert len(english) == 6
