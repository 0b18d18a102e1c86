"""What if the assumptions were others: all that the page's own script needs to count the money anew.

The static tables hold without the script. It knows the point model alone: mean shares of outcomes, one value for each
assumption, and thresholds as they were found. `templates/whatif.js` is the same for all pages; a page's own figures
and words lie beside it as JSON.
"""

import json
from collections.abc import Iterator, Mapping
from math import ceil, floor, log10

from farfield.findings import Assumption, Choice, Economics, TaskMoney
from farfield.report.assumed import name_text
from farfield.report.numbers import money_form, money_text
from farfield.report.words import Words

__all__ = ["SHOWN", "escaped", "slider_of", "whatif_data"]

SHOWN = 8
"""Sliders of a task that are seen at once; the others open on demand."""

_HORIZON = "horizon"
_ABOVE_ZERO = ("wage", "handling_minutes", "rows_to_false_alarm", "drift_allowed")
"""What the model divides by."""

_UNITS = ("money_hour", "minutes", "hours", "rows", "items", "times", "months")
_EVEN = ("no row is answered", "not even perfect answers would pay", "an item saves nothing")
_WORDS = (
    "whatif.note", "whatif.more", "whatif.reset", "whatif.best", "whatif.nothing", "whatif.static", "money.choice",
    "money.monthly", "money.payback", "money.npv", "money.even_right", "money.even_items", "months", "months.never",
    "items",
)  # fmt: skip


def whatif_data(found: Economics, say: Words) -> str:
    """The figures and words of all tasks as JSON that can stand inside a `script` element."""
    told, units = money_form(found.currency, say)
    words = {key: say(key, value="{value}") if key in ("months", "items") else _raw(key, say) for key in _WORDS}
    words |= {f"unit.{unit}": say(f"unit.{unit}", value="{value}") for unit in _UNITS}
    words |= {reason: say(f"reason.{reason}") for reason in _EVEN}
    tasks = [_task(task, found, say) for task in found.tasks]
    return escaped({"say": words, "sum": told, "units": units, "shown": SHOWN, "tasks": tasks})


def escaped(value: object) -> str:
    """JSON in ASCII without `<`, `>` and `&`: nothing in it can end the element that it stands in, or begin another."""
    text = json.dumps(value, ensure_ascii=True, allow_nan=False, separators=(",", ":"))
    for character in "<>&":
        text = text.replace(character, f"\\u{ord(character):04x}")
    return text


def slider_of(name: str, start: float, low: float, high: float, unit: str) -> Mapping[str, object] | None:
    """The places of a slider: `before` and `after` steps beside the start; None where 0 tells no scale.

    Every place is the start and a whole number of steps, so that the start itself can be come back to; the outer ones
    are cut to `least` and `most`, of which the higher is four times what was thought highest.

    Args:
        name: key of the assumption.
        start: its mean.
        low: its lowest value.
        high: its highest.
        unit: of all three.
    """
    if not high:
        return None
    rough = max(start, high - low) / 20
    size = 10.0 ** floor(log10(rough))
    step = next(times * size for times in (1, 2, 5, 10) if times * size >= rough)
    most = min(1.0, 4 * high) if unit == "share" else 4 * high
    before = ceil(start / step - 1e-9) - (name in _ABOVE_ZERO)
    return {"start": start, "step": step, "before": before, "after": ceil((most - start) / step - 1e-9),
            "least": step / 100 if name in _ABOVE_ZERO else 0.0, "most": most}  # fmt: skip


def _raw(key: str, say: Words) -> str:
    """A sentence with its places left open."""
    return say(key, choice="{choice}", monthly="{monthly}", payback="{payback}", npv="{npv}")


def _task(task: TaskMoney, found: Economics, say: Words) -> Mapping[str, object]:
    values = {each.name: each.mean for each in task.assumed}
    return {
        "legend": say("whatif.legend", task=task.task),
        "caption": say("whatif.caption", task=task.task),
        "values": values | {_HORIZON: float(found.months)},
        "sliders": list(_sliders(task, found, say)),
        "choices": [_choice(choice, found.currency, say) for choice in task.choices],
    }


def _choice(choice: Choice, currency: str, say: Words) -> Mapping[str, object]:
    of = choice.basis.running
    arm = say(f"baseline.{choice.arm}") if choice.kind == "baseline" else choice.arm
    return {
        "name": say(f"choice.{choice.kind}", arm=arm),
        "static": money_text(choice.npv, currency, say),
        "kinds": choice.basis.kinds,
        "shares": [[f"items {domain}", share] for domain, share in choice.basis.shares.items()],
        "learns": of.learns, "labels": of.labels, "seconds": of.seconds, "tokens": of.tokens, "training": of.training,
    }  # fmt: skip


def _sliders(task: TaskMoney, found: Economics, say: Words) -> Iterator[Mapping[str, object]]:
    """What matters most first, as the swings of the first choice have it; then the horizon; then the rest."""
    ranks = {swing.name: rank for rank, swing in enumerate(task.choices[0].swings)}
    ordered = sorted(_moving(task, found.months), key=lambda each: ranks.get(each.name, len(ranks)))
    made = []
    for each in ordered:
        places = slider_of(each.key, each.mean, each.low, each.high, each.unit)
        if places is not None:
            made.append({"name": each.name, "label": name_text(each, say), "unit": each.unit, **places})
    months = float(found.months)
    horizon = {"name": _HORIZON, "label": say("whatif.horizon"), "unit": "months", "start": months, "step": 1.0,
               "before": found.months - 1, "after": max(60, 2 * found.months) - found.months, "least": 1.0,
               "most": max(60.0, 2 * months)}  # fmt: skip
    yield from (*made[: SHOWN - 1], horizon, *made[SHOWN - 1 :])


def _moving(task: TaskMoney, months: int) -> list[Assumption]:
    """Assumptions that the money of some choice hangs on; the work to automate updates is of the plan alone."""
    import numpy as np

    middle = {each.name: np.asarray(each.mean) for each in task.assumed}

    def counted(values: Mapping[str, "np.ndarray[tuple[int, ...], np.dtype[np.float64]]"]) -> list[float]:
        return [float(choice.basis.money(values, months).npv) for choice in task.choices]

    at_means = counted(middle)
    return [
        each for each in task.assumed if counted(middle | {each.name: np.asarray(1.5 * each.mean + 0.01)}) != at_means
    ]
