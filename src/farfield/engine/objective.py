"""What a step minimises: the loss of each target token, and the terms that hold the model near its base.

A step's loss is `sum(weight · loss) / sum(weight)` over its targets, plus the weighted terms. With every remedy off
that is the mean cross-entropy and nothing else is computed.
"""

import copy
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import replace

import torch
from peft import PeftModel
from peft.tuners.lora.layer import Linear as LoraLinear
from torch import Tensor
from torch.nn.functional import cross_entropy
from transformers import PreTrainedModel

from farfield.engine.losses import TrainingPack, training_packs
from farfield.engine.protocol import Target
from farfield.errors import ModelError
from farfield.spec import Recipe

__all__ = ["Logits", "Objective", "kl", "masked", "noisy", "squared_distance", "token_losses", "with_prompts"]

# The logits that predict a pack's targets: `losses.pack_logits` or `losses.plain_logits`.
Logits = Callable[[torch.nn.Module, TrainingPack], Tensor]


class Objective:
    """The recipe's loss of a model that is being trained.

    Args:
        model: before its first step; what it says then, and its weights, are the base.
        recipe: which remedies are on.
        logits_of: how packs go forward.
    """

    def __init__(self, model: PreTrainedModel, recipe: Recipe, logits_of: Logits) -> None:
        self.model, self.recipe, self.logits_of = model, recipe, logits_of
        adapter = isinstance(model, PeftModel)
        # Adapters are switched off for what the base says; a model that learns in all weights needs its copy.
        self._copy = copy.deepcopy(model).requires_grad_(False) if recipe.kl_to_base and not adapter else None
        keeps = recipe.l2_to_base and not adapter
        self._before = {n: p.detach().clone() for n, p in model.named_parameters() if p.requires_grad} if keeps else {}

    def of_pack(self, model: torch.nn.Module, pack: TrainingPack, generator: torch.Generator) -> Tensor:
        """The weighted sum of the pack's token losses, in nats; `generator` draws the noise on embeddings."""
        recipe = self.recipe
        base = self._base_logits(pack) if recipe.kl_to_base else None
        with noisy(self.model, recipe.neftune_alpha, pack, generator):
            logits = self.logits_of(model, pack)
        targets = torch.tensor(pack.targets, device=logits.device)
        losses = token_losses(logits, targets, recipe)
        if base is not None:
            losses = losses + recipe.kl_to_base * kl(base, logits, targets if recipe.kl_over == "non_target" else None)
        weights = torch.tensor(pack.weights, dtype=losses.dtype, device=losses.device)
        return (losses * weights).sum()

    def of_weights(self) -> Tensor | None:
        """The weighted distance from the base weights; None where the recipe has no such term."""
        if not self.recipe.l2_to_base:
            return None
        return self.recipe.l2_to_base * squared_distance(self.model, self._before)

    @torch.no_grad()
    def _base_logits(self, pack: TrainingPack) -> Tensor:
        if self._copy is not None:
            return self.logits_of(self._copy, pack)
        off: AbstractContextManager[None] = self.model.disable_adapter()
        with off:
            return self.logits_of(self.model, pack)


def token_losses(logits: Tensor, targets: Tensor, recipe: Recipe) -> Tensor:
    """The loss of each target in nats, `[targets]`.

    Cross-entropy, smoothed where asked; or DFT (arXiv 2508.05629, eq. 8): cross-entropy times the target's own
    probability, through which no gradient goes.
    """
    if recipe.loss == "dft":
        logp = logits.log_softmax(-1).gather(-1, targets[:, None])[:, 0]
        return -logp.exp().detach() * logp
    return cross_entropy(logits, targets, reduction="none", label_smoothing=recipe.label_smoothing)


def kl(base: Tensor, tuned: Tensor, without: Tensor | None = None) -> Tensor:
    """KL(base‖tuned) at each place in nats, `[places]`, from logits; `without` leaves a token of each place out.

    Without it, both distributions are over the rest of the vocabulary: how the probability that isn't the target's
    is divided.
    """
    if without is not None:
        lowest = torch.finfo(tuned.dtype).min
        base, tuned = (logits.scatter(-1, without[:, None], lowest) for logits in (base, tuned))
    base_logp, tuned_logp = base.log_softmax(-1), tuned.log_softmax(-1)
    return (base_logp.exp() * (base_logp - tuned_logp)).sum(-1)


def squared_distance(model: torch.nn.Module, before: dict[str, Tensor]) -> Tensor:
    """Squared distance of the weights from the base's: of `before`, or of what the adapters add to their layers.

    An adapter's is `‖s B A‖² = s² tr((A Aᵀ)(BᵀB))`, which needs no matrix of the layer's own size.
    """
    if before:
        return torch.stack([(p - before[n]).square().sum() for n, p in model.named_parameters() if n in before]).sum()
    parts = []
    for layer in model.modules():
        if isinstance(layer, LoraLinear):
            name = layer.active_adapters[0]
            down, up = layer.lora_A[name].weight, layer.lora_B[name].weight
            parts.append(layer.scaling[name] ** 2 * ((down @ down.T) * (up.T @ up)).sum())
    return torch.stack(parts).sum()


@contextmanager
def _adding(model: PreTrainedModel, spread: Tensor, generator: torch.Generator) -> Iterator[None]:
    def add(module: torch.nn.Module, given: tuple[Tensor, ...], embedded: Tensor) -> Tensor:
        del module, given
        noise = torch.rand(embedded.shape, generator=generator).to(embedded) * 2 - 1
        return embedded + noise * spread[: embedded.shape[1], None]

    hook = model.get_input_embeddings().register_forward_hook(add)
    try:
        yield
    finally:
        hook.remove()


def noisy(
    model: PreTrainedModel, alpha: float, pack: TrainingPack, generator: torch.Generator
) -> AbstractContextManager[None]:
    """Uniform noise on embeddings, up to `alpha / sqrt(length · dim)` with the token's own row's length (NEFTune).

    Shared tokens get one draw for all rows of their micro-batch, where rows that share nothing draw each its own.
    """
    if not alpha:
        return nullcontext()
    dim = int(model.get_input_embeddings().weight.shape[1])
    lengths = torch.tensor(pack.lengths, dtype=torch.float32, device=model.device)
    return _adding(model, alpha / (lengths * dim).sqrt(), generator)


@torch.no_grad()
def masked(
    model: torch.nn.Module, rows: Sequence[Target], perplexity: float, logits_of: Logits, limit: int
) -> list[Target]:
    """The rows without the target tokens whose perplexity under the model is above the threshold (STM).

    Raises:
        ModelError: that leaves nothing to learn.
    """
    kept = []
    for pack in training_packs(rows, limit):
        logits = logits_of(model, pack)
        losses = cross_entropy(logits, torch.tensor(pack.targets, device=logits.device), reduction="none")
        learnt = iter(losses.exp().le(perplexity).tolist())
        kept += [replace(row, weights=tuple(c * next(learnt) for c in row.counts)) for row in pack.rows]
    if not any(any(row.weights) for row in kept):
        raise ModelError(
            f"every target token has a perplexity above {perplexity:g} under the base model: nothing is left to learn",
            where="token_mask",
            mend="raise token_mask",
        )
    return kept


def with_prompts(rows: Sequence[Target], weight: float) -> list[Target]:
    """The rows with their prompts learnt too, at a weight; the first token is never predicted."""
    return [Target(row.ids, 1, (weight,) * (row.start - 1) + row.counts) for row in rows]
