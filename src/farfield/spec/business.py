"""The `business:` part of a study file: what turns scores into money.

Whatever is left out is assumed, and the report lists it as an assumption. Every sum may be a range.
"""

import math
from collections.abc import Mapping
from typing import Annotated, Literal, Self, TypeAlias, get_args

from pydantic import BeforeValidator, Field, WithJsonSchema, field_validator, model_validator

from farfield.spec.arms import Frozen, Name, Size

__all__ = [
    "ASSUMED",
    "CURRENCIES",
    "EDITED",
    "HANDLING",
    "ROLES",
    "BusinessSpec",
    "Role",
    "Spread",
    "TaskBusiness",
]


def _ends(value: object) -> object:
    """A number, [low, high] or [low, likely, high] as the tuple of its numbers."""
    listed = list(value) if isinstance(value, list | tuple) else [value]
    numbers = [each for each in listed if isinstance(each, int | float) and not isinstance(each, bool)]
    if len(numbers) < len(listed) or not 1 <= len(listed) <= 3:
        raise ValueError("give a number, a range [low, high], or [low, likely, high]")
    if sorted(numbers) != numbers or numbers[0] < 0 or not all(map(math.isfinite, numbers)):
        raise ValueError(f"{listed} is no range from low to high of finite numbers of 0 or more")
    return tuple(map(float, numbers))


Spread: TypeAlias = Annotated[
    tuple[float, ...],
    BeforeValidator(_ends),
    WithJsonSchema(
        {
            "anyOf": [
                {"type": "number", "minimum": 0},
                {"type": "array", "items": {"type": "number", "minimum": 0}, "minItems": 1, "maxItems": 3},
            ]
        }
    ),
]
"""A number; a range [low, high], all of it alike likely; or [low, likely, high], a triangle."""

Role = Literal["owner", "expert", "engineer", "operator"]
ROLES: tuple[Role, ...] = get_args(Role)
"""Who it takes: who decides, who knows the items, who trains, who keeps it running."""

CURRENCIES: Mapping[str, Mapping[str, tuple[float, ...]]] = {
    "JPY": {"wage": (2000, 3500), "engineer_wage": (4000, 8000), "machine": (50, 400)},
    "USD": {"wage": (20, 40), "engineer_wage": (50, 100), "machine": (0.4, 3)},
    "EUR": {"wage": (20, 40), "engineer_wage": (45, 90), "machine": (0.4, 3)},
    "GBP": {"wage": (17, 35), "engineer_wage": (40, 80), "machine": (0.3, 2.5)},
}
"""Assumed prices an hour by currency; in any other currency they have to be given."""

ASSUMED: Mapping[str, tuple[float, ...]] = {
    "items": (200, 2000),
    "check": (0.02, 0.1),
    "check_times": (0.5,),
    "error_times": (2, 10),
    "label_minutes": (0.5, 3),
    "setup_hours": (16, 80),
    "run_hours": (2, 8),
    "discount": (0.03, 0.08),
    "drift": (0.02, 0.1),
    "drift_allowed": (0.05,),
    "update_rows": (50, 200),
    "update_hours": (4, 16),
    "automation_hours": (40, 160),
    "rows_to_false_alarm": (10_000,),
    "alarm_hours": (1, 4),
}
"""What is assumed of the rest; `…_times` are multiples of the minutes of handling, or of what they cost."""

HANDLING: Mapping[str, tuple[float, ...]] = {"classification": (1, 4), "generation": (5, 20)}
"""Assumed minutes that a person takes for an item, by kind of task."""

EDITED: Mapping[float, tuple[float, ...]] = {0.0: (1, 1.2), 0.2: (0.6, 1), 0.4: (0.3, 0.8), 0.6: (0.1, 0.4)}
"""Assumed editing of a written answer: from this score of the row on, this multiple of the minutes of handling."""

_MONEY = ("wage", "engineer_wage", "machine", "token_price", "label_price")


class TaskBusiness(Frozen):
    """What one task's items are worth."""

    items: dict[Name, Spread] | None = Field(
        None,
        description="Items a month by test domain; a domain that is not named has none (default 200 to 2,000 in each).",
    )
    handling_minutes: Spread | None = Field(
        None,
        description="Minutes that a person takes for an item (default 1 to 4 for labels, 5 to 20 for texts).",
    )
    check_minutes: Spread | None = Field(
        None, description="Minutes to check an automatic answer (default half of handling it)."
    )
    error_cost: Spread | None = Field(
        None,
        description="What a wrong automatic answer costs, in money (default 2 to 10 times what handling costs).",
    )
    costs: dict[str, dict[str, Spread]] = Field(
        {},
        description="What certain errors cost: gold label, then the label given; others cost `error_cost:`.",
    )
    edit_minutes: dict[float, Spread] | None = Field(
        None,
        description="Minutes to edit a written answer, by the score of the row (0 to 1) from which they hold; the "
        "first is 0 (default multiples of handling it: 1 to 1.2, from 0.2 on 0.6 to 1, from 0.4 on 0.3 to 0.8, from "
        "0.6 on 0.1 to 0.4).",
    )

    @field_validator("edit_minutes")
    @classmethod
    def _from_nothing(cls, bands: dict[float, Spread] | None) -> dict[float, Spread] | None:
        if bands is not None and (0.0 not in bands or not all(0 <= start < 1 for start in bands)):
            raise ValueError("the bands begin at 0, and each other at a score below 1")
        return bands


