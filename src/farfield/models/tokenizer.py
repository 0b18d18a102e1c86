"""A tokenizer as the study's protocol needs it: on the `tokenizers` library alone, so that planning stays light."""

import json
import shutil
from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from tokenizers import Tokenizer as RustTokenizer

from farfield.errors import ModelError
from farfield.models.matching import Matching

if TYPE_CHECKING:
    from llguidance import LLTokenizer

__all__ = ["Tokenizer", "copy_tokenizer", "load_tokenizer"]

Ids = tuple[int, ...]

_FILES = (
    "tokenizer*",
    "*.jinja",
    "*.model",
    "special_tokens_map.json",
    "added_tokens.json",
    "vocab.json",
    "merges.txt",
)


class Tokenizer:
    """Text to tokens and back, by one model's conventions.

    Args:
        folder: holds tokenizer.json, and where the model has them config.json, generation_config.json and
            tokenizer_config.json.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._user = RustTokenizer.from_file(str(folder / "tokenizer.json"))
        # Control tokens inside a user's text are the user's text: "<|im_end|>" becomes six plain tokens.
        self._user.encode_special_tokens = True
        self._config = _read(folder / "config.json")
        self._generation = _read(folder / "generation_config.json")
        self._dressing = _read(folder / "tokenizer_config.json")

    def encode(self, text: str) -> Ids:
        """Tokens of user text, without BOS."""
        return tuple(self._user.encode(text, add_special_tokens=False).ids)

    def encode_control(self, text: str) -> Ids:
        """Tokens of a chat template's own text, with its control tokens."""
        return tuple(self._control.encode(text, add_special_tokens=False).ids)

    def decode(self, ids: Sequence[int]) -> str:
        """Text of tokens, control tokens left out."""
        return str(self._user.decode(list(ids), skip_special_tokens=True))

    def token(self, token: int) -> str:
        """One token as the vocabulary spells it."""
        return self._user.id_to_token(token) or f"<{token}>"

    @cached_property
    def bos(self) -> Ids:
        """What the tokenizer's own convention puts before a text; often nothing."""
        bare, dressed = (self._control.encode("x", add_special_tokens=special).ids for special in (False, True))
        return tuple(dressed[: dressed.index(bare[0])])

    @cached_property
    def named_bos(self) -> Ids:
        """The token that the model has for the beginning of a text, whatever the convention; empty without one."""
        if self.bos:
            return self.bos
        named = self._dressing.get("bos_token", self._config.get("bos_token_id"))
        named = named.get("content") if isinstance(named, dict) else named
        found = self._control.token_to_id(named) if isinstance(named, str) else named
        return (found,) if isinstance(found, int) else ()

    @property
    def eos_id(self) -> int:
        """The token that ends an answer in training."""
        return self.eos_ids[0]

    @cached_property
    def eos_ids(self) -> Ids:
        """All tokens that end a generated answer.

        Raises:
            ModelError: the model's configuration names none.
        """
        found: list[int] = []
        for parts in (self._config, self._generation):
            value = parts.get("eos_token_id")
            found += value if isinstance(value, list) else [value] if isinstance(value, int) else []
        if not found:
            raise ModelError(
                "the model names no end-of-sequence token",
                where=str(self.folder),
                mend="add eos_token_id to config.json",
            )
        return tuple(dict.fromkeys(found))

    @property
    def vocab_size(self) -> int:
        """Tokens in the vocabulary, added ones included."""
        return int(self._user.get_vocab_size())

    @property
    def max_positions(self) -> int:
        """The longest prompt with its answer, in tokens, that the model can read."""
        text = self._config.get("text_config")
        parts = text if isinstance(text, dict) else self._config
        limit = parts.get("max_position_embeddings") or parts.get("n_positions")
        return int(limit) if isinstance(limit, int) else 1 << 30  # state-space models have no such limit

    def matching(self, expression: str, stop: str) -> Matching:
        """What an answer up to `stop` may be written with, token by token, so that it matches an expression."""
        return Matching(self._pieces, expression, stop)

    def chat(self, text: str) -> tuple[str, str]:
        """What the model's chat template puts before and after one user message.

        Raises:
            ModelError: the model has no chat template.
        """
        before, found, after = self._chat_frame.partition(_MESSAGE)
        if not found:
            raise ModelError(
                "the model's chat template changes the message",
                where=str(self.folder),
                mend="use chat: false",
            )
        del text  # the frame is the same around every message
        return before, after

    @cached_property
    def _pieces(self) -> "LLTokenizer":
        from llguidance import LLTokenizer

        try:
            return LLTokenizer(
                (self.folder / "tokenizer.json").read_text(encoding="utf-8"), eos_token=list(self.eos_ids)
            )
        except ValueError as error:
            raise ModelError(
                f"answers of this model can't be held to a format: {error}",
                where=str(self.folder / "tokenizer.json"),
                mend="leave out `format:`, or choose a model with a byte-level tokenizer",
            ) from None

    @cached_property
    def _control(self) -> RustTokenizer:
        return RustTokenizer.from_file(str(self.folder / "tokenizer.json"))

    @cached_property
    def _chat_frame(self) -> str:
        from transformers import AutoTokenizer

        full = AutoTokenizer.from_pretrained(self.folder)
        if not full.chat_template:
            raise ModelError("the model has no chat template", where=str(self.folder), mend="use chat: false")
        message = [{"role": "user", "content": _MESSAGE}]
        return str(full.apply_chat_template(message, tokenize=False, add_generation_prompt=True))


# Stands for the user's message while the chat template is rendered; no template trims or escapes it.
_MESSAGE = "farfieldmessage"


def load_tokenizer(folder: Path) -> Tokenizer:
    """The tokenizer of a model's folder.

    Raises:
        ModelError: there is no tokenizer.json.
    """
    if not (folder / "tokenizer.json").exists():
        raise ModelError(
            "the model has no tokenizer.json",
            where=str(folder),
            mend="load its tokenizer with Transformers once and `save_pretrained` it into the folder",
        )
    return Tokenizer(folder)


def copy_tokenizer(folder: Path, target: Path) -> None:
    """Copies whatever a model's folder holds of its tokenizer and chat template."""
    for path in {path for pattern in _FILES for path in folder.glob(pattern)}:
        shutil.copy(path, target)


def _read(path: Path) -> dict[str, object]:
    if not path.exists():
        return {}
    parts = json.loads(path.read_text(encoding="utf-8"))
    return parts if isinstance(parts, dict) else {}
