"""The training loop: one for every arm, because an arm is only the rows that it is given.

The rows of an optimiser step are laid end to end, the demos that they share once and with gradient; the head
runs on target tokens only. The loss is the mean over the step's target tokens, so how a step is cut into
micro-batches changes memory and nothing else.
"""

import math
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import torch
from accelerate import Accelerator
from accelerate.state import AcceleratorState
from torch import Tensor
from torch.nn.functional import cross_entropy
from transformers import PreTrainedModel

from farfield.engine.checkpoint import Keep, Progressed, load_checkpoint, save_checkpoint
from farfield.engine.packing import Laid, filled
from farfield.engine.protocol import Target
from farfield.prompts import common_prefix
from farfield.spec import TrainingSpec

__all__ = [
    "Forward",
    "StepReport",
    "Trained",
    "TrainingPack",
    "learning_rate",
    "pack_loss",
    "plain_loss",
    "train",
    "training_packs",
]

# A shorter common head costs more in joining two attentions than it saves in arithmetic.
_WORTH_SHARING = 16


@dataclass(frozen=True, slots=True)
class Forward:
    """How the rows of a step go through the model; it changes memory and rounding, never the loss.

    Attributes:
        pack_tokens: the most tokens of one micro-batch, from `memory.pack_tokens`.
        shared: False for models that can't share a prefix; their rows go forward one at a time.
        precision: `fp32`, or `bf16` for arithmetic in bf16 over weights and moments in fp32.
    """

    pack_tokens: int
    shared: bool = True
    precision: str = "fp32"


@dataclass(frozen=True, slots=True)
class StepReport:
    """One optimiser step as seen by whoever watches: mean loss in nats a target token, tokens gone forward."""

    step: int
    steps: int
    loss: float
    tokens: int
    seconds: float


@dataclass(frozen=True, slots=True)
class Trained:
    """What a training run leaves besides its weights; `losses` one a step, nats a target token."""

    losses: tuple[float, ...]
    target_tokens: int
    packed_tokens: int
    seconds: float


@dataclass(frozen=True, slots=True)
class TrainingPack:
    """One micro-batch: the first `trunk` tokens stand in every row and are laid once."""

    trunk: int
    rows: tuple[Target, ...]

    @property
    def tokens(self) -> int:
        """Tokens that go forward."""
        return self.trunk + sum(_own(row, self.trunk) for row in self.rows)


# Summed cross-entropy of a pack's target tokens, in nats.
Loss = Callable[[torch.nn.Module, TrainingPack], Tensor]


def train(
    model: PreTrainedModel,
    rows: Sequence[Target],
    recipe: TrainingSpec,
    *,
    seed: int,
    forward: Forward,
    keep: Keep | None = None,
    watch: Callable[[StepReport], None] = lambda _: None,
) -> Trained:
    """Trains `model` in place on `rows`.

    Args:
        model: from `adapted`; what requires gradient is trained.
        rows: the training examples; each row's target begins at its `start`.
        recipe: epochs, rate, schedule, batch size, decay, clipping.
        seed: decides the order of rows.
        forward: micro-batches, sharing and precision.
        keep: where the state is kept between kills; removed by the caller once the weights are safe.
        watch: called after every optimiser step.
    """
    # Accelerate keeps one precision a process; a second study in the same process may want another.
    AcceleratorState._reset_state()
    mixed = "bf16" if forward.precision == "bf16" else "no"
    accelerator = Accelerator(cpu=not torch.cuda.is_available(), mixed_precision=mixed)
    model.train()
    loss_of = pack_loss if forward.shared else plain_loss
    named = {name: p for name, p in model.named_parameters() if p.requires_grad}
    optimizer = torch.optim.AdamW(named.values(), lr=recipe.learning_rate, weight_decay=recipe.weight_decay, fused=True)
    batches, draws = _batches(len(rows), recipe, seed)
    done = load_checkpoint(keep.path, named, optimizer, draws) if keep else None
    model, optimizer = accelerator.prepare(model, optimizer)
    losses = list(done.losses) if done else []
    tokens, started, saved = 0, time.monotonic(), time.monotonic()
    for step in range(len(losses), len(batches)):
        packs = training_packs([rows[i] for i in batches[step]], forward.pack_tokens)
        for group in optimizer.param_groups:
            group["lr"] = learning_rate(recipe, step, len(batches))
        losses.append(_step(accelerator, model, packs, loss_of))
        accelerator.clip_grad_norm_(named.values(), recipe.max_grad_norm)
        optimizer.step()
        optimizer.zero_grad()
        tokens += sum(pack.tokens for pack in packs)
        watch(StepReport(step + 1, len(batches), losses[-1], tokens, time.monotonic() - started))
        if keep and time.monotonic() - saved >= keep.seconds:
            save_checkpoint(keep.path, named, optimizer, Progressed(step + 1, tuple(losses)), draws)
            saved = time.monotonic()
    model.eval()
    targets = recipe.epochs * sum(len(row.ids) - row.start for row in rows)
    return Trained(tuple(losses), targets, tokens, time.monotonic() - started)


