"""Products through oneDNN are torch's own, forward and backward, and step aside where they have no place."""

import pytest
import torch
from torch import nn

from farfield.engine.forms import packed_form, plain_form
from farfield.engine.linear import Linear, lay_out, unlay
from tests.tiny import tiny_model


def _layers(*, bias: bool, learns: bool) -> tuple[nn.Linear, nn.Linear]:
    torch.manual_seed(1)
    plain = nn.Linear(24, 40, bias=bias).requires_grad_(learns)
    ours = Linear(24, 40, bias=bias).requires_grad_(learns)
    ours.load_state_dict(plain.state_dict())
    return plain, ours


@pytest.mark.parametrize("bias", [False, True])
@pytest.mark.parametrize("learns", [False, True])
@pytest.mark.parametrize("shape", [(1, 24), (3, 24), (64, 24), (2, 30, 24)])
def test_values_and_gradients_are_torchs(bias: bool, learns: bool, shape: tuple[int, ...]) -> None:
    found = []
    for layer in _layers(bias=bias, learns=learns):
        x = torch.randn(shape, generator=torch.Generator().manual_seed(2)).requires_grad_()
        out = layer(x)
        (out * torch.arange(40) / 40).sum().backward()
        found.append([out.detach(), x.grad, *(p.grad for p in layer.parameters())])
    for expected, ours in zip(*found, strict=True):
        assert (expected is None) == (ours is None)
        if expected is not None:
            torch.testing.assert_close(ours, expected, rtol=1e-5, atol=1e-5)


def test_float64_and_autocast_take_torchs_own_path() -> None:
    _, ours = _layers(bias=True, learns=False)
    x = torch.randn(16, 24)
    exact = nn.functional.linear(x.double(), ours.weight.double(), ours.bias.double())
    assert torch.equal(ours.double()(x.double()), exact)
    with torch.autocast("cpu", torch.bfloat16):
        assert ours.float()(x).dtype is torch.bfloat16


@pytest.mark.parametrize("architecture", ["llama", "qwen3", "gemma3", "olmo2"])
def test_layers_are_fused_only_where_the_short_form_is_the_same(architecture: str) -> None:
    model = packed_form(tiny_model(architecture))
    fused = {type(module).__name__ for module in model.modules() if "forward" in vars(module)}
    # Gemma's gate is a GELU, and its norms add 1 to their weights.
    parts = {name for name in fused if not name.endswith("Attention")}  # see test_native.py
    assert parts == {f"{family}{part}" for family in _FAMILIES[architecture] for part in ("MLP", "RMSNorm")}
    x = torch.randn(1, 6, 32, generator=torch.Generator().manual_seed(0))
    layer = model.model.layers[0]
    with torch.no_grad():
        short = layer.mlp(x)
    long = layer.mlp(x)  # with a gradient wanted, the module's own way
    assert long.requires_grad
    torch.testing.assert_close(short, long.detach(), rtol=1e-4, atol=1e-5)
    assert not [module for module in plain_form(model).modules() if "forward" in vars(module)]


_FAMILIES = {"llama": ["Llama"], "qwen3": ["Qwen3"], "olmo2": ["Olmo2"], "gemma3": []}


def test_a_model_goes_into_its_packed_form_and_back() -> None:
    model = tiny_model("llama")
    ids = torch.arange(3, 40)[None]
    with torch.inference_mode():
        before = model(ids).logits
        assert any(isinstance(module, Linear) for module in packed_form(model).modules())
        after = plain_form(model)(ids).logits
    assert not any(isinstance(module, Linear) for module in model.modules())
    assert torch.equal(before, after)


def test_weights_laid_out_read_the_same_and_come_back_to_the_bit() -> None:
    model = packed_form(tiny_model("llama"))
    model.lm_head.weight = model.model.embed_tokens.weight
    before = {name: weight.detach().clone() for name, weight in model.state_dict().items()}
    x = torch.randn(5, 32, generator=torch.Generator().manual_seed(0))
    layer = model.model.layers[0].self_attn.q_proj
    with torch.inference_mode():
        expected = layer(x)
        lay_out(model)
        assert layer.weight.is_mkldnn
        assert not model.model.embed_tokens.weight.is_mkldnn
        torch.testing.assert_close(layer(x), expected, rtol=1e-5, atol=1e-6)
        torch.testing.assert_close(layer(x[:1]), expected[:1], rtol=1e-5, atol=1e-6)
    unlay(model)
    assert model.lm_head.weight is model.model.embed_tokens.weight
    assert layer.weight.requires_grad
    assert all(torch.equal(weight, before[name]) for name, weight in model.state_dict().items())
