"""The written-out gradients are those that autograd finds for the same formula."""

import pytest
import torch
from torch import Tensor
from torch.nn.functional import linear, silu

from farfield.engine import lean
from farfield.engine.adapt import adapted
from farfield.engine.forms import packed_form, plain_form
from farfield.engine.losses import TrainingPack, pack_loss, plain_loss
from farfield.engine.protocol import Target
from farfield.spec import Recipe
from tests.tiny import tiny_model


def _drawn(*shape: int, seed: int = 0) -> Tensor:
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64).requires_grad_()


def test_the_gate_is_a_swish_and_a_product() -> None:
    by, value = _drawn(5, 7), _drawn(5, 7, seed=1)
    assert torch.allclose(lean.gate(by, value), silu(by) * value)
    assert torch.autograd.gradcheck(lean.gate, (by, value))


@pytest.mark.parametrize("learns", [False, True])
def test_the_norm_is_a_root_mean_square(learns: bool) -> None:
    x, weight = _drawn(2, 5, 7), _drawn(7, seed=1).detach().requires_grad_(learns)
    expected = x / torch.sqrt(x.square().mean(-1, keepdim=True) + 1e-2) * weight
    assert torch.allclose(lean.normed(x, weight, 1e-2), expected)
    assert torch.autograd.gradcheck(lambda a, w: lean.normed(a, w, 1e-2), (x, weight))


@pytest.mark.parametrize("bias", [False, True])
def test_the_adapted_product_is_two_products(bias: bool) -> None:
    x, weight, down, up = _drawn(2, 5, 7), _drawn(4, 7, seed=1).detach(), _drawn(3, 7, seed=2), _drawn(4, 3, seed=3)
    added = _drawn(4, seed=4).detach() if bias else None

    def ours(x: Tensor, down: Tensor, up: Tensor) -> Tensor:
        return lean.adapted_product(x, weight, added, down, up, 0.5)

    assert torch.allclose(ours(x, down, up), linear(x, weight, added) + 0.5 * linear(linear(x, down), up))
    assert torch.autograd.gradcheck(ours, (x, down, up))
    assert torch.autograd.gradcheck(lambda d, u: ours(x.detach(), d, u), (down, up))


@pytest.mark.parametrize("method", ["lora", "full"])
@pytest.mark.parametrize("architecture", ["llama", "qwen3", "gpt2", "gemma3"])
def test_a_model_learns_the_same_in_either_form(method: str, architecture: str) -> None:
    recipe = Recipe.model_validate({"method": method, "lora_rank": 4})
    model = adapted(tiny_model(architecture), recipe, seed=1)
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            if "lora_B" in name:  # begins at zero, where half of the formula is not seen
                parameter.normal_(generator=torch.Generator().manual_seed(2)).mul_(0.1)
    rows = tuple(Target(tuple(range(5 + k, 30 + k)), 20) for k in range(3))
    found = []
    for form, loss_of in ((plain_form, plain_loss), (packed_form, pack_loss)):
        loss = loss_of(form(model), TrainingPack(0, rows))
        loss.backward()  # type: ignore[no-untyped-call]
        found.append((loss.detach(), {n: p.grad for n, p in model.named_parameters() if p.grad is not None}))
        model.zero_grad()
    (loss, plain), (packed_loss, packed) = found
    assert float(packed_loss) == pytest.approx(float(loss), rel=1e-5)
    assert plain.keys() == packed.keys()
    for name, gradient in plain.items():
        torch.testing.assert_close(packed[name], gradient, rtol=2e-3, atol=2e-5 * float(gradient.abs().max()))
