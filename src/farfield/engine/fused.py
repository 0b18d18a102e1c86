"""Layers that are only read, in fewer passes over memory: gated MLPs and RMS norms.

A module is recognised by what it has, and believed only after its shorter form gave its own answer on a few
random rows: another activation, or an offset in the norm, would not. Where a gradient is wanted, or the tensors
are of another kind, the module's own forward runs.
"""

from collections.abc import Callable, Iterator
from functools import partial
from typing import Protocol, cast

import torch
from torch import Tensor, nn
from torch.nn.functional import rms_norm

from farfield.engine.linear import Linear, product, takes

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


def unfuse(model: nn.Module) -> None:
    """Every module as its class has it."""
    for module in model.modules():
        if getattr(module.__dict__.get("forward"), "func", None) in (_gated, _normed):
            del module.forward


def _shorter(module: nn.Module) -> Iterator[tuple[Forward, int]]:
    """The shorter form that a module may have, and the width of its input."""
    linear = [getattr(module, name, None) for name in ("gate_proj", "up_proj", "down_proj")]
    if all(type(layer) is Linear for layer in linear):
        mlp = cast("_GatedMlp", module)
        yield partial(_gated, mlp, partial(type(module).forward, module)), mlp.gate_proj.in_features
    epsilon = getattr(module, "variance_epsilon", getattr(module, "eps", None))
    if type(module).__name__.endswith("RMSNorm") and isinstance(epsilon, float) and hasattr(module, "weight"):
        norm = cast("_Norm", module)
        yield partial(_normed, norm, epsilon, partial(type(module).forward, module)), len(norm.weight)


def _gated(mlp: _GatedMlp, own: Forward, x: Tensor) -> Tensor:
    """`down(silu(gate(x)) * up(x))`, the element-wise part in the products' own pass."""
    gate, up, down = mlp.gate_proj, mlp.up_proj, mlp.down_proj
    if torch.is_grad_enabled() or not takes(x, gate.weight):
        return own(x)
    inner = product(x, gate.weight, gate.bias, "swish")
    both: Tensor = torch.ops.mkldnn._linear_pointwise.binary(x, inner, up.weight, up.bias, "mul")
    return product(both, down.weight, down.bias)


def _normed(norm: _Norm, epsilon: float, own: Forward, x: Tensor) -> Tensor:
    """`x / sqrt(mean(x²) + ε) * weight` in one kernel."""
    if torch.is_grad_enabled() or x.dtype is not torch.float32:
        return own(x)
    return rms_norm(x, norm.weight.shape, norm.weight, epsilon)


@torch.no_grad()
def _same(module: nn.Module, forward: Forward, width: int) -> bool:
    like = next(module.parameters())
    x = torch.randn(8, width, generator=torch.Generator().manual_seed(0)).to(like)
    own: Tensor = type(module).forward(module, x)
    return own.shape == x.shape and torch.allclose(own, forward(x), rtol=1e-4, atol=1e-5)
