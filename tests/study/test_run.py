"""A study through the fake engine: what runs, what runs again, and what a kill leaves."""

import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import cast

import polars as pl
import pytest

from farfield.engine import FakeEngine
from farfield.errors import DataError, ModelError, PromptError, RunError, SpecError
from farfield.report import write_report
from farfield.runs import CellRecord, Run
from farfield.spec import load_study
from farfield.study import Cell, open_results, plan_study, predictions_frame, results_frame, run, verify
from farfield.study.execute import Place
from farfield.study.moving import divergences_frame, movements_frame
from farfield.study.planning import Room
from farfield.study.running import prepare
from tests.small import (
    cells_of,
    mood_rows,
    rewrite_study,
    run_fake,
    small_study,
    study_parts,
    write_rows,
    write_study,
)


@dataclass
class Watching:
    """Counts what it is told."""

    begun: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    ended: int = 0
    share: float = 0.0

    def begin(self, cell: Cell, place: Place) -> None:
        assert 1 <= place.number <= place.cells
        assert self.share <= place.before < place.after <= 1
        self.share = place.after
        self.begun.append(cell.label)

    def advance(self, done: int, total: int, note: str = "") -> None:
        assert 0 <= done <= total
        self.notes.append(note)

    def end(self, record: CellRecord) -> None:
        self.ended += 1


def test_results_have_a_row_for_every_arm_domain_and_number_of_shots(tmp_path: Path, tiny_folder: Path) -> None:
    watch = Watching()
    results, _ = run_fake(small_study(tmp_path, tiny_folder), watch=watch)
    frame = results.frame
    models = frame.filter(pl.col("backend") != "baseline")
    for task, metrics in (("mood", ["accuracy"]), ("title", ["rougeL", "bleu"])):
        found = models.filter(pl.col("task") == task).select("arm", "domain", "shots", "metric").rows()
        expected = [(arm, d, k, m) for arm in ("base", "ft", "fticl") for d in "ab" for k in (0, 2) for m in metrics]
        assert sorted(found) == sorted(expected)
    assert set(frame.filter(pl.col("backend") == "baseline")["arm"]) == {
        "majority", "tfidf_logreg", "nearest_row", "lead", "constant",
    }  # fmt: skip
    assert frame.null_count().select("value", "low", "high").row(0) == (0, 0, 0)
    assert frame.filter(~((pl.col("low") <= pl.col("value")) & (pl.col("value") <= pl.col("high")))).is_empty()
    assert set(frame["n"]) == {10}
    assert watch.share == 1
    assert watch.ended == len(watch.begun) == len(cells_of(results))
    assert any("tokens/s" in note for note in watch.notes)


def test_predictions_say_what_results_summarise(tmp_path: Path, tiny_folder: Path) -> None:
    results, _ = run_fake(small_study(tmp_path, tiny_folder))
    rows = results.predictions.filter((pl.col("task") == "mood") & (pl.col("arm") == "ft"))
    means = rows.group_by("domain", "shots").agg(pl.col("score").mean()).sort("domain", "shots")
    told = results.frame.filter((pl.col("task") == "mood") & (pl.col("arm") == "ft")).sort("domain", "shots")
    assert means["score"].to_list() == pytest.approx(told["value"].to_list())
    assert rows["label_logprobs"].list.len().unique().to_list() == [2]
    labels = ["good", "bad"]
    best = [labels[pair.to_list().index(max(pair))] for pair in rows["label_logprobs"]]
    assert rows["prediction"].to_list() == best
    assert rows["prompt_sha256"].str.len_chars().unique().to_list() == [64]


