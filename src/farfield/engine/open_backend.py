"""Which back end a model gets: the shared path where it is exact for this very model, the plain path elsewhere."""

from dataclasses import dataclass

import torch
from transformers import PreTrainedModel

from farfield.engine.forms import plain_form
from farfield.engine.plain import PlainBackend
from farfield.engine.protocol import Backend, Choices
from farfield.engine.torch_backend import TorchBackend
from farfield.errors import ModelError

__all__ = ["Opened", "open_backend", "sharing_fault"]

_PREFIX, _ROWS = 7, (5, 3)


@dataclass(frozen=True, slots=True)
class Opened:
    """A back end and, where it is the plain one, why the model can't share; the manifest says both."""

    backend: Backend
    reason: str = ""


def open_backend(model: PreTrainedModel, *, pack_tokens: int = 2048, slots: int = 32, memory: int = 1 << 30) -> Opened:
    """The fastest back end that gives this model's own answers.

    Raises:
        ModelError: the model is an encoder-decoder, or no causal language model at all.
    """
    if model.config.is_encoder_decoder or not model.can_generate():
        raise ModelError(
            f"{type(model).__name__} is no decoder-only language model",
            mend="choose a causal language model; encoder-decoders read the prompt in another place",
        )
    fault = sharing_fault(model)
    if fault:
        return Opened(PlainBackend(model), fault)
    return Opened(TorchBackend(model, pack_tokens=pack_tokens, slots=slots, memory=memory))


@torch.inference_mode()
def sharing_fault(model: PreTrainedModel) -> str:
    """Why this model can't share a prefix; empty where a shared forward equals its plain one.

    Decided by trying it: a list of architectures would be wrong for the next one. Leaves the model plain.
    """
    drawn = torch.Generator().manual_seed(0)
    high = int(model.config.get_text_config().vocab_size)
    ids = [tuple(torch.randint(1, high, (n,), generator=drawn).tolist()) for n in (_PREFIX, *_ROWS)]
    rows = [Choices(asked, ((1,), (2, 3))) for asked in ids[1:]]
    plain = PlainBackend(model).score(ids[0], rows)
    try:
        shared = TorchBackend(model).score(ids[0], rows)
    except (ModelError, TypeError, KeyError, IndexError, ValueError, RuntimeError) as error:
        return f"{type(model).__name__}: {str(error).splitlines()[0]}"
    finally:
        plain_form(model)
    worst = max(abs(a - b) for left, right in zip(plain, shared, strict=True) for a, b in zip(left, right, strict=True))
    tolerance = 1e-3 if next(model.parameters()).dtype in (torch.float32, torch.float64) else 0.2
    return "" if worst <= tolerance else f"{type(model).__name__}: a shared forward differs by {worst:.2g} nats"
