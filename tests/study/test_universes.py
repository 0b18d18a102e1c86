"""Other ways to ask: which there are for a task, what they share, and what they leave as it was."""

from collections.abc import Mapping
from itertools import groupby
from pathlib import Path

import polars as pl
import pytest
from polars.testing import assert_frame_equal

from farfield.errors import SpecError
from farfield.models import Tokenizer, load_tokenizer
from farfield.spec import StudySpec, load_study
from farfield.study import Plan, make_plan, predictions_frame, prepare, shown, universes_of
from farfield.study.asking import prompts_of
from farfield.study.cells import EvaluateCell
from tests.small import cells_of, mood_rows, rewrite_study, run_fake, small_study, study_parts, write_rows, write_study

TEMPLATES = ["Text: {text}\nMood:", "How is this? {text}\nMood:"]
FACTORS = ["label_scoring", "template", "bos", "demo_choice", "chat", "answer_prefix", "leaks"]


class Chatting(Tokenizer):
    """The tiny tokenizer with a chat template that begins with the BOS token."""

    def chat(self, text: str) -> tuple[str, str]:
        return "<|im_start|>user\n", "<|im_end|>\n"


def _parts(model: Path, *, mood: Mapping[str, object] | None = None, **changes: object) -> dict[str, object]:
    parts = study_parts(model)
    assert isinstance(parts["tasks"], dict)
    parts["tasks"]["mood"] |= {"prompts": TEMPLATES, **(mood or {})}
    return parts | changes


def _study(folder: Path, model: Path, **changes: object) -> StudySpec:
    write_study(folder, model)
    return load_study(rewrite_study(folder, _parts(model, **changes)))  # type: ignore[arg-type]


def _plan(folder: Path, model: Path, **changes: object) -> Plan:
    return make_plan(_study(folder, model, **changes), load_tokenizer(model), "weights")


def _lapses(plan: Plan) -> set[tuple[str, str, str, str]]:
    return {(lapse.task, lapse.factor, lapse.value, lapse.reason) for lapse in plan.lapses}


def _asked(plan: Plan, universe: str) -> dict[tuple[object, ...], EvaluateCell]:
    """The cells of a universe's own lines, by who is asked what and how."""
    cells = {cell.address: cell for cell in plan.cells if isinstance(cell, EvaluateCell)}
    return {
        (e.keys.arm, e.keys.task, e.keys.domain, e.split, e.keys.shots, e.keys.template): cells[e.address]
        for e in plan.entries
        if e.universe == universe and e.address in cells
    }


def test_all_values_are_combined_and_the_studys_own_is_one_of_them(tmp_path: Path, tiny_folder: Path) -> None:
    study = _study(tmp_path, tiny_folder, multiverse={"label_scoring": ["whole_label"], "template": [1], "bos": [True]})
    changes = [universe.changes for universe in study.universes]
    assert changes[0] == {}
    assert len(changes) == 8
    assert {"label_scoring": "whole_label", "template": 1, "bos": True} in changes
    assert sorted(map(len, changes)) == list(map(len, changes)) == [0, 1, 1, 1, 2, 2, 2, 3]
    one = _study(tmp_path, tiny_folder, sensitivity=["chat", "answer_prefix"])
    assert {len(universe.changes) for universe in one.universes} == {0, 1}
    assert not _study(tmp_path, tiny_folder).varied
    with pytest.raises(SpecError, match="asks by template 2, and no task has more than 2"):
        _study(tmp_path, tiny_folder, multiverse={"template": [2]})


def test_what_comes_to_the_same_is_no_universe_and_the_reason_is_told(tmp_path: Path, tiny_folder: Path) -> None:
    plan = _plan(tmp_path, tiny_folder, sensitivity=FACTORS)
    names = [laid.universe.name for laid in plan.universes]
    assert names == [
        "label_scoring='whole_label'", "template=1", "bos=True", "bos='zero_shot'", "demo_choice='random'",
        "demo_choice='nearest'", "answer_prefix=' '",
    ]  # fmt: skip
    assert _lapses(plan) == {
        ("title", "label_scoring", "whole_label", "no_labels"),
        ("title", "template", "1", "one_template"),
        ("mood", "chat", "True", "no_chat"),
        ("title", "chat", "True", "no_chat"),
        ("mood", "leaks", "keep", "no_leaks"),
        ("title", "leaks", "keep", "no_leaks"),
    }
    told = {laid.universe.name: laid.told for laid in plan.universes}
    assert told["template=1"] == {"mood": "template=1", "title": ""}
    assert told["bos=True"] == {"mood": "bos=True", "title": "bos=True"}


