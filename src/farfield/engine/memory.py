"""How many tokens of a training pack fit a budget, measured on the model itself."""

import torch
from torch import Tensor
from transformers import PreTrainedModel

from farfield.engine.adapt import set_checkpointing
from farfield.engine.forms import packed_form
from farfield.engine.losses import TrainingPack, pack_loss
from farfield.engine.protocol import Target

__all__ = ["activation_bytes", "pack_tokens"]

_PROBE = 64
# Peak over saved activations, measured with SmolLM2-135M under glibc: gradients at hand, and freed blocks not returned.
_BACKWARD_SHARE = 2.05


def activation_bytes(model: PreTrainedModel, *, prompts: bool = False) -> float:
    """Bytes that one more token of a training pack takes: what autograd saves for it, counted once a storage.

    With gradient checkpointing that is each layer's input, and all of the one layer that is computed again.
    With `prompts`, every token is a target and pays for its logits.
    """
    packed_form(model)
    model.train()
    first = 1 if prompts else _PROBE
    saved = _saved_bytes(model, first)
    if any(getattr(module, "gradient_checkpointing", False) for module in model.modules()):
        set_checkpointing(model, on=False)
        saved += _saved_bytes(model, first) / model.config.num_hidden_layers
        set_checkpointing(model, on=True)
    return _BACKWARD_SHARE * saved / _PROBE


def _saved_bytes(model: PreTrainedModel, first: int) -> float:
    """Bytes that autograd saves in a forward of `_PROBE` tokens, learnt from `first` on, without the parameters."""
    parameters = {p.untyped_storage().data_ptr() for p in model.parameters()}
    seen: dict[int, int] = {}

    def count(tensor: Tensor) -> Tensor:
        storage = tensor.untyped_storage()
        if storage.data_ptr() not in parameters:
            seen[storage.data_ptr()] = storage.nbytes()
        # An output kept by its own node would be a cycle that nothing collects, with all weights in it.
        return tensor.detach()

    row = Target(tuple([1] * (_PROBE + 1)), first)
    with torch.autograd.graph.saved_tensors_hooks(count, lambda tensor: tensor):
        loss = pack_loss(model, TrainingPack(0, (row,)))
    del loss
    return float(sum(seen.values()))


def pack_tokens(model: PreTrainedModel, budget: int, *, longest: int, prompts: bool = False) -> int:
    """Tokens of a training pack within `budget` bytes of activations; at least the longest row."""
    return max(longest, int(budget / activation_bytes(model, prompts=prompts)))
