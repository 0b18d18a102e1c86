"""Drafts: what is proposed, and that it saves passes without changing a token."""

from collections.abc import Sequence

import torch
from hypothesis import given
from hypothesis import strategies as st

from farfield.engine import Ending, PlainBackend, TorchBackend
from farfield.engine.attention import Attends
from farfield.engine.decode import drafted
from tests.tiny import tiny_model

PROMPTS = [(5, 6, 7, 8), (9, 10, 11), (12, 13)]


class Counted(TorchBackend):
    """Counts its forward passes."""

    passes = 0

    def logits(self, ids: Sequence[int], pack: Attends, places: Sequence[int]) -> torch.Tensor:
        self.passes += 1
        return super().logits(ids, pack, places)


def test_a_draft_is_what_followed_the_last_time() -> None:
    assert drafted([1, 2, 3, 9, 8, 1, 2, 3], 2) == [9, 8]
    assert drafted([1, 2, 3, 9, 1, 2, 3, 7, 1, 2, 3], 1) == [7]
    assert drafted([4, 5, 6, 7], 3) == []
    assert drafted([1, 2], 3) == []


@given(loop=st.lists(st.integers(1, 5), min_size=3, max_size=6, unique=True), most=st.integers(1, 20))
def test_a_loop_goes_on(loop: list[int], most: int) -> None:
    text = loop * 2
    assert drafted(text, most) == (loop * 10)[:most]


def test_drafts_save_passes_and_change_no_token() -> None:
    model = tiny_model("llama")
    with torch.no_grad():  # a model that sees its last token alone walks into a circle
        for layer in model.model.layers:
            layer.self_attn.o_proj.weight.zero_()
    ending = Ending(80)
    expected = PlainBackend(model).generate((3, 4), PROMPTS, ending)
    backend = Counted(model)
    assert backend.generate((3, 4), PROMPTS, ending) == expected
    assert all(len(row) == 80 for row in expected)
    assert backend.passes < 60
