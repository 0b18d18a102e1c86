"""What is compared: arms as values, the study's training, and the recipe that both make together.

A further way to train is a key of `Remedies` and its term in `engine/objective.py`; nothing else has to know it.
"""

import re
from collections.abc import Sequence
from itertools import product
from typing import Annotated, Literal, Self, TypeVar

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from farfield.spec.grammar import fault_of
from farfield.spec.template import Template

__all__ = ["ArmSpec", "Format", "Frozen", "Name", "Recipe", "Remedies", "SearchSpec", "Size", "TrainingSpec"]

Count = Annotated[int, Field(ge=0)]
Size = Annotated[int, Field(ge=1)]
Choices = Annotated[tuple[Annotated[str, Field(min_length=1, coerce_numbers_to_str=True)], ...], Field(min_length=1)]
Epochs = Size | Annotated[tuple[Size, ...], Field(min_length=1)]
Rate = Annotated[float, Field(gt=0)]
Rates = Rate | Annotated[tuple[Rate, ...], Field(min_length=1)]
Strength = Annotated[float, Field(ge=0, le=1)]
Name = Annotated[str, Field(pattern=r"^[^\s/\\.][^/\\]*$", max_length=80)]


class Frozen(BaseModel):
    """Parsed once, never changed; an unknown key is an error."""

    model_config = ConfigDict(extra="forbid", frozen=True)


# What development rows may choose; a recipe has one of each.
_CHOSEN = ("learning_rate", "epochs")


class _Training(Frozen):
    method: Literal["lora", "full"] = Field("lora", description="Train a low-rank adapter, or all weights.")
    lora_rank: Size = Field(16, description="Rank of the adapter.")
    lora_alpha: Size | None = Field(None, description="Scale of the adapter (default twice the rank).")
    schedule: Literal["linear", "cosine", "constant"] = Field("linear", description="How the learning rate falls.")
    warmup_ratio: float = Field(0.0, ge=0, lt=1, description="Share of the steps during which the rate rises.")
    batch_size: Size = Field(16, description="Examples per optimiser step.")
    max_length: Size = Field(1024, description="Most tokens of a training row; longer rows are left out and listed.")
    weight_decay: float = Field(0.0, ge=0, description="Decay of weights per step, as AdamW has it.")
    max_grad_norm: float = Field(1.0, gt=0, description="Gradients are clipped to this norm.")
    gradient_checkpointing: bool = Field(False, description="Computes activations twice to hold fewer of them.")


class TrainingSpec(_Training):
    """How trained arms are trained, unless an arm says otherwise."""

    epochs: Epochs = Field(2, description="Times that every row is seen; of several, an arm's development rows choose.")
    learning_rate: Rates = Field(
        5e-4, description="Highest learning rate; of several, each arm's development rows choose its own."
    )
    train_rows: tuple[Size, ...] = Field(min_length=1, description="Sizes of training set to try, in rows.")


class Remedies(Frozen):
    """What an arm may add to plain fine-tuning; each is off by default, and they can be combined."""

    target_modules: tuple[str, ...] = Field(
        (), description="Names of the linear layers that get an adapter, such as [v_proj] (default all)."
    )
    loss: Literal["cross_entropy", "dft"] = Field(
        "cross_entropy", description="dft weighs each token's loss by its own probability (arXiv 2508.05629)."
    )
    label_smoothing: float = Field(0.0, ge=0, lt=1, description="Share of the target spread over the vocabulary.")
    prompt_loss_weight: float = Field(
        0.0, ge=0, le=1, description="Weight of prompt tokens in the loss (instruction modelling, arXiv 2405.14394)."
    )
    token_mask: float | None = Field(
        None,
        gt=1,
        description="Target tokens above this perplexity under the base model aren't learnt; 2.5 (arXiv 2501.14315).",
    )
    neftune_alpha: float = Field(
        0.0, ge=0, description="Noise on embeddings in training; 5 is usual (NEFTune, arXiv 2310.05914)."
    )
    l2_to_base: float = Field(
        0.0, ge=0, description="Weight of the squared distance from the base weights (L2-SP, arXiv 1802.01483)."
    )
    kl_to_base: float = Field(
        0.0, ge=0, description="Weight of KL(base‖tuned) at target positions, a mean over tokens in nats."
    )
    kl_over: Literal["vocabulary", "non_target"] = Field(
        "vocabulary", description="Whether that KL covers all tokens or leaves the target out (arXiv 2605.29498)."
    )

    @model_validator(mode="after")
    def _combinable(self) -> Self:
        if self.loss == "dft" and self.label_smoothing:
            raise ValueError("`loss: dft` weighs the target's own probability, which label_smoothing spreads; drop one")
        if self.kl_over == "non_target" and not self.kl_to_base:
            raise ValueError("kl_over needs kl_to_base, the weight of the term")
        return self


