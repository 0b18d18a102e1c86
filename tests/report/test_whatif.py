"""What if: the page's own script counts as the model does, in a real browser; its figures are text, never orders."""

import html
import json
import re
from dataclasses import dataclass, replace
from math import floor, isclose, isfinite
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from farfield import report
from farfield.findings import Choice, Economics, build
from farfield.report.numbers import items_text, months_text, share_text, sum_text
from farfield.report.whatif import SHOWN, escaped, slider_of, whatif_data
from farfield.report.words import LANGUAGES, words
from farfield.spec import StudySpec
from farfield.stats import Estimate, Undefined
from tests.findings.economics.test_weighing import EXACT, economics, rows, sorting
from tests.findings.frames import flags, rng, said, study
from tests.findings.test_sureness import answers
from tests.report.conftest import HOSTILE_NAMES, Reported
from tests.report.page import Element, parsed
from tests.report.test_browser import BROWSER, browse, told_around

SCRIPT = (Path(report.__file__).parent / "templates" / "whatif.js").read_text("utf-8")
COLUMNS = ("monthly", "payback", "npv", "even_right", "even_items")


def classified_money(**business: object) -> Economics:
    """Three choices' worth of a classifier: nothing said of it, or some of it."""
    costs = {} if business else {"error_cost": [300, 500], "costs": {"good": {"bad": 800}}}
    spec = sorting({"currency": "JPY", **business}, **costs)
    frame = pl.concat([answers("ft", "a", rows(80, 0.9), trained=True), answers("base", "a", rows(80, 0.7))])
    held = pl.concat([answers("ft", "a", rows(60, 0.95), trained=True), answers("base", "a", rows(60, 0.7))])
    return timed(economics(build(spec, frame, held).economics))


def drafted_money(spec: StudySpec) -> Economics:
    frame = pl.concat([said("ft", "a", flags(60, 0.8, 1), trained=("title", 16)), said("base", "a", np.zeros(60))])
    return timed(economics(build(spec, frame, said("base", "a", [0.0] * 4)).economics))


def timed(found: Economics) -> Economics:
    """The same with seconds and tokens, which answers made by hand did not take."""
    tasks = [replace(task, choices=tuple(timed_choice(choice) for choice in task.choices)) for task in found.tasks]
    return replace(found, tasks=tuple(tasks))


def timed_choice(choice: Choice) -> Choice:
    took = replace(choice.basis.running, seconds=7.5, tokens=450.0, training=900.0)
    return replace(choice, basis=replace(choice.basis, running=took))


@pytest.fixture(scope="module")
def monies() -> dict[str, Economics]:
    """Money by every path that the model takes: prices or minutes, named errors, drafts by minutes or by multiples."""
    minutes = {"items": {"a": [500, 1500]}, "handling_minutes": 10, "edit_minutes": {0: 10, 0.5: [1, 3]}}
    return {
        "assumed": classified_money(),
        "exact": classified_money(**{**EXACT, "label_price": 40, "token_price": 300, "discount": 0}),
        "drafts": drafted_money(study(business={"currency": "USD", "tasks": {"title": {"items": {"a": 1000}}}})),
        "minutes": drafted_money(study(business={**EXACT, "currency": "CHF", "tasks": {"title": minutes}})),
    }


def recounted(found: Economics, places: list[int], say_data: dict[str, Any]) -> list[list[float | None]]:
    """The model's figures where the sliders stand, choice by choice; None where there is none."""
    (task,), (told,) = found.tasks, say_data["tasks"]
    values = dict(told["values"])
    for slider, place in zip(told["sliders"], places, strict=True):
        wanted = slider["start"] + place * slider["step"]
        values[slider["name"]] = min(slider["most"], max(slider["least"], wanted))
    months = values.pop("horizon")
    cash = [choice.basis.money({name: np.asarray(v) for name, v in values.items()}, months) for choice in task.choices]
    return [
        [
            *(float(getattr(each, name)) for name in COLUMNS[:3]),
            None if isinstance(each.even_right, Undefined) else float(each.even_right),
            float(each.even_items),
        ]
        for each in cash
    ]


