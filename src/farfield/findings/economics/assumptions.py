"""What the money model takes for granted: each figure's ends, its unit, and whether the study gives it."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from farfield.spec import ASSUMED, CURRENCIES, EDITED, HANDLING, BusinessSpec, StudySpec, TaskBusiness
from farfield.stats import FloatArray

__all__ = ["Assumption", "assumptions", "centre", "drawn"]

_UNITS = {
    "wage": "money_hour", "engineer_wage": "money_hour", "machine": "money_hour", "token_price": "money",
    "label_price": "money", "label_minutes": "minutes", "check": "share", "setup_hours": "hours",
    "run_hours": "hours", "discount": "share", "drift": "share", "drift_allowed": "share", "update_rows": "rows",
    "update_hours": "hours", "automation_hours": "hours", "rows_to_false_alarm": "rows", "alarm_hours": "hours",
}  # fmt: skip
_OPTIONAL = ("token_price", "label_price")


@dataclass(frozen=True, slots=True)
class Assumption:
    """One figure of the model.

    Attributes:
        key: what it is, such as `wage`.
        of: what it is told apart by, such as the domain of `items`; empty where there is one.
        unit: money, money_hour, minutes, hours, share, rows, items or times.
        low: its lowest value.
        likely: its likeliest; the middle of a range.
        high: its highest.
        triangular: drawn from a triangle over low, likely and high; else alike likely from low to high.
        given: whether the study file says it.
    """

    key: str
    of: str
    unit: str
    low: float
    likely: float
    high: float
    triangular: bool
    given: bool

    @property
    def name(self) -> str:
        """The key, and what it is told apart by."""
        return f"{self.key} {self.of}" if self.of else self.key

    @property
    def ranged(self) -> bool:
        """Whether it may be one thing or another."""
        return self.low < self.high

    @property
    def mean(self) -> float:
        """Of its draws."""
        return (self.low + self.likely + self.high) / 3 if self.triangular else (self.low + self.high) / 2


def assumptions(study: StudySpec, task: str) -> tuple[Assumption, ...]:
    """All figures that a task's money rests on.

    Args:
        study: whose `business:` names a currency.
        task: name of the task.
    """
    business = study.business
    spec = business.tasks.get(task, TaskBusiness())
    return (*_of_all(business), *_of_task(study, task, spec))


def _of_all(business: BusinessSpec) -> Iterator[Assumption]:
    prices = CURRENCIES.get(business.currency or "", {})
    for key, unit in _UNITS.items():
        given = getattr(business, key)
        if given is None and key not in _OPTIONAL:
            yield _assumed(key, "", unit, prices.get(key) or ASSUMED[key])
        elif given is not None:
            yield _assumed(key, "", unit, given, given=True)


def _of_task(study: StudySpec, name: str, spec: TaskBusiness) -> Iterator[Assumption]:
    task = study.tasks[name]
    for domain in (*task.in_domain, *task.out_of_domain, *task.later_time):
        items = (0.0,) if spec.items is not None else ASSUMED["items"]
        yield _assumed("items", domain, "items", (spec.items or {}).get(domain, items), given=spec.items is not None)
    handling = spec.handling_minutes
    yield _assumed("handling_minutes", "", "minutes", handling or HANDLING[task.kind], given=handling is not None)
    if task.kind == "generation":
        for start, times in () if spec.edit_minutes else EDITED.items():
            yield _assumed("edit_times", f"{start:g}", "times", times)
        for start, minutes in sorted((spec.edit_minutes or {}).items()):
            yield _assumed("edit_minutes", f"{start:g}", "minutes", minutes, given=True)
        return
    check, error = spec.check_minutes, spec.error_cost
    yield (
        _assumed("check_minutes", "", "minutes", check, given=True)
        if check
        else _assumed("check_times", "", "times", ASSUMED["check_times"])
    )
    yield (
        _assumed("error_cost", "", "money", error, given=True)
        if error
        else _assumed("error_times", "", "times", ASSUMED["error_times"])
    )
    for gold, costs in spec.costs.items():
        for said, cost in costs.items():
            yield _assumed("cost", f"{gold} → {said}", "money", cost, given=True)


def _assumed(key: str, of: str, unit: str, ends: tuple[float, ...], *, given: bool = False) -> Assumption:
    low, high = ends[0], ends[-1]
    likely = ends[1] if len(ends) == 3 else (low + high) / 2
    return Assumption(key, of, unit, low, likely, high, len(ends) == 3, given)


def centre(known: tuple[Assumption, ...], **changed: float) -> Mapping[str, FloatArray]:
    """Each figure at its mean, by name; some of them changed."""
    return {each.name: np.asarray(changed.get(each.name, each.mean)) for each in known}


def drawn(known: tuple[Assumption, ...], draws: int, rng: np.random.Generator) -> Mapping[str, FloatArray]:
    """Draws `[draws]` of each figure, independent of one another."""
    found = {}
    for each in known:
        if not each.ranged:
            found[each.name] = np.full(draws, each.low)
        elif each.triangular:
            found[each.name] = rng.triangular(each.low, each.likely, each.high, draws)
        else:
            found[each.name] = rng.uniform(each.low, each.high, draws)
    return found
