"""What training repeats most, with gradients that keep less and pass over memory less often than autograd's own.

Each function is exact: the same formula, written out. Shapes: `x [..., in]`, weights `[out, in]` as torch has them.
"""

from typing import Any

import torch
from torch import Tensor
from torch.nn.functional import silu

from farfield.engine.linear import product

__all__ = ["adapted_product", "gate", "normed"]


def gate(by: Tensor, value: Tensor) -> Tensor:
    """`silu(by) * value` (SwiGLU, arXiv 2002.05202, eq. 6); keeps its two inputs and nothing between."""
    out: Tensor = _Gate.apply(by, value)  # type: ignore[no-untyped-call]
    return out


def normed(x: Tensor, weight: Tensor, epsilon: float) -> Tensor:
    """`x / sqrt(mean(x²) + ε) * weight` (RMSNorm, arXiv 1910.07467, eq. 4); keeps `x` and a number a row."""
    out: Tensor = _Normed.apply(x, weight, epsilon)  # type: ignore[no-untyped-call]
    return out


def adapted_product(x: Tensor, weight: Tensor, bias: Tensor | None, down: Tensor, up: Tensor, scale: float) -> Tensor:
    """`x W.T + b + scale (x A.T) B.T` (LoRA, arXiv 2106.09685, eq. 3) for a frozen W, added up in place.

    Args:
        x: `[..., in]`.
        weight: W, `[out, in]`, without gradient.
        bias: b, `[out]`, without gradient, or None.
        down: A, `[rank, in]`.
        up: B, `[out, rank]`.
        scale: alpha over rank.
    """
    out: Tensor = _Adapted.apply(x, weight, bias, down, up, scale)  # type: ignore[no-untyped-call]
    return out


class _Gate(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, by: Tensor, value: Tensor) -> Tensor:
        ctx.save_for_backward(by, value)
        out: Tensor = silu(by).mul_(value)
        return out

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor, Tensor]:
        by, value = ctx.saved_tensors
        (gradient,) = gradients
        return torch.ops.aten.silu_backward(gradient * value, by), silu(by).mul_(gradient)


class _Normed(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, x: Tensor, weight: Tensor, epsilon: float) -> Tensor:
        width = x.shape[-1]
        inverse = torch.linalg.vector_norm(x, dim=-1, keepdim=True).square_().div_(width).add_(epsilon).rsqrt_()
        ctx.save_for_backward(x, weight, inverse)
        out: Tensor = (x * inverse).mul_(weight)
        return out

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor | None, ...]:
        x, weight, inverse = ctx.saved_tensors
        (gradient,) = gradients
        for_x, for_weight, _ = ctx.needs_input_grad
        d_weight = (gradient * x).mul_(inverse).flatten(0, -2).sum(0) if for_weight else None
        if not for_x:
            return None, d_weight, None
        scaled = gradient * weight
        # Of dx = r (g - x r² mean(g x)), with r the inverse root, the mean is one product a row.
        mean = (scaled.unsqueeze(-2) @ x.unsqueeze(-1)).squeeze(-1) / x.shape[-1]
        return scaled.mul_(inverse).addcmul_(x, mean * inverse**3, value=-1), d_weight, None


class _Adapted(torch.autograd.Function):
    @staticmethod
    def forward(
        ctx: Any, x: Tensor, weight: Tensor, bias: Tensor | None, down: Tensor, up: Tensor, scale: float
    ) -> Tensor:
        low = product(x, down, None)
        ctx.save_for_backward(x, weight, down, up, low)
        ctx.scale = scale
        out = product(x, weight, bias)
        _rows(out).addmm_(_rows(low), up.t(), alpha=scale)
        return out

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor | None, ...]:
        x, weight, down, up, low = ctx.saved_tensors
        gradient = gradients[0].contiguous()
        for_low = product(gradient, up.t(), None).mul_(ctx.scale)
        d_x = None
        if ctx.needs_input_grad[0]:
            d_x = product(gradient, weight.t(), None)
            _rows(d_x).addmm_(_rows(for_low), down)
        d_down = _rows(for_low).t() @ _rows(x)
        d_up = (_rows(gradient).t() @ _rows(low)).mul_(ctx.scale)
        return d_x, None, None, d_down, d_up, None


def _rows(x: Tensor) -> Tensor:
    return x.reshape(-1, x.shape[-1])
