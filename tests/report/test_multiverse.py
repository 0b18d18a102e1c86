"""The section on conclusions in other universes, through a whole run, in both languages."""

from pathlib import Path

import pytest

from farfield.findings.multiverse import _TWIN_KEYS
from farfield.report.words import LANGUAGES, words
from farfield.spec import load_study
from farfield.spec.universes import _EVERY, FACTORS
from tests.report.conftest import Reported, reported
from tests.report.page import Element
from tests.small import rewrite_study, run_fake, study_parts, write_study


@pytest.fixture(scope="module")
def asked(tmp_path_factory: pytest.TempPathFactory, tiny_folder: Path) -> Reported:
    folder = tmp_path_factory.mktemp("multiverse")
    write_study(folder, tiny_folder)
    parts = study_parts(tiny_folder)
    assert isinstance(parts["tasks"], dict)
    parts["tasks"]["mood"]["prompts"] = ["Text: {text}\nMood:", "{text}\nMood:"]
    multiverse = {"label_scoring": ["whole_label"], "template": [1], "bos": [True], "demo_choice": ["random"]}
    more = {"multiverse": multiverse, "sensitivity": ["chat", "answer_prefix", "leaks"], "seeds": [0, 1]}
    return reported(run_fake(load_study(rewrite_study(folder, parts | more)))[0])


@pytest.fixture(params=LANGUAGES)
def section(request: pytest.FixtureRequest, asked: Reported) -> Element:
    page = asked.pages[request.param]
    (found,) = [e for e in page.all("section") if e.attributes.get("aria-labelledby") == "multiverse"]
    return found


def test_every_variant_has_a_row_and_every_conclusion_a_column(section: Element) -> None:
    summary, matrix, *_ = section.all("table")
    conclusions = len(list(summary.one("tbody").all("tr")))
    assert conclusions >= 4
    rows = list(matrix.one("tbody").all("tr"))
    assert len(rows) > 12
    for row in rows:
        cells = list(row.all("td"))
        assert len(cells) == conclusions
        for cell in cells:
            (mark,) = cell.elements()
            assert mark.attributes["role"] == "img"
            assert mark.attributes["aria-label"]
    (folded, *_) = section.all("details")
    assert "open" not in folded.attributes  # more than twelve rows


def test_the_page_says_what_could_not_be_varied(section: Element, asked: Reported) -> None:
    language = "ja" if "、" in section.text() else "en"
    text = section.text()
    assert words(language)("lapse.no_chat") in text
    assert words(language)("lapse.one_template") in text
    assert words(language)("changed.bos.True") in text
    assert words(language)("factor.seed") in text


def test_a_study_without_universes_has_no_such_section(small_run: Reported) -> None:
    for page in small_run.pages.values():
        assert not [e for e in page.all("section") if e.attributes.get("aria-labelledby") == "multiverse"]


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_factor_and_value_has_words(language: str) -> None:
    keys = words(language).keys
    assert {f"factor.{factor}" for factor in (*FACTORS, "seed", "comparator", *_TWIN_KEYS)} <= keys
    said = {"": "none", " ": "space"}
    values = {f"changed.{f}.{said.get(str(v), v)}" for f, every in _EVERY.items() for v in every}
    assert values | {"changed.template", "changed.seed", "changed.learning_rate", "changed.comparator.test"} <= keys