def test_a_dial_is_one_training_asked_at_every_strength(tmp_path: Path, tiny_folder: Path) -> None:
    arms = {"base": {}, "ft": {"trained": True, "strengths": [0, 0.5]}, "fticl": {"trained": True, "train_shots": 2}}
    results, engine = run_fake(small_study(tmp_path, tiny_folder, arms=arms))
    assert engine.done.count("train") == 4  # two tasks, two arms
    ft = results.frame.filter(pl.col("arm") == "ft")
    assert set(ft["strength"]) == {0.0, 0.5, 1.0}
    # A part is asked as the arm was trained; the whole in every form.
    assert set(ft.filter(pl.col("strength") == 0.5)["shots"]) == {0}
    assert set(ft.filter(pl.col("strength") == 1)["shots"]) == {0, 2}
    # Nothing of what was learnt is the model as it is, and costs nothing more.
    keys = ["task", "domain", "shots", "metric"]
    base = results.frame.filter((pl.col("arm") == "base") & (pl.col("shots") == 0)).sort(keys)
    assert ft.filter(pl.col("strength") == 0).sort(keys).select(*keys, "value").equals(base.select(*keys, "value"))
    dev = predictions_frame(results.run, split="dev")
    assert set(dev.filter(pl.col("arm") == "ft")["strength"]) == {0.0, 0.5, 1.0}
    assert set(dev.filter(pl.col("arm") == "fticl")["task"]) == {"mood"}  # how sure it may be is seen there


def test_rows_of_a_domain_that_chooses_are_asked_with_every_strength_and_stand_in_no_result(
    tmp_path: Path, tiny_folder: Path
) -> None:
    folder = tmp_path / "elsewhere"
    parts = study_parts(tiny_folder)
    tasks = cast("dict[str, dict[str, object]]", parts["tasks"])
    mood = tasks["mood"] | {"dev_domains": {"z": {"path": "mood/z.jsonl", "demos": "mood/b_demos.jsonl"}}}
    arms = {"base": {}, "ft": {"trained": True, "strengths": [0, 0.5]}}
    path = write_study(folder, tiny_folder, tasks=tasks | {"mood": mood}, arms=arms)
    # A row that trains and a row that tests can't choose.
    known = [mood_rows("train", 1)[0], mood_rows("b", 1)[0]]
    write_rows(folder / "mood" / "z.jsonl", [*known, *mood_rows("z", 6)])
    results, _ = run_fake(load_study(path))
    assert "z" not in set(results.frame["domain"])
    dev = predictions_frame(results.run, split="dev").filter(pl.col("domain") == "z")
    assert set(dev["arm"]) == {"ft"}
    assert set(dev["strength"]) == {0.0, 0.5, 1.0}
    assert set(dev["row"]) == set(range(2, 8))
    lines = cast("list[dict[str, object]]", results.run.manifest()["left_out"])
    left = [line for line in lines if line["domain"] == "z"]
    assert [line["row"] for line in left] == [0, 1]


def test_a_domain_without_labels_is_asked_and_scored_where_it_has_some(tmp_path: Path, tiny_folder: Path) -> None:
    parts = study_parts(tiny_folder)
    tasks = cast("dict[str, dict[str, object]]", parts["tasks"])
    mood = tasks["mood"] | {"unlabelled": {"z": {"path": "mood/z.jsonl", "demos": "mood/b_demos.jsonl"}}}
    path = write_study(tmp_path, tiny_folder, tasks=tasks | {"mood": mood})
    rows = mood_rows("z", 6)
    write_rows(tmp_path / "mood" / "z.jsonl", [*rows[:2], *({"text": row["text"]} for row in rows[2:])])
    results, _ = run_fake(load_study(path))
    assert "z" not in {*results.frame["domain"], *predictions_frame(results.run, split="dev")["domain"]}
    said = predictions_frame(results.run, split="unlabelled")
    assert set(said["arm"]) == {"base", "ft", "fticl"}
    assert set(said.filter(pl.col("row") < 2)["target"]) == {"good", "bad"}
    assert set(said.filter(pl.col("row") >= 2)["score"]) == {None}
    assert said["label_logprobs"].null_count() == 0
    assert set(results_frame(results.run, split="unlabelled")["n"]) == {2}