class Recipe(_Training, Remedies):
    """How one arm is trained: the study's training with what the arm says otherwise, and its remedies."""

    epochs: Size = 2
    learning_rate: Rate = 5e-4

    @property
    def parts(self) -> dict[str, object]:
        """What decides the outcome; a remedy that is off is as if it had never been thought of."""
        return self.model_dump(include={*_Training.model_fields, *_CHOSEN}) | self._on

    @property
    def remedies(self) -> tuple[str, ...]:
        """Names of the remedies that are on."""
        return tuple(self._on)

    @property
    def _on(self) -> dict[str, object]:
        return self.model_dump(include=set(Remedies.model_fields), exclude_defaults=True)


class SearchSpec(Frozen):
    """A search for the form of prompt that serves the untrained model best on development rows."""

    candidates: Size = Field(
        32,
        description="Forms of prompt that are drawn (which demos, their order, number and template) and halved round "
        "by round while their development rows double (arXiv 1502.07943), beside the study's own forms.",
    )
    shots: tuple[Size, ...] = Field(
        (), description="Numbers of demos to try (default the task's `shots:`; of a trained arm its `train_shots:`)."
    )
    seed: Count = Field(0, description="Another seed draws other forms.")


class Format(Frozen):
    """What a whole written answer must look like: an expression, or a template with choices."""

    expression: str = Field("", description="Regular expression that a whole answer must match, such as '[0-9]{4}'.")
    template: str = Field("", description='Answer with named choices, such as "{part}: {defect}", for an expression.')
    slots: dict[str, Choices] = Field({}, description="The choices of each name in the template.")

    @model_validator(mode="after")
    def _matchable(self) -> Self:
        if bool(self.expression) == bool(self.template):
            raise ValueError("give a regular expression, or a `template:` with its `slots:`")
        if odd := set(Template(self.template).fields) ^ set(self.slots):
            raise ValueError(f"each name in the template, and no other, needs choices in `slots:`; mend {min(odd)!r}")
        return self

    @property
    def pattern(self) -> str:
        """The regular expression that the whole answer must match."""
        choices = {name: f"(?:{'|'.join(map(re.escape, texts))})" for name, texts in self.slots.items()}
        return self.expression or Template(self.template).expression(choices)

    def fault(self, stop: str) -> str:
        """Why no answer that ends at `stop` can have this format; empty where one can."""
        return fault_of(self.pattern, stop)


def _from_text(value: object) -> object:
    return {"expression": value} if isinstance(value, str) else value


