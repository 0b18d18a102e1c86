"""What a model asks of people each month, forecast before it runs: hours by kind of work, and whose they are."""

from collections.abc import Iterator, Mapping, Sequence

import numpy as np

from farfield.findings.economics.model import Burden, BurdenLine, Choice, RoleCard
from farfield.findings.economics.pricing import Ground, Priced, interval
from farfield.findings.economics.savings import updates_a_year
from farfield.spec import ROLES, Role
from farfield.stats import Estimate, FloatArray

__all__ = ["burden_of"]

_WORK: Mapping[Role, tuple[str, ...]] = {
    "owner": ("decide",),
    "expert": ("handling", "review", "labels"),
    "engineer": ("retraining",),
    "operator": ("running", "alarms"),
}


def burden_of(ground: Ground, best: Priced, roles: Sequence[str] | None) -> Burden:
    """The burden of the first choice of a task.

    Args:
        ground: of the task.
        best: the choice, with what its model takes.
        roles: which there are people for; None where nobody said.
    """
    lines = tuple(_lines(ground, best.choice, best))
    cards = tuple(_card(role, lines, roles) for role in ROLES)
    n = best.choice.npv.n
    yearly = updates_a_year(ground.values) if best.running.learns else np.zeros(1)
    return Burden(ground.task, best.choice.arm, interval(yearly, n), lines, cards)


def _lines(ground: Ground, choice: Choice, best: Priced) -> Iterator[BurdenLine]:
    values, n = ground.values, choice.npv.n
    items = sum(values[f"items {domain}"] for domain in ground.rows_of)
    handling = values["handling_minutes"] / 60
    auto = np.full_like(items, choice.automatic.value if isinstance(choice.automatic, Estimate) else 0.0)
    drafts = "check" in values and _edits(values)
    checked = items if drafts else items * auto * values["check"]
    minutes = values.get("check_minutes", values["handling_minutes"] * values.get("check_times", np.zeros(1)))

    def line(work: str, role: str, hours: FloatArray, *rests: str) -> BurdenLine:
        return BurdenLine(work, role, interval(hours, n), rests)

    yield line("handling", "expert", items * (1 - auto) * handling, "items", "handling_minutes")
    if not drafts:  # who edits a draft has checked it
        yield line("review", "expert", checked * minutes / 60, "items", "check", "check_minutes")
    if best.running.learns:
        monthly = updates_a_year(values) / 12
        labels = monthly * values["update_rows"] * values["label_minutes"] / 60
        yield line("labels", "expert", labels, "drift", "drift_allowed", "update_rows", "label_minutes")
        hands = monthly * values["update_hours"]
        yield line("retraining", "engineer", hands, "drift", "drift_allowed", "update_hours")
        machine = monthly * best.running.training / 3600
        yield line("machine", "machine", machine, "drift", "drift_allowed")
    alarms = checked / values["rows_to_false_alarm"] * values["alarm_hours"]
    yield line("alarms", "operator", alarms, "items", "check", "rows_to_false_alarm", "alarm_hours")
    yield line("running", "operator", values["run_hours"], "run_hours")


def _edits(values: Mapping[str, FloatArray]) -> bool:
    return any(name.startswith("edit_") for name in values)


def _card(role: Role, lines: Sequence[BurdenLine], roles: Sequence[str] | None) -> RoleCard:
    mine = [line.hours for line in lines if line.role == role]
    # Ends are added as they are: work of one role rises and falls with the same items, so this is hardly too wide.
    low, value, high = (sum(getattr(hours, end) for hours in mine) for end in ("low", "value", "high"))
    n = mine[0].n if mine else 0
    hours = Estimate(value, low, high, n, "bayesian-bootstrap", 0.90)
    return RoleCard(role, _WORK[role], hours, None if roles is None else role in roles)
