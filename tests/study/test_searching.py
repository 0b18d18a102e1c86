"""Prompts searched on development rows: who survives, what it costs, and that everything then reads what was found."""

import json
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from farfield.engine import FakeEngine
from farfield.engine.protocol import Ids
from farfield.errors import DataError, SpecError, UsageError
from farfield.findings import Comparator, build
from farfield.models import load_tokenizer
from farfield.report import write_report
from farfield.runs import Run
from farfield.spec import SearchSpec, StudySpec, load_study
from farfield.stats import Estimate
from farfield.study import (
    Results,
    Searched,
    Wanted,
    export_model,
    export_tasks,
    found_by,
    make_plan,
    open_results,
    plan_study,
    predictions_frame,
    prepare,
    searched_of,
    shown,
    verify,
)
from farfield.study.cells import EvaluateCell, TrainCell
from farfield.study.forms import Round, SearchCell, longest, rounds_of, search_cell
from farfield.study.lessons import lessons_of
from farfield.study.plan import Plan
from farfield.study.searching import found_form, halve, taught_as_found
from tests.small import MOODS, cells_of, mood_rows, rewrite_study, run_fake, small_study, study_parts, write_rows

ARMS: dict[str, object] = {
    "base": {},
    "best": {"search": {"candidates": 8}},
    "ft": {"trained": True},
    "fticl": {"trained": True, "train_shots": 2, "search": {"candidates": 4}},
}
TWO = ["Text: {text}\nMood:", "{text} Feels:"]


def _study(folder: Path, model: Path, **changes: object) -> StudySpec:
    small_study(folder, model)
    parts: dict[str, Any] = study_parts(model) | {"arms": ARMS, "cross_task": True, **changes}
    parts["tasks"]["mood"]["prompts"] = TWO
    return load_study(rewrite_study(folder, parts))


def _plan(study: StudySpec, model: Path) -> Plan:
    return make_plan(study, load_tokenizer(model), "weights")


def _mood_search(study: StudySpec, model: Path, arm: str = "best") -> SearchCell:
    return _plan(study, model).searches[arm, "mood"]


def test_rounds_keep_the_better_half_and_double_the_rows() -> None:
    assert rounds_of(32, 100) == (Round(32, 7), Round(16, 13), Round(8, 25), Round(4, 50), Round(2, 100))
    assert rounds_of(5, 8) == (Round(5, 2), Round(3, 4), Round(2, 8))
    assert rounds_of(1, 9) == (Round(1, 9),)
    assert [each.rows for each in rounds_of(32, 4)] == [1, 1, 1, 2, 4]


def test_halving_follows_a_worked_example() -> None:
    # Right answers a row: candidate 2 begins best and ends worst, 1 is best over all rows.
    right = [[1, 0, 0, 0], [1, 0, 1, 1], [1, 1, 0, 0], [0, 0, 1, 1], [1, 0, 0, 0], [0, 1, 1, 1], [0, 0, 1, 1]]
    asked: list[tuple[int, int]] = []

    def score(number: int, rows: int) -> float:
        asked.append((number, rows))
        return sum(right[number][:rows]) / rows

    rounds = rounds_of(7, 4)
    assert rounds == (Round(7, 1), Round(4, 2), Round(2, 4))
    seen = list(halve(rounds, [2, 2, 2, 2, 1, 2, 2], score))
    # Of the four that answer the first row, the one with fewer demos stands first, then the earlier ones.
    assert list(seen[0])[:4] == [4, 0, 1, 2]
    assert seen[1] == {2: 1.0, 4: 0.5, 0: 0.5, 1: 0.5}
    assert list(seen[1]) == [2, 4, 0, 1]
    assert seen[2] == {2: 0.5, 4: 0.25}
    assert [len(each) for each in seen] == [7, 4, 2]
    assert len(asked) == sum(each.candidates for each in rounds)


