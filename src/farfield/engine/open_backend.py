"""Which back end a model gets: the shared path where it is exact for this very model, the plain path elsewhere."""

from dataclasses import dataclass
from itertools import chain

import torch
from transformers import PreTrainedModel

from farfield.engine.forms import plain_form
from farfield.engine.linear import lay_out, unlay
from farfield.engine.plain import PlainBackend
from farfield.engine.protocol import Backend, Choices, Ids
from farfield.engine.torch_backend import TorchBackend
from farfield.errors import ModelError

__all__ = ["Opened", "open_backend", "sharing_fault"]

_PREFIX, _ROWS = 7, (5, 3)

Scores = list[tuple[float, ...]]


@dataclass(frozen=True, slots=True)
class Opened:
    """A back end and, where it is the plain one, why the model can't share; the manifest says both."""

    backend: Backend
    reason: str = ""


def open_backend(model: PreTrainedModel, *, pack_tokens: int = 2048, slots: int = 64, memory: int = 1 << 30) -> Opened:
    """The fastest back end that gives this model's own answers.

    Raises:
        ModelError: the model is an encoder-decoder, or no causal language model at all.
    """
    if model.config.is_encoder_decoder or not model.can_generate():
        raise ModelError(
            f"{type(model).__name__} is no decoder-only language model",
            mend="choose a causal language model; encoder-decoders read the prompt in another place",
        )
    expected = _plainly(model)
    backend = TorchBackend(model, pack_tokens=pack_tokens, slots=slots, memory=memory)
    fault = _fault(backend, expected)
    if fault:
        return Opened(PlainBackend(model), fault)
    lay_out(model)
    if _fault(backend, expected):  # a layer that reads a weight by itself, and not by a product
        unlay(model)
    return Opened(backend)


@torch.inference_mode()
def sharing_fault(model: PreTrainedModel) -> str:
    """Why this model can't share a prefix; empty where a shared forward equals its plain one.

    Decided by trying it: a list of architectures would be wrong for the next one. Leaves the model plain.
    """
    expected = _plainly(model)
    fault = _fault(TorchBackend(model), expected)
    plain_form(model)
    return fault


def _plainly(model: PreTrainedModel) -> Scores:
    prefix, rows = _tried(model)
    return PlainBackend(model).score(prefix, rows)


def _fault(backend: TorchBackend, expected: Scores) -> str:
    prefix, rows = _tried(backend.model)
    name = type(backend.model).__name__
    try:
        found = backend.score(prefix, rows)
    except (ModelError, TypeError, KeyError, IndexError, ValueError, RuntimeError) as error:
        return f"{name}: {str(error).splitlines()[0]}"
    pairs = zip(chain(*expected), chain(*found), strict=True)
    worst = max(abs(a - b) for a, b in pairs)
    tolerance = 1e-3 if next(backend.model.parameters()).dtype in (torch.float32, torch.float64) else 0.2
    return "" if worst <= tolerance else f"{name}: a shared forward differs by {worst:.2g} nats"


def _tried(model: PreTrainedModel) -> tuple[Ids, list[Choices]]:
    """A prefix, and rows of two labels, drawn from the model's vocabulary."""
    drawn = torch.Generator().manual_seed(0)
    high = int(model.config.get_text_config().vocab_size)
    prefix, *asked = (tuple(torch.randint(1, high, (n,), generator=drawn).tolist()) for n in (_PREFIX, *_ROWS))
    return prefix, [Choices(ids, ((1,), (2, 3))) for ids in asked]
