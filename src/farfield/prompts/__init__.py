"""Example and demos -> tokens, with a clean boundary between what is shared, what is asked and what is scored."""

from farfield.prompts.prompt import BLANK_LINE, Asked, Prompter, TokenizerLike, common_length, common_prefix
from farfield.prompts.scoring import Scoring, label_scoring

__all__ = [
    "BLANK_LINE",
    "Asked",
    "Prompter",
    "Scoring",
    "TokenizerLike",
    "common_length",
    "common_prefix",
    "label_scoring",
]
