"""The accuracy of a classifier where nobody labelled its answers, from how sure it is there.

Each way takes for granted that confidence means in the new domain what it meant where labels are known. That can be
wrong without any sign, so an estimate is worth what it was worth on domains whose labels are known: see
`leave_one_domain_out`.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from farfield.stats.bootstrap import bootstrap_mean
from farfield.stats.estimate import Number, Undefined
from farfield.stats.few import MOST, few_mean
from farfield.stats.resampling import FloatArray

__all__ = [
    "WAYS",
    "Known",
    "Trial",
    "agreed",
    "average_confidence",
    "foretold",
    "leave_one_domain_out",
    "threshold_confidence",
    "together",
    "transported_confidence",
]


@dataclass(frozen=True, slots=True)
class Known:
    """Rows whose labels are known.

    Attributes:
        shares: probabilities that the model gives the labels, `[n, labels]`.
        gold: number of the right label, `[n]`.
    """

    shares: FloatArray
    gold: NDArray[np.intp]

    @property
    def right(self) -> NDArray[np.bool_]:
        """Which rows the model gets right, `[n]`."""
        return np.asarray(self.shares.argmax(axis=1) == self.gold)

    @property
    def accuracy(self) -> float:
        """The share that it gets right."""
        return float(self.right.mean())


@dataclass(frozen=True, slots=True)
class Trial:
    """How far each way is off in domains whose labels are known, each in turn taken for one without.

    Attributes:
        domains: their names, `[k]`.
        measured: accuracy in each, `[k]`.
        off: by way, the estimate minus the measured accuracy, `[k]`. Beside the `WAYS`: `assumed` estimates nothing and
            says what the model scores at home; `agreement` where other models answered the same rows;
            `fitted_confidence` where there are two further domains or more.
        noise: the mean distance that the true accuracies themselves would show, as measured on so many rows.
    """

    domains: tuple[str, ...]
    measured: FloatArray
    off: Mapping[str, FloatArray]
    noise: float

    def mean(self, way: str) -> float:
        """The mean distance from the measured accuracy."""
        return float(np.abs(self.off[way]).mean())

    def nearer(self, way: str, *, rng: np.random.Generator, level: float = 0.90) -> Number:
        """By how much a way is nearer to the measured accuracy than what is assumed, over domains like these."""
        gained = np.abs(self.off["assumed"]) - np.abs(self.off[way])
        return few_mean(gained, level=level) if len(gained) <= MOST else bootstrap_mean(gained, rng=rng, level=level)

    def within(self, way: str) -> tuple[float, float]:
        """The largest distance, and how likely a further domain keeps within it: `k / (k + 1)`.

        As likely as that if the new domain is one like these: of k + 1 domains drawn alike each is as likely to be the
        worst (Vovk, Gammerman & Shafer 2005, Algorithmic Learning in a Random World, proposition 2.4).
        """
        return float(np.abs(self.off[way]).max()), len(self.domains) / (len(self.domains) + 1)


def leave_one_domain_out(
    home: Sequence[Known], domains: Mapping[str, Sequence[Known]], *, pooled: bool = False
) -> Trial | Undefined:
    """Estimates the accuracy in each domain without its labels, and compares it with the one that they give.

    Args:
        home: rows of the training's own domain: of the model that is asked about, and of others on the same rows.
        domains: by name, rows of other domains, of the same models.
        pooled: whether the labels of the other domains join those of home as what is known.

    Returns:
        Undefined without rows at home, or without a domain that has rows.

    Raises:
        ValueError: not the same models everywhere, or not the same rows of all models.
    """
    if any(len(models) != len(home) for models in domains.values()):
        raise ValueError("other models at home than in the domains")
    if any(len(model.gold) != len(models[0].gold) for models in (home, *domains.values()) for model in models):
        raise ValueError("models that answered other rows")
    told = {name: models for name, models in domains.items() if len(models[0].gold)}
    if not home or not len(home[0].gold) or not told:
        return Undefined("no rows")
    measured = np.array([models[0].accuracy for models in told.values()])
    estimates = [_estimates(home, told, name, pooled=pooled) for name in told]
    rows = np.array([len(models[0].gold) for models in told.values()])
    # A normal error of standard deviation s lies s sqrt(2 / pi) off on average.
    noise = float(np.sqrt(2 / np.pi * measured * (1 - measured) / rows).mean())
    off = {way: np.array([each[way] for each in estimates]) - measured for way in estimates[0]}
    return Trial(tuple(told), measured, off, noise)


def _estimates(
    home: Sequence[Known], domains: Mapping[str, Sequence[Known]], left_out: str, *, pooled: bool
) -> dict[str, float]:
    """The accuracy in a domain by every way that can be taken, from home and the other domains."""
    others = [models for name, models in domains.items() if name != left_out]
    sources = [home, *others] if pooled else [home]
    source = [together([models[i] for models in sources]) for i in range(len(home))]
    new = domains[left_out]
    found = {"assumed": home[0].accuracy, **{name: way(source[0], new[0].shares) for name, way in WAYS.items()}}
    if len(others) > 1:
        found["fitted_confidence"] = _fitted_confidence(home[0], [models[0] for models in others], new[0].shares)
    if len(home) > 1:
        pairs = zip(source[1:], new[1:], strict=True)
        beside = [_agreed((source[0], known), (new[0].shares, there.shares)) for known, there in pairs]
        found["agreement"] = float(np.mean(beside))
    return found


def together(several: Sequence[Known]) -> Known:
    """The rows of several sets as one."""
    return Known(np.concatenate([each.shares for each in several]), np.concatenate([each.gold for each in several]))


def _fitted_confidence(home: Known, others: Sequence[Known], new: FloatArray) -> float:
    """Difference of confidences as its source has it, with a slope: the one that fits known domains best."""

    def moved(shares: FloatArray) -> float:
        return float(shares.max(axis=1).mean() - home.shares.max(axis=1).mean())

    sure = np.array([moved(each.shares) for each in others])
    right = np.array([each.accuracy - home.accuracy for each in others])
    slope = float(sure @ right / (sure @ sure)) if sure.any() else 0.0
    return float(np.clip(home.accuracy + slope * moved(new), 0, 1))


def foretold(known: Known, new: ArrayLike) -> dict[str, float] | Undefined:
    """The accuracy on new rows by each of the `WAYS`.

    Args:
        known: rows with labels.
        new: probabilities of the labels on rows without, `[m, labels]`.

    Returns:
        By way, from 0 to 1; undefined without rows on either side.
    """
    shares = np.asarray(new, dtype=np.float64)
    if not len(known.gold) or not len(shares):
        return Undefined("no rows")
    return {name: way(known, shares) for name, way in WAYS.items()}


def average_confidence(known: Known, new: FloatArray) -> float:
    """Known accuracy, moved by as much as the mean confidence moves (difference of confidences).

    Source: Guillory, Shankar, Ebrahimi, Darrell & Schmidt (2021), arXiv 2107.03315, with a slope of 1.
    """
    moved = float(new.max(axis=1).mean() - known.shares.max(axis=1).mean())
    return float(np.clip(known.accuracy + moved, 0, 1))


def threshold_confidence(known: Known, new: FloatArray) -> float:
    """The share of new rows above the confidence that as many known rows reach as are right (ATC).

    Source: Garg, Balakrishnan, Lipton, Neyshabur & Sedghi (2022), arXiv 2201.04234, by maximum confidence.
    """
    return _above(-known.shares.max(axis=1), known.accuracy, -new.max(axis=1))


def transported_confidence(known: Known, new: FloatArray) -> float:
    """As `threshold_confidence`, by what it costs to turn a row's probabilities into labels of the known shares (COTT).

    All rows together are given labels, as often each as they stand among known rows, at the least total cost; so a
    domain in which the model says one label all the time costs much, however sure it is. Takes the new domain's labels
    to be divided as the known ones are. Source: Lu, Qin, Zhai et al. (2023), arXiv 2305.15640, section 4.
    """
    divided = np.bincount(known.gold, minlength=known.shares.shape[1]) / len(known.gold)
    return _above(_costs(known.shares, divided), known.accuracy, _costs(new, divided))


def agreed(known: tuple[Known, Known], new: tuple[ArrayLike, ArrayLike]) -> float | Undefined:
    """The first model's known accuracy, moved by as much as its agreement with a second model moves.

    Source: agreement follows accuracy over domains (Baek, Jiang, Raghunathan & Kolter 2022, arXiv 2206.13089); here
    with a slope of 1, which two models and no line to fit leave.

    Args:
        known: the same rows with labels, by both models.
        new: probabilities of both models on the same new rows, `[m, labels]` each.
    """
    first, second = (np.asarray(shares, dtype=np.float64) for shares in new)
    if not len(first) or not len(known[0].gold):
        return Undefined("no rows")
    return _agreed(known, (first, second))


def _agreed(known: tuple[Known, Known], new: tuple[FloatArray, FloatArray]) -> float:
    def agreement(one: FloatArray, other: FloatArray) -> float:
        return float(np.mean(one.argmax(axis=1) == other.argmax(axis=1)))

    moved = agreement(*new) - agreement(known[0].shares, known[1].shares)
    return float(np.clip(known[0].accuracy + moved, 0, 1))


def _above(known: FloatArray, accuracy: float, new: FloatArray) -> float:
    """The share of new costs that are at most what this share of known ones is."""
    kept = round(accuracy * len(known))
    if kept == 0:
        return 0.0
    return float(np.mean(new <= np.sort(known)[kept - 1]))


def _costs(shares: FloatArray, divided: FloatArray) -> FloatArray:
    """What each row pays, `[n]`, where rows are given labels divided like this at the least total cost."""
    from scipy.optimize import linear_sum_assignment

    n = len(shares)
    exact = divided * n
    counts = np.floor(exact).astype(np.intp)
    counts[np.argsort(counts - exact, kind="stable")[: n - counts.sum()]] += 1  # the largest remainders
    if len(counts) == 2:  # those with most of the second label get it: sorting, where an assignment takes n^3 steps
        given = np.zeros(n, dtype=np.intp)
        given[np.argsort(shares[:, 0] - shares[:, 1], kind="stable")[: counts[1]]] = 1
    else:
        _, places = linear_sum_assignment(1 - np.repeat(shares, counts, axis=1))
        given = np.repeat(np.arange(len(divided)), counts)[places]
    return np.asarray(1 - shares[np.arange(n), given])


WAYS: Mapping[str, Callable[[Known, FloatArray], float]] = {
    "average_confidence": average_confidence,
    "threshold_confidence": threshold_confidence,
    "transported_confidence": transported_confidence,
}
"""By name, those that look at one model alone."""
