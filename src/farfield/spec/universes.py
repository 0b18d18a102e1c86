"""Universes: the other ways to ask the same models the same things, and what a study says of them."""

from itertools import product
from typing import Annotated, Literal, get_args

from pydantic import Field

from farfield.spec.arms import Frozen

__all__ = [
    "AnswerPrefix",
    "Bos",
    "DemoChoice",
    "Factor",
    "FactorValue",
    "LabelScoring",
    "Leaks",
    "MultiverseSpec",
    "Universe",
    "one_change",
]

LabelScoring = Literal["first_token", "whole_label"]
AnswerPrefix = Literal["", " "]
DemoChoice = Literal["fixed", "random", "nearest"]
Bos = bool | Literal["zero_shot"]
Leaks = Literal["leave_out", "keep"]
Factor = Literal["label_scoring", "template", "bos", "demo_choice", "chat", "answer_prefix", "leaks"]
FactorValue = str | int | bool
Number = Annotated[int, Field(ge=0)]

FACTORS: tuple[Factor, ...] = get_args(Factor)

_EVERY: dict[Factor, tuple[FactorValue, ...]] = {
    "label_scoring": get_args(LabelScoring),
    "bos": (True, False, "zero_shot"),
    "demo_choice": get_args(DemoChoice),
    "chat": (True, False),
    "answer_prefix": get_args(AnswerPrefix),
    "leaks": get_args(Leaks),
}


class Universe(Frozen):
    """One way to ask, as what it changes; None is as the study has it."""

    label_scoring: LabelScoring | None = None
    template: Number | None = None
    bos: Bos | None = None
    demo_choice: DemoChoice | None = None
    chat: bool | None = None
    answer_prefix: AnswerPrefix | None = None
    leaks: Leaks | None = None

    @property
    def changes(self) -> dict[Factor, FactorValue]:
        """Factor -> value, in the order of the factors."""
        return {factor: value for factor in FACTORS if (value := getattr(self, factor)) is not None}

    @property
    def name(self) -> str:
        """The changes in one line; empty for the study as it is."""
        return ", ".join(f"{factor}={value!r}" for factor, value in self.changes.items())


class MultiverseSpec(Frozen):
    """Factors whose values are all combined; the study's own value is always one of them."""

    label_scoring: tuple[LabelScoring, ...] = Field((), description="As the key of the study; so are those below.")
    template: tuple[Number, ...] = Field((), description="Numbers of the template to ask by, in place of the first.")
    bos: tuple[Bos, ...] = Field((), description="As the key of the study.")
    demo_choice: tuple[DemoChoice, ...] = Field((), description="As the key of the study.")
    chat: tuple[bool, ...] = Field((), description="As the key of the study.")
    answer_prefix: tuple[AnswerPrefix, ...] = Field((), description="As the key of the study.")
    leaks: tuple[Leaks, ...] = Field((), description="As the key of the study.")

    def product(self) -> list[Universe]:
        """Every combination, the fewest changes first."""
        values = [(None, *dict.fromkeys(getattr(self, factor))) for factor in FACTORS]
        found = [Universe(**dict(zip(FACTORS, chosen, strict=True))) for chosen in product(*values)]
        return sorted(found, key=lambda universe: len(universe.changes))


def one_change(factor: Factor, templates: int) -> list[Universe]:
    """The universes that change one factor alone, to any of its values; `templates` is how many a task has."""
    values = range(templates) if factor == "template" else _EVERY[factor]
    return [Universe.model_validate({factor: value}) for value in values]
