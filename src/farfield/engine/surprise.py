"""How much references surprise a model: what they cost it, and how many ways it saw to go on."""

from collections.abc import Sequence
from dataclasses import dataclass

import torch

from farfield.engine.losses import reading_packs
from farfield.engine.objective import Logits
from farfield.engine.protocol import Target

__all__ = ["Surprise", "surprises"]


@dataclass(frozen=True, slots=True)
class Surprise:
    """One reference under one model, teacher-forced; both are sums over its tokens, in nats.

    Attributes:
        nll: `-log p` of the tokens; over many rows, `exp(sum of nll / sum of tokens)` is the perplexity.
        entropy: of what the model expected at each of them, over its whole vocabulary.
        tokens: of the reference.
    """

    nll: float
    entropy: float
    tokens: int


@torch.no_grad()
def surprises(model: torch.nn.Module, rows: Sequence[Target], logits_of: Logits) -> list[Surprise]:
    """Each row's surprise at its target positions."""
    found: list[Surprise] = []
    for pack in reading_packs(rows):
        expected = logits_of(model, pack).log_softmax(-1)
        said = torch.tensor(pack.targets, device=expected.device)
        nll = (-expected.gather(-1, said[:, None])[:, 0]).tolist()
        entropy = (-(expected.exp() * expected).sum(-1)).tolist()
        for row in pack.rows:
            n = len(row.counts)
            found.append(Surprise(sum(nll[:n]), sum(entropy[:n]), n))
            nll, entropy = nll[n:], entropy[n:]
    return found