class ArmSpec(Remedies):
    """What is compared: a value, not a program."""

    trained: bool = Field(
        False, description="Whether the model is fine-tuned; without it the arm is the model as it is."
    )
    train_shots: Count = Field(0, description="Demos inside each training prompt (FTICL); 0 is plain fine-tuning.")
    search: SearchSpec | None = Field(
        None,
        description="Finds each task's best demos (of the training domain's `demos:`), their order, number and "
        "template on development rows; the arm is then trained and asked in that form alone ({} for the defaults).",
    )
    strengths: tuple[Strength, ...] = Field(
        (1.0,),
        min_length=1,
        description="Shares of what was learnt to evaluate, from one training: 0 is the base, 1 the tuned model "
        "(WiSE-FT, arXiv 2109.01903).",
    )
    format: dict[Name, Annotated[Format, BeforeValidator(_from_text, json_schema_input_type=str | Format)]] = Field(
        {},
        description="For a generation task, what a whole answer must look like: a regular expression, or a template "
        "with slots. It narrows what is written, in evaluation; training knows nothing of it.",
    )
    tasks: tuple[Name, ...] = Field(
        (),
        description="Tasks to train on together, as one model; the arm exists for these alone (default each its own).",
    )
    temperature: float = Field(
        1.0,
        gt=0,
        description="Evens out the shares of `tasks:`: each counts as its rows to the power 1/temperature "
        "(arXiv 1910.10683, section 3.5.2).",
    )
    replay: float = Field(
        0.0, ge=0, lt=1, description="Share of the training rows that is taken from the other tasks, in equal parts."
    )
    replay_answers: Literal["gold", "base"] = Field(
        "gold",
        description="Whose answers replayed rows teach: their own, or what the base model says (arXiv 2403.01244).",
    )
    too_long: Literal["leave_out", "cut", "cut_alike"] = Field(
        "leave_out",
        description="Rows that don't fit max_length with the study's longest prompt: leave_out (for all arms alike); "
        "cut: train on them without the end of the target, as arXiv 2403.09162 did; cut_alike: cut each target "
        "where the study's longest prompt would, so that arms with and without demos learn the same tokens.",
    )
    method: Literal["lora", "full"] | None = Field(None, description="As in `training:`, for this arm.")
    lora_rank: Size | None = Field(None, description="As in `training:`, for this arm.")
    lora_alpha: Size | None = Field(None, description="As in `training:`, for this arm.")
    epochs: Epochs | None = Field(None, description="As in `training:`, for this arm.")
    learning_rate: Rates | None = Field(None, description="As in `training:`, for this arm.")

    @model_validator(mode="after")
    def _possible(self) -> Self:
        given = list(self.model_dump(exclude={"trained", "search", "format"}, exclude_defaults=True))
        if given and not self.trained:
            seen = "; an untrained arm sees demos through `shots:`" if "train_shots" in given else ""
            raise ValueError(f"{given[0]} needs `trained: true`{seen}")
        if self.search and self.trained and not self.train_shots:
            raise ValueError("`search:` finds demos, and this arm trains without any; give it `train_shots:`")
        if self.search and self.too_long != "leave_out":
            raise ValueError("rows fit every form that `search:` may find, so too_long cuts nothing; drop one")
        if len(set(self.tasks)) < len(self.tasks):
            raise ValueError("a task stands twice in `tasks:`")
        if self.temperature != 1.0 and not self.tasks:
            raise ValueError("temperature needs `tasks:`, whose shares it evens out")
        if self.replay_answers != "gold" and not self.replay:
            raise ValueError("replay_answers needs `replay:`, the share of rows")
        return self

    @property
    def plain(self) -> bool:
        """Whether the arm is trained on its task's rows, those that fit, without a remedy, and writes freely."""
        beside = {"tasks", "replay", "format", "too_long", *Remedies.model_fields}
        given = self.model_dump(include=beside, exclude_defaults=True)
        return self.trained and not given

    @property
    def dial(self) -> tuple[float, ...]:
        """The strengths to evaluate, rising; the whole of what was learnt is always one."""
        return tuple(sorted({*self.strengths, 1.0}))

    def searched_shots(self, asked: Sequence[int]) -> tuple[int, ...]:
        """The numbers of demos that its search tries on a task with this `shots:`, rising; none without a search."""
        if self.search is None:
            return ()
        return tuple(sorted({*(self.search.shots or ((self.train_shots,) if self.trained else asked))}))

    def recipes(self, training: TrainingSpec) -> tuple[Recipe, ...]:
        """How the arm may be trained in a study with this `training:`, the gentlest first."""
        keys = {*_Training.model_fields, *_CHOSEN}
        own = self.model_dump(include=keys, exclude_none=True) | self.model_dump(include=set(Remedies.model_fields))
        given = training.model_dump(include=keys) | own
        tried = product(_several(given.pop("learning_rate")), _several(given.pop("epochs")))
        return tuple(Recipe(**given, learning_rate=rate, epochs=epochs) for rate, epochs in tried)


T = TypeVar("T", int, float)


def _several(values: T | Sequence[T]) -> list[T]:
    return sorted(set(values)) if isinstance(values, Sequence) else [values]