def test_forms_are_drawn_once_each_and_the_studys_own_stand_beside_them(tmp_path: Path, tiny_folder: Path) -> None:
    study = _study(tmp_path, tiny_folder)
    cell = _mood_search(study, tiny_folder)
    assert [(form.template, form.rows) for form in cell.forms[:4]] == [
        (0, ()), (1, ()), (0, (("a", 0), ("a", 1))), (1, (("a", 0), ("a", 1))),
    ]  # fmt: skip
    keys = {(form.template, form.rows) for form in cell.forms}
    assert len(keys) == len(cell.forms) == 4 + 8
    assert {form.shots for form in cell.drawn} == {2}
    assert sorted(cell.rows) == [0, 1, 2, 3]
    assert {own.address for own in cell.own} <= {e.address for e in _plan(study, tiny_folder).entries}
    # Three demos in pairs, in order, under two templates, less the study's own: no more are there.
    every = search_cell(cell.own, (0, 2), SearchSpec(candidates=99), balanced=False)
    assert len(every.drawn) == 6 * 2 - 2
    # A trained arm tries its own number of demos alone.
    assert {form.shots for form in _mood_search(study, tiny_folder, "fticl").forms} == {2}


def test_another_seed_or_pool_is_another_search_and_equal_settings_are_one(tmp_path: Path, tiny_folder: Path) -> None:
    first = _mood_search(_study(tmp_path, tiny_folder), tiny_folder)
    arms = {"base": {}, "twin": {"search": {"candidates": 8}}, "best": {"search": {"candidates": 8, "seed": 1}}}
    other = _plan(_study(tmp_path, tiny_folder, arms=arms), tiny_folder)
    assert other.searches["twin", "mood"] == first
    again = other.searches["best", "mood"]
    assert again.address != first.address
    assert [form.rows for form in again.drawn] != [form.rows for form in first.drawn]
    write_rows(tmp_path / "mood" / "a_demos.jsonl", mood_rows("other", 4))
    changed = _plan(load_study(tmp_path / "study.yaml"), tiny_folder)
    assert changed.searches["twin", "mood"].address != first.address


def test_balanced_forms_show_each_label(tmp_path: Path, tiny_folder: Path) -> None:
    parts: dict[str, Any] = {"tasks": {"mood": study_parts(tiny_folder)["tasks"]["mood"] | {"balance_demos": True}}}  # type: ignore[index]
    cell = _mood_search(_study(tmp_path, tiny_folder, **parts), tiny_folder)
    assert {tuple(sorted(demo.target for demo in form.demos)) for form in cell.drawn} == {("bad", "good")}


def test_a_study_without_a_search_keeps_every_address(tmp_path: Path, tiny_folder: Path) -> None:
    arms = {name: ARMS[name] for name in ("base", "ft")}
    plain = _plan(_study(tmp_path, tiny_folder, arms=arms), tiny_folder)
    searched = _plan(_study(tmp_path, tiny_folder), tiny_folder)
    assert {cell.address for cell in plain.cells} <= {cell.address for cell in searched.cells}
    assert [e for e in searched.entries if e.keys.arm in arms] == [e for e in plain.entries if e.keys.arm in arms]


def _liking(tokenizer: Any, words: str) -> Callable[[Path | None], Callable[[Ids], int]]:
    """Right exactly where a prompt has these words, whoever is asked."""
    gold = {
        row["text"]: MOODS.index(row["mood"]) for name in ("train", "a", "b") for row in mood_rows(name, 20)
    }  # fmt: skip

    def label(ids: Ids) -> int:
        text = tokenizer.decode(ids)
        asked = text.split("\n\n")[-1]
        right = next((mood for question, mood in gold.items() if question in asked), 0)
        return right if words in text else 1 - right

    return lambda _: label


def _run(folder: Path, model: Path, words: str = "demo a item 2: it is fine Feels:") -> tuple[Results, StudySpec]:
    study = _study(folder, model)
    results, _ = run_fake(study, engine=FakeEngine(prefer=_liking(load_tokenizer(model), words)))
    return results, study


