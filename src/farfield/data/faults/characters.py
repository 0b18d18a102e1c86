"""Characters that don't belong into a text: controls, what can't be seen, marks of loss, tokens of chat templates."""

import re

__all__ = ["LOST", "control_tokens", "controls", "invisible", "without_controls"]

# U+FFFD: here stood something that an earlier program couldn't read.
LOST = "\ufffd"

_CONTROLS = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]")

# Joiners are left to the scripts and emoji that are written with them; variation selectors are part of characters.
_ZERO_WIDTH = re.compile("[\u00ad\u180e\u200b\u2060-\u2064\ufeff\ufff9-\ufffb\U000e0000-\U000e007f]")
_EMBEDDING = re.compile("[\u202a-\u202e\u2066-\u2069]")
_DIRECTION_MARK = re.compile("[\u200e\u200f\u061c]")
_RIGHT_TO_LEFT = re.compile("[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc]")
# Flags of England, Scotland and Wales are spelt with tags.
_TAGGED_FLAG = re.compile("\U0001f3f4[\U000e0020-\U000e007e]+\U000e007f")

# What chat templates put between turns: ChatML and Llama 3, Llama 2 and Mistral, Gemma, and the ends of old models.
_TOKENS = re.compile(
    r"<\|[a-zA-Z_][\w.-]{1,40}\|>|<｜[^\s<>｜]{1,40}｜>|\[/?INST\]|<</?SYS>>|</?(?:start|end)_of_turn>|</?s>|<(?:bos|eos|pad)>"
)


def controls(text: str) -> tuple[int, ...]:
    """Where control characters stand; tabs and line ends are none."""
    return tuple(match.start() for match in _CONTROLS.finditer(text))


def without_controls(text: str) -> str:
    """The text without control characters, and with all else as it was."""
    return _CONTROLS.sub("", text)


def invisible(text: str) -> tuple[int, ...]:
    """Where characters stand that nobody sees and a tokenizer reads: of no width, or that turn the direction.

    Marks of direction are nothing to mind in Hebrew and Arabic.
    """
    seen = _TAGGED_FLAG.sub(lambda match: "-" * len(match.group()), text)
    found = [*_ZERO_WIDTH.finditer(seen), *_EMBEDDING.finditer(seen)]
    if not _RIGHT_TO_LEFT.search(text):
        found += _DIRECTION_MARK.finditer(seen)
    return tuple(sorted(match.start() for match in found))


def control_tokens(text: str) -> tuple[str, ...]:
    """What reads like a token of a chat template, as it stands; a model may take it for one."""
    return tuple(_TOKENS.findall(text))