def test_looks_at_a_growing_test_set_are_recorded(tmp_path: Path, tiny_folder: Path) -> None:
    results, _ = run_fake(small_study(tmp_path, tiny_folder))
    assert results.run.manifest()["looks"] == {"mood": {"a": [10], "b": [10]}, "title": {"a": [10], "b": [10]}}
    write_rows(tmp_path / "mood" / "b_test.jsonl", mood_rows("b", 14))
    study = load_study(tmp_path / "study.yaml")
    for _ in range(2):  # the same rows again are no further look
        results, _ = run_fake(study)
        assert results.run.manifest()["looks"] == {"mood": {"a": [10], "b": [10, 14]}, "title": {"a": [10], "b": [10]}}


def test_a_format_narrows_answers_and_shares_the_training(tmp_path: Path, tiny_folder: Path) -> None:
    slots = {"template": "Pump {n}: {state}", "slots": {"n": [1, 2], "state": ["leaks", "is fine"]}}
    arms = {
        "base": {}, "held": {"format": {"title": slots}}, "numbers": {"format": {"title": "[0-9]+"}},
        "same": {"format": {"title": r"Pump\ (?:1|2):\ (?:leaks|is\ fine)"}},
        "ft": {"trained": True}, "ft_held": {"trained": True, "format": {"title": slots}},
    }  # fmt: skip
    study = small_study(tmp_path, tiny_folder, arms={"base": {}, "ft": {"trained": True}})
    plain = cells_of(run_fake(study)[0])
    held = small_study(tmp_path, tiny_folder, arms=arms)
    results, engine = run_fake(held)
    assert cells_of(results) > plain  # nothing of what had no format was asked again
    assert engine.done.count("train") == 0
    assert engine.done.count("moved") == 0
    frame = results.predictions.filter((pl.col("metric") == "rougeL") & (pl.col("backend") == "fake"))
    said = {arm: set(frame.filter(pl.col("arm") == arm)["prediction"]) for arm in arms}
    for arm, pattern in (("held", r"Pump [12]: (leaks|is fine)"), ("numbers", "[0-9]+")):
        assert all(re.fullmatch(pattern, text) for text in said[arm])
        assert set(frame.filter(pl.col("arm") == arm)["scoring"]) == {"constrained"}
    assert set(frame.filter(pl.col("arm") == "ft")["scoring"]) == {"greedy"}
    entries = [entry for entry in prepare(held).plan.entries if entry.keys.task == "title"]
    cells = {arm: [entry.address for entry in entries if entry.keys.arm == arm] for arm in arms}
    assert cells["held"] == cells["same"]
    assert len({address for part in cells.values() for address in part}) == 3 * (4 + 2) + 2 * 4
    assert results.run.record(cells["numbers"][0]).facts["format"] == "[0-9]+"
    planned = plan_study(held, tmp_path / "new", make_engine=lambda *_: engine, room=lambda _: Room(1 << 40, 1 << 40))
    assert sum("in a format" in line.label for line in planned.forecast.lines) == 2 * (4 + 2) + 4


def test_answers_in_a_format_are_verified_in_it(tmp_path: Path, tiny_folder: Path) -> None:
    form = {"title": "[a-z]{2,9}( [a-z]{2,9}){2}"}
    results = run(small_study(tmp_path, tiny_folder, arms={"base": {}, "held": {"format": form}}))
    found = verify(results, share=1)
    assert found.texts == 2 * 2 * (2 * 10 + 4)
    assert found.holds(1e-3)
    held = results.predictions.filter((pl.col("arm") == "held") & (pl.col("task") == "title"))
    assert all(re.fullmatch(form["title"], text) for text in held["prediction"])


def test_a_format_that_no_answer_has_room_for_is_refused(tmp_path: Path, tiny_folder: Path) -> None:
    study = small_study(tmp_path, tiny_folder, arms={"base": {"format": {"title": "[0-9]{13}"}}})
    with pytest.raises(SpecError, match="takes 13 tokens, and only 12 are written"):
        run_fake(study)


