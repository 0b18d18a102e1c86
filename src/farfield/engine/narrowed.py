"""Greedy choice under a format: the likeliest of the tokens after which a match is still possible."""

from collections.abc import Iterator

import torch
from torch import Tensor

from farfield.engine.protocol import Matcher

__all__ = ["narrowed"]


def narrowed(matcher: Matcher, logits: Tensor, left: int) -> Iterator[int]:
    """What a row says at each of its places, one after the other; asked no further, the rest is as if never read.

    Args:
        matcher: of the row; takes each token as it is said.
        logits: `[places, vocabulary]`, each place read after the token that is said at the one before.
        left: tokens that the row may still write.
    """
    for nth, each in enumerate(logits):
        allowed = torch.frombuffer(bytearray(matcher.allowed()), dtype=torch.uint8).to(each.device)
        # The head may be wider than the vocabulary, or added tokens may lie beyond it.
        size = min(len(each), len(allowed))
        best = each[:size].masked_fill(allowed[:size] == 0, -torch.inf).argmax()
        yield matcher.take(int(best), left - nth - 1)