@pytest.mark.parametrize(("labels", "reason"), [(["g", "b"], "labels_single"), (["go", "gi"], "labels_collide")])
def test_labels_that_score_alike_are_no_universe(
    tmp_path: Path, tiny_folder: Path, labels: list[str], reason: str
) -> None:
    parts = _parts(tiny_folder, mood={"labels": labels}, multiverse={"label_scoring": ["whole_label"]})
    write_study(tmp_path, tiny_folder)
    for path in (tmp_path / "mood").iterdir():
        write_rows(path, [row | {"mood": labels[n % 2]} for n, row in enumerate(mood_rows(path.stem, 20))])
    plan = make_plan(load_study(rewrite_study(tmp_path, parts)), load_tokenizer(tiny_folder), "weights")
    assert plan.universes == ()
    assert ("mood", "label_scoring", "whole_label", reason) in _lapses(plan)


def test_the_studys_own_cells_stay_and_shared_ones_are_shared(tmp_path: Path, tiny_folder: Path) -> None:
    alone = _plan(tmp_path, tiny_folder)
    plan = _plan(tmp_path, tiny_folder, multiverse={"template": [1], "demo_choice": ["random"]}, sensitivity=["bos"])
    assert {entry for entry in plan.entries if not entry.universe} == set(alone.entries)
    assert {cell.address for cell in alone.cells} < {cell.address for cell in plan.cells}
    own, other = _asked(plan, ""), _asked(plan, "template=1")
    assert {key: cell.address for key, cell in other.items()} == {
        (*key[:-1], 1 - int(str(key[-1]))): cell.address for key, cell in own.items() if (*key[:-1], 0) in other
    }
    random = _asked(plan, "demo_choice='random'")
    assert {key[4] for key in random if random[key].address == own[key].address} == {0}  # without demos nothing differs
    mixed = _asked(plan, "bos='zero_shot'")
    begun = _asked(plan, "bos=True")
    assert all(cell.address == (own if key[4] else begun)[key].address for key, cell in mixed.items())


def test_trained_arms_are_asked_in_their_primary_form_at_the_sizes_that_claims_compare(
    tmp_path: Path, tiny_folder: Path
) -> None:
    training = {"train_rows": [4, 6, 8], "max_length": 400}
    plan = _plan(tmp_path, tiny_folder, multiverse={"bos": [True]}, cross_task=True, training=training)
    trained = {e.keys for e in plan.entries if e.universe and e.keys.trained_on}
    assert {(key.arm, key.shots) for key in trained} == {("ft", 0), ("fticl", 2)}
    assert {key.train_rows for key in trained} == {4, 8}
    assert {key.train_rows for key in trained if key.tier == "cross_task"} == {8}
    untrained = {e.keys.shots for e in plan.entries if e.universe and e.keys.arm == "base"}
    assert untrained == {0, 2}
    # Neighbours ask the same model, so that each is opened once.
    asked = [cell.trained.address if cell.trained else "" for cell in plan.cells if isinstance(cell, EvaluateCell)]
    assert len(list(groupby(asked))) == len(set(asked))


def test_bos_begins_prompts_as_it_is_asked_for(tmp_path: Path, tiny_folder: Path) -> None:
    tokenizer = load_tokenizer(tiny_folder)
    assert (tokenizer.bos, tokenizer.named_bos) == ((), (1,))
    plan = make_plan(_study(tmp_path, tiny_folder, multiverse={"bos": [True, False, "zero_shot"]}), tokenizer, "w")
    for name, shots, begins in (
        ("", 0, False), ("bos=True", 0, True), ("bos=True", 2, True), ("bos='zero_shot'", 0, True),
    ):  # fmt: skip
        cell = _asked(plan, name)["base", "mood", "a", "test", shots, 0]
        ids = prompts_of(cell, tokenizer).rows[0].ids
        plain = prompts_of(_asked(plan, "")["base", "mood", "a", "test", shots, 0], tokenizer).rows[0].ids
        assert ids == ((1, *plain) if begins else plain), (name, shots)
    asked = make_plan(_study(tmp_path, tiny_folder, bos=True), tokenizer, "w")
    own = {key: cell.address for key, cell in _asked(asked, "").items() if key[0] == "base"}
    begun = {key: cell.address for key, cell in _asked(plan, "bos=True").items() if key[0] == "base"}
    assert own == begun  # asked for in the study, it is the same cell

    class Nameless(Tokenizer):
        named_bos = ()

    with pytest.raises(SpecError, match="the model has no BOS token"):
        make_plan(_study(tmp_path, tiny_folder, bos="zero_shot"), Nameless(tiny_folder), "w")
    nameless = make_plan(_study(tmp_path, tiny_folder, sensitivity=["bos"]), Nameless(tiny_folder), "w")
    assert nameless.universes == ()
    assert ("mood", "bos", "zero_shot", "no_bos") in _lapses(nameless)