def test_the_form_that_development_rows_like_is_found_and_asked(tmp_path: Path, tiny_folder: Path) -> None:
    results, study = _run(tmp_path, tiny_folder)
    told = {(each.arm, each.task): each for each in searched_of(results.run)}
    assert set(told) == {(arm, task) for arm in ("best", "fticl") for task in ("mood", "title")}
    best: Searched = told["best", "mood"]
    assert (best.score, best.own_score, best.template) == (1.0, 0.0, 1)
    assert ("a", 2) in best.demos
    assert (best.metric, best.dev_rows, best.candidates) == ("accuracy", 4, 8)
    assert best.rounds == (Round(8, 1), Round(4, 2), Round(2, 4))
    assert best.prompts == 8 * 1 + 4 * 1 + 2 * 2
    frame = results.frame.filter((pl.col("arm") == "best") & (pl.col("task") == "mood"))
    assert frame.select("domain", "shots", "template", "demo_choice", "value").rows() == [
        ("a", 2, 1, "searched", 1.0), ("b", 2, 1, "searched", 1.0),
    ]  # fmt: skip
    dev = predictions_frame(results.run, split="dev").filter((pl.col("arm") == "best") & (pl.col("task") == "mood"))
    assert dev.select("shots", "template", "score").unique().rows() == [(2, 1, 1.0)]
    assert dev.height == 4
    search = prepare(study).plan.searches["best", "mood"]
    record = results.run.record(search.address)
    assert record.kind == "search"
    assert [len(scores) for scores in record.facts["scores"]] == [8, 4, 2]  # type: ignore[union-attr, arg-type]
    assert found_form(search, results.run).rows == best.demos


def test_what_the_study_would_show_anyway_is_never_beaten_by_worse(tmp_path: Path, tiny_folder: Path) -> None:
    # Right where no demo is shown: the rounds know such forms only as the study's own.
    study = _study(tmp_path, tiny_folder)
    tokenizer = load_tokenizer(tiny_folder)
    right = _liking(tokenizer, "")(None)
    results, _ = run_fake(
        study,
        engine=FakeEngine(prefer=lambda _: lambda ids: right(ids) ^ ("demo a" in tokenizer.decode(ids))),
    )
    (told,) = [each for each in searched_of(results.run) if (each.arm, each.task) == ("best", "mood")]
    assert (told.template, told.demos, told.score) == (0, (), 1.0)
    assert (told.own_template, told.own_shots, told.own_score) == (0, 0, 1.0)


def test_training_and_every_question_show_what_was_found(tmp_path: Path, tiny_folder: Path) -> None:
    results, study = _run(tmp_path, tiny_folder)
    prepared = prepare(study)
    form = found_by(prepared.plan, results.run, "fticl", "mood")
    trained = next(
        c for c in prepared.plan.cells if isinstance(c, TrainCell) and c.task.name == "mood" and c.shares[0].search
    )
    bound = taught_as_found(trained, results.run)
    assert bound.shares[0].form == form
    begin = "".join(
        TWO[form.template].format(text=demo.fields["text"]) + demo.target + "\n\n" for demo in form.demos
    )  # fmt: skip
    texts = [prepared.tokenizer.decode(row.ids) for row in lessons_of(bound, prepared.tokenizer)]
    assert len(texts) == 8
    assert all(text.startswith(begin) for text in texts)
    # The same for the test rows of its own task and, asked of the other task's model, of another.
    fticl = results.frame.filter((pl.col("arm") == "fticl") & (pl.col("task") == "mood"))
    assert set(fticl.select("trained_on", "domain", "shots", "template").rows()) == {
        ("mood", "a", 2, form.template), ("mood", "b", 2, form.template), ("title", "a", 2, form.template),
    }  # fmt: skip
    told = shown(prepared.plan, prepared.tokenizer, "mood", "b", 3, form)
    assert told.text.startswith(begin)
    sha = results.predictions.filter(
        (pl.col("arm") == "fticl") & (pl.col("task") == "mood") & (pl.col("domain") == "b") & (pl.col("row") == 3)
    )["prompt_sha256"].to_list()
    assert sha == [sha256(told.text.encode()).hexdigest()]
    engine = FakeEngine(prefer=_liking(prepared.tokenizer, "demo a item 2: it is fine Feels:"))
    again = verify(results, share=1.0, make_engine=lambda *_: engine)
    assert (again.worst, again.labels_differ) == (0.0, 0)


