"""The catalogue: a name in; weights and a tokenizer out, verified, on this machine."""

from farfield.models.catalogue import CATALOGUE, ModelFolder, resolve
from farfield.models.tokenizer import Tokenizer, copy_tokenizer, load_tokenizer
from farfield.models.weights import layers_of, load_model, parameters_of

__all__ = [
    "CATALOGUE",
    "ModelFolder",
    "Tokenizer",
    "copy_tokenizer",
    "layers_of",
    "load_model",
    "load_tokenizer",
    "parameters_of",
    "resolve",
]