def test_how_far_every_trained_arm_moved_is_measured_on_its_own_and_other_tasks(
    tmp_path: Path, tiny_folder: Path
) -> None:
    results, _ = run_fake(small_study(tmp_path, tiny_folder))
    keys = ["arm", "trained_on", "train_rows", "seed"]
    moved = movements_frame(results.run)
    assert sorted(moved.select("arm", "trained_on").rows()) == [
        (arm, task) for arm in ("ft", "fticl") for task in ("mood", "title")
    ]
    assert set(moved["mean_abs"]) == {0.001 * rows for rows in set(moved["train_rows"])}
    said = divergences_frame(results.run).filter((pl.col("arm") == "ft") & (pl.col("trained_on") == "mood"))
    asked = said.group_by("task", "domain", "tier").agg(pl.len()).sort("task", "domain")
    assert asked.rows() == [
        ("mood", "a", "in_domain", 10), ("mood", "b", "out_of_domain", 10), ("title", "a", "cross_task", 10),
    ]  # fmt: skip
    assert said["kl"].is_between(0, 1).all()
    assert said.select(keys).unique().height == 1


def test_a_finished_run_does_nothing_again(tmp_path: Path, tiny_folder: Path) -> None:
    study = small_study(tmp_path, tiny_folder)
    first, _ = run_fake(study)
    manifest = (first.folder / "manifest.json").read_bytes()
    again, engine = run_fake(study)
    assert engine.done == []
    assert (again.folder / "manifest.json").read_bytes() == manifest


@pytest.mark.parametrize("stop", range(1, 6))
def test_a_killed_run_goes_on_to_the_same_results(tmp_path: Path, tiny_folder: Path, stop: int) -> None:
    study = small_study(tmp_path, tiny_folder)
    whole, engine = run_fake(study, tmp_path / "whole")
    work: list[str] = []

    def kill(name: str) -> None:
        work.append(name)
        if len(work) == stop:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run_fake(study, tmp_path / "killed", FakeEngine(before=kill))
    resumed, rest = run_fake(study, tmp_path / "killed")
    assert rest.done.count("train") == engine.done.count("train") - work[:-1].count("train")
    assert resumed.frame.write_csv() == whole.frame.write_csv()
    assert resumed.predictions.equals(whole.predictions)


def test_an_error_in_a_cell_says_which_one_and_keeps_the_others(tmp_path: Path, tiny_folder: Path) -> None:
    def fail(work: str) -> None:
        if work == "train":
            raise ModelError("nothing is left to learn", where="token_mask", mend="raise token_mask")

    study = small_study(tmp_path, tiny_folder)
    with pytest.raises(ModelError, match="where: token_mask, train mood on 8 rows, seed 0"):
        run_fake(study, engine=FakeEngine(before=fail))
    assert set(open_results(tmp_path / "runs" / "small").frame["arm"]) >= {"base", "majority"}


def test_a_change_runs_again_what_it_touches_and_nothing_else(tmp_path: Path, tiny_folder: Path) -> None:
    before = cells_of(run_fake(small_study(tmp_path, tiny_folder))[0])

    def fresh(path: Path) -> tuple[int, int]:
        """New train cells and new evaluations."""
        results, engine = run_fake(load_study(path))
        new = cells_of(results) - before
        kinds = [Run.open(results.folder).record(address).kind for address in new]
        assert engine.done.count("train") == kinds.count("train")
        return kinds.count("train"), kinds.count("evaluate")

    study = tmp_path / "study.yaml"
    parts = study_parts(tiny_folder)
    assert fresh(rewrite_study(tmp_path, parts | {"arms": {**parts["arms"], "same": {"trained": True}}})) == (0, 0)  # type: ignore[dict-item]
    rewrite_study(tmp_path, parts)
    write_rows(tmp_path / "mood" / "b_test.jsonl", mood_rows("changed", 10))
    assert fresh(study) == (0, 6)  # three arms, two numbers of shots
    before |= cells_of(open_results(tmp_path / "runs" / "small"))
    parts["training"] = {**parts["training"], "epochs": 2}  # type: ignore[dict-item]
    rewrite_study(tmp_path, parts)
    # Two tasks, two trained arms; two domains, two numbers of shots each; and a classifier answers development rows.
    assert fresh(study) == (4, 18)


