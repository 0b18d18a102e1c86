"""Which demos a prompt shows."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.feature_extraction.text import TfidfVectorizer

from farfield.data import Demos, Example
from farfield.spec import DemoChoice, TaskSpec

TASK = TaskSpec.model_validate({
    "kind": "classification", "labels": ["good", "bad"], "prompts": ["{text}"], "target": "{mood}",
    "in_domain": {"a": {"path": "a"}},
})  # fmt: skip
TEXTS = (
    "the pump leaks oil", "the belt is torn", "a motor that hums", "oil leaks from the pump", "the belt was torn again",
    "nothing to report",
)  # fmt: skip
POOL = tuple(Example({"text": text}, mood, "a", row, "a.jsonl") for row, (text, mood) in enumerate(
    zip(TEXTS, ("bad", "bad", "bad", "good", "bad", "good"), strict=True)
))  # fmt: skip
ASKED = Example({"text": "the pump is leaking oil"}, "bad", "b", 0, "b.jsonl")

choices = st.sampled_from(["fixed", "random", "nearest"])


def _rows(shown: tuple[Example, ...]) -> list[int]:
    return [demo.row for demo in shown]


def test_fixed_shows_the_first_to_all() -> None:
    demos = Demos(POOL, TASK)
    assert _rows(demos.shown(ASKED, 2)) == _rows(demos.shown(POOL[3], 2)) == [0, 1]


def test_random_shows_each_row_its_own_and_the_same_every_time() -> None:
    demos = Demos(POOL, TASK, "random")
    asked = [Example({"text": f"row {n}"}, "good", "b", n, "b.jsonl") for n in range(60)]
    drawn = [_rows(demos.shown(example, 2)) for example in asked]
    assert drawn == [_rows(Demos(POOL, TASK, "random").shown(example, 2)) for example in asked]
    # Every demo is first about as often as any other: 60 draws of 6.
    assert np.bincount([rows[0] for rows in drawn], minlength=6).min() >= 3


def test_nearest_ranks_by_the_cosine_of_tfidf_with_the_nearest_last() -> None:
    index = TfidfVectorizer(analyzer="char_wb", ngram_range=(2, 4), sublinear_tf=True).fit(TEXTS)
    likeness = (index.transform(TEXTS) @ index.transform([ASKED.fields["text"]]).T).toarray()[:, 0]
    expected = np.argsort(-likeness)[:3][::-1].tolist()
    assert _rows(Demos(POOL, TASK, "nearest").shown(ASKED, 3)) == expected
    assert set(expected[1:]) == {0, 3}


@given(st.sampled_from(["random", "nearest"]), st.integers(0, 5), st.integers(0, 5), st.booleans())
def test_a_row_is_no_demo_of_its_own(choice: DemoChoice, own: int, shots: int, balanced: bool) -> None:
    twin = Example({"text": f" {POOL[own].fields['text']} "}, "good", "a", 99, "a.jsonl")
    shown = Demos(POOL, TASK, choice, balanced).shown(twin, shots)
    assert len(shown) == shots
    assert own not in _rows(shown)


@given(choices, st.integers(0, 5))
def test_fewer_shots_are_some_of_more(choice: DemoChoice, shots: int) -> None:
    demos = Demos(POOL, TASK, choice)
    assert set(_rows(demos.shown(ASKED, shots))) <= set(_rows(demos.shown(ASKED, shots + 1)))


@pytest.mark.parametrize("choice", ["fixed", "random", "nearest"])
def test_balanced_demos_take_the_labels_in_turns(choice: DemoChoice) -> None:
    shown = Demos(POOL, TASK, choice, balanced=True).shown(ASKED, 4)
    assert sorted(demo.target for demo in shown) == ["bad", "bad", "good", "good"]


def test_balanced_demos_keep_the_order_of_their_choice_within_a_label() -> None:
    assert _rows(Demos(POOL, TASK, balanced=True).first(6)) == [0, 3, 1, 5, 2, 4]
