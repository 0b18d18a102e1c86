"""One way to do a task, priced by simulation: outcomes and assumptions are drawn together."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

import numpy as np

from farfield.findings.economics.assumptions import Assumption, centre, drawn
from farfield.findings.economics.model import LEVEL, Basis, Choice, DomainMoney, Swing
from farfield.findings.economics.offers import Offer
from farfield.findings.economics.outcomes import PERSON, Ends
from farfield.findings.economics.savings import Cash, Running, cash, minutes_saved
from farfield.findings.scores import generator
from farfield.stats import Estimate, FloatArray, Number, Undefined, wilson

__all__ = ["Ground", "Priced", "interval", "priced", "with_chances"]

DRAWS = 2000
"""5 % of them lie below the lower end: 100, whose rank is known within a fifth."""


@dataclass(frozen=True, slots=True)
class Ground:
    """What all choices of a task stand on.

    Attributes:
        task: its name.
        known: its assumptions.
        months: horizon.
        home: the domain of the development rows.
        tiers: of the test domains.
        values: draws of the assumptions, by name; the same for all choices.
    """

    task: str
    known: tuple[Assumption, ...]
    months: int
    home: str
    tiers: Mapping[str, str]
    values: Mapping[str, FloatArray]

    @classmethod
    def of(cls, task: str, known: tuple[Assumption, ...], months: int, home: str, tiers: Mapping[str, str]) -> "Ground":
        """Draws the assumptions; those of one name are alike in all tasks, whose wages are the same."""
        values: dict[str, FloatArray] = {}
        for each in known:
            shared = not each.of and each.key not in _OF_A_TASK
            values |= drawn((each,), DRAWS, generator("assumed", each.name, "" if shared else task))
        return cls(task, known, months, home, tiers, values)

    @property
    def rows_of(self) -> tuple[str, ...]:
        """Test domains that have items."""
        return tuple(each.of for each in self.known if each.key == "items" and each.high > 0)


_Money = Callable[[Mapping[str, FloatArray], Mapping[str, FloatArray]], Cash]
_OF_A_TASK = ("handling_minutes", "check_minutes", "error_cost")


@dataclass(frozen=True, slots=True)
class Priced:
    """A choice, and what it was priced from.

    Attributes:
        money: draws of what it costs and brings.
        at_home: how items end in the domain of the development rows; of the first one with items where it has none.
        running: what its model takes.
    """

    choice: Choice
    money: Cash
    at_home: Ends
    running: Running

    @property
    def npv(self) -> FloatArray:
        """Draws of the net present value, `[draws]`."""
        return np.broadcast_to(self.money.npv, DRAWS)


def priced(offer: Offer, ground: Ground) -> Priced:
    """The money of one way to do a task."""
    domains = ground.rows_of
    ends = {domain: offer.ends[domain] for domain in domains}
    kinds = next(iter(offer.ends.values())).kinds
    running = Running(offer.kind != "prompting", offer.labels, offer.seconds or 0.0, offer.tokens, offer.training)
    shares, by_rows = ({d: _draws(e, ground, d, seeds=seeds) for d, e in ends.items()} for seeds in (True, False))
    means = {domain: each.mean for domain, each in ends.items()}
    middle = centre(ground.known)

    def money(values: Mapping[str, FloatArray], of: Mapping[str, FloatArray]) -> Cash:
        return cash(values, of, kinds, running, ground.months)

    whole, rows_only, point = money(ground.values, shares), money(middle, by_rows), money(middle, means)
    n = sum(each.rows for each in ends.values())
    auto = {domain: _automatic(ground.values, kinds, share) for domain, share in shares.items()}
    items = {domain: ground.values[f"items {domain}"] for domain in domains}
    total = np.maximum(sum(items.values()), 1e-12)
    choice = Choice(
        offer.kind,
        offer.arm,
        offer.train_rows,
        offer.thresholds,
        offer.limited,
        interval(sum(items[d] * auto[d] for d in domains) / total, n),
        interval(whole.once, n),
        interval(whole.fixed, n),
        interval(whole.monthly, n),
        _months(whole.payback, n),
        interval(whole.npv, n),
        float((whole.npv < 0).mean()),
        0.0,
        _even_right(point),
        _even_items(point),
        tuple(_swings(ground, money, means, rows_only.npv)),
        (float(rows_only.npv.mean()), float(rows_only.npv.std()), n),
        tuple(
            _domain(ground, domain, ends[domain], auto[domain], whole.saved[domain], bool(offer.thresholds))
            for domain in domains
        ),
        Basis(kinds, {domain: tuple(map(float, mean)) for domain, mean in means.items()}, running),
        offer.seconds is None,
    )
    return Priced(choice, whole, ends.get(ground.home, ends[domains[0]]), running)


def with_chances(found: list[Priced]) -> list[Priced]:
    """The same, each told how often it is worth most, and more than nothing; the most valuable first."""
    every = np.stack([each.npv for each in found])
    best = np.where(every.max(axis=0) > 0, every.argmax(axis=0), -1)
    told = [
        replace(each, choice=replace(each.choice, best=float((best == number).mean())))
        for number, each in enumerate(found)
    ]
    return sorted(told, key=lambda each: -_value(each.choice.npv))


def interval(draws: FloatArray, n: int) -> Estimate:
    """The mean of draws with the interval that holds 90 % of them."""
    whole = np.broadcast_to(np.asarray(draws, dtype=np.float64), DRAWS)
    low, high = np.quantile(whole, ((1 - LEVEL) / 2, (1 + LEVEL) / 2))
    return Estimate(float(whole.mean()), float(low), float(high), n, "bayesian-bootstrap", LEVEL)


def _months(draws: FloatArray, n: int) -> Estimate:
    """Median and interval of months that may be infinite, taken from draws themselves: none lies between two."""
    ends = np.quantile(np.broadcast_to(draws, DRAWS), (0.5, (1 - LEVEL) / 2, (1 + LEVEL) / 2), method="lower")
    return Estimate(float(ends[0]), float(ends[1]), float(ends[2]), n, "bayesian-bootstrap", LEVEL)


def _value(number: Estimate) -> float:
    return number.value


def _draws(ends: Ends, ground: Ground, domain: str, *, seeds: bool) -> FloatArray:
    # By the domain and its rows alone: choices that answered the same rows share their weights, and differ by answers.
    return ends.draws(DRAWS, generator("ends", ground.task, domain, ends.rows), seeds=seeds)


def _automatic(values: Mapping[str, FloatArray], kinds: tuple[str, ...], shares: FloatArray) -> FloatArray:
    if kinds[0] == PERSON:
        return np.asarray(1 - shares[..., 0])
    return np.asarray((shares * minutes_saved(values, kinds)).sum(axis=-1))


def _even_right(point: Cash) -> float | Undefined:
    if isinstance(point.even_right, Undefined):
        return point.even_right
    share = float(point.even_right)
    return max(0.0, share) if share <= 1 else Undefined("not even perfect answers would pay")


def _even_items(point: Cash) -> float | Undefined:
    items = float(point.even_items)
    return items if np.isfinite(items) else Undefined("an item saves nothing")


def _swings(ground: Ground, money: _Money, means: Mapping[str, FloatArray], by_rows: FloatArray) -> list[Swing]:
    found = []
    for each in ground.known:
        if each.ranged:
            low, high = (
                float(money(centre(ground.known, **{each.name: end}), means).npv) for end in (each.low, each.high)
            )
            found.append(Swing(each.name, low, high, each))
    rows = interval(by_rows, 0)
    found.append(Swing("rows", rows.low, rows.high, None))
    return sorted((each for each in found if each.width > 0), key=lambda each: -each.width)


def _domain(
    ground: Ground, domain: str, ends: Ends, auto: FloatArray, saved: FloatArray, guaranteed: bool
) -> DomainMoney:
    middle = centre(ground.known)
    told: Number = Undefined("drafts are neither right nor wrong", ends.rows)
    if ends.kinds[0] == PERSON:
        answered, wrong = int((ends.codes[0] > 0).sum()), int((ends.codes[0] > 1).sum())
        told = wilson(wrong, answered) if answered else Undefined("no row is answered", ends.rows)
    return DomainMoney(
        domain,
        ground.tiers[domain],
        float(middle[f"items {domain}"]),
        interval(auto, ends.rows),
        told,
        interval(saved, ends.rows),
        guaranteed and domain == ground.home,
    )
