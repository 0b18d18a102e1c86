"""Whose format a text is in: labels by their word, written texts by their form."""

from collections.abc import Mapping

import pytest

from farfield.metrics import Formats, learn_formats
from farfield.stats import Undefined, wilson

TITLES = [f"Pump {n} leaks at gate {n % 7}" for n in range(30)]
REPLIES = [f"Dear customer, we are sorry. Order {n} will be sent again on day {n % 5}." for n in range(30)]
MOODS = ["good", "bad"] * 15
REFERENCES = {"mood": MOODS, "title": TITLES, "reply": REPLIES}
LABELS = {"mood": ("good", "bad")}


def _learnt(references: Mapping[str, list[str]], labels: Mapping[str, tuple[str, ...]]) -> Formats:
    formats = learn_formats(references, labels)
    assert isinstance(formats, Formats)
    return formats


def test_outputs_in_another_tasks_format_are_seen() -> None:
    formats = _learnt(REFERENCES, LABELS)
    assert formats.accuracy == wilson(60, 60)
    said = ["Pump 77 leaks at gate 3", "Good", "Dear customer, we are sorry. Order 99 will be sent again.", " "]
    assert formats.elsewhere(said, "title") == [False, True, True, False]
    assert formats.elsewhere(said, "reply") == [True, True, False, False]
    assert formats.elsewhere(said, "mood") == [True, False, True, False]
    assert formats.elsewhere([], "mood") == []


def test_the_judges_own_accuracy_falls_where_formats_are_alike() -> None:
    half, other = TITLES[::2], TITLES[1::2]
    accuracy = _learnt({"one": half, "two": other}, {}).accuracy
    assert not isinstance(accuracy, Undefined)
    assert accuracy.n == 30
    assert accuracy.value < 0.8


def test_tasks_with_the_same_labels_have_one_format() -> None:
    same = {"mood": ("good", "bad"), "tone": ("bad", "Good")}
    assert learn_formats({"mood": MOODS, "tone": MOODS}, same) == Undefined("all tasks have one format")
    formats = _learnt({"mood": MOODS, "tone": MOODS, "title": TITLES}, same)
    assert formats.elsewhere(["good"], "tone") == [False]
    assert formats.elsewhere(["good"], "title") == [True]


def test_a_label_that_two_formats_share_is_at_home_in_both() -> None:
    labels = {"mood": ("good", "bad"), "grade": ("good", "fair", "poor")}
    formats = _learnt({"mood": MOODS, "grade": ["good", "fair", "poor"] * 4}, labels)
    assert formats.accuracy == Undefined("labels alone tell the formats apart")
    assert formats.elsewhere(["good", "fair", "something else"], "mood") == [False, True, False]


@pytest.mark.parametrize(
    ("references", "reason"),
    [
        ({"title": TITLES}, "all tasks have one format"),
        ({"title": TITLES, "reply": REPLIES[:9] * 4}, "too few references to know a format by"),
    ],
)
def test_what_cant_be_told_says_why(references: dict[str, list[str]], reason: str) -> None:
    assert learn_formats(references, {}) == Undefined(reason)
