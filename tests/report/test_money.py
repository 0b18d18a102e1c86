"""What the page says of money, and digits that follow the interval."""

import polars as pl
import pytest

from farfield.findings import build
from farfield.report.html import render_html
from farfield.report.numbers import amount_text, money_text, months_text, percent_text, sum_text
from farfield.report.words import LANGUAGES, words
from farfield.stats import Estimate, Undefined
from tests.findings.economics.test_weighing import rows, sorting
from tests.findings.test_sureness import answers
from tests.report.page import Element, parsed, rows_of
from tests.report.test_sentences import FACTS

INF = float("inf")


def number(value: float, low: float, high: float) -> Estimate:
    return Estimate(value, low, high, 100, "bca")


@pytest.mark.parametrize(
    ("shown", "en", "ja"),
    [
        ((0.713333, 0.662, 0.7594), "71 % (66–76)", "71%（66〜76）"),
        ((0.7133, 0.7071, 0.7194), "71.3 % (70.7–71.9)", "71.3%（70.7〜71.9）"),
        ((0.0, -0.05, 0.05), "0 % (−5 to 5)", "0%（−5〜5）"),
        ((0.5, 0.5, 0.5), "50 %", "50%"),
    ],
)
def test_digits_of_shares_follow_the_interval(shown: tuple[float, float, float], en: str, ja: str) -> None:
    assert percent_text(number(*shown), words("en")) == en
    assert percent_text(number(*shown), words("ja")) == ja


@pytest.mark.parametrize(
    ("shown", "currency", "en", "ja"),
    [
        ((1.2e6, 0.8e6, 1.6e6), "JPY", "¥1.2 million (0.8–1.6)", "120万円（80〜160）"),
        ((-3.21e6, -8.4e6, 1e6), "JPY", "−¥3 million (−8 to 1)", "−300万円（−800〜100）"),
        ((432.1, 400.0, 470.0), "USD", "$430 (400–470)", "430米ドル（400〜470）"),
        ((2.34e9, 2.1e9, 2.6e9), "CHF", "CHF 2.3 billion (2.1–2.6)", "23億スイス フラン（21〜26）"),
    ],
)
def test_money_in_thousands_and_millions(shown: tuple[float, float, float], currency: str, en: str, ja: str) -> None:
    assert money_text(number(*shown), currency, words("en")) == en
    assert money_text(number(*shown), currency, words("ja")) == ja


def test_sums_have_two_digits() -> None:
    assert [sum_text(x, "EUR", words("en")) for x in (0, 7, 123, 1234, -0.456)] == [
        "€0",
        "€7",
        "€123",
        "€1,200",
        "−€0.46",
    ]


def test_what_never_comes_back_says_so() -> None:
    say = words("en")
    assert months_text(number(INF, INF, INF), say) == "never"
    assert months_text(number(INF, 3.2, INF), say) == "likely never; at best 3.2 months"
    assert months_text(number(4.0, 2.0, INF), say) == "4.0 months (2.0–∞)"
    assert amount_text(number(0.0, 0.0, 0.0), say) == ("0", "")


def test_a_reason_stands_where_there_is_no_number() -> None:
    assert percent_text(Undefined("no rows"), words("en")) == words("en")("reason.no rows")


def page(accuracy: float, language: str, n: int = 400) -> Element:
    frame = pl.concat([answers("ft", "a", rows(n, accuracy), trained=True), answers("base", "a", rows(n, 0.5))])
    held = pl.concat([answers("ft", "a", rows(100, 0.95), trained=True), answers("base", "a", rows(100, 0.5))])
    return parsed(render_html(build(sorting(), frame, held), FACTS, language=language))


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(("accuracy", "n", "tone"), [(0.99, 400, "good"), (0.95, 40, "open"), (0.6, 400, "bad")])
def test_each_counsel_is_said_and_coloured(language: str, accuracy: float, n: int, tone: str) -> None:
    (counsel,) = [p for p in page(accuracy, language, n).all("p") if p.has_class("counsel")]
    assert counsel.has_class(tone)
    assert ("¥" if language == "en" else "円") in counsel.text()


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_section_has_its_tables(language: str) -> None:
    say, found = words(language), page(0.99, language)
    captions = {table.one("caption").text(): table for table in found.all("table")}
    choices = rows_of(captions[say("money.choices", task="title")])
    assert [row[0].text() for row in choices] == [
        say("choice.trained", arm="ft"), say("choice.prompting", arm="base"), say("choice.nothing"),
    ]  # fmt: skip
    assert len(rows_of(captions[say("stage.caption")])) == 2
    assert len(rows_of(captions[say("burden.caption", model=say("learned.model", arm="ft", task="title"))])) == 7
    assert say("money.swings", task="title") in captions
