"""Recipes chosen by development rows."""

from collections.abc import Callable
from pathlib import Path

import polars as pl
import pytest

from farfield.engine import FakeEngine
from farfield.engine.protocol import Ids
from farfield.errors import SpecError
from farfield.models import load_tokenizer
from farfield.report import write_report
from farfield.spec import ArmSpec, StudySpec, TrainingSpec
from farfield.study import Chosen, chosen_of, make_plan, prepare, verify
from farfield.study.cells import ChooseCell, EvaluateCell, TrainCell
from tests.small import MOODS, cells_of, mood_rows, run_fake, small_study

RATES = (1e-4, 5e-4)


def _study(folder: Path, model: Path, **arm: object) -> StudySpec:
    return small_study(folder, model, arms={"base": {}, "mine": {"trained": True, **arm}})


def test_recipes_come_gentlest_first_and_a_single_one_is_the_plain_arms() -> None:
    training = TrainingSpec(train_rows=(8,), learning_rate=(5e-4, 1e-4), epochs=(2, 1))
    found = ArmSpec(trained=True).recipes(training)
    assert [(r.learning_rate, r.epochs) for r in found] == [(1e-4, 1), (1e-4, 2), (5e-4, 1), (5e-4, 2)]
    (one,) = ArmSpec(trained=True, learning_rate=1e-4, epochs=1).recipes(training)
    assert one == found[0]
    assert one.parts == found[0].parts


def test_the_best_on_development_rows_is_evaluated_and_nothing_else(tmp_path: Path, tiny_folder: Path) -> None:
    study = _study(tmp_path, tiny_folder, learning_rate=list(RATES))
    plan = make_plan(study, load_tokenizer(tiny_folder), "weights")
    trained = [cell for cell in plan.cells if isinstance(cell, TrainCell)]
    choices = [cell for cell in plan.cells if isinstance(cell, ChooseCell)]
    assert (len(trained), len(choices)) == (4, 2)  # two tasks
    tested = [e.address for e in plan.entries if e.keys.arm == "mine"]
    asked = [cell for cell in plan.cells if isinstance(cell, EvaluateCell) and cell.address in tested]
    assert {type(cell.trained) for cell in asked} == {ChooseCell}
    dev = [cell.dev for choice in choices for cell in choice.candidates]
    assert not {cell.address for cell in dev} & set(tested)
    assert {example.row for cell in dev for example in cell.domain.examples} == {8, 9, 10, 11}


@pytest.mark.parametrize("better", RATES)
def test_the_choice_follows_the_development_rows(tmp_path: Path, tiny_folder: Path, better: float) -> None:
    study = _study(tmp_path, tiny_folder, learning_rate=list(RATES))
    gold = {row["text"]: MOODS.index(row["mood"]) for row in mood_rows("train", 20)}
    tokenizer = load_tokenizer(tiny_folder)
    cells = prepare(study).plan.cells
    by_address = {cell.address: cell.recipe.learning_rate for cell in cells if isinstance(cell, TrainCell)}

    def prefer(weights: Path | None) -> Callable[[Ids], int] | None:
        """Right on development rows where the weights were trained by the better recipe, else wrong."""
        if weights is None:
            return None
        good = by_address[weights.name] == better

        def label(ids: Ids) -> int:
            text = tokenizer.decode(ids)
            right = next((mood for asked, mood in gold.items() if asked in text), 0)
            return right if good else 1 - right

        return label

    results, engine = run_fake(study, engine=FakeEngine(prefer=prefer))
    (mood,) = [each for each in chosen_of(results.run) if each.trained_on == "mood"]
    assert mood.tried[mood.taken].learning_rate == better
    assert sorted(each.score for each in mood.tried) == [0.0, 1.0]
    assert (mood.metric, mood.dev_rows, mood.train_rows) == ("accuracy", 4, 8)
    # What was tested are the weights that were taken.
    choice = next(cell for cell in cells if isinstance(cell, ChooseCell) and cell.task.name == "mood")
    assert by_address[results.run.weights(choice.address).name] == better
    assert verify(results, make_engine=lambda *_: engine).labels_differ == 0


def test_equal_scores_take_the_gentlest_and_the_report_tells_all_that_was_tried(
    tmp_path: Path, tiny_folder: Path
) -> None:
    study = _study(tmp_path, tiny_folder, learning_rate=list(RATES), epochs=[1, 2])
    results, _ = run_fake(study)
    told: list[Chosen] = list(chosen_of(results.run))
    assert [(each.arm, each.trained_on, each.taken, len(each.tried)) for each in told] == [
        ("mine", "mood", 0, 4), ("mine", "title", 0, 4),
    ]  # fmt: skip
    for language, said in (("en", "development rows chose"), ("ja", "開発用データで選んだ")):
        page = write_report(results, language=language).read_text(encoding="utf-8")
        assert said in page
        assert page.count("0.0005</td>") >= 4


def test_a_finished_choice_is_not_made_again(tmp_path: Path, tiny_folder: Path) -> None:
    study = _study(tmp_path, tiny_folder, learning_rate=list(RATES))
    first, _ = run_fake(study)
    again, engine = run_fake(study)
    assert engine.done == []
    assert cells_of(first) == cells_of(again)
    assert first.frame.equals(again.frame)
    assert set(again.frame.filter(pl.col("arm") == "mine")["domain"]) == {"a", "b"}


def test_a_choice_without_development_rows_is_refused(tmp_path: Path, tiny_folder: Path) -> None:
    arms = {"base": {}, "mine": {"trained": True, "epochs": [1, 2]}}
    with pytest.raises(SpecError, match="development rows choose the recipe of arm 'mine', and `dev:` is 0"):
        small_study(tmp_path, tiny_folder, arms=arms, dev=0)
    study = small_study(tmp_path, tiny_folder, arms=arms, training={"train_rows": [20], "max_length": 400})
    with pytest.raises(SpecError, match="task 'mood' no development rows"):
        make_plan(study, load_tokenizer(tiny_folder), "weights")
