"""`farfield import` as a user types it, and every command of its page."""

import json
import os
import re
import shlex
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import xlsxwriter

from farfield.cli.main import run_command
from farfield.data import read_rows

PAGE = Path(__file__).parent.parent.parent / "docs" / "import.md"


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Path]:
    """A folder with the files that the page speaks of, and the process in it."""
    head = "本文,区分,日付,支店\n"
    for place, encoding in (("osaka", "cp932"), ("sendai", "euc_jp")):
        rows = "".join(
            f"{n} 号機のプリンタが動きません,{('修理', '配送')[n % 2]},令和{4 + n % 2}年3月{n + 1}日,{place}\n"
            for n in range(9)
        )
        path = tmp_path / "exports" / f"{place}.csv"
        path.parent.mkdir(exist_ok=True)
        text = head + rows + "余分,な,列,が,ある\n"
        path.write_bytes((text.replace(",", ";") if place == "osaka" else text).encode(encoding))
    (tmp_path / "exports" / "manual.pdf").write_bytes(b"%PDF-1.7")
    (tmp_path / "notes").mkdir()
    (tmp_path / "notes" / "a.txt").write_text("one\ntwo\n")
    book = xlsxwriter.Workbook(str(tmp_path / "faq.xlsx"))
    sheet = book.add_worksheet("FAQ")
    for number, row in enumerate((head.strip().split(","), ["動かない", "修理", "2023/3/1", "本社"])):
        sheet.write_row(number, 0, row)
    book.close()
    before = Path.cwd()
    os.chdir(tmp_path)
    yield tmp_path
    os.chdir(before)


def _blocks(kind: str) -> list[str]:
    return re.findall(rf"^```{kind}\n(.*?)^```", PAGE.read_text(encoding="utf-8"), re.DOTALL | re.MULTILINE)


def test_every_command_of_the_page_works(desk: Path, capsys: pytest.CaptureFixture[str]) -> None:
    block = _blocks("sh")[0]
    lines = block.splitlines()
    assert len(lines) == 7
    assert [run_command(shlex.split(line)[1:]) for line in lines] == [0] * 7
    assert sorted(path.name for path in (desk / "data" / "plants" / "domains").iterdir()) == [
        "osaka.jsonl",
        "sendai.jsonl",
    ]
    assert len(read_rows(desk / "data" / "support" / "rows.jsonl")) == 19
    assert capsys.readouterr().out.startswith("data/support\ndata/support\ndata/shops\n")


@pytest.mark.usefixtures("desk")
def test_the_python_of_the_page_runs(capsys: pytest.CaptureFixture[str]) -> None:
    (block,) = _blocks("python")
    exec(compile(block, str(PAGE), "exec"), {})
    assert capsys.readouterr().out.startswith("18 rows; 3 put aside\n")


@pytest.mark.usefixtures("desk")
def test_what_was_read_and_put_aside_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    assert run_command(["import", "exports", "--to", "out"]) == 0
    said = capsys.readouterr()
    assert said.out == "out\n"
    for part in (
        "exports/osaka.csv: csv, cp932 (likely), delimiter ;, header in row 1, 9 rows, 1 put aside",
        "exports/sendai.csv, row 11: the row has 5 cells, the header 4",
        "exports/manual.pdf: PDF files are not read",
        "row 1: 本文: 0 号機のプリンタが動きません",
        "to map them: --map text=本文,target=区分,date=日付,source=支店",
        "18 rows read, 3 put aside, 0 blank",
    ):
        assert part in said.err


@pytest.mark.usefixtures("desk")
def test_all_of_it_as_json(capsys: pytest.CaptureFixture[str]) -> None:
    assert run_command(["import", "exports", "--to", "out", "--format", "json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert (told["rows"], told["aside"], len(told["sources"]), len(told["preview"])) == (18, 3, 3, 5)
    assert told["proposals"][0]["role"] == "text"


@pytest.mark.parametrize(
    ("options", "part"),
    [
        (["--encoding", "klingon"], "'klingon' is no encoding that is read"),
        (["--encoding", "utf-7"], "'utf-7' is no encoding that is read"),
        (["--map", "colour=本文"], "'colour=本文' maps no column to a role"),
        (["--domain", "shops"], "'shops' is no rule for domains"),
        (["--map", "text=何か"], "not one row could be read"),
    ],
)
@pytest.mark.usefixtures("desk")
def test_wrong_use_is_told(capsys: pytest.CaptureFixture[str], options: list[str], part: str) -> None:
    assert run_command(["import", "exports", "--to", "out", *options]) == 2
    said = capsys.readouterr()
    assert said.out == ""
    assert part in said.err
    assert "mend:" in said.err
    assert not Path("out").exists()


def test_ctrl_c_leaves_nothing_behind(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("a,b\n" + "some text,label\n" * 2_000_000)
    # The child must not inherit that Ctrl-C is ignored, as it is where the tests run in the background.
    script = "import signal, sys; signal.signal(signal.SIGINT, signal.default_int_handler); "
    script += "from farfield.cli.main import run_command; sys.exit(run_command(sys.argv[1:]))"
    child = subprocess.Popen(
        [sys.executable, "-c", script, "import", "a.csv", "--to", "out"],
        cwd=tmp_path, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    while not any(path.stat().st_size for path in tmp_path.glob(".out.*/rows.jsonl")):
        assert child.poll() is None
        time.sleep(0.01)
    child.send_signal(signal.SIGINT)
    _, said = child.communicate(timeout=60)
    assert child.returncode == 130
    assert "stopped; nothing was written" in said
    assert [path.name for path in tmp_path.iterdir()] == ["a.csv"]
