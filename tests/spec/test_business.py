"""The `business:` part: numbers and ranges, and errors that name the key and its mend."""

import json
from pathlib import Path

import pytest

from farfield.errors import SpecError
from farfield.spec import ASSUMED, CURRENCIES, BusinessSpec, StudySpec, parse_study, schema
from tests.spec.test_reading import STUDY


def business(text: str) -> StudySpec:
    return parse_study(STUDY + "business:\n" + text, folder=Path(), name="s.yaml")


def error(text: str) -> str:
    with pytest.raises(SpecError) as caught:
        business(text)
    return str(caught.value)


def test_a_number_a_range_and_a_triangle() -> None:
    found = business("  currency: JPY\n  wage: 3000\n  machine: [100, 200]\n  check: [0, 0.1, 0.2]\n").business
    assert (found.wage, found.machine, found.check) == ((3000.0,), (100.0, 200.0), (0.0, 0.1, 0.2))
    assert found.engineer_wage is None  # what is assumed stays apart from what is given
    again = BusinessSpec.model_validate(json.loads(found.model_dump_json()))
    assert again == found


def test_items_costs_and_bands_by_task() -> None:
    text = "  currency: EUR\n  tasks: {t: {items: {a: [100, 200]}, costs: {yes: {no: 5}}}}\n"
    (task,) = business(text).business.tasks.values()
    assert task.items == {"a": (100.0, 200.0)}
    assert task.costs == {"yes": {"no": (5.0,)}}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("  wages: 3\n", ["unknown key 'business.wages'", "line 14", "did you mean 'wage'?"]),
        ("  check: [0.2, 0.1]\n", ["business.check", "no range from low to high", "line 14", "Share of automatic"]),
        ("  check: 5\n", ["business.check", "a share from 0 to 1"]),
        ("  check: a lot\n", ["give a number, a range [low, high]"]),
        ("  drift_allowed: 0\n", ["must be above 0"]),
        ("  wage: 3000\n", ["wage is money, and there is no `currency:`"]),
        ("  currency: CHF\n  wage: 30\n", ["nothing is assumed of prices in CHF; give engineer_wage, machine"]),
        ("  currency: yen\n", ["business.currency", "ISO code"]),
        ("  tasks: {u: {}}\n", ["there is no task 'u'; the tasks are t"]),
        ("  tasks: {t: {items: {b: 3}}}\n", ["business.tasks.t.items: 'b' is no test domain; they are a"]),
        ("  tasks: {t: {edit_minutes: {0: 3}}}\n", ["labels are not edited"]),
        ("  tasks: {t: {edit_minutes: {0.5: 3}}}\n", ["business.tasks.t.edit_minutes", "the bands begin at 0"]),
        ("  currency: JPY\n  tasks: {t: {costs: {maybe: {no: 3}}}}\n", ["costs: 'maybe' is no label; they are yes"]),
        ("  tasks: {t: {itms: {a: 3}}}\n", ["unknown key 'business.tasks.t.itms'", "did you mean 'items'?"]),
    ],
)  # fmt: skip
def test_errors_name_key_line_and_mend(text: str, expected: list[str]) -> None:
    told = error(text)
    for part in ("s.yaml", *expected):
        assert part in told


def test_texts_are_edited_and_have_no_costs_of_errors() -> None:
    study = STUDY.replace("classification\n    labels: [yes, no]", "generation")
    with pytest.raises(SpecError, match="give `edit_minutes:`, not error_cost"):
        parse_study(study + "business: {currency: JPY, tasks: {t: {error_cost: 3}}}", folder=Path())


def test_a_currency_is_only_assumed_where_none_is_named() -> None:
    assert BusinessSpec().in_currency("JPY").currency == "JPY"
    assert BusinessSpec(currency="EUR").in_currency("JPY").currency == "EUR"


def test_every_default_is_a_key_and_told_in_the_schema() -> None:
    keys = BusinessSpec.model_fields
    derived = {"items", "check_times", "error_times"}
    assert set(ASSUMED) - derived <= set(keys)
    assert all(set(prices) <= set(keys) for prices in CURRENCIES.values())
    shown = json.loads(schema())["$defs"]["BusinessSpec"]["properties"]
    assert all(key["description"] for key in shown.values())
    assert shown["check"]["anyOf"][0] == {"minimum": 0, "type": "number"}