@pytest.mark.parametrize("stop", [1, 3, 4])
def test_a_killed_search_goes_on_to_the_same_results(tmp_path: Path, tiny_folder: Path, stop: int) -> None:
    study = _study(tmp_path, tiny_folder)
    whole, _ = run_fake(study, tmp_path / "whole")

    class Killing:
        """Ends the run in the middle of a search's `stop`-th call."""

        def __init__(self) -> None:
            self.searching, self.calls = False, 0

        def begin(self, cell: object, place: object) -> None:
            self.searching = isinstance(cell, SearchCell)

        def advance(self, done: int, total: int, note: str = "") -> None:
            self.calls += self.searching
            if self.calls == stop:
                raise KeyboardInterrupt

        def end(self, record: object) -> None:
            pass

    with pytest.raises(KeyboardInterrupt):
        run_fake(study, tmp_path / "killed", watch=Killing())
    assert not list(searched_of(Run.open(tmp_path / "killed")))
    resumed, _ = run_fake(study, tmp_path / "killed")
    assert resumed.frame.write_csv() == whole.frame.write_csv()
    assert resumed.predictions.equals(whole.predictions)
    assert list(searched_of(resumed.run)) == list(searched_of(whole.run))
    again, engine = run_fake(study, tmp_path / "killed")
    assert engine.done == []
    assert cells_of(again) == cells_of(whole)


def test_the_report_tells_budget_and_form_and_that_development_scores_flatter(
    tmp_path: Path, tiny_folder: Path
) -> None:
    results, _ = _run(tmp_path, tiny_folder)
    said = {"en": ("8 forms, 16 prompts over 4 development rows", "so its score there is flattering"),
            "ja": ("候補8件、開発用データ4件で延べ16問", "高めに出ます")}  # fmt: skip
    for language, texts in said.items():
        page = write_report(results, language=language).read_text(encoding="utf-8")
        assert all(text in page for text in texts), language


def test_exports_hold_the_prompt_that_was_found(tmp_path: Path, tiny_folder: Path) -> None:
    results, study = _run(tmp_path, tiny_folder)
    form = found_by(prepare(study).plan, results.run, "fticl", "mood")
    out = export_model(results, Wanted("fticl", "mood"), out=tmp_path / "out", make_engine=lambda *_: FakeEngine())
    prompt = json.loads((out.folder / "prompt.json").read_text(encoding="utf-8"))
    assert (prompt["template"], prompt["shots"]) == (TWO[form.template], form.shots)
    assert [demo["fields"] for demo in prompt["demos"]["a"]] == [dict(demo.fields) for demo in form.demos]
    best = found_by(prepare(study).plan, results.run, "best", "mood")
    (task,) = [
        text
        for file in export_tasks(results, out=tmp_path / "tasks").files
        if file.startswith("tasks/mood.b.2shot.t1.") and file.endswith(".yaml")
        for text in [(tmp_path / "tasks" / file).read_text(encoding="utf-8")]
        if all(demo.fields["text"] in text for demo in best.demos)
    ][:1]
    assert task.index(best.demos[0].fields["text"]) < task.index(best.demos[1].fields["text"])


def test_findings_compare_with_the_searched_form_and_judge_the_searched_arm(tmp_path: Path, tiny_folder: Path) -> None:
    results, study = _run(tmp_path, tiny_folder)
    mood = build(study, results.predictions, predictions_frame(results.run, split="dev")).tasks[0]
    assert mood.comparator == Comparator("best", 2, 1, "dev", 4, searched=True)
    form = found_by(prepare(study).plan, results.run, "fticl", "mood")
    mine = [line for line in mood.lines if line.arm == "fticl" and line.trained_on == "mood"]
    assert [(line.domain, line.shots) for line in mine] == [("a", form.shots), ("b", form.shots)]
    assert all(line.verdict is not None for line in mine)
    assert all(isinstance(line.value, Estimate) for line in mine)