def test_a_chat_template_that_begins_with_bos_leaves_nothing_to_change(tmp_path: Path, tiny_folder: Path) -> None:
    study = _study(tmp_path, tiny_folder, multiverse={"chat": [True], "bos": [True]})
    plan = make_plan(study, Chatting(tiny_folder), "weights")
    assert [laid.universe.changes for laid in plan.universes] == [{"chat": True}, {"bos": True}]
    assert ("mood", "bos", "True", "chat_begins") in _lapses(plan)


def test_leaked_rows_are_kept_where_that_is_asked_for(tmp_path: Path, tiny_folder: Path) -> None:
    study = _study(tmp_path, tiny_folder, sensitivity=["leaks"])
    test, train = mood_rows("a", 10), mood_rows("train", 20)
    write_rows(tmp_path / "mood" / "a_test.jsonl", [train[0], *test[1:], mood_rows("demo b", 1)[0]])
    plan = make_plan(study, load_tokenizer(tiny_folder), "weights")
    form = ("base", "mood", "a", "test", 2, 0)
    of = ("ft", "mood", "a", "test")
    asked = [e for e in plan.entries if (e.keys.arm, e.keys.task, e.keys.domain, e.split) == of]
    assert {e.universe: e.left_out for e in asked} == {"": 2, "leaks='keep'": 0}
    own, kept = (_asked(plan, name)[form].domain.examples for name in ("", "leaks='keep'"))
    assert {e.row for e in kept} - {e.row for e in own} == {0, 10}
    assert {laid.universe.name: laid.told["title"] for laid in plan.universes} == {"leaks='keep'": ""}


def test_nearest_demos_can_be_asked_otherwise_too(tmp_path: Path, tiny_folder: Path) -> None:
    plan = _plan(tmp_path, tiny_folder, demo_choice="nearest", multiverse={"demo_choice": ["fixed"]})
    (laid,) = plan.universes
    assert set(laid.told) == {"mood", "title"}
    own, other = (_asked(plan, name)["base", "mood", "b", "test", 2, 0] for name in ("", laid.universe.name))
    assert own.domain.demos.pool == plan.tasks["mood"].split.train
    assert [demo.domain for demo in other.domain.demos.first(2)] == ["b", "b"]


def test_a_run_has_the_frame_of_each_universe(tmp_path: Path, tiny_folder: Path) -> None:
    study = _study(tmp_path, tiny_folder, multiverse={"template": [1], "label_scoring": ["whole_label"]})
    results, engine = run_fake(study)
    alone, _ = run_fake(_study(tmp_path, tiny_folder), tmp_path / "alone")
    assert_frame_equal(results.frame, alone.frame)
    assert cells_of(alone) < cells_of(results)
    own, sort = results.predictions, ["arm", "trained_on", "task", "domain", "shots", "template", "metric", "row"]
    names = [known.name for known in universes_of(results.run)]
    assert names == ["", "template=1", "label_scoring='whole_label'", "label_scoring='whole_label', template=1"]
    turned = predictions_frame(results.run, universe="template=1")
    assert turned.schema == own.schema
    title = own.filter(pl.col("task") == "title")
    assert_frame_equal(turned.filter(pl.col("task") == "title"), title)  # asked no other way: the study's own rows
    there = turned.filter((pl.col("task") == "mood") & (pl.col("arm") == "base")).sort(sort)
    here = own.filter((pl.col("task") == "mood") & (pl.col("arm") == "base"))
    here = here.with_columns(template=1 - pl.col("template")).sort(sort)
    assert_frame_equal(there, here)
    whole = predictions_frame(results.run, universe="label_scoring='whole_label'")
    assert set(whole.filter(pl.col("task") == "mood")["scoring"]) == {"whole_label"}
    again, engine = run_fake(study)
    assert engine.done == []
    assert_frame_equal(again.frame, results.frame)


def test_show_shows_the_studys_own_prompt(tmp_path: Path, tiny_folder: Path) -> None:
    study = small_study(tmp_path, tiny_folder, multiverse={"bos": [True], "demo_choice": ["random"]})
    prepared = prepare(study)
    found = shown(prepared.plan, prepared.tokenizer, "mood", "a", 0, (2, 0))
    assert found.bos == ()
    assert "demo a item 0" in found.text
    begun = prepare(small_study(tmp_path, tiny_folder, bos=True))
    assert [piece.id for piece in shown(begun.plan, begun.tokenizer, "mood", "a", 0, (2, 0)).bos] == [1]
