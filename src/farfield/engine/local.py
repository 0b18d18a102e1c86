"""The engine of this machine: a model folder in, back ends and trained weights out."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import torch
from transformers import PreTrainedModel

from farfield.engine.adapt import adapted, between, merged, save_trained
from farfield.engine.allocator import give_back
from farfield.engine.checkpoint import Keep
from farfield.engine.forms import packed_form
from farfield.engine.losses import pack_logits, plain_logits
from farfield.engine.memory import pack_tokens
from farfield.engine.movement import Moved, Remembered, divergences, movements
from farfield.engine.objective import Logits
from farfield.engine.open_backend import Opened, open_backend, sharing_fault
from farfield.engine.plain import PlainBackend
from farfield.engine.protocol import Target
from farfield.engine.surprise import Surprise, surprises
from farfield.engine.train import Forward, StepReport, Trained, train
from farfield.models import ModelFolder, load_model
from farfield.spec import Recipe

__all__ = ["Engine", "LocalEngine", "Settings"]


@dataclass(frozen=True, slots=True)
class Settings:
    """What a run fixes once for all its cells, because it decides how sums are rounded.

    Attributes:
        memory: bytes that the activations of a training micro-batch may take, or the prefixes that are held.
        threads: processor threads.
        precision: `fp32` or `bf16`.
    """

    memory: int
    threads: int
    precision: str = "fp32"


class Engine(Protocol):
    """What a study needs of an engine; a back end of another kind is a class with these methods."""

    def open(self, weights: Path | None = None, *, strength: float = 1.0, plain: bool = False) -> Opened:
        """The model as it is, or with a share of what the weights in a folder learnt; `plain` for one row at a time."""
        ...

    def moved(self, weights: Path, rows: Sequence[Sequence[Target]]) -> tuple[list[Moved], list[list[float]]]:
        """How far trained weights are from the base, and KL(base‖trained) of each row; see `movement`."""
        ...

    def surprised(self, weights: Path | None, rows: Sequence[Sequence[Target]]) -> list[list[Surprise]]:
        """How much each row's target surprises the model as it is, or the trained one; see `surprise`."""
        ...

    def write(self, weights: Path, folder: Path, *, strength: float = 1.0) -> None:
        """Writes the model that `open` would ask as safetensors and configuration that stand by themselves."""
        ...

    def train(
        self,
        rows: Sequence[Target],
        recipe: Recipe,
        seed: int,
        scratch: Path,
        watch: Callable[[StepReport], None],
    ) -> tuple[Trained, Callable[[Path], None]]:
        """Trains on `rows`; returns what was seen and a function that writes the weights to a folder."""
        ...


class LocalEngine:
    """Transformers models on the devices of this machine.

    Args:
        folder: the resolved model.
        settings: memory, threads and precision, from the run.
    """

    def __init__(self, folder: ModelFolder, settings: Settings) -> None:
        torch.set_num_threads(settings.threads)
        self.folder = folder
        self.settings = settings
        self.remembered = Remembered()

    def open(self, weights: Path | None = None, *, strength: float = 1.0, plain: bool = False) -> Opened:
        """See `Engine.open`."""
        give_back()
        model = self._with(weights, strength)
        return Opened(PlainBackend(model), "asked for") if plain else open_backend(model, memory=self.settings.memory)

    def train(
        self,
        rows: Sequence[Target],
        recipe: Recipe,
        seed: int,
        scratch: Path,
        watch: Callable[[StepReport], None],
    ) -> tuple[Trained, Callable[[Path], None]]:
        """See `Engine.train`; the state is kept in `scratch` about once a minute."""
        give_back()
        # Weights that learn stay in fp32 whatever the precision: steps of 1e-4 are lost in bf16's eight bits.
        model = load_model(self.folder, dtype=torch.float32, device=_device())
        shared = not sharing_fault(model)
        model = adapted(model, recipe, seed=seed)
        limit = 1
        if shared:
            packed_form(model)
            longest = max(len(row.ids) for row in rows)
            prompts = recipe.prompt_loss_weight > 0
            limit = pack_tokens(model, self.settings.memory, longest=longest, prompts=prompts)
        seen = train(
            model,
            rows,
            recipe,
            seed=seed,
            forward=Forward(limit, shared, self.settings.precision),
            keep=Keep(scratch / "checkpoint.safetensors"),
            watch=watch,
        )
        return seen, lambda target: save_trained(model, target, base=self.folder.name)

    def moved(self, weights: Path, rows: Sequence[Sequence[Target]]) -> tuple[list[Moved], list[list[float]]]:
        """See `Engine.moved`."""
        give_back()
        base, tuned = self._load(), self._with(weights)
        changes = list(movements(base, tuned))
        logits_of = _laid(base, tuned)
        return changes, [divergences(base, tuned, part, logits_of, self.remembered) for part in rows]

    def surprised(self, weights: Path | None, rows: Sequence[Sequence[Target]]) -> list[list[Surprise]]:
        """See `Engine.surprised`."""
        give_back()
        model = self._with(weights)
        logits_of = _laid(model)
        return [surprises(model, part, logits_of) for part in rows]

    def write(self, weights: Path, folder: Path, *, strength: float = 1.0) -> None:
        """See `Engine.write`; in the run's precision, so that it is the very model that was asked."""
        give_back()
        save_trained(self._with(weights, strength), folder, base=self.folder.name)

    def _with(self, weights: Path | None, strength: float = 1.0) -> PreTrainedModel:
        if weights is None:
            return self._load()
        if (weights / "adapter_config.json").exists():
            return merged(self._load(), weights, strength)
        tuned = self._load(ModelFolder(self.folder.name, weights, self.folder.fingerprint, self.folder.source))
        return tuned if strength == 1.0 else between(self._load(), tuned, strength)

    def _load(self, folder: ModelFolder | None = None) -> PreTrainedModel:
        dtype = torch.bfloat16 if self.settings.precision == "bf16" else torch.float32
        model: PreTrainedModel = load_model(folder or self.folder, dtype=dtype, device=_device())
        return model


def _laid(*models: PreTrainedModel) -> Logits:
    """Gives models of one kind the form that reads packs, where it is exact; returns how they are read."""
    if sharing_fault(models[0]):
        return plain_logits
    for model in models:
        packed_form(model)
    return pack_logits


def _device() -> torch.device:
    return torch.device("cuda" if torch.cuda.is_available() else "cpu")
