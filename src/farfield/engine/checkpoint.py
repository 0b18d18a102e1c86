"""The state of a training run on disk: one safetensors file, replaced whole or not at all.

No pickle, in any form: a checkpoint from elsewhere can at worst be refused.
"""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor
from torch.optim import Optimizer

__all__ = ["Keep", "Progressed", "load_checkpoint", "save_checkpoint"]

_MOMENTS = ("exp_avg", "exp_avg_sq", "step")


@dataclass(frozen=True, slots=True)
class Keep:
    """Where a training run keeps its state, and how often; a kill costs at most `seconds` of work."""

    path: Path
    seconds: float = 60.0


@dataclass(frozen=True, slots=True)
class Progressed:
    """How far a training run had come: steps done, their losses, and the order of rows it follows."""

    step: int
    losses: tuple[float, ...]


def save_checkpoint(
    path: Path,
    parameters: Mapping[str, Tensor],
    optimizer: Optimizer,
    progressed: Progressed,
    draws: Mapping[str, Tensor],
) -> None:
    """Writes parameters, moments, step, losses and the draws (row order, generator state), then renames."""
    tensors = {f"parameter/{name}": p.detach() for name, p in parameters.items()}
    for name, parameter in parameters.items():
        state = optimizer.state[parameter]
        tensors |= {f"{moment}/{name}": state[moment] for moment in _MOMENTS if moment in state}
    tensors |= {f"draw/{name}": value for name, value in draws.items()}
    tensors["losses"] = torch.tensor(progressed.losses, dtype=torch.float64)
    half = path.with_suffix(".half")
    save_file({name: t.contiguous().cpu() for name, t in tensors.items()}, half)
    with half.open("rb") as file:
        os.fsync(file.fileno())
    half.replace(path)


def load_checkpoint(
    path: Path, parameters: Mapping[str, Tensor], optimizer: Optimizer, draws: Mapping[str, Tensor]
) -> Progressed | None:
    """Puts a saved state back in place; None, and nothing touched, where there is none that fits this run."""
    try:
        with safe_open(path, framework="pt") as file:
            saved = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 (not a mapping)
    except (OSError, SafetensorError):
        return None  # never written, or damaged: the cell starts again
    if any(not torch.equal(saved.get(f"draw/{name}", torch.empty(0)), value) for name, value in draws.items()):
        return None
    if any(f"parameter/{name}" not in saved for name in parameters):
        return None
    losses = tuple(saved["losses"].tolist())
    with torch.no_grad():
        for name, parameter in parameters.items():
            parameter.copy_(saved[f"parameter/{name}"])
            optimizer.state[parameter] = {
                moment: _beside(parameter, saved[f"{moment}/{name}"])
                for moment in _MOMENTS
                if f"{moment}/{name}" in saved
            }
    return Progressed(len(losses), losses)


def _beside(parameter: Tensor, moment: Tensor) -> Tensor:
    # The step counter is a scalar that fused Adam keeps on the parameter's device, like the moments.
    return moment.to(parameter.device)
