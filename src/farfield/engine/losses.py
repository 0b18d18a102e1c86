"""Micro-batches of a training step, and the logits that predict their targets: shared, or row by row."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn.functional import cross_entropy

from farfield.engine.packing import Laid, filled
from farfield.engine.protocol import Target
from farfield.prompts import common_prefix

__all__ = [
    "TrainingPack",
    "pack_logits",
    "pack_loss",
    "plain_logits",
    "plain_loss",
    "reading_packs",
    "step_packs",
    "training_packs",
    "wide",
]

# A shorter common head costs more in joining two attentions than it saves in arithmetic.
_WORTH_SHARING = 16
# A micro-batch of its own reads the weights once more, which is worth a few tokens' arithmetic.
_WORTH_GROUPING = 32


# Read without gradient, a pack holds one layer's activations and its targets' logits: with a vocabulary of 50 000
# words this many targets take 0.2 GB.
_READ_TOKENS, _READ_TARGETS = 4096, 1024


@dataclass(frozen=True, slots=True)
class TrainingPack:
    """One micro-batch: the first `trunk` tokens stand in every row and are laid once."""

    trunk: int
    rows: tuple[Target, ...]

    @property
    def tokens(self) -> int:
        """Tokens that go forward."""
        return self.trunk + sum(_own(row, self.trunk) for row in self.rows)

    @property
    def lengths(self) -> list[int]:
        """For each token that goes forward, the tokens of its row; for the shared ones, of the mean row."""
        rows = [len(row.ids) - 1 for row in self.rows]
        shared = [round(sum(rows) / len(rows))] * self.trunk
        return shared + [length for length in rows for _ in range(length - self.trunk)]

    @property
    def targets(self) -> list[int]:
        """The tokens to be predicted, row by row."""
        return [token for row in self.rows for token in row.ids[row.start :]]

    @property
    def weights(self) -> list[float]:
        """What each target counts."""
        return [weight for row in self.rows for weight in row.counts]


def step_packs(rows: Sequence[Target], limit: int) -> list[TrainingPack]:
    """The micro-batches of one step: as `training_packs`, but rows with demos of their own stand with those they share.

    Where all rows begin alike, that is one group; else rows are grouped by their heads, and the rest goes as it is.
    """
    if _trunk(rows):
        return training_packs(rows, limit)
    groups = [group for group in _by_head(rows) if _saved(rows, group) >= _WORTH_GROUPING]
    grouped = {place for group in groups for place in group}
    alone = [row for place, row in enumerate(rows) if place not in grouped]
    packs = [pack for group in groups for pack in training_packs([rows[place] for place in group], limit)]
    return packs + (training_packs(alone, limit) if alone else [])


def _by_head(rows: Sequence[Target]) -> list[list[int]]:
    """Places of rows by common heads: neighbours in the order of their tokens join as long as that saves more."""
    groups: list[list[int]] = []
    trunk = 0
    for place in sorted(range(len(rows)), key=lambda place: rows[place].ids):
        head = rows[place].ids[: rows[place].start - 1]
        common = common_prefix([rows[groups[-1][0]].ids[:trunk], head]) if groups else 0
        if common >= _WORTH_SHARING and len(groups[-1]) * common > (len(groups[-1]) - 1) * trunk:
            groups[-1].append(place)
            trunk = common
        else:
            groups.append([place])
            trunk = len(head)
    return sorted(map(sorted, groups))  # in the rows' own order, whatever their tokens are


def _saved(rows: Sequence[Target], group: Sequence[int]) -> int:
    return (len(group) - 1) * _trunk([rows[place] for place in group])


def training_packs(rows: Sequence[Target], limit: int) -> list[TrainingPack]:
    """Micro-batches of rows in order, at most `limit` tokens each with the trunk that all of them share."""
    trunk = _trunk(rows)
    return _packs(trunk, filled(rows, max(1, limit - trunk), lambda row: _own(row, trunk)))


def reading_packs(rows: Sequence[Target]) -> list[TrainingPack]:
    """Packs of rows whose targets are read without gradient, in order; the shared trunk is laid once a pack."""
    trunk, share = _trunk(rows), _READ_TOKENS / _READ_TARGETS
    return _packs(trunk, filled(rows, _READ_TOKENS, lambda row: max(_own(row, trunk), round(share * len(row.counts)))))


def _trunk(rows: Sequence[Target]) -> int:
    # The token before a row's first target predicts it, so it has to be the row's own.
    trunk = common_prefix([row.ids[: row.start - 1] for row in rows]) if len(rows) > 1 else 0
    return trunk if trunk >= _WORTH_SHARING else 0


def _packs(trunk: int, batches: Iterable[list[Target]]) -> list[TrainingPack]:
    return [TrainingPack(trunk if len(batch) > 1 else 0, tuple(batch)) for batch in batches]


def pack_logits(model: torch.nn.Module, pack: TrainingPack) -> Tensor:
    """Logits that predict the pack's targets, `[targets, vocabulary]`."""
    laid = Laid()
    laid.lay_trunk(pack.rows[0].ids[: pack.trunk])
    places: list[int] = []
    for row in pack.rows:
        last = laid.lay_row(row.ids[pack.trunk : -1])[0]  # the last token is only predicted
        places += range(last + 1 - (len(row.ids) - row.start), last + 1)
    device = next(model.parameters()).device
    packed = laid.pack(device)
    logits: Tensor = model(
        input_ids=torch.tensor([laid.ids], device=device),
        position_ids=packed.positions[None],
        use_cache=False,
        logits_to_keep=torch.tensor(places, device=device),
        farfield=packed,
    ).logits[0]
    return wide(logits)


def plain_logits(model: torch.nn.Module, pack: TrainingPack) -> Tensor:
    """The same, row by row through the model as Transformers made it: the reference, and the plain path."""
    device = next(model.parameters()).device
    return torch.cat(
        [
            wide(model(torch.tensor([row.ids[:-1]], device=device), use_cache=False).logits[0, row.start - 1 :])
            for row in pack.rows
        ]
    )


def pack_loss(model: torch.nn.Module, pack: TrainingPack) -> Tensor:
    """Summed cross-entropy of a pack's target tokens, in nats."""
    return _summed(pack_logits(model, pack), pack)


def plain_loss(model: torch.nn.Module, pack: TrainingPack) -> Tensor:
    """The same by `plain_logits`."""
    return _summed(plain_logits(model, pack), pack)


def _summed(logits: Tensor, pack: TrainingPack) -> Tensor:
    return cross_entropy(logits, torch.tensor(pack.targets, device=logits.device), reduction="sum")


def wide(logits: Tensor) -> Tensor:
    """Logits in fp32 at least, in which probabilities are taken."""
    return logits if logits.dtype is torch.float64 else logits.float()


def _own(row: Target, trunk: int) -> int:
    return len(row.ids) - 1 - trunk
