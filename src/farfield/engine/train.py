"""The training loop: one for every arm, because an arm is only the rows that it is given.

The rows of an optimiser step are laid end to end, the demos that they share once and with gradient; the head
runs on target tokens only. The loss is the mean over the step's target tokens, so how a step is cut into
micro-batches changes memory and nothing else.
"""

import math
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from accelerate import Accelerator
from accelerate.state import AcceleratorState
from torch import Tensor
from transformers import PreTrainedModel

from farfield.engine.checkpoint import Keep, Progressed, load_checkpoint, save_checkpoint
from farfield.engine.losses import TrainingPack, pack_logits, plain_logits, step_packs
from farfield.engine.objective import Logits, Objective, masked, with_prompts
from farfield.engine.protocol import Target
from farfield.spec import Recipe

__all__ = ["Forward", "StepReport", "Trained", "learning_rate", "train"]


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
    """What a training run leaves besides its weights.

    Attributes:
        losses: one a step, nats a target token.
        target_tokens: tokens that were learnt, every time counted.
        packed_tokens: tokens that went forward.
        limit: the most tokens of one micro-batch.
        seconds: without loading.
    """

    losses: tuple[float, ...]
    target_tokens: int
    packed_tokens: int
    limit: int
    seconds: float


def train(
    model: PreTrainedModel,
    rows: Sequence[Target],
    recipe: Recipe,
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
        recipe: epochs, rate, schedule, batch size, decay, clipping, remedies.
        seed: decides the order of rows, and noise where the recipe has it.
        forward: micro-batches, sharing and precision.
        keep: where the state is kept between kills; removed by the caller once the weights are safe.
        watch: called after every optimiser step.
    """
    # Accelerate keeps one precision a process; a second study in the same process may want another.
    AcceleratorState._reset_state()
    mixed = "bf16" if forward.precision == "bf16" else "no"
    accelerator = Accelerator(cpu=not torch.cuda.is_available(), mixed_precision=mixed)
    model.train()
    logits_of = pack_logits if forward.shared else plain_logits
    rows = _taught(model, rows, recipe, logits_of, forward.pack_tokens)
    objective = Objective(model, recipe, logits_of)
    named = {name: p for name, p in model.named_parameters() if p.requires_grad}
    optimizer = torch.optim.AdamW(named.values(), lr=recipe.learning_rate, weight_decay=recipe.weight_decay, fused=True)
    batches, draws = _batches(len(rows), recipe, seed)
    done = load_checkpoint(keep.path, named, optimizer, draws) if keep else None
    model, optimizer = accelerator.prepare(model, optimizer)
    losses = list(done.losses) if done else []
    tokens, started, saved = 0, time.monotonic(), time.monotonic()
    for step in range(len(losses), len(batches)):
        packs = step_packs([rows[i] for i in batches[step]], forward.pack_tokens)
        for group in optimizer.param_groups:
            group["lr"] = learning_rate(recipe, step, len(batches))
        losses.append(_step(accelerator, model, packs, objective, (seed, step)))
        accelerator.clip_grad_norm_(named.values(), recipe.max_grad_norm)
        optimizer.step()
        optimizer.zero_grad()
        tokens += sum(pack.tokens for pack in packs)
        watch(StepReport(step + 1, len(batches), losses[-1], tokens, time.monotonic() - started))
        if keep and time.monotonic() - saved >= keep.seconds:
            save_checkpoint(keep.path, named, optimizer, Progressed(step + 1, tuple(losses)), draws)
            saved = time.monotonic()
    model.eval()
    targets = recipe.epochs * sum(weight > 0 for row in rows for weight in row.counts)
    return Trained(tuple(losses), targets, tokens, forward.pack_tokens, time.monotonic() - started)


def _step(
    accelerator: Accelerator,
    model: torch.nn.Module,
    packs: Sequence[TrainingPack],
    objective: Objective,
    seed: tuple[int, int],
) -> float:
    """Gradients of one optimiser step; returns its loss."""
    counted = sum(weight for pack in packs for weight in pack.weights) or 1.0
    total = 0.0
    for number, pack in enumerate(packs):
        # Drawn anew for each micro-batch from its place, so a resumed run draws the same.
        generator = torch.Generator().manual_seed(_mixed(*seed, number))
        with accelerator.autocast():
            loss = objective.of_pack(model, pack, generator) / counted
        accelerator.backward(loss)
        total += float(loss.detach())
    term = objective.of_weights()
    if term is not None:
        accelerator.backward(term)
        total += float(term.detach())
    return total


def _mixed(*numbers: int) -> int:
    return int(np.random.SeedSequence(numbers).generate_state(1, np.uint64)[0])


def _taught(
    model: torch.nn.Module, rows: Sequence[Target], recipe: Recipe, logits_of: Logits, limit: int
) -> list[Target]:
    """The rows with what each of their tokens counts under the recipe; `model` is still the base."""
    taught = list(rows) if recipe.token_mask is None else masked(model, rows, recipe.token_mask, logits_of, limit)
    return with_prompts(taught, recipe.prompt_loss_weight) if recipe.prompt_loss_weight else taught


def learning_rate(recipe: Recipe, step: int, steps: int) -> float:
    """The rate of a step (from 0): linear warm-up, then the schedule down to 0, as Transformers' schedules."""
    warmup = math.ceil(recipe.warmup_ratio * steps)
    if step < warmup:
        return recipe.learning_rate * step / warmup
    left = (steps - step) / max(1, steps - warmup)
    factor = {"constant": 1.0, "linear": left, "cosine": 0.5 * (1.0 - math.cos(math.pi * left))}
    return recipe.learning_rate * factor[recipe.schedule]


def _batches(rows: int, recipe: Recipe, seed: int) -> tuple[list[list[int]], dict[str, Tensor]]:
    """Row numbers of every step, and the draws behind them for the checkpoint."""
    generator = torch.Generator().manual_seed(seed)
    epochs = [torch.randperm(rows, generator=generator) for _ in range(recipe.epochs)]
    draws = {"order": torch.cat(epochs), "generator": generator.get_state()}
    return [batch for epoch in epochs for batch in _cut(epoch.tolist(), recipe.batch_size)], draws


def _cut(order: list[int], size: int) -> Iterator[list[int]]:
    for start in range(0, len(order), size):
        yield order[start : start + size]
