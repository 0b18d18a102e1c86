"""Linear layers through oneDNN: torch's own go through MKL, which is slow on processors that are not Intel's.

Measured on an AMD EPYC with AVX-512 (see docs/performance.md). The products are the same sums in fp32 in another
order; what shares a run shares the order.
"""

from collections import Counter
from typing import Any, cast

import torch
from torch import Tensor, nn
from torch.nn.functional import linear

from farfield.engine.allocator import drop_pages, mapped_files

__all__ = ["Linear", "fp32_here", "lay_out", "product", "takes", "unlay"]

# oneDNN sets its kernels up at every call; for fewer rows that takes longer than the product.
_FEW = 4


class Linear(nn.Linear):
    """`nn.Linear` whose products in fp32 on a processor are oneDNN's; everything else is as it was."""

    tied: tuple[nn.Parameter, ...] = ()  # in a tuple, where a module doesn't take it for one of its own

    def forward(self, x: Tensor) -> Tensor:
        """The product `x @ weight.T + bias`, `[..., in] -> [..., out]`."""
        if self.weight.is_mkldnn:
            return product(x, self.weight, self.bias)
        if not takes(x, self.weight):
            return super().forward(x)
        out: Tensor = _Product.apply(x, self.weight, self.bias)  # type: ignore[no-untyped-call]
        return out


@torch.inference_mode(mode=False)
def lay_out(model: nn.Module) -> None:
    """Lays the weights out as oneDNN's kernels read them, in place of their own layout, until `unlay`.

    Otherwise every product lays them out again: with 32 rows that takes as long as half of the product. What is
    laid out can only be read by products; a weight that is an embedding too keeps its own layout beside it.
    """
    uses = Counter(id(p) for module in model.modules() for p in module.parameters(recurse=False))
    mapped = mapped_files()
    for module in model.modules():
        if type(module) is Linear and fp32_here(module.weight) and not module.weight.is_mkldnn:
            weight = cast("nn.Parameter", module.weight)
            if uses[id(weight)] > 1:
                module.tied = (weight,)
            laid = torch.ops.mkldnn._reorder_linear_weight(weight.detach())
            module.weight = nn.Parameter(laid, requires_grad=weight.requires_grad)
            drop_pages(weight, mapped)


@torch.inference_mode(mode=False)
def unlay(model: nn.Module) -> None:
    """Gives the weights their own layout back, to the bit."""
    for module in model.modules():
        if isinstance(module, Linear) and module.weight.is_mkldnn:
            own = nn.Parameter(module.weight.detach().to_dense(), requires_grad=module.weight.requires_grad)
            module.weight, module.tied = module.tied[0] if module.tied else own, ()


class _Product(torch.autograd.Function):
    """The product and its gradients; what no frozen weight needs is neither kept nor computed."""

    @staticmethod
    def forward(ctx: Any, x: Tensor, weight: Tensor, bias: Tensor | None) -> Tensor:
        ctx.save_for_backward(x if ctx.needs_input_grad[1] else None, weight)
        return product(x, weight, bias)

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor | None, ...]:
        x, weight = ctx.saved_tensors
        (gradient,) = gradients
        for_x, for_weight, for_bias = ctx.needs_input_grad
        rows = gradient.reshape(-1, gradient.shape[-1])
        return (
            product(gradient, weight.t(), None) if for_x else None,
            product(rows.t(), x.reshape(-1, x.shape[-1]).t(), None) if for_weight else None,
            rows.sum(0) if for_bias else None,
        )


def product(x: Tensor, weight: Tensor, bias: Tensor | None, after: str = "none") -> Tensor:
    """`x @ weight.T + bias`, by oneDNN where it `takes` them; `after` is `none` or, only there, `swish`."""
    if not takes(x, weight):
        return linear(x, weight, bias)
    out: Tensor = torch.ops.mkldnn._linear_pointwise(x, weight, bias, after, [], "")
    return out


def takes(x: Tensor, weight: Tensor) -> bool:
    """Whether oneDNN's product is the fitting one: fp32 on a processor, and more than a few rows."""
    fits = weight.is_mkldnn or (weight.dtype is torch.float32 and x.numel() >= _FEW * x.shape[-1])
    return fp32_here(x) and fits


def fp32_here(x: Tensor) -> bool:
    """Whether a tensor is computed with in fp32 on a processor."""
    return x.dtype is torch.float32 and x.device.type == "cpu" and not torch.is_autocast_enabled("cpu")
