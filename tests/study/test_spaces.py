"""What models write and what surprises them, from the fake engine to the frames."""

from pathlib import Path

import polars as pl
import pytest

from farfield.metrics import copied_share
from farfield.spec import load_study
from farfield.study import SpaceFrames, space_frames
from farfield.study.cells import SpaceCell
from farfield.study.estimating import forecast
from farfield.study.execute import missing
from farfield.study.running import prepare
from tests.small import mood_rows, rewrite_study, run_fake, small_study, study_parts, write_study


def _seen(folder: Path, tiny: Path, **changes: object) -> SpaceFrames:
    return space_frames(run_fake(small_study(folder, tiny, **changes))[0].run)


def test_every_model_is_looked_at_on_its_own_task_and_the_base_on_all(tmp_path: Path, tiny_folder: Path) -> None:
    seen = _seen(tmp_path, tiny_folder)
    expected: set[tuple[str | None, str | None, str]] = {(None, None, "mood"), (None, None, "title")}
    expected |= {(arm, task, task) for arm in ("ft", "fticl") for task in ("mood", "title")}
    for frame in (seen.answers, seen.surprises):
        assert set(frame.select("arm", "trained_on", "task").iter_rows()) == expected
        assert frame.height == 10 * len(expected)
    assert (seen.surprises["tokens"] > 0).all()
    assert (seen.surprises["nll"] <= seen.surprises["tokens"]).all()  # the fake's most


def test_models_are_looked_at_on_other_tasks_where_the_study_crosses_them(tmp_path: Path, tiny_folder: Path) -> None:
    seen = _seen(tmp_path, tiny_folder, cross_task=True)
    across = seen.answers.filter(pl.col("trained_on") != pl.col("task")).select("arm", "task").unique()
    assert sorted(across.rows()) == [(arm, task) for arm in ("ft", "fticl") for task in ("mood", "title")]


def test_written_texts_are_those_of_the_results_and_labels_are_written_freely(
    tmp_path: Path, tiny_folder: Path
) -> None:
    results, _ = run_fake(small_study(tmp_path, tiny_folder))
    seen = space_frames(results.run)
    said = results.predictions.filter(
        (pl.col("arm") == "fticl") & (pl.col("task") == "title") & (pl.col("domain") == "a")
        & (pl.col("shots") == 2) & (pl.col("metric") == "rougeL")
    )  # fmt: skip
    own = seen.answers.filter((pl.col("arm") == "fticl") & (pl.col("task") == "title"))
    assert own["answer"].to_list() == said["prediction"].to_list()
    labels = seen.answers.filter(pl.col("arm").is_null() & (pl.col("task") == "mood"))
    # The fake writes back what it was asked, eight tokens of it: none is a label.
    assert all(text and text not in ("good", "bad") for text in labels["answer"])
    for row, copied, answer in labels.select("row", "copied", "answer").iter_rows():
        assert copied == copied_share(answer, mood_rows("a", 10)[row]["text"])


def test_references_are_training_and_development_rows_and_test_rows_only_without_them(
    tmp_path: Path, tiny_folder: Path
) -> None:
    seen = _seen(tmp_path / "trained", tiny_folder)
    assert seen.references.group_by("task").len().sort("task").rows() == [("mood", 12), ("title", 12)]
    assert (
        seen.references.filter(pl.col("task") == "title")["copied"].to_list() == [0.5] * 12
    )  # "Pump 3" stands in the body, "3 leaks" does not
    parts = study_parts(tiny_folder)
    for task in parts["tasks"].values():  # type: ignore[attr-defined]
        task.pop("train")
    parts["arms"] = {"base": {}}
    parts.pop("training")
    write_study(tmp_path / "base", tiny_folder)
    results, engine = run_fake(load_study(rewrite_study(tmp_path / "base", parts)))
    assert engine.done == ["open", "surprised"]
    untrained = space_frames(results.run)
    assert untrained.references.group_by("task").len().sort("task").rows() == [("mood", 10), ("title", 10)]
    assert untrained.answers.height == 20


def test_a_study_without_an_untrained_arm_still_asks_the_model_as_it_is(tmp_path: Path, tiny_folder: Path) -> None:
    results, _ = run_fake(small_study(tmp_path, tiny_folder, arms={"ft": {"trained": True}}))
    assert space_frames(results.run).answers.filter(pl.col("arm").is_null()).height == 20
    assert set(results.frame.filter(pl.col("backend") != "baseline")["arm"]) == {"ft"}  # no line of the results


@pytest.mark.parametrize("kinds", [("mood", "title"), ("mood",)])
def test_the_forecast_counts_what_is_read_twice_and_written(
    tmp_path: Path, tiny_folder: Path, kinds: tuple[str, ...]
) -> None:
    study = small_study(tmp_path, tiny_folder)
    study = study.model_copy(update={"tasks": {name: study.tasks[name] for name in kinds}}).in_folder(tmp_path)
    prepared = prepare(study)
    results, engine = run_fake(study, tmp_path / "out")
    assert missing(prepared.plan, results.run) == []
    told = forecast(prepared.plan, prepared.tokenizer, prepared.plan.cells, engine)
    spaces = [line for cell, line in zip(prepared.plan.cells, told.lines, strict=True) if isinstance(cell, SpaceCell)]
    assert len(spaces) == 1 + 2 * len(kinds)
    assert all(line.tokens >= 10 * 8 for line in spaces if "title" not in line.label)  # ten labels of eight tokens
    assert all(line.seconds > 0 for line in spaces)
