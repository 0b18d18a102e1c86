"""Lengths without a model: for plans of studies whose model is elsewhere."""

__all__ = ["BYTES_A_TOKEN", "ByteTokenizer"]

Ids = tuple[int, ...]

BYTES_A_TOKEN = 4  # English under common vocabularies; Japanese takes about 3 bytes, and a third more tokens


class ByteTokenizer:
    """Four bytes a token, so that a plan can be laid out; its tokens mean nothing."""

    bos: Ids = (0,)
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