def test_the_plan_forecasts_the_search_with_its_budget(tmp_path: Path, tiny_folder: Path) -> None:
    study = _study(tmp_path, tiny_folder)
    planned = plan_study(study, make_engine=lambda *_: FakeEngine())
    (line,) = [each for each in planned.forecast.lines if "mood, 8 forms, 16 prompts" in each.label]
    run_fake(study)
    search = prepare(study).plan.searches["best", "mood"]
    read = open_results(tmp_path / "runs" / "small").run.record(search.address).tokens
    assert line.tokens == pytest.approx(read, rel=0.1)


def test_the_longest_form_stands_in_for_what_is_not_found_yet(tmp_path: Path, tiny_folder: Path) -> None:
    study = _study(tmp_path, tiny_folder)
    rows = mood_rows("demo a", 3)
    rows[1]["text"] += " and long"
    write_rows(tmp_path / "mood" / "a_demos.jsonl", rows)
    plan = _plan(study, tiny_folder)
    cells = [c for c in plan.cells if isinstance(c, EvaluateCell) and c.search and c.task.name == "mood"]
    assert cells
    assert {demo.row for demo in longest(plan.tasks["mood"].pool, 1)} == {1}
    assert {(c.template, c.domain.demos.pool[0].row, c.shots) for c in cells} == {(0, 1, 2)}


@pytest.mark.parametrize(
    ("changes", "error", "expected"),
    [
        ({"dev": 0}, SpecError, "arm 'best' searches for its prompts on development rows, and `dev:` is 0"),
        ({"demo_choice": "random"}, SpecError, "`demo_choice: random`; use one of the two"),
        ({"demo_choice": "nearest"}, SpecError, "`demo_choice: nearest`; use one of the two"),
        ({"arms": {"x": {"trained": True, "search": {}}}}, SpecError, "give it `train_shots:`"),
        ({"arms": {"x": {"search": {"shots": [0]}}}}, SpecError, "greater than or equal to 1"),
        ({"arms": {"x": {"search": {"rounds": 2}}}}, SpecError, "rounds"),
        ({"arms": {"x": {"search": {"shots": [4]}}}}, DataError, "4 shots are asked for, and the domain has 3 demos"),
        ({"training": {"train_rows": [20], "max_length": 400}}, SpecError, "task 'mood' has no development rows"),
    ],
)
def test_a_search_that_cannot_be_is_refused_with_the_reason(
    tmp_path: Path, tiny_folder: Path, changes: dict[str, object], error: type[Exception], expected: str
) -> None:
    with pytest.raises(error, match=expected):
        _plan(_study(tmp_path, tiny_folder, **changes), tiny_folder)


def test_a_search_without_demos_to_choose_from_is_refused(tmp_path: Path, tiny_folder: Path) -> None:
    small_study(tmp_path, tiny_folder)
    parts: dict[str, Any] = study_parts(tiny_folder) | {"arms": ARMS}
    mood = parts["tasks"]["mood"]
    mood["shots"] = [0]
    with pytest.raises(SpecError, match="task 'mood' asks for no demos; name `shots:` above 0"):
        load_study(rewrite_study(tmp_path, parts))
    mood["shots"] = [0, 2]
    mood["train"]["a"].pop("demos")
    with pytest.raises(SpecError, match="among the demos of `train:`, and task 'mood' has none there"):
        load_study(rewrite_study(tmp_path, parts))
    parts = {**study_parts(tiny_folder), "arms": {"best": {"search": {}}}}
    parts.pop("training")
    parts["tasks"]["mood"]["shots"] = [1]
    write_rows(tmp_path / "mood" / "a_demos.jsonl", mood_rows("demo a", 1))
    with pytest.raises(SpecError, match="task 'mood' has too few demos to choose from"):
        _plan(load_study(rewrite_study(tmp_path, parts)), tiny_folder)


def test_what_was_found_is_shown_for_arms_that_search_and_have_found(tmp_path: Path, tiny_folder: Path) -> None:
    plan = prepare(_study(tmp_path, tiny_folder)).plan
    run = Run(tmp_path / "runs" / "small")
    with pytest.raises(UsageError, match="arm 'base' searches no prompt of task 'mood'"):
        found_by(plan, run, "base", "mood")
    with pytest.raises(UsageError, match="has found nothing yet"):
        found_by(plan, run, "best", "mood")