def texts(figures: list[float | None], currency: str, language: str) -> list[str]:
    """What the catalogue and numbers.py make of them."""
    say = words(language)
    monthly, payback, npv, right, items = figures
    assert monthly is not None
    assert payback is not None
    assert npv is not None
    assert items is not None
    even = say("reason.no row is answered")
    if right is not None:
        beyond = say("reason.not even perfect answers would pay")
        even = share_text(round(max(0.0, right), 3)) if right <= 1 else beyond
    return [
        sum_text(monthly, currency, say),
        months_text(Estimate(payback, payback, payback, 1, "none"), say),
        sum_text(npv, currency, say),
        even,
        items_text(items if isfinite(items) else Undefined("an item saves nothing"), say),
    ]


_DRIVE = """
const told = {};
for (const frame of document.querySelectorAll('iframe')) {
  const page = frame.contentDocument;
  const inputs = [...page.querySelectorAll('input')];
  const seen = () => [...page.querySelectorAll('tbody tr')].map(row =>
    [...row.querySelectorAll('data')].map(cell => [cell.value, cell.textContent]));
  told[frame.id] = {start: seen(), moved: JSON.parse(frame.dataset.places).map(places => {
    inputs.forEach((input, n) => { input.value = places[n]; input.dispatchEvent(new Event('input')); });
    return seen();
  })};
  page.querySelector('button').click();
  told[frame.id].back = seen();
  told[frame.id].spoken = inputs.map(input => [
    page.querySelector(`label[for="${input.id}"]`).textContent, input.getAttribute('aria-valuetext'),
    page.querySelector(`output[for="${input.id}"]`).textContent, input.closest('details') === null]);
  told[frame.id].live = [...page.querySelectorAll('output[aria-live="polite"]')].map(each => each.textContent);
}
document.getElementById('told').textContent = JSON.stringify(told);
"""


@dataclass(frozen=True)
class Driven:
    """One page whose sliders were moved: its figures and where they were moved to, and what the browser showed."""

    found: Economics
    data: dict[str, Any]
    places: list[list[int]]
    shown: dict[str, Any]


@pytest.fixture(scope="module")
def driven(monies: dict[str, Economics], tmp_path_factory: pytest.TempPathFactory) -> dict[tuple[str, str], Driven]:
    """All of them in one window, in both languages, every slider at random places."""
    if BROWSER is None:
        pytest.skip("no chromium and no chromium-browser on PATH")
    folder, frames, draws, made = tmp_path_factory.mktemp("driven"), [], rng(7), {}
    for name, found in monies.items():
        for language in LANGUAGES:
            text = whatif_data(found, words(language))
            data = json.loads(text)
            spans = [(-s["before"], s["after"]) for s in data["tasks"][0]["sliders"]]
            places = [[int(draws.integers(low, high + 1)) for low, high in spans] for _ in range(20)]
            places += [[low for low, _ in spans], [high for _, high in spans]]
            page = f'<div id="whatif-0"></div><script type="application/json" id="whatif-data">{text}</script>'
            page = html.escape(f"<!doctype html>{page}<script>{SCRIPT}</script>")
            frames.append(
                f'<iframe id="{name}-{language}" data-places="{json.dumps(places)}" srcdoc="{page}"></iframe>'
            )
            made[name, language] = found, data, places
    shown = told_around("".join(frames), _DRIVE, folder)
    return {key: Driven(*parts, shown["-".join(key)]) for key, parts in made.items()}