class BusinessSpec(Frozen):
    """What comes in, what people and machines cost, and how far ahead is looked."""

    currency: str | None = Field(
        None,
        pattern=r"^[A-Z]{3}$",
        description="ISO code of all money here, such as JPY (default yen in a Japanese report, else dollars).",
    )
    wage: Spread | None = Field(None, description="Money an hour of people who handle, check and label items.")
    engineer_wage: Spread | None = Field(None, description="Money an hour of people who train models and run them.")
    machine: Spread | None = Field(None, description="Money an hour of the machine that trains and answers.")
    token_price: Spread | None = Field(
        None, description="Money for a million tokens of a hosted model that answers (default none: own machine)."
    )
    label_minutes: Spread | None = Field(None, description="Minutes to label a row (default 0.5 to 3).")
    label_price: Spread | None = Field(
        None, description="Money for a labelled row, in place of minutes (0 for labels that are there already)."
    )
    check: Spread | None = Field(
        None, description="Share of automatic answers that a person must check (default 0.02 to 0.1)."
    )
    error_limit: float | None = Field(
        None,
        gt=0,
        lt=1,
        description="Most automatic answers that may be wrong, guaranteed on development rows; without it the cost of "
        "errors alone decides what is answered.",
    )
    setup_hours: Spread | None = Field(None, description="Engineer's hours to set a model up (default 16 to 80).")
    run_hours: Spread | None = Field(None, description="Engineer's hours a month to keep it running (default 2 to 8).")
    horizon: Size = Field(24, le=240, description="Months that are looked ahead.")
    discount: Spread | None = Field(None, description="Discount rate a year (default 0.03 to 0.08).")
    drift: Spread | None = Field(
        None, description="Accuracy that is lost a year without updates (default 0.02 to 0.1)."
    )
    drift_allowed: Spread | None = Field(
        None, description="Accuracy that may be lost before the model is trained again (default 0.05)."
    )
    update_rows: Spread | None = Field(None, description="New rows labelled for each update (default 50 to 200).")
    update_hours: Spread | None = Field(None, description="Engineer's hours for each update by hand (default 4 to 16).")
    automation_hours: Spread | None = Field(
        None, description="Engineer's hours to let updates run by themselves (default 40 to 160)."
    )
    rows_to_false_alarm: Spread | None = Field(
        None, description="Checked rows between two false alarms, on average (default 10,000)."
    )
    alarm_hours: Spread | None = Field(None, description="Engineer's hours to look into an alarm (default 1 to 4).")
    roles: tuple[Role, ...] | None = Field(
        None, description="Which of owner, expert, engineer and operator there are people for; others are lacking."
    )
    tasks: dict[Name, TaskBusiness] = Field({}, description="Items, minutes and errors, by task.")

    @field_validator("check", "drift", "drift_allowed", "discount")
    @classmethod
    def _shares(cls, share: Spread | None) -> Spread | None:
        if share and share[-1] > 1:
            raise ValueError("this is a share from 0 to 1, such as 0.05 for 5 %")
        return share

    @field_validator("drift_allowed", "rows_to_false_alarm")
    @classmethod
    def _above_nothing(cls, value: Spread | None) -> Spread | None:
        if value and value[0] <= 0:
            raise ValueError("this must be above 0")
        return value

    @model_validator(mode="after")
    def _priced(self) -> Self:
        sums = [key for key in _MONEY if getattr(self, key) is not None]
        sums += [f"tasks.{name}.error_cost" for name, task in self.tasks.items() if task.error_cost or task.costs]
        if self.currency is None and sums:
            raise ValueError(f"{sums[0]} is money, and there is no `currency:`; name one, such as JPY")
        if self.currency not in {None, *CURRENCIES}:
            lacking = [key for key in CURRENCIES["JPY"] if getattr(self, key) is None]
            if lacking:
                raise ValueError(f"nothing is assumed of prices in {self.currency}; give {', '.join(lacking)}")
        return self

    def in_currency(self, default: str) -> "BusinessSpec":
        """The same with a currency, which is `default` where none is named."""
        return self if self.currency else self.model_copy(update={"currency": default})

    def fault(self, name: str, kind: str, labels: tuple[str, ...], domains: tuple[str, ...]) -> str | None:
        """What doesn't fit a task of the study, as a sentence with its mend."""
        task, key = self.tasks[name], f"business.tasks.{name}"
        unknown = sorted(set(task.items or {}) - set(domains))
        if unknown:
            return f"{key}.items: {unknown[0]!r} is no test domain; they are {', '.join(domains)}"
        if kind == "generation":
            wrong = [each for each in ("error_cost", "costs", "check_minutes") if getattr(task, each)]
            return (
                f"{key}: a written answer is edited by a person; give `edit_minutes:`, not {wrong[0]}"
                if wrong
                else None
            )
        if task.edit_minutes:
            return f"{key}: labels are not edited; give `error_cost:`, not edit_minutes"
        named = [label for gold, given in task.costs.items() for label in (gold, *given)]
        strange = [label for label in named if label not in labels]
        return f"{key}.costs: {strange[0]!r} is no label; they are {', '.join(labels)}" if strange else None