def test_two_sizes_that_become_equal_are_one_cell(tmp_path: Path, tiny_folder: Path) -> None:
    training = {"train_rows": [8, 16, 50, 90], "epochs": 1}
    results, engine = run_fake(small_study(tmp_path, tiny_folder, training=training))
    assert engine.done.count("train") == 2 * 2 * 3
    assert set(results.frame["train_rows"].drop_nulls()) == {8, 16, 20}
    assert any("of 90 training rows asked for 20 are there" in str(note) for note in results.notes)


def test_several_seeds_are_several_cells(tmp_path: Path, tiny_folder: Path) -> None:
    results, engine = run_fake(small_study(tmp_path, tiny_folder, seeds=[0, 1, 2]))
    assert engine.done.count("train") == 2 * 2 * 3
    assert set(results.frame["seed"].drop_nulls()) == {0, 1, 2}


def test_cross_task_asks_the_first_set_or_all(tmp_path: Path, tiny_folder: Path) -> None:
    study = small_study(tmp_path, tiny_folder, cross_task=True)
    one = run_fake(study)[0].frame.filter(pl.col("tier") == "cross_task")
    assert set(one.select("trained_on", "task", "domain").rows()) == {("mood", "title", "a"), ("title", "mood", "a")}
    every = run_fake(small_study(tmp_path, tiny_folder, cross_task="all"))[0].frame
    assert set(every.filter(pl.col("tier") == "cross_task")["domain"]) == {"a", "b"}


def test_untrained_studies_need_no_training_rows(tmp_path: Path, tiny_folder: Path) -> None:
    parts = study_parts(tiny_folder)
    for task in parts["tasks"].values():  # type: ignore[attr-defined]
        task.pop("train")
    parts["arms"] = {"base": {}}
    parts.pop("training")
    write_study(tmp_path, tiny_folder)
    results, engine = run_fake(load_study(rewrite_study(tmp_path, parts)))
    assert engine.done == ["open", "surprised"]
    assert set(results.frame["arm"]) == {"base", "lead"}


def test_leaked_rows_are_left_out_for_every_arm(tmp_path: Path, tiny_folder: Path) -> None:
    study = small_study(tmp_path, tiny_folder)
    leaked = [mood_rows("demo b", 3)[0], mood_rows("train", 20)[2], *mood_rows("b", 8)]
    write_rows(tmp_path / "mood" / "b_test.jsonl", leaked)
    frame = run_fake(study)[0].frame.filter((pl.col("task") == "mood") & (pl.col("domain") == "b"))
    assert set(frame.select("n", "left_out").rows()) == {(8, 2)}


@pytest.mark.parametrize(
    ("change", "error", "expected"),
    [
        ({"shots": [0, 7]}, DataError, ["7 shots are asked for, and the domain has 3 demos", "task mood, domain a"]),
        ({"metrics": ["acuracy"]}, SpecError, ["acuracy", "accuracy"]),
        ({"metrics": ["rougeL"]}, SpecError, ["'rougeL' is for generation", "tasks.mood.metrics"]),
        ({"prompts": ["{txt}"]}, DataError, ["no field 'txt'", "did you mean 'text'?", "a_train.jsonl"]),
        ({"labels": ["good", "poor"]}, DataError, ["outside the task's labels: 'bad'"]),
        ({"prompts": ["{text}" + "x " * 600]}, PromptError, ["longer than the model can read (512)", "row 0"]),
        ({"shots": [0], "in_domain": {"a": {"path": "mood/none.jsonl"}}}, DataError, ["no such file", "a_test.jsonl"]),
    ],
)
def test_bad_input_is_told_and_loses_nothing(
    tmp_path: Path, tiny_folder: Path, change: dict[str, object], error: type[Exception], expected: list[str]
) -> None:
    done = cells_of(run_fake(small_study(tmp_path, tiny_folder))[0])
    parts = study_parts(tiny_folder)
    parts["tasks"]["mood"] |= change  # type: ignore[index]
    if "labels" not in change and "txt" not in str(change):
        parts["arms"] = {"base": {}}  # so that nothing but the change can fail
    with pytest.raises(error) as caught:
        run_fake(load_study(rewrite_study(tmp_path, parts)))
    for part in expected:
        assert part in str(caught.value)
    assert cells_of(open_results(tmp_path / "runs" / "small")) >= done