def agree(shown: list[list[list[str]]], figures: list[list[float | None]]) -> None:
    """Raw values, as far as two orders of adding leave them alike."""
    assert len(shown) == len(figures) > 1
    for cells, wanted in zip(shown, figures, strict=True):
        scale = max(abs(x) for x in wanted[:3] if x is not None and isfinite(x))
        for (raw, _), want in zip(cells, wanted, strict=True):
            if want is None:
                assert raw == "null"
            else:
                got = float(raw)
                assert got == want or isclose(got, want, rel_tol=1e-8, abs_tol=1e-9 * scale)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", ["assumed", "exact", "drafts", "minutes"])
def test_the_script_counts_as_the_model_does(driven: dict[tuple[str, str], Driven], name: str, language: str) -> None:
    case = driven[name, language]
    for places, shown in zip(case.places, case.shown["moved"], strict=True):
        figures = recounted(case.found, places, case.data)
        agree(shown, figures)
        assert [[text for _, text in cells] for cells in shown] == [
            texts(each, case.found.currency, language) for each in figures
        ]
    values = {float(raw) for shown in case.shown["moved"] for cells in shown for raw, _ in cells[:1]}
    assert len(values) > len(case.places)  # the sliders do move it


@pytest.mark.parametrize("name", ["assumed", "exact", "drafts", "minutes"])
def test_it_starts_at_the_means_and_comes_back_to_them(driven: dict[tuple[str, str], Driven], name: str) -> None:
    case = driven[name, "en"]
    agree(case.shown["start"], recounted(case.found, [0] * len(case.places[0]), case.data))
    assert case.shown["back"] == case.shown["start"]
    for choice, cells in zip(case.found.tasks[0].choices, case.shown["start"], strict=True):
        if name in ("assumed", "minutes") and isinstance(choice.break_even_items, float):
            assert float(cells[4][0]) > 0


def test_every_slider_has_a_name_says_its_value_and_few_are_seen_at_once(
    driven: dict[tuple[str, str], Driven],
) -> None:
    for (_, language), case in driven.items():
        spoken = case.shown["spoken"]
        assert len({label for label, *_ in spoken}) == len(spoken) == len(case.places[0])
        assert all(label and told and told == shown for label, told, shown, _ in spoken)
        assert [seen for *_, seen in spoken] == [n < SHOWN for n in range(len(spoken))]
        assert words(language)("whatif.horizon") in [label for label, *_, seen in spoken if seen]
        (live,) = case.shown["live"]
        assert live


def test_yen_are_told_in_ten_thousands(driven: dict[tuple[str, str], Driven]) -> None:
    shown = [text for cells in driven["exact", "ja"].shown["start"] for _, text in cells]
    assert any(re.fullmatch(r"−?[\d.,]+万円", text) for text in shown)


def test_what_moves_nothing_has_no_slider(monies: dict[str, Economics]) -> None:
    for name, absent, present in (
        ("assumed", {"automation_hours", "items b"}, {"drift", "label_minutes", "horizon", "cost good → bad"}),
        ("exact", {"automation_hours", "label_minutes", "discount"}, {"token_price", "label_price", "check_minutes"}),
        ("drafts", {"check", "error_times"}, {"edit_times 0", "edit_times 0.6", "engineer_wage"}),
    ):
        (task,) = json.loads(whatif_data(monies[name], words("en")))["tasks"]
        names = {slider["name"] for slider in task["sliders"]}
        assert not absent & names
        assert present <= names


@given(
    low=st.floats(1e-3, 1e6), width=st.floats(1, 5), unit=st.sampled_from(["money", "share", "items"]),
    name=st.sampled_from(["wage", "check"]),
)  # fmt: skip
def test_a_slider_reaches_below_and_above_what_was_thought(low: float, width: float, unit: str, name: str) -> None:
    low = min(low, 0.2) if unit == "share" else low
    high = low * width
    start = (low + high) / 2
    places = slider_of(name, start, low, high, unit)
    assert places is not None
    step, least, most = (float(str(places[key])) for key in ("step", "least", "most"))
    before, after = int(str(places["before"])), int(str(places["after"]))
    assert 0 < before + after < 400
    assert max(least, start - before * step) <= low
    assert start - before * step > 0 or name == "check"
    top = min(most, start + after * step)
    assert top <= (1 if unit == "share" else 4 * high)
    assert high < top or (unit == "share" and high == pytest.approx(1))  # no share lies above all of it
    assert floor(step * 10 ** (3 - floor(np.log10(step)))) in (1000, 2000, 5000, 999, 1999, 4999, 10000)


