"""What an item saves by how it ends, what a model costs, and what comes of both: from assumptions to money."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np

from farfield.findings.economics.arithmetic import (
    annuity,
    break_even_error,
    break_even_items,
    npv,
    payback,
    saved_by_draft,
    saved_by_right,
    saved_by_wrong,
)
from farfield.findings.economics.outcomes import PERSON, RIGHT, WRONG
from farfield.stats import FloatArray, Undefined

__all__ = ["Cash", "Running", "cash", "label_cost", "minutes_saved", "saved_by_kind", "starts_of", "updates_a_year"]

Values = Mapping[str, FloatArray]
_BANDS = ("edit_minutes ", "edit_times ")


@dataclass(frozen=True, slots=True)
class Running:
    """What a model takes besides the outcomes of its answers.

    Attributes:
        learns: whether it is trained, and so has to be updated.
        labels: labelled rows at the start.
        seconds: to answer an item.
        tokens: read and written for an item.
        training: seconds of one training.
    """

    learns: bool
    labels: int
    seconds: float
    tokens: float
    training: float


@dataclass(frozen=True, slots=True)
class Cash:
    """Money under given assumptions and shares of outcomes; arrays of draws, or single numbers.

    Attributes:
        once: at the start.
        fixed: a month, whatever comes in.
        saved: a month by test domain, answering paid.
        monthly: what remains.
        npv: net present value.
        payback: months.
        even_items: items a month at which nothing is won or lost, by domain as they are.
        even_right: share of automatic answers, or of minutes, at which that is so; above 1 where none suffices.
    """

    once: FloatArray
    fixed: FloatArray
    saved: Mapping[str, FloatArray]
    monthly: FloatArray
    npv: FloatArray
    payback: FloatArray
    even_items: FloatArray
    even_right: FloatArray | Undefined


def starts_of(values: Values) -> list[float]:
    """Where bands of quality begin, rising; empty for a classifier."""
    return sorted(float(name.split(" ")[1]) for name in values if name.startswith(_BANDS))


def saved_by_kind(values: Values, named: Iterable[str] = ()) -> dict[str, FloatArray]:
    """What an item saves by kind of outcome, before its answering is paid.

    Args:
        values: the assumptions by name.
        named: errors that cost otherwise than `error_cost`.
    """
    handled = _handled(values)
    watched = values["alarm_hours"] * values["engineer_wage"] / values["rows_to_false_alarm"]
    if starts := starts_of(values):
        # Whoever edits a draft has checked it: each tells whether the model has gone stale.
        return {f"{start:g}": saved_by_draft(handled, _edited(values, start)) - watched for start in starts}
    check, error = values["check"], values.get("error_cost")
    minutes = values.get("check_minutes")
    checked = handled * values["check_times"] if minutes is None else values["wage"] * minutes / 60
    checked = checked + watched
    error = handled * values["error_times"] if error is None else error
    costs = {WRONG: error, **{name: values[name] for name in named}}
    return {
        PERSON: np.zeros_like(handled),
        RIGHT: saved_by_right(handled, checked, check),
        **{name: saved_by_wrong(handled, checked, check, cost) for name, cost in costs.items()},
    }


def minutes_saved(values: Values, kinds: Iterable[str]) -> FloatArray:
    """Share of a person's minutes that each kind of draft saves, `[..., kinds]`."""
    handled = _handled(values)
    return np.stack([1 - _edited(values, float(kind)) / handled for kind in kinds], axis=-1)


def label_cost(values: Values) -> FloatArray:
    """What one labelled row costs."""
    price = values.get("label_price")
    return values["wage"] * values["label_minutes"] / 60 if price is None else price


def updates_a_year(values: Values) -> FloatArray:
    """How often the accuracy that may be lost is lost."""
    return values["drift"] / values["drift_allowed"]


def cash(values: Values, shares: Mapping[str, FloatArray], kinds: tuple[str, ...], of: Running, months: int) -> Cash:
    """What a way to do the work brings and costs.

    Args:
        values: the assumptions by name, each `[draws]` or a single number.
        shares: by test domain, shares of the kinds of outcome, `[draws, kinds]` or `[kinds]`.
        kinds: names of the kinds.
        of: what its model takes.
        months: the horizon.
    """
    by_kind = saved_by_kind(values, kinds[3:] if kinds[0] == PERSON else ())
    worth = np.stack(np.broadcast_arrays(*(by_kind[kind] for kind in kinds)), axis=-1)
    answering = _answering(values, of)
    items = {domain: values[f"items {domain}"] for domain in shares}
    gross = {domain: (shares[domain] * worth).sum(axis=-1) for domain in shares}
    saved = {domain: items[domain] * (gross[domain] - answering) for domain in shares}
    once = values["engineer_wage"] * values["setup_hours"] + of.labels * label_cost(values) + _trained(values, of)
    fixed = _fixed(values, of)
    monthly = sum(saved.values()) - fixed
    total = sum(items.values())
    some = np.where(total > 0, total, 1.0)
    needed = (once / annuity(values["discount"], months) + fixed) / some + answering
    mixed = sum(items[domain][..., None] * shares[domain] for domain in shares) / some[..., None]
    return Cash(
        once,
        fixed,
        saved,
        monthly,
        npv(once, monthly, values["discount"], months),
        payback(once, monthly, values["discount"]),
        break_even_items(once, fixed, sum(saved.values()) / some, values["discount"], months),
        _even_right(values, kinds, np.asarray(mixed), worth, needed),
    )


def _even_right(
    values: Values, kinds: tuple[str, ...], mixed: FloatArray, worth: FloatArray, needed: FloatArray
) -> FloatArray | Undefined:
    if kinds[0] != PERSON:
        return np.asarray(needed / _handled(values))
    answered = mixed[..., 1:].sum(axis=-1)
    if not np.any(answered > 0):
        return Undefined("no row is answered")
    wrong = mixed[..., 2:].sum(axis=-1)
    mean = (mixed[..., 2:] * worth[..., 2:]).sum(axis=-1) / np.where(wrong > 0, wrong, 1.0)
    return 1 - break_even_error(needed, answered, worth[..., 1], mean)


def _handled(values: Values) -> FloatArray:
    return values["wage"] * values["handling_minutes"] / 60


def _edited(values: Values, start: float) -> FloatArray:
    minutes = values.get(f"edit_minutes {start:g}")
    return _handled(values) * values[f"edit_times {start:g}"] if minutes is None else values["wage"] * minutes / 60


def _answering(values: Values, of: Running) -> FloatArray:
    hosted = values.get("token_price")
    if hosted is not None and of.tokens:
        return hosted * of.tokens / 1e6
    return values["machine"] * of.seconds / 3600


def _trained(values: Values, of: Running) -> FloatArray:
    return values["machine"] * of.training / 3600


def _fixed(values: Values, of: Running) -> FloatArray:
    running = values["engineer_wage"] * values["run_hours"]
    if not of.learns:
        return running
    update = values["engineer_wage"] * values["update_hours"] + values["update_rows"] * label_cost(values)
    return running + updates_a_year(values) / 12 * (update + _trained(values, of))
