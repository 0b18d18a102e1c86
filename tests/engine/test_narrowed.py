"""Answers in a format: they match as a whole, both back ends write the same, and drafts change nothing."""

import re
from pathlib import Path

import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from transformers import PreTrainedModel

from farfield.engine import Ending, FakeBackend, PlainBackend, TorchBackend
from farfield.models import Tokenizer, load_tokenizer
from tests.engine.test_decode import PROMPTS, Counted
from tests.models.test_matching import LANGUAGES, STOP, bytes_of, possible
from tests.tiny import VOCABULARY, tiny_model

Ids = tuple[int, ...]

EXPRESSIONS = [
    *LANGUAGES, "[0-9]{1,3}", "[A-Z][a-z ]*[.]", "(?s:.*)!", "[a-z]+(, [a-z]+){2}", "[^x]{2,}é", "(positive|negative)?",
]  # fmt: skip


@pytest.fixture(scope="module")
def wide() -> PreTrainedModel:
    return tiny_model("llama", dtype=torch.float64)


@pytest.fixture(scope="module")
def tokenizer(tiny_folder: Path) -> Tokenizer:
    return load_tokenizer(tiny_folder)


def _ending(tokenizer: Tokenizer, expression: str, most: int) -> Ending:
    matching = tokenizer.matching(expression, STOP)
    return Ending(most, (2,), lambda written: STOP in tokenizer.decode(written[-3:]), matching)


@given(
    expression=st.sampled_from(EXPRESSIONS),
    rows=st.lists(st.lists(st.integers(3, VOCABULARY - 1), min_size=1, max_size=9).map(tuple), min_size=1, max_size=6),
    slots=st.integers(1, 4),
    spare=st.integers(0, 12),
)
@settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_every_answer_matches_and_is_the_plain_one(
    wide: PreTrainedModel, tokenizer: Tokenizer, expression: str, rows: list[Ids], slots: int, spare: int
) -> None:
    most = max(1, len(tokenizer.matching(expression, STOP).way(()))) + spare
    ending = _ending(tokenizer, expression, most)
    plain = PlainBackend(wide).generate((5, 9), rows, ending)
    assert TorchBackend(wide, pack_tokens=16, slots=slots).generate((5, 9), rows, ending) == plain
    for ids in (*plain, *FakeBackend().generate((5, 9), rows, ending)):
        assert len(ids) <= most
        assert re.fullmatch(rf"[ \n]?(?:{expression})", tokenizer.decode(ids).split(STOP)[0])


@pytest.mark.parametrize("expression", LANGUAGES)
def test_each_token_is_the_likeliest_that_is_allowed(
    wide: PreTrainedModel, tokenizer: Tokenizer, expression: str
) -> None:
    ending, pieces = _ending(tokenizer, expression, 40), bytes_of(tokenizer)
    for prompt in PROMPTS:
        (found,) = PlainBackend(wide).generate((), [prompt], ending)
        written: list[int] = []
        while not ending.done(written):
            logits = wide(torch.tensor([[*prompt, *written]])).logits[0, -1].tolist()
            said = b"".join(pieces[token] for token in written)
            allowed = [token for token, piece in enumerate(pieces) if possible(expression, said, token, piece)]
            best = max(allowed, key=logits.__getitem__)
            if best == 2:
                break
            written.append(best)
        assert list(found) == written


class Anything:
    """Allows every token."""

    def allowed(self) -> bytes:
        return b"\1" * VOCABULARY

    def take(self, token: int, left: int) -> int:
        return token


def test_drafts_save_passes_under_a_format_too_and_change_no_token(tokenizer: Tokenizer) -> None:
    model = tiny_model("llama")
    with torch.no_grad():  # a model that sees its last token alone walks into a circle
        for layer in model.model.layers:
            layer.self_attn.o_proj.weight.zero_()
    free = PlainBackend(model).generate((3, 4), PROMPTS, Ending(80))
    for ending in (Ending(80, matcher=Anything), _ending(tokenizer, "[a-z ]*;", 80)):
        plain = PlainBackend(model).generate((3, 4), PROMPTS, ending)
        backend = Counted(model)
        assert backend.generate((3, 4), PROMPTS, ending) == plain
        assert (plain == free) == (ending.matcher is Anything)
        assert backend.passes < 60