def test_a_zero_has_no_scale_and_so_no_slider() -> None:
    assert slider_of("machine", 0.0, 0.0, 0.0, "money_hour") is None


@given(st.dictionaries(st.text(), st.text(alphabet=st.sampled_from("</>&!-\u2028\u2029 script'\"\\x")), max_size=4))
def test_json_cannot_leave_its_element(value: dict[str, str]) -> None:
    text = escaped(value)
    assert json.loads(text) == value
    assert text.isascii()
    assert not set("<>&") & set(text)


def scripts(page: Element) -> list[tuple[dict[str, str], str]]:
    return [(element.attributes, element.raw()) for element in page.all("script")]


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_page_has_two_scripts_of_its_own_and_no_other(
    small_run: Reported, hostile_run: Reported, language: str
) -> None:
    for run in (small_run, hostile_run):
        (kind, figures), (plain, program) = scripts(run.pages[language])
        assert kind == {"type": "application/json", "id": "whatif-data"}
        assert plain == {}
        assert program == SCRIPT.rstrip()
        tasks = economics(run.findings.economics).tasks
        assert [len(told["choices"]) for told in json.loads(figures)["tasks"]] == [len(t.choices) for t in tasks]
        assert run.html[language].count("<script") == run.html[language].count("</script") == 2
        assert len(run.html[language].encode()) < 3e6


def test_hostile_names_are_figures_of_the_page_unchanged(hostile_run: Reported) -> None:
    _, task, domain, arm = HOSTILE_NAMES
    data = json.loads(scripts(hostile_run.pages["en"])[0][1])
    (told,) = data["tasks"]
    assert task in told["legend"]
    assert f"items {domain}" in told["values"]
    assert any(arm in choice["name"] for choice in told["choices"])


@pytest.mark.skipif(BROWSER is None, reason="no chromium and no chromium-browser on PATH")
def test_the_browser_shows_hostile_names_as_text(hostile_run: Reported, tmp_path: Path) -> None:
    tree, complaints = browse(hostile_run.results.folder / "report.en.html", tmp_path / "profile")
    assert complaints == ""
    page, (_, task, domain, arm) = parsed(tree), HOSTILE_NAMES
    (box,) = [e for e in page.all("div") if e.has_class("whatif")]
    assert task in box.one("legend").text()
    assert any(domain in e.text() for e in box.all("label"))
    assert any(arm in e.text() for e in box.all("th"))
    assert not list(box.all("script", "img", "i", "b"))


def test_the_script_is_small_strict_and_asks_for_nothing() -> None:
    assert len(SCRIPT.encode()) < 8192
    assert SCRIPT.startswith("'use strict';")
    banned = [
        "eval",
        "innerHTML",
        "outerHTML",
        "document.write",
        "Function(",
        "fetch",
        "XMLHttp",
        "import",
        "://",
        ".style",
    ]
    assert [word for word in banned if word in SCRIPT] == []
    assert "</" not in SCRIPT
    assert "<!--" not in SCRIPT


@pytest.mark.parametrize("language", LANGUAGES)
def test_without_the_script_nothing_of_it_is_seen(small_run: Reported, language: str) -> None:
    page = small_run.pages[language]
    boxes = [e for e in page.all("div") if e.has_class("whatif")]
    assert [box.children for box in boxes] == [[]] * len(economics(small_run.findings.economics).tasks)
    assert not list(page.all("input", "button", "output"))
    style = page.one("style").raw()
    assert re.search(r"@media print\{\.whatif\{display:none\}\}", style)
