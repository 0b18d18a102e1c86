"""Weights into memory: safetensors only, quietly, in evaluation mode."""

import json
import math
from typing import TYPE_CHECKING

from farfield.errors import ModelError
from farfield.models.catalogue import ModelFolder

if TYPE_CHECKING:
    import torch
    from transformers import PreTrainedModel

__all__ = ["layers_of", "load_model", "parameters_of"]


def load_model(
    folder: ModelFolder, *, dtype: "torch.dtype | None" = None, device: "torch.device | str" = "cpu"
) -> "PreTrainedModel":
    """The model of a folder, in evaluation mode; in fp32 unless another `dtype` is named.

    Raises:
        ModelError: the architecture is no decoder-only language model that Transformers knows.
    """
    import torch
    from transformers import AutoConfig, AutoModelForCausalLM
    from transformers.utils import logging

    shown, level = logging.is_progress_bar_enabled(), logging.get_verbosity()
    logging.disable_progress_bar()
    logging.set_verbosity_error()
    try:
        config = AutoConfig.from_pretrained(folder.path, trust_remote_code=False)
        if type(config) not in AutoModelForCausalLM._model_mapping or config.is_encoder_decoder:
            raise ModelError(
                f"{config.model_type!r} is no decoder-only language model",
                where=str(folder.path),
                mend="choose a causal language model; encoder-decoders read the prompt in another place",
            )
        model = AutoModelForCausalLM.from_pretrained(
            folder.path, dtype=dtype or torch.float32, use_safetensors=True, trust_remote_code=False
        )
    finally:
        logging.set_verbosity(level)
        if shown:
            logging.enable_progress_bar()
    return model.to(device).eval()


def parameters_of(folder: ModelFolder) -> int:
    """How many parameters the model's safetensors hold, from their headers alone: nothing is loaded."""
    return sum(math.prod(shape) for shape in _shapes(folder).values())


def layers_of(folder: ModelFolder) -> set[str]:
    """Names of the matrices that every block of the model has, such as `v_proj`, from the same headers."""
    paths = [path.split(".") for path, shape in _shapes(folder).items() if len(shape) == 2]
    return {path[-2] for path in paths if path[-1] == "weight" and any(part.isdigit() for part in path)}


def _shapes(folder: ModelFolder) -> dict[str, list[int]]:
    shapes: dict[str, list[int]] = {}
    for path in folder.path.glob("*.safetensors"):
        with path.open("rb") as file:
            length = int.from_bytes(file.read(8), "little")  # the format: eight bytes of length, then JSON
            header = json.loads(file.read(length))
        shapes |= {name: entry["shape"] for name, entry in header.items() if name != "__metadata__"}
    return shapes
