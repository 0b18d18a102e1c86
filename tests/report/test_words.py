"""The catalogues: the same keys and placeholders in every language, and every key that the report asks for."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from string import Formatter
from typing import get_args

import pytest
from babel.messages.pofile import read_po

import farfield
from farfield import report
from farfield.findings import Turn, Verdict
from farfield.metrics import METRICS
from farfield.report.words import LANGUAGES, words
from farfield.spec import Tier
from farfield.study import NOTES
from tests.small import run_fake, small_study

SOURCE = Path(farfield.__file__).parent
ROOM = Path(report.__file__).parent
MODULES = {path.name: path.read_text(encoding="utf-8") for path in sorted(ROOM.glob("*.py"))}
TEMPLATES = {path.name: path.read_text(encoding="utf-8") for path in sorted(ROOM.glob("templates/*.jinja"))}
PROPER_NAMES = {"metric.rougeL", "metric.bleu", "metric.chrf"}


def texts(language: str) -> dict[str, str]:
    """The catalogue as its file has it."""
    with (ROOM / "locale" / language / "farfield.po").open("rb") as file:
        return {str(m.id): str(m.string) for m in read_po(file, locale=language) if m.id}


def placeholders(text: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(text) if name is not None}


def families() -> set[str]:
    return {key.split(".")[0] for key in texts("en") if "." in key}


def calls_of_say(tree: ast.AST) -> Iterator[ast.Call]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "say" and node.args:
            yield node


def literals(node: ast.AST) -> list[str]:
    """The keys that an argument can be: itself, or either side of a condition."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return [node.value]
    return [*literals(node.body), *literals(node.orelse)] if isinstance(node, ast.IfExp) else []


def literal_keys() -> set[str]:
    """Keys written out: in calls of `say`, and strings elsewhere that have the form of a key."""
    found = set()
    form = re.compile(rf"(?:{'|'.join(sorted(families()))})(?:\.\w+)+")
    for code in MODULES.values():
        tree = ast.parse(code)
        found |= {key for call in calls_of_say(tree) for key in literals(call.args[0])}
        # What an f-string begins with is no whole key.
        parts = {id(part) for node in ast.walk(tree) if isinstance(node, ast.JoinedStr) for part in node.values}
        found |= {
            node.value
            for node in ast.walk(tree)
            if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in parts
            if form.fullmatch(node.value)
        }
    for template in TEMPLATES.values():
        first = [inside.split(",")[0] for inside in re.findall(r"say\(([^)]*)\)", template)]
        found |= {key for argument in first if "~" not in argument for key in re.findall(r'"([^"]+)"', argument)}
    return found


def computed_families() -> set[str]:
    """The fixed beginnings of keys that are put together: `metric.` of `say(f"metric.{name}")`."""
    found = {begin for code in MODULES.values() for begin in re.findall(r'say\(\s*f"([\w.]+\.)\{', code)}
    found |= {begin for code in MODULES.values() for begin in re.findall(r'else f"([\w.]+\.)\{', code)}
    return found | {begin for code in TEMPLATES.values() for begin in re.findall(r'say\("([\w.]+\.)" ~', code)}


def listed_in_template(family: str) -> set[str]:
    """What a template's loop gives to a computed key: `for key in ("arm", "task") … say("all." ~ key)`."""
    code = "".join(TEMPLATES.values())
    loops = re.findall(r"for (\w+) in \(([^)]*)\)", code)
    return {
        name for variable, listed in loops for name in re.findall(r'"(\w+)"', listed)
        if f'say("{family}." ~ {variable}' in code
    }  # fmt: skip


def reasons() -> set[str]:
    """Every reason for which a number can be undefined, as the code writes it."""
    found = set()
    for room in ("stats", "metrics", "findings", "report"):
        for path in (SOURCE / room).glob("*.py"):
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
                    place = {"Undefined": 0, "_no_interval": 2}.get(node.func.id)
                    if place is not None and len(node.args) > place:
                        found |= set(literals(node.args[place]))
    return found


