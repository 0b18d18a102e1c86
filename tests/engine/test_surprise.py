"""Surprise of references against Transformers' own loss and a direct entropy."""

from pathlib import Path

import pytest
import torch
from scipy.stats import entropy
from transformers import AutoModelForCausalLM

from farfield.engine import LocalEngine, Settings, Target
from farfield.engine.forms import packed_form
from farfield.engine.losses import pack_logits, plain_logits
from farfield.engine.surprise import surprises
from farfield.models import resolve
from tests.tiny import tiny_model, write_tiny

HEAD = tuple(range(9, 40))
ROWS = [Target((*HEAD, k, *range(k, k + n)), len(HEAD) + 1) for k, n in ((50, 1), (60, 4), (70, 2), (80, 9))]


@pytest.mark.parametrize("packed", [False, True])
def test_surprise_is_transformers_loss_and_the_softmaxs_entropy(packed: bool) -> None:
    plain = tiny_model("llama", dtype=torch.float64)
    model, logits_of = tiny_model("llama", dtype=torch.float64), plain_logits
    if packed:
        model, logits_of = packed_form(model), pack_logits
    found = surprises(model, ROWS, logits_of)
    for row, told in zip(ROWS, found, strict=True):
        ids = torch.tensor([row.ids])
        answer = ids.clone()
        answer[:, : row.start] = -100
        with torch.no_grad():
            seen = plain(ids, labels=answer)
        laws = seen.logits[0, row.start - 1 : -1].softmax(-1).numpy()
        assert told.tokens == len(row.ids) - row.start
        assert told.nll / told.tokens == pytest.approx(float(seen.loss), abs=1e-5)
        assert told.entropy == pytest.approx(entropy(laws, axis=-1).sum(), abs=1e-5)


def test_the_engine_tells_the_base_from_the_trained_model(tmp_path: Path) -> None:
    folder = write_tiny(tmp_path / "model")
    tiny_model("llama", seed=1).save_pretrained(tmp_path / "weights")
    engine = LocalEngine(resolve(str(folder)), Settings(memory=1 << 28, threads=1))
    for weights in (None, tmp_path / "weights"):
        (first, rest, none) = engine.surprised(weights, [ROWS[:1], ROWS[1:], []])
        model = AutoModelForCausalLM.from_pretrained(weights or folder)
        expected = surprises(model, ROWS, plain_logits)
        assert none == []
        for told, one in zip([*first, *rest], expected, strict=True):
            assert (told.nll, told.entropy, told.tokens) == pytest.approx((one.nll, one.entropy, one.tokens), rel=1e-4)
