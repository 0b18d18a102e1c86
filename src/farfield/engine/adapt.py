"""Which weights learn, and how what they learnt is kept and put back."""

import math
import warnings
from pathlib import Path

import torch
from peft import LoraConfig, PeftModel, get_peft_model
from peft.tuners.lora import LoraLayer
from transformers import PreTrainedModel
from transformers.pytorch_utils import Conv1D

from farfield.errors import SpecError
from farfield.spec import Recipe

__all__ = ["adapted", "between", "merged", "save_trained", "set_checkpointing"]


def adapted(model: PreTrainedModel, recipe: Recipe, *, seed: int) -> PreTrainedModel:
    """The model with the weights that `recipe.method` trains, drawn from `seed`, requiring gradient.

    LoRA (arXiv 2106.09685) on every linear layer but the head, or on those that the recipe names, B at zero and A
    drawn as PEFT draws it, but from a generator of its own. Dropout is off: arms differ in what they are taught, not
    in noise.
    """
    for module in model.modules():
        if isinstance(module, torch.nn.Dropout):
            module.p = 0.0
    if recipe.method == "full":
        model.requires_grad_(True)
        adapted_model = model
    else:
        config = LoraConfig(
            r=recipe.lora_rank,
            lora_alpha=recipe.lora_alpha or 2 * recipe.lora_rank,
            target_modules=list(_targets(model, recipe)) or "all-linear",
            fan_in_fan_out=any(isinstance(module, Conv1D) for module in model.modules()),  # GPT-2 lays weights so
            task_type="CAUSAL_LM",
        )
        with warnings.catch_warnings():
            # PEFT still asks Transformers for a property by its old name.
            warnings.simplefilter("ignore", FutureWarning)
            adapted_model = get_peft_model(model, config)
        generator = torch.Generator().manual_seed(seed)
        for layer in adapted_model.modules():
            if isinstance(layer, LoraLayer):
                weight = layer.lora_A["default"].weight
                bound = 1 / math.sqrt(weight.shape[1])  # kaiming_uniform with a = sqrt(5)
                drawn = torch.empty(weight.shape).uniform_(-bound, bound, generator=generator)
                weight.data.copy_(drawn)
    if recipe.gradient_checkpointing:
        set_checkpointing(adapted_model, on=True)
    return adapted_model


def _targets(model: PreTrainedModel, recipe: Recipe) -> tuple[str, ...]:
    """The layers that get an adapter.

    Raises:
        SpecError: the model has no linear layer of a name.
    """
    linear = (torch.nn.Linear, Conv1D)
    names = {path.rpartition(".")[2] for path, module in model.named_modules() if isinstance(module, linear)}
    unknown = [name for name in recipe.target_modules if name not in names]
    if unknown:
        raise SpecError(
            f"the model has no linear layer named {unknown[0]!r}",
            where="target_modules",
            mend=f"choose among {', '.join(sorted(names))}",
        )
    return recipe.target_modules


def set_checkpointing(model: PreTrainedModel, *, on: bool) -> None:
    """Whether the model computes activations twice to hold fewer of them."""
    with warnings.catch_warnings():
        # Transformers 5 has a second name for each of the two and says so; both releases know these.
        warnings.simplefilter("ignore", FutureWarning)
        if on:
            model.gradient_checkpointing_enable(gradient_checkpointing_kwargs={"use_reentrant": False})
        else:
            model.gradient_checkpointing_disable()


def save_trained(model: PreTrainedModel, folder: Path, *, base: str) -> None:
    """Writes an adapter in PEFT's own form, or the whole model, as safetensors; `base` names the model below."""
    if isinstance(model, PeftModel):
        # The folder of the base model is a fact of this machine; its name is what another machine can use.
        model.peft_config["default"].base_model_name_or_path = base
    with warnings.catch_warnings():
        # PEFT would ask a hub whether the vocabulary changed; it never does here.
        warnings.simplefilter("ignore", UserWarning)
        model.save_pretrained(folder)
    (folder / "README.md").unlink(missing_ok=True)  # PEFT's empty model card


def merged(model: PreTrainedModel, folder: Path, strength: float = 1.0) -> PreTrainedModel:
    """The base model with a share of a saved adapter's update added to its weights, in evaluation mode."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", FutureWarning)
        adapted_model = PeftModel.from_pretrained(model, folder)
        for layer in adapted_model.modules():
            if isinstance(layer, LoraLayer):
                layer.scale_layer(strength)
        whole: PreTrainedModel = adapted_model.merge_and_unload()
    return whole.eval()


@torch.no_grad()
def between(base: PreTrainedModel, tuned: PreTrainedModel, strength: float) -> PreTrainedModel:
    """The tuned model moved back towards its base: `base + strength (tuned - base)` in every weight (WiSE-FT)."""
    before = dict(base.named_parameters())
    for name, weight in tuned.named_parameters():
        weight.copy_(torch.lerp(before[name].float(), weight.float(), strength))
    return tuned
