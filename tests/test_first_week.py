"""The course of the first week: its commands are those that there are, and both languages show the same ones."""

import re
import shlex
from pathlib import Path

import pytest

from farfield.cli.main import run_command

DOCS = Path(__file__).parent.parent / "docs"
PAGES = ("first-week.md", "first-week.ja.md")


def days(page: str) -> list[list[list[str]]]:
    """Each day's commands, as words."""
    blocks = re.findall(r"^```sh\n(.*?)^```", (DOCS / page).read_text(encoding="utf-8"), re.DOTALL | re.MULTILINE)
    return [[shlex.split(line) for line in block.splitlines()] for block in blocks]


def without_language(words: list[str]) -> list[str]:
    joined = " ".join(words).replace("farfield-demo-ja", "farfield-demo-en")
    return re.sub(r" --lang \w+", "", joined).split()


def test_both_languages_show_the_same_commands() -> None:
    english, japanese = ([[without_language(line) for line in day] for day in days(page)] for page in PAGES)
    assert english == japanese
    assert len(english) == 5


@pytest.mark.parametrize("page", PAGES)
def test_every_option_of_the_course_exists(page: str, capsys: pytest.CaptureFixture[str]) -> None:
    helped: dict[str, str] = {}
    for program, command, *words in (line for day in days(page) for line in day):
        assert program == "farfield"
        if command not in helped:
            assert run_command([command, "--help"]) == 0
            helped[command] = capsys.readouterr().out
        assert {word for word in words if word.startswith("--") and f"{word} " not in helped[command]} == set()


def test_the_first_two_days_run(tmp_path: Path, tiny_folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    codes = []
    for line in [line for day in days("first-week.md")[:2] for line in day]:
        codes.append(run_command(line[1:]))
        study = tmp_path / "messy" / "study.yaml"
        study.write_text(study.read_text(encoding="utf-8").replace("smollm2-135m-instruct", str(tiny_folder)))
    assert codes[:4] == [0, 0, 0, 0]
    assert set(codes) <= {0, 1}  # 1: the faults that the checks call errors
    assert (tmp_path / "mended").is_dir()