def reasons_left_out() -> set[str]:
    """Every reason for which a row is left out, as `data` writes it."""
    code = "".join(path.read_text(encoding="utf-8") for path in (SOURCE / "data").glob("*.py"))
    return set(re.findall(r'Left\([^)"]*"(\w+)"\)', code))


REGISTRIES = {
    "verdict.": set(Verdict),
    "tier.": set(get_args(Tier)),
    "turn.": set(Turn),
    "metric.": set(METRICS),
    "comparator.": {"dev", "none"},
    "headline.": {"carried", "open", "lost"},
    "headline.home.": {"yes", "open", "no"},
    "left.": reasons_left_out(),
    "note.": set(NOTES),
    "reason.": reasons(),
    "all.": listed_in_template("all"),
    "glossary.": {name + end for name in listed_in_template("glossary") for end in ("", ".text")},
}


def test_the_languages_have_the_same_keys() -> None:
    assert set(LANGUAGES) == {path.name for path in (ROOM / "locale").iterdir()} == {"en", "ja"}
    assert texts("en").keys() == texts("ja").keys() == words("en").keys == words("ja").keys
    assert len(texts("en")) > 100


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_key_stands_twice(language: str) -> None:
    found = re.findall(r'^msgid "(.+)"$', (ROOM / "locale" / language / "farfield.po").read_text("utf-8"), re.M)
    assert len(found) == len(set(found)) == len(texts(language))


def test_the_languages_have_the_same_placeholders() -> None:
    english, japanese = texts("en"), texts("ja")
    assert {key: placeholders(english[key]) for key in english} == {key: placeholders(japanese[key]) for key in english}


def test_every_japanese_text_is_there_and_is_japanese() -> None:
    english, japanese = texts("en"), texts("ja")
    assert {key for key, text in japanese.items() if not text} == {"sentence.gap"}
    assert {key for key in english if english[key] == japanese[key]} == PROPER_NAMES


def test_every_key_written_in_the_report_exists() -> None:
    found = literal_keys()
    assert {"title", "answer.nowhere", "fact.model", "warn.sample", "settings.default", "footer"} <= found
    assert found - texts("en").keys() == set()


def test_every_key_put_together_in_the_report_exists() -> None:
    found = computed_families()
    assert {"metric.", "tier.", "verdict.", "baseline.", "left.", "all.", "glossary."} <= found
    keys = texts("en").keys()
    for begin in found:
        ends = REGISTRIES.get(begin, set())
        assert {begin + end for end in ends} - keys == set()
        assert any(key.startswith(begin) for key in keys)


def test_every_registry_is_read() -> None:
    # An empty one would let the test above pass for nothing.
    assert {begin for begin, ends in REGISTRIES.items() if len(ends) < 2} == set()
    assert {"equals_demo", "equals_training_row", "dropped_label", "too_long"} <= REGISTRIES["left."]
    assert {"no rows", "a group has no rows", "the resamples show no spread"} <= REGISTRIES["reason."]


def test_every_baseline_has_a_name(tmp_path: Path, tiny_folder: Path) -> None:
    frame = run_fake(small_study(tmp_path, tiny_folder))[0].frame
    names = {row["arm"] for row in frame.to_dicts() if row["backend"] == "baseline"}
    assert len(names) == 5
    assert {f"baseline.{name}" for name in names} - texts("en").keys() == set()


def test_every_call_gives_what_its_sentence_names() -> None:
    checked = 0
    for code in MODULES.values():
        for call in calls_of_say(ast.parse(code)):
            given = {keyword.arg for keyword in call.keywords}
            for key in literals(call.args[0]) if None not in given else []:  # **values: seen by rendering only
                assert placeholders(texts("en")[key]) <= given, key
                checked += 1
    assert checked > 20


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_key_that_is_missing_and_a_value_that_is_missing_are_errors(language: str) -> None:
    say = words(language)
    with pytest.raises(KeyError, match=r"no\.such\.key"):
        say("no.such.key")
    with pytest.raises(KeyError, match="study"):
        say("title")
    assert "{x}" in say("title", study="{x}")  # what fills a sentence is not read as one
