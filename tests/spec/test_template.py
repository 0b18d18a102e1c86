"""Templates: one pass, and data stays data."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from farfield.spec import Template


def test_fields_and_braces() -> None:
    template = Template("{a} {{literal}} {b} {a}")
    assert template.fields == ("a", "b")
    assert template.render({"a": "1", "b": "2"}) == "1 {literal} 2 1"


@given(st.text(), st.text())
def test_braces_inside_data_stay_data(a: str, b: str) -> None:
    assert Template("<{a}|{b}>").render({"a": a, "b": b}) == f"<{a}|{b}>"


@pytest.mark.parametrize("text", ["{", "a }", "{}", "{a{b}"])
def test_a_brace_that_belongs_to_no_field_is_an_error(text: str) -> None:
    with pytest.raises(ValueError, match="belongs to no field"):
        _ = Template(text).fields
