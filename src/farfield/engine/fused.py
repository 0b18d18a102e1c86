"""Layers with a shorter way to the same answer: gated MLPs, RMS norms, adapted linear layers, attention (rotary.py).

A module is recognised by what it has, and believed only after its shorter form gave its own answer on a few
random rows, read and learnt: another activation, or an offset in the norm, would not. Tensors of another kind
(float64, bf16, another device) take the module's own forward.
"""

from collections.abc import Callable, Iterator
from functools import partial
from typing import Protocol, cast

import torch
from peft.tuners.lora.layer import Linear as LoraLinear
from torch import Tensor, nn
from torch.nn.functional import rms_norm

from farfield.engine import lean, native
from farfield.engine.linear import Linear, fp32_here, product, takes
from farfield.engine.rotary import alike, turned, turned_form

__all__ = ["fuse", "unfuse"]

Forward = Callable[[Tensor], Tensor]


class _GatedMlp(Protocol):
    gate_proj: nn.Linear
    up_proj: nn.Linear
    down_proj: nn.Linear


class _Norm(Protocol):
    weight: Tensor


def fuse(model: nn.Module) -> None:
    """Gives each module that has one its shorter form."""
    for module in model.modules():
        for forward, width in _shorter(module):
            if _same(module, forward, width):
                module.forward = forward
        if asking := turned_form(module):
            module.forward = asking


def unfuse(model: nn.Module) -> None:
    """Every module as its class has it."""
    for module in model.modules():
        if getattr(module.__dict__.get("forward"), "func", None) in (_gated, _normed, _adapted, turned):
            del module.forward


def _shorter(module: nn.Module) -> Iterator[tuple[Forward, int]]:
    """The shorter form that a module may have, and the width of its input."""
    own = partial(type(module).forward, module)
    if all(hasattr(module, name) for name in ("gate_proj", "up_proj", "down_proj")):
        mlp = cast("_GatedMlp", module)
        yield partial(_gated, mlp, own), mlp.gate_proj.in_features
    epsilon = getattr(module, "variance_epsilon", getattr(module, "eps", None))
    if type(module).__name__.endswith("RMSNorm") and isinstance(epsilon, float) and hasattr(module, "weight"):
        norm = cast("_Norm", module)
        yield partial(_normed, norm, epsilon, own), len(norm.weight)
    if type(module) is LoraLinear and isinstance(module.base_layer, nn.Linear):
        yield partial(_adapted, module, own), module.base_layer.in_features


def _gated(mlp: _GatedMlp, own: Forward, x: Tensor) -> Tensor:
    """`down(silu(gate(x)) * up(x))`; where it is only read, the element-wise part goes in the products' own pass."""
    gate, up, down = mlp.gate_proj, mlp.up_proj, mlp.down_proj
    if not fp32_here(x):
        return own(x)
    if torch.is_grad_enabled():
        return down(lean.gate(gate(x), up(x)))  # type: ignore[no-any-return]
    if not (takes(x, gate.weight) and all(type(layer) is Linear for layer in (gate, up, down))):
        return own(x)
    inner = product(x, gate.weight, gate.bias, "swish")
    both: Tensor = torch.ops.mkldnn._linear_pointwise.binary(x, inner, up.weight, up.bias, "mul")
    return product(both, down.weight, down.bias)


def _normed(norm: _Norm, epsilon: float, own: Forward, x: Tensor) -> Tensor:
    """`x / sqrt(mean(x²) + ε) * weight`."""
    if not fp32_here(x):
        return own(x)
    if torch.is_grad_enabled():
        return lean.normed(x, norm.weight, epsilon)
    if native.here(norm.weight):
        return native.rms_norm(x, norm.weight, epsilon)
    return rms_norm(x, norm.weight.shape, norm.weight, epsilon)


def _adapted(layer: LoraLinear, own: Forward, x: Tensor) -> Tensor:
    """The frozen product and the adapter's, added up in place."""
    base, active = layer.base_layer, layer.active_adapters
    plain = not layer.disable_adapters and not layer.merged and len(active) == 1
    if not (plain and torch.is_grad_enabled() and fp32_here(x)):
        return own(x)
    down, up = (each[active[0]].weight for each in (layer.lora_A, layer.lora_B))
    return lean.adapted_product(x, base.weight, base.bias, down, up, layer.scaling[active[0]])


def _same(module: nn.Module, forward: Forward, width: int) -> bool:
    like = next(module.parameters())
    for learnt in (False, True):
        with torch.inference_mode(mode=False), torch.set_grad_enabled(learnt):
            x = torch.randn(8, width, generator=torch.Generator().manual_seed(0)).to(like)
            if not alike(type(module).forward(module, x), forward(x)):
                return False
    return True
