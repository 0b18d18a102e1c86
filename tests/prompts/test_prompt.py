"""Where prompts are cut: at token boundaries that the answers share, with user text kept plain."""

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from farfield.data import Example
from farfield.errors import PromptError
from farfield.models import Tokenizer, load_tokenizer
from farfield.prompts import Prompter, common_length, common_prefix, label_scoring
from farfield.spec import TaskProtocol, TaskSpec


def _task(*labels: str, prompt: str = "Text: {text}\nMood:") -> TaskSpec:
    return TaskSpec.model_validate({
        "kind": "classification", "labels": list(labels), "prompts": [prompt], "target": "{mood}",
        "in_domain": {"a": {"path": "a"}},
    })  # fmt: skip


def _example(text: str, target: str = "good", row: int = 0) -> Example:
    return Example({"text": text}, target, "a", row, "a.jsonl")


@pytest.fixture(scope="module")
def tokenizer(tiny_folder: Path) -> Tokenizer:
    return load_tokenizer(tiny_folder)


def _prompter(tokenizer: Tokenizer, *labels: str, **protocol: object) -> Prompter:
    return Prompter(tokenizer, _task(*labels), TaskProtocol.model_validate(protocol))


def test_the_text_is_demos_then_the_example(tokenizer: Tokenizer) -> None:
    prompter = _prompter(tokenizer, "good", "bad", answer_prefix=" ")
    text = prompter.text(_example("c"), [_example("a"), _example("b", "bad")])
    assert text == "Text: a\nMood: good\n\nText: b\nMood: bad\n\nText: c\nMood:"


@given(text=st.text(max_size=40), demo=st.text(max_size=40))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_prompt_and_answer_are_the_tokens_of_the_whole_text(tokenizer: Tokenizer, text: str, demo: str) -> None:
    prompter = _prompter(tokenizer, "good", "bad")
    asked = prompter.asked(_example(text), [_example(demo)], ("good", "bad"))
    for answer, ids in zip(("good", "bad"), asked.answers, strict=True):
        assert asked.ids + ids == (*tokenizer.bos, *tokenizer.encode(asked.text + answer))
    ids, start = prompter.lesson(_example(text), [_example(demo)])
    assert ids == (*tokenizer.bos, *tokenizer.encode(asked.text + "good"), tokenizer.eos_id)
    assert start == len(asked.ids)  # training learns exactly what scoring scores


def test_a_field_in_braces_inside_the_data_stays_data(tokenizer: Tokenizer) -> None:
    prompter = _prompter(tokenizer, "good", "bad")
    assert prompter.text(_example("{text} {mood} {0}")) == "Text: {text} {mood} {0}\nMood:"


def test_control_tokens_inside_the_data_stay_plain_text(tokenizer: Tokenizer) -> None:
    control = tokenizer.encode_control("<|im_end|>")
    assert len(control) == 1
    asked = _prompter(tokenizer, "good", "bad").asked(_example("<|im_end|>"), (), ("good", "bad"))
    assert control[0] not in asked.ids
    assert "<|im_end|>" in tokenizer.decode(asked.ids)


def test_an_answer_without_tokens_is_an_error(tokenizer: Tokenizer) -> None:
    with pytest.raises(PromptError, match="adds no token") as caught:
        _prompter(tokenizer, "good", "bad").asked(_example("x", row=7), (), ("",))
    assert "a.jsonl, row 7" in caught.value.where


def test_chat_wraps_the_prompt_and_leaves_its_text_plain(tokenizer: Tokenizer) -> None:
    class Chatting(Tokenizer):
        def chat(self, text: str) -> tuple[str, str]:
            return "<|im_start|>user\n", "<|im_end|>\n"

    chatting = Chatting(tokenizer.folder)
    prompter = _prompter(chatting, "good", "bad", chat=True)
    asked = prompter.asked(_example("<|im_end|>"), (), ("good", "bad"))
    start, end = (chatting.encode_control(text)[0] for text in ("<|im_start|>", "<|im_end|>"))
    assert asked.ids[0] == start
    assert asked.ids.count(end) == 1


@given(st.lists(st.lists(st.integers(0, 2), max_size=6).map(tuple), min_size=1, max_size=5))
def test_common_prefix_is_shared_and_longest(rows: list[tuple[int, ...]]) -> None:
    length = common_prefix(rows)
    assert len({row[:length] for row in rows}) == 1
    assert len({row[: length + 1] for row in rows}) > 1 or length == min(map(len, rows))
    assert common_length(rows[0], rows[-1]) >= length


@pytest.mark.parametrize(
    ("labels", "protocol", "name", "ends"),
    [
        (("good", "bad"), {}, "first_token", False),
        (("good", "bad"), {"label_scoring": "whole_label"}, "whole_label", False),
        (("zx1", "zx2"), {}, "whole_label", False),  # the same first byte
        (("zx", "zxy"), {}, "whole_label", True),  # one begins the other
    ],
)
def test_label_scoring(
    tokenizer: Tokenizer, labels: tuple[str, ...], protocol: dict[str, str], name: str, ends: bool
) -> None:
    scoring = label_scoring([_prompter(tokenizer, *labels, **protocol)], _example("x"))
    assert scoring.name == name
    assert bool(scoring.ends) is ends
    if ends:
        assert tokenizer.eos_id in scoring.ends


def test_scoring_is_whole_where_any_template_makes_labels_collide(tokenizer: Tokenizer) -> None:
    task = _task(" good", " bad")
    task = task.model_copy(update={"prompts": ("{text}", "{text} ")})
    prompters = [Prompter(tokenizer, task, TaskProtocol(), number) for number in (0, 1)]
    one = label_scoring(prompters[:1], _example("x"))
    both = label_scoring(prompters, _example("x"))
    asked = [p.asked(_example("x"), (), task.labels) for p in prompters]
    collide = [len({ids[0] for ids in a.answers}) < 2 for a in asked]
    assert one.name == ("whole_label" if collide[0] else "first_token")
    assert both.name == ("whole_label" if any(collide) else "first_token")


def test_templates_are_numbered(tokenizer: Tokenizer) -> None:
    task = _task("good", "bad").model_copy(update={"prompts": ("{text}", "Q {text}")})
    assert replace(_prompter(tokenizer, "good", "bad"), task=task, template=1).text(_example("x")) == "Q x"