def _step(accelerator: Accelerator, model: torch.nn.Module, packs: Sequence[TrainingPack], loss_of: Loss) -> float:
    """Gradients of one optimiser step; returns its loss."""
    targets = sum(len(row.ids) - row.start for pack in packs for row in pack.rows)
    total = 0.0
    for pack in packs:
        with accelerator.autocast():
            loss = loss_of(model, pack) / targets
        accelerator.backward(loss)
        total += float(loss.detach())
    return total


def pack_loss(model: torch.nn.Module, pack: TrainingPack) -> Tensor:
    """Summed cross-entropy of a pack's target tokens, in nats."""
    laid = Laid()
    laid.lay_trunk(pack.rows[0].ids[: pack.trunk])
    places: list[int] = []
    targets: list[int] = []
    for row in pack.rows:
        last = laid.lay_row(row.ids[pack.trunk : -1])[0]  # the last token is only predicted
        places += range(last + 1 - (len(row.ids) - row.start), last + 1)
        targets += row.ids[row.start :]
    device = next(model.parameters()).device
    packed = laid.pack(device)
    logits = model(
        input_ids=torch.tensor([laid.ids], device=device),
        position_ids=packed.positions[None],
        use_cache=False,
        logits_to_keep=torch.tensor(places, device=device),
        farfield=packed,
    ).logits[0]
    return _summed(logits, targets)


def plain_loss(model: torch.nn.Module, pack: TrainingPack) -> Tensor:
    """The same loss, row by row through the model as Transformers made it: the reference, and the plain path."""
    device = next(model.parameters()).device
    losses = []
    for row in pack.rows:
        logits = model(torch.tensor([row.ids[:-1]], device=device), use_cache=False).logits[0, row.start - 1 :]
        losses.append(_summed(logits, row.ids[row.start :]))
    return torch.stack(losses).sum()


def _summed(logits: Tensor, targets: Sequence[int]) -> Tensor:
    wide = logits if logits.dtype is torch.float64 else logits.float()
    return cross_entropy(wide, torch.tensor(targets, device=logits.device), reduction="sum")


def training_packs(rows: Sequence[Target], limit: int) -> list[TrainingPack]:
    """The micro-batches of one step: rows in order, at most `limit` tokens each with the shared trunk."""
    # The token before a row's first target predicts it, so it has to be the row's own.
    trunk = common_prefix([row.ids[: row.start - 1] for row in rows]) if len(rows) > 1 else 0
    trunk = trunk if trunk >= _WORTH_SHARING else 0
    return [
        TrainingPack(trunk, tuple(batch)) if len(batch) > 1 else TrainingPack(0, tuple(batch))
        for batch in filled(rows, max(1, limit - trunk), lambda row: _own(row, trunk))
    ]


def _own(row: Target, trunk: int) -> int:
    return len(row.ids) - 1 - trunk


def learning_rate(recipe: TrainingSpec, step: int, steps: int) -> float:
    """The rate of a step (from 0): linear warm-up, then the schedule down to 0, as Transformers' schedules."""
    warmup = math.ceil(recipe.warmup_ratio * steps)
    if step < warmup:
        return recipe.learning_rate * step / warmup
    left = (steps - step) / max(1, steps - warmup)
    factor = {"constant": 1.0, "linear": left, "cosine": 0.5 * (1.0 - math.cos(math.pi * left))}
    return recipe.learning_rate * factor[recipe.schedule]


def _batches(rows: int, recipe: TrainingSpec, seed: int) -> tuple[list[list[int]], dict[str, Tensor]]:
    """Row numbers of every step, and the draws behind them for the checkpoint."""
    generator = torch.Generator().manual_seed(seed)
    epochs = [torch.randperm(rows, generator=generator) for _ in range(recipe.epochs)]
    draws = {"order": torch.cat(epochs), "generator": generator.get_state()}
    return [batch for epoch in epochs for batch in _cut(epoch.tolist(), recipe.batch_size)], draws


def _cut(order: list[int], size: int) -> Iterator[list[int]]:
    for start in range(0, len(order), size):
        yield order[start : start + size]
