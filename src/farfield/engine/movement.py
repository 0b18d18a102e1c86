"""How far training moved a model: in its weights, and in what it says."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor
from transformers import PreTrainedModel

from farfield.engine.losses import TrainingPack, reading_packs, wide
from farfield.engine.objective import Logits, kl
from farfield.engine.protocol import Target

__all__ = ["Moved", "Remembered", "divergences", "effective_rank", "movements"]


# Directions of a sketch, above any usual adapter's rank; and the share of a change's square that rounding may be.
_SKETCH, _ROUNDING = 64, 1e-6


@dataclass(frozen=True, slots=True)
class Moved:
    """What changed in one weight, `Δ = tuned - base` in fp32.

    Attributes:
        name: of the weight, as the model has it.
        elements: how many numbers it has.
        mean_abs: mean of |Δ|, the figure of arXiv 2403.09162.
        relative: ‖Δ‖ / ‖base‖, Frobenius.
        rank: effective rank of Δ; None where it is no matrix, or nothing changed.
    """

    name: str
    elements: int
    mean_abs: float
    relative: float
    rank: float | None


@torch.no_grad()
def movements(base: torch.nn.Module, tuned: torch.nn.Module) -> Iterator[Moved]:
    """Every weight's change, a tied one once; both models have the same weights under the same names."""
    after = dict(tuned.named_parameters())
    for name, before in base.named_parameters():
        change = after[name].float() - before.float()
        size, whole = float(change.norm()), float(before.float().norm())
        matrix = change.ndim == 2 and size > 0
        yield Moved(
            name,
            change.numel(),
            float(change.abs().mean()),
            size / whole if whole else 0.0,
            effective_rank(change) if matrix else None,
        )


def effective_rank(matrix: Tensor) -> float:
    """`exp(H)` of the singular values' shares (Roy and Vetterli 2007): n for n equal ones, 1 for a single one."""
    # By the smaller Gram matrix, in float64: a tenth of the time of a decomposition of the matrix itself.
    wide = _condensed(matrix.double())
    gram = wide @ wide.T if wide.shape[0] <= wide.shape[1] else wide.T @ wide
    values = torch.linalg.eigvalsh(gram).clamp_min(0)
    # What rounding leaves of zeros would otherwise count as so many small directions.
    singular = values[values > values[-1] * len(values) * torch.finfo(torch.float64).eps].sqrt()
    shares = singular / singular.sum()
    return float(torch.special.entr(shares).sum().exp())


def _condensed(matrix: Tensor) -> Tensor:
    """The few rows that hold all of a matrix of low rank, as an adapter's change is; else the matrix itself.

    Found by a random sketch (Halko, Martinsson and Tropp, arXiv 0909.4061), and kept where what it misses is rounding:
    it saves most of the time that measuring an adapter takes.
    """
    if min(matrix.shape) <= 4 * _SKETCH:
        return matrix
    drawn = torch.randn(matrix.shape[1], _SKETCH, generator=torch.Generator().manual_seed(0), dtype=matrix.dtype)
    few = torch.linalg.qr(matrix @ drawn.to(matrix.device)).Q.T @ matrix
    missed = 1 - float(few.square().sum() / matrix.square().sum())
    return few if missed < _ROUNDING else matrix


class Remembered:
    """What the base model says, read once for all models that are compared with it.

    Kept are its last hidden states at the targets, a hundredth of the logits; the head gives the very same logits from
    them. A model that does more to its logits than its head is read anew each time.

    Args:
        limit: bytes that are kept at most; what is beyond is read anew.
    """

    def __init__(self, limit: int = 256 << 20) -> None:
        self.left = limit
        self._held: dict[tuple[Target, ...], Tensor] = {}

    def logits(self, base: PreTrainedModel, pack: TrainingPack, logits_of: Logits) -> Tensor:
        """Logits that predict the pack's targets, `[targets, vocabulary]`."""
        head = base.get_output_embeddings()
        if pack.rows in self._held:
            return wide(head(self._held[pack.rows]))
        seen: list[Tensor] = []
        hook = head.register_forward_pre_hook(lambda _, given: seen.append(given[0]))
        try:
            found = logits_of(base, pack)
        finally:
            hook.remove()
        hidden = torch.cat([each.flatten(0, -2) for each in seen])
        if hidden.nbytes <= self.left and len(hidden) == len(found) and torch.equal(wide(head(hidden)), found):
            self._held[pack.rows] = hidden
            self.left -= hidden.nbytes
        return found


@torch.no_grad()
def divergences(
    base: PreTrainedModel,
    tuned: PreTrainedModel,
    rows: Sequence[Target],
    logits_of: Logits,
    remembered: Remembered | None = None,
) -> list[float]:
    """KL(base‖tuned) of each row in nats: at its target positions, teacher-forced, a mean over its tokens."""
    before = remembered or Remembered(0)
    found: list[float] = []
    for pack in reading_packs(rows):
        at = kl(before.logits(base, pack, logits_of), logits_of(tuned, pack)).tolist()
        for row in pack.rows:
            tokens, at = at[: len(row.counts)], at[len(row.counts) :]
            found.append(sum(tokens) / len(tokens))
    return found
