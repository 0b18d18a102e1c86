"""Study files: what they may say, and errors that name the key, its line and the mend."""

import json
import re
from pathlib import Path
from typing import cast

import pytest

from farfield.errors import SpecError
from farfield.spec import load_study, parse_study, schema
from tests.small import rewrite_study, study_parts, write_study

STUDY = """
study: s
model: m
tasks:
  t:
    kind: classification
    labels: [yes, no]
    prompts: ["{text}"]
    target: "{label}"
    in_domain: {a: {path: a.jsonl}}
arms:
  base: {}
"""


def _error(text: str) -> str:
    with pytest.raises(SpecError) as caught:
        parse_study(text, folder=Path(), name="s.yaml")
    return str(caught.value)


def test_a_whole_study_loads_with_its_defaults(tmp_path: Path) -> None:
    study = load_study(write_study(tmp_path, "m"))
    assert study.folder == tmp_path
    assert study.resolve("x/y") == tmp_path / "x" / "y"
    assert study.seeds == (0,)
    assert study.training is not None
    assert study.training.learning_rate == 5e-4
    assert study.protocol("mood").margin == 0.05
    assert study.protocol("title").margin == 0.02


def test_words_of_yaml_one_point_one_stay_words() -> None:
    study = parse_study(STUDY, folder=Path())
    assert study.tasks["t"].labels == ("yes", "no")
    assert parse_study(STUDY + "training: {train_rows: [4], learning_rate: 5e-4}", folder=Path()).training


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("labels:", "lables:", ["unknown key 'tasks.t.lables'", "line 7", "did you mean 'labels'?"]),
        ("  base: {}", "  base: {traind: true}", ["unknown key 'arms.base.traind'", "line 12", "'trained'"]),
        ("study: s\n", "", ["the key 'study' is missing"]),
        ("kind: classification", "kind: classify", ["tasks.t.kind", "'classification' or 'generation'", "line 6"]),
        ("[yes, no]", "[yes]", ["at least two different words", "line 5"]),
        ("{text}", "{text", ["belongs to no field", "tasks.t.prompts"]),
        ("base: {}", "base: {train_shots: 2}", ["train_shots needs `trained: true`"]),
        ("base: {}", "ft: {trained: true}", ["'ft' is trained, and the study has no `training:`"]),
        ("{a: {path: a.jsonl}}", "{a: {path: a.jsonl, rows: [5, 5]}}", ["holds none"]),
        ("study: s", "study: s\nstudy: t", ["'study' stands twice", "line 3"]),
        ("study: s", "study: [s", ["this is no YAML"]),
        ("model: m", "model: m\nseeds: [1, 1]", ["a seed stands twice"]),
        ("in_domain", "train", ["nothing to test on"]),
    ],
)
def test_errors_name_key_line_and_mend(old: str, new: str, expected: list[str]) -> None:
    told = _error(STUDY.replace(old, new, 1))
    for part in ("s.yaml", *expected):
        assert part in told


@pytest.mark.parametrize(
    ("form", "expected"),
    [
        ("{tt: x}", ["arms.base.format.tt: there is no task 'tt'; the tasks are t"]),
        ("{t: 'a('}", ["can't be read: unclosed group", "without look-around"]),
        ("{t: '(?=a)b'}", ["can't be read: look-around"]),
        ("{t: 'a;b'}", ["no text matches it", "don't hold `stop:` (';')"]),
        ("{t: {}}", ["arms.base.format.t: give a regular expression, or a `template:`", "line 12"]),
        ("{t: {expression: a, template: b}}", ["give a regular expression, or"]),
        ("{t: {template: '{part}'}}", ["mend 'part'"]),
        ("{t: {template: '{part}', slots: {part: [a], more: [b]}}}", ["mend 'more'"]),
        ("{t: {template: '{part}', slots: {part: []}}}", ["arms.base.format.t.slots.part", "at least 1 item"]),
        ("{t: {template: '{part', slots: {part: [a]}}}", ["belongs to no field"]),
        ("{t: {templat: a}}", ["unknown key 'arms.base.format.t.templat'", "did you mean 'template'?"]),
    ],
)
def test_errors_of_formats(form: str, expected: list[str]) -> None:
    study = STUDY.replace("classification\n    labels: [yes, no]", "generation\n    stop: ;")
    told = _error(study.replace("base: {}", f"base: {{format: {form}}}"))
    for part in ("s.yaml", *expected):
        assert part in told


def test_a_format_is_for_what_is_written() -> None:
    assert "labels are scored and nothing is written" in _error(STUDY.replace("{}", "{format: {t: yes}}"))


def test_slots_become_an_expression() -> None:
    study = STUDY.replace("classification\n    labels: [yes, no]", "generation")
    arms = """
arms:
  base: {format: {t: "[0-9]+"}}
  slots: {format: {t: {template: "{a.b} ({{{c}}})*", slots: {a.b: [x|y, "(z", 7], c: ["\\\\d", " "]}}}}
"""
    study = study.replace("arms:\n  base: {}\n", arms)
    pattern = {name: arm.format["t"].pattern for name, arm in parse_study(study, folder=Path()).arms.items()}
    assert pattern["base"] == "[0-9]+"
    whole = {f"{a} ({{{c}}})*" for a in ("x|y", "(z", "7") for c in ("\\d", " ")}
    assert all(re.fullmatch(pattern["slots"], text) for text in whole)
    assert not any(re.fullmatch(pattern["slots"], text) for text in ("x ({ })*", "7 ({1})*", "7 ({ })", "(z ({\\d}))"))


def test_all_errors_are_told_at_once() -> None:
    told = _error(STUDY.replace("labels:", "lables:").replace("base: {}", "base: {traind: true}"))
    assert "lables" in told
    assert "traind" in told


def test_an_empty_and_a_missing_file(tmp_path: Path) -> None:
    assert "holds no keys" in _error("")
    with pytest.raises(SpecError, match="no such study file"):
        load_study(tmp_path / "none.yaml")
    with pytest.raises(SpecError, match="a folder is no study file"):
        load_study(tmp_path)
    (tmp_path / "sjis.yaml").write_bytes("study: 日本".encode("cp932"))
    with pytest.raises(SpecError, match="not UTF-8"):
        load_study(tmp_path / "sjis.yaml")


def test_the_schema_describes_every_key() -> None:
    known = json.loads(schema())
    for part in (known, *known["$defs"].values()):
        for name, key in part["properties"].items():
            assert key.get("description"), name


def test_a_study_is_frozen() -> None:
    study = parse_study(STUDY, folder=Path())
    with pytest.raises(ValueError, match="frozen"):
        study.model = "another"  # type: ignore[misc]


def test_task_keys_come_before_study_keys(tmp_path: Path) -> None:
    parts = study_parts("m")
    parts["margin"] = 0.1
    parts["tasks"]["title"]["margin"] = 0.03  # type: ignore[index]
    study = load_study(rewrite_study(tmp_path, parts))
    assert study.protocol("mood").margin == 0.1
    assert study.protocol("title").margin == 0.03


def test_a_domain_that_chooses_neither_trains_nor_tests(tmp_path: Path) -> None:
    parts = study_parts("model")
    tasks = cast("dict[str, dict[str, object]]", parts["tasks"])
    tasks["mood"] |= {"dev_domains": {"b": {"path": "mood/z.jsonl"}}}
    with pytest.raises(SpecError, match="'b' of `dev_domains:` trains or tests too; it can't be both"):
        load_study(rewrite_study(tmp_path, parts))
