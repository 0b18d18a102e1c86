"""A run's folder: what is in it after every way of ending, and who may write to it."""

import json
import multiprocessing
from multiprocessing.synchronize import Event
from pathlib import Path
from typing import cast

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from farfield.errors import RunError
from farfield.runs import FORMAT, CellRecord, Run, address_of, facts, peak_memory, seed_of

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


def _record(address: str) -> CellRecord:
    return CellRecord(address, "evaluate", 1.5, 10, 20, {"backend": "fake"})


def _write(folder: Path) -> None:
    pl.DataFrame({"row": [1, 2]}).write_parquet(folder / "predictions.parquet")


@given(st.dictionaries(st.text(), VALUES, max_size=4))
def test_an_address_follows_from_the_parts_and_not_from_their_order(parts: dict[str, None]) -> None:
    turned = dict(reversed(list(parts.items())))
    assert address_of(parts) == address_of(turned)
    assert address_of(parts) != address_of({**parts, "one more key": 1})
    assert len(address_of(parts)) == 20


def test_addresses_and_seeds_stay_as_they_are() -> None:
    # Runs on disk are found again by these; another value here would run every study again.
    assert address_of({"a": 1, "ü": ["é", None]}) == "6e8d74af443ee506a3f5"
    assert seed_of("cell") == 63566241764235


def test_a_finished_cell_is_there_with_record_and_predictions(tmp_path: Path) -> None:
    run = Run.create(tmp_path / "run")
    (run.scratch("a") / "checkpoint").write_text("half")
    assert not run.has("a")
    run.finish(_record("a"), _write)
    assert run.has("a")
    assert run.record("a") == _record("a")
    assert run.predictions("a")["row"].to_list() == [1, 2]
    assert list((run.folder / "half").iterdir()) == []


def test_a_cell_that_fails_half_way_is_not_there_and_goes_on(tmp_path: Path) -> None:
    run = Run.create(tmp_path)

    def fail(folder: Path) -> None:
        (folder / "predictions.parquet").write_text("half")
        raise OSError

    with pytest.raises(OSError):  # noqa: PT011 (any)
        run.finish(_record("a"), fail)
    assert not run.has("a")
    run.finish(_record("a"), _write)
    assert [record.address for record in run.records()] == ["a"]


def test_a_folder_killed_before_its_first_manifest_goes_on(tmp_path: Path) -> None:
    with Run.create(tmp_path).locked():
        assert Run.create(tmp_path).manifest() == {}
    (tmp_path / "notes.txt").write_text("mine")
    with pytest.raises(RunError, match="holds no run"):
        Run.create(tmp_path)


def test_a_file_in_the_place_of_the_folder_is_told(tmp_path: Path) -> None:
    (tmp_path / "run").write_text("a file")
    with pytest.raises(RunError, match="holds no run"):
        Run.create(tmp_path / "run")
    with pytest.raises(RunError, match="can't be made"):
        Run.create(tmp_path / "run" / "below")


@pytest.mark.parametrize(
    ("text", "expected"),
    [(json.dumps({"format": FORMAT + 1}), "newer farfield"), ("{", "can't be read"), ("[]", "can't be read")],
)
def test_a_manifest_of_another_kind_is_told(tmp_path: Path, text: str, expected: str) -> None:
    (tmp_path / "manifest.json").write_text(text)
    for opened in (Run.open, Run.create):
        with pytest.raises(RunError, match=expected):
            opened(tmp_path)


def test_the_manifest_holds_every_finished_cell(tmp_path: Path) -> None:
    run = Run.create(tmp_path)
    for address in ("b", "a"):
        run.finish(_record(address), _write)
    run.write_manifest({"study": {"name": "工場"}})
    told = Run.open(tmp_path).manifest()
    assert told["study"] == {"name": "工場"}
    cells = cast("list[dict[str, str]]", told["cells"])
    assert [cell["address"] for cell in cells] == ["a", "b"]


def _hold(folder: Path, held: Event, enough: Event) -> None:
    with Run.create(folder).locked():
        held.set()
        enough.wait(30)


def test_another_process_holds_the_folder_until_it_is_killed(tmp_path: Path) -> None:
    context = multiprocessing.get_context("spawn")
    held, enough = context.Event(), context.Event()
    other = context.Process(target=_hold, args=(tmp_path, held, enough))
    other.start()
    try:
        assert held.wait(30)
        with pytest.raises(RunError, match="another farfield"), Run.create(tmp_path).locked():
            pass
    finally:
        other.kill()
        other.join(30)
    with Run.create(tmp_path).locked():
        assert Run.create(tmp_path).manifest() == {}  # the lock went with its process


def test_machine_facts_are_told_and_stay_equal() -> None:
    told = facts()
    assert told == facts()
    assert told.cores >= 1
    assert told.memory > 1 << 28
    assert {"python", "torch", "transformers"} <= set(told.versions)
    block = bytearray(64 << 20)
    assert peak_memory() >= len(block)
