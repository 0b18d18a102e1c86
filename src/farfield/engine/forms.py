"""The two forms of a model: as Transformers made it, and with farfield's attention and layers."""

import torch
from torch import nn
from transformers import PreTrainedModel

from farfield.engine.allocator import keep_freed
from farfield.engine.attention import IMPLEMENTATION
from farfield.engine.fused import fuse, unfuse
from farfield.engine.linear import Linear, unlay

__all__ = ["packed_form", "plain_form"]


def packed_form(model: PreTrainedModel) -> PreTrainedModel:
    """The same model, reading packs: attention over shared and own parts, products by oneDNN where torch has it."""
    keep_freed()
    unlay(model)
    model.set_attn_implementation(IMPLEMENTATION)
    if hasattr(torch.ops.mkldnn, "_linear_pointwise") and model.device.type == "cpu":
        _exchange(model, nn.Linear, Linear)
        fuse(model)
    return model


def plain_form(model: PreTrainedModel) -> PreTrainedModel:
    """The same model as Transformers made it."""
    model.set_attn_implementation("sdpa" if model._supports_sdpa else "eager")
    unlay(model)
    unfuse(model)
    _exchange(model, Linear, nn.Linear)
    return model


def _exchange(model: PreTrainedModel, old: type[nn.Module], new: type[nn.Module]) -> None:
    # The class alone is exchanged: weights, hooks and names stay what they are, and PEFT still sees a linear layer.
    for module in model.modules():
        if type(module) is old:
            module.__class__ = new
