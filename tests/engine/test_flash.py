"""The GPU's kernels: that they are called as they want it (anywhere), and that packs stay exact (on a GPU)."""

import pytest
import torch

from farfield.engine import Choices, PlainBackend, Target, flash, open_backend
from farfield.engine.forms import packed_form, plain_form
from farfield.engine.losses import TrainingPack, pack_loss, plain_loss
from tests.tiny import tiny_model

ROWS = [(5, 6, 7, 8), (9, 10, 11)]


@pytest.mark.parametrize(("blocks", "keys"), [((), 21), ((4, 6), 10)])
def test_the_kernels_take_what_packs_hand_them(blocks: tuple[int, ...], keys: int) -> None:
    query, key = (
        torch.empty(1, heads, n, 64, device="meta", dtype=torch.bfloat16) for heads, n in ((6, 10), (2, keys))
    )
    out, lse = flash.forward(query, key, key, blocks, causal=bool(blocks), scale=0.1)
    assert (out.shape, lse.shape) == (query.shape, query.shape[:3])
    grads = flash.backward(out, (query, key, key, out, lse), blocks, causal=bool(blocks), scale=0.1)
    assert [grad.shape for grad in grads] == [query.shape, key.shape, key.shape]


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="there is no CUDA device")
def test_packs_on_a_gpu_say_what_the_plain_forward_says() -> None:
    model = tiny_model("llama").to("cuda", torch.bfloat16)
    rows = [Choices(ids, ((3,), (4,))) for ids in ROWS]
    expected = PlainBackend(model).score((1, 2, 3), rows)
    opened = open_backend(model)
    assert opened.reason == ""
    found = opened.backend.score((1, 2, 3), rows)
    assert torch.tensor(found).sub(torch.tensor(expected)).abs().max() < 0.1


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="there is no CUDA device")
def test_training_on_a_gpu_has_the_plain_gradient() -> None:
    model = tiny_model("llama").to("cuda", torch.bfloat16).train()
    pack = TrainingPack(20, tuple(Target((*range(3, 23), *ids), 22) for ids in ROWS))
    grads = []
    for form, loss_of in ((plain_form, plain_loss), (packed_form, pack_loss)):
        loss_of(form(model), pack).backward()  # type: ignore[no-untyped-call]
        grads.append(torch.cat([p.grad.flatten().float() for p in model.parameters() if p.grad is not None]))
        model.zero_grad()
    assert (grads[1] - grads[0]).norm() < 0.05 * grads[0].norm()
