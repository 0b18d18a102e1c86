"""Lengths of texts: in tokens a character under the model, and without a model in bytes."""

from collections.abc import Iterable

from farfield.metrics import cjk_count
from farfield.prompts import TokenizerLike
from farfield.runs.address import Part
from farfield.study.tasks import TaskData

__all__ = ["BYTES_A_TOKEN", "ByteTokenizer", "text_lengths"]

Ids = tuple[int, ...]

BYTES_A_TOKEN = 4  # English under common vocabularies; Japanese takes about 3 bytes, and a third more tokens


class ByteTokenizer:
    """Four bytes a token, so that a plan can be laid out; its tokens mean nothing."""

    bos: Ids = (0,)
    named_bos: Ids = (0,)
    eos_id = 1
    eos_ids: Ids = (1,)
    max_positions = 1 << 30

    def encode(self, text: str) -> Ids:
        """Tokens of four bytes each."""
        raw = text.encode()
        return tuple(2 + int.from_bytes(raw[i : i + BYTES_A_TOKEN]) for i in range(0, len(raw), BYTES_A_TOKEN))

    def encode_control(self, text: str) -> Ids:
        """As user text."""
        return self.encode(text)

    def chat(self, text: str) -> tuple[str, str]:
        """A chat template of common length."""
        del text
        return "<|im_start|>user\n", "<|im_end|>\n<|im_start|>assistant\n"


def text_lengths(tasks: Iterable[TaskData], tokenizer: TokenizerLike) -> dict[str, Part]:
    """Characters, tokens, and Japanese or Chinese characters of all test rows' fields."""
    texts = [
        text
        for task in tasks
        for domain in task.domains
        for example in domain.examples
        for text in example.fields.values()
    ]
    return {
        "characters": sum(map(len, texts)),
        "tokens": sum(len(tokenizer.encode(text)) for text in texts),
        "cjk": sum(map(cjk_count, texts)),
    }