def test_a_run_folder_in_use_is_refused(tmp_path: Path, tiny_folder: Path) -> None:
    study = small_study(tmp_path, tiny_folder)
    with Run.create(tmp_path / "out").locked(), pytest.raises(RunError, match="another farfield"):
        run_fake(study, tmp_path / "out")


def test_labels_that_collide_or_begin_one_another_are_scored_whole(tmp_path: Path, tiny_folder: Path) -> None:
    for labels in (["zx1", "zx2"], ["zx", "zxy"]):
        parts = study_parts(tiny_folder)
        parts["tasks"] = {"mood": {**parts["tasks"]["mood"], "labels": labels}}  # type: ignore[index]
        for part in ("a_train", "a_test", "b_test", "a_demos", "b_demos"):
            rows = [{**row, "mood": labels[n % 2]} for n, row in enumerate(mood_rows(part, 20))]
            write_rows(tmp_path / "mood" / f"{part}.jsonl", rows)
        results, _ = run_fake(load_study(rewrite_study(tmp_path, parts)), tmp_path / labels[1])
        assert set(results.frame["scoring"]) == {"whole_label", "baseline"}


def test_a_plan_tells_before_anything_runs_that_memory_or_disk_are_too_small(tmp_path: Path, tiny_folder: Path) -> None:
    study, engine = small_study(tmp_path, tiny_folder), FakeEngine()

    def planned(memory: int, disk: int) -> tuple[str, ...]:
        room = Room(memory, disk)
        return plan_study(study, make_engine=lambda *_: engine, room=lambda _: room).problems

    (problem,) = planned(1 << 10, 1 << 40)
    assert problem.startswith("not enough memory")
    assert "choose a smaller model" in problem
    (problem,) = planned(1 << 40, 1 << 5)
    assert problem.startswith("not enough disk")
    assert engine.done == []  # nothing was tried out: it could have ended the process
    assert planned(1 << 40, 1 << 40) == ()
    assert "train" in engine.done


def test_layers_and_claims_that_are_not_there_are_told_before_anything_runs(tmp_path: Path, tiny_folder: Path) -> None:
    study = small_study(tmp_path, tiny_folder, arms={"base": {}, "values": {"trained": True, "target_modules": ["v"]}})
    with pytest.raises(SpecError, match=r"no linear layer named 'v'(.|\n)*arms.values.target_modules(.|\n)*v_proj"):
        run_fake(study)
    (tmp_path / "mine.yaml").write_text("claims: []\n", encoding="utf-8")
    with pytest.raises(SpecError, match=r"claims(.|\n)*line 1"):
        run_fake(small_study(tmp_path, tiny_folder, claims="mine.yaml"))
    assert not (tmp_path / "runs").exists()


def test_claims_that_change_after_a_run_began_are_told(tmp_path: Path, tiny_folder: Path) -> None:
    claim = (
        "claims:\n  - {name: x, says: {en: x}, terms: [{of: {arm: ft}, over: {arm: base}}], expects: above, line: L}\n"
    )
    (tmp_path / "mine.yaml").write_text(claim.replace("L", "0.0"), encoding="utf-8")
    results, _ = run_fake(small_study(tmp_path, tiny_folder, claims="mine.yaml"))
    said = "not those that were there when the run began"
    assert said not in write_report(results, language="en").read_text(encoding="utf-8")
    (tmp_path / "mine.yaml").write_text(claim.replace("L", "-0.5"), encoding="utf-8")
    results, _ = run_fake(small_study(tmp_path, tiny_folder, claims="mine.yaml"))
    assert said in write_report(results, language="en").read_text(encoding="utf-8")
