"""The dial: what a trained arm scores with a share of what it learnt, and the share that development rows choose."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from farfield.findings.scores import Scores, Subject, generator, pair_of
from farfield.metrics import RowScore, contrast, mean_over, row_error
from farfield.spec import TIERS, StudySpec
from farfield.stats import Estimate, Number, Undefined

__all__ = ["Dial", "DialPoint", "dials"]


@dataclass(frozen=True, slots=True)
class DialPoint:
    """What one strength scores, seeds averaged, each number with its 95 % interval.

    Attributes:
        strength: share of what was learnt; 0 is the base model.
        dev: on the development rows that choose; of several domains their mean at equal weight.
        scores: by tier that has test sets, their mean at equal weight, by the task's first metric. Under
            `cross_task` the mean over the other tasks at equal weight, each by its own first metric.
    """

    strength: float
    dev: Number
    scores: Mapping[str, Number]


@dataclass(frozen=True, slots=True)
class Dial:
    """The trade-off curve of an arm on the task that it was trained on, at its largest number of training rows.

    Attributes:
        points: by rising strength; the last is 1, the whole of what was learnt.
        chosen: the strength that the development rows choose; undefined where they can't.
        changes: by tier, chosen strength minus strength 1 on the same test rows; empty where they are one.
        elsewhere: domains of their own whose rows chose; empty where rows of the training domain did.
    """

    task: str
    metric: str
    arm: str
    train_rows: int
    points: tuple[DialPoint, ...]
    chosen: float | Undefined
    changes: Mapping[str, Number]
    elsewhere: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _Model:
    """A trained model, seeds together, to be asked with any share of what it learnt.

    Attributes:
        home: the task that it was trained on.
        tiers: by tier, the test sets that it is asked.
    """

    study: StudySpec
    home: Subject
    arm: str
    size: int
    tiers: Mapping[str, Sequence[tuple[Subject, str]]]

    def scores(self, strength: float, task: Subject, domain: str = "", *, dev: bool = False) -> Scores:
        """Of one test set, or of the development rows, in the primary form."""
        form = task.table.primary(self.arm, self.study.arms[self.arm], self.study.tasks[task.name])
        table = task.dev if dev else task.table
        return table.scores(form, size=self.size, on=self.home.name, domain=domain, strength=strength)

    def value(self, strength: float, tier: str) -> Number:
        """The tier's mean."""
        sets = self.tiers[tier]
        groups = [self.scores(strength, task, domain) for task, domain in sets]
        return mean_over(
            [task.metric for task, _ in sets],
            [group.scores for group in groups],
            _weights(sets),
            rng=generator("value", *self._names(tier)),
        )

    def change(self, strength: float, tier: str) -> Number:
        """The tier's mean at a strength minus that at strength 1, row by row."""
        sets = self.tiers[tier]
        pairs = [pair_of(self.scores(strength, *each), self.scores(1.0, *each)) for each in sets]
        rng = generator("dial", *self._names(tier))
        return contrast([task.metric for task, _ in sets], pairs, _weights(sets), rng=rng)

    def _names(self, tier: str) -> Iterator[object]:
        """What draws follow from: for one test set as in the carry table, so that both say the same of it."""
        sets = self.tiers[tier]
        yield from dict.fromkeys(task.name for task, _ in sets)
        yield from (self.arm, self.size, self.home.name, *(domain for _, domain in sets), tier)


def dials(study: StudySpec, subjects: Sequence[Subject]) -> Iterator[Dial]:
    """One for each task and each arm that was asked with several strengths.

    Args:
        study: whose arms have dials.
        subjects: its tasks, with their predictions.
    """
    for home in subjects:
        for arm, spec in study.arms.items():
            sizes = home.table.sizes(arm, home.name)
            if len(spec.dial) > 1 and sizes:
                others = [other for other in subjects if other.name not in {home.name, *spec.tasks}]
                yield _dial(_Model(study, home, arm, sizes[-1], _tiers(home, others)), spec.dial)


def _tiers(home: Subject, others: Sequence[Subject]) -> dict[str, list[tuple[Subject, str]]]:
    """The test sets by tier, tiers without any left out; `others` are the tasks that the arm didn't learn."""
    sets: dict[str, list[tuple[Subject, str]]] = {}
    for tier in TIERS:
        for task in others if tier == "cross_task" else [home]:
            sets.setdefault(tier, []).extend((task, domain) for domain in task.domains[tier])
    return {tier: held for tier, held in sets.items() if held}


def _weights(sets: Sequence[tuple[Subject, str]]) -> list[float]:
    """A task counts as much as another, however many domains it has."""
    names = [task.name for task, _ in sets]
    return [1 / len(set(names)) / names.count(name) for name in names]


def _dial(model: _Model, strengths: Sequence[float]) -> Dial:
    home = model.home
    dev = {s: [model.scores(s, home, domain, dev=True).scores for domain in home.choosing] for s in strengths}
    points = tuple(
        DialPoint(
            strength,
            mean_over(
                [home.metric] * len(home.choosing),
                dev[strength],
                rng=generator("value", "dev", home.name, model.arm, model.size),
            ),
            {tier: model.value(strength, tier) for tier in model.tiers},
        )
        for strength in strengths
    )
    chosen = _choose(home, dev, {point.strength: point.dev for point in points})
    changes = {}
    if isinstance(chosen, float) and chosen < 1:
        changes = {tier: model.change(chosen, tier) for tier in model.tiers}
    elsewhere = tuple(name for name in home.choosing if name != home.dev_domain)
    return Dial(home.name, home.metric.name, model.arm, model.size, points, chosen, changes, elsewhere)


def _choose(
    home: Subject, dev: Mapping[float, Sequence[Sequence[RowScore]]], values: Mapping[float, Number]
) -> float | Undefined:
    """The strength that development rows choose.

    Of other domains: the best one, since how far to go there is just what they show. Of the training's own domain,
    where the whole of what was learnt nearly always looks best: the smallest whose mean is within one standard error
    of the best one's, with the base model as the simplest.

    Source: the one-standard-error rule (Breiman, Friedman, Olshen & Stone 1984, 3.4.3; Hastie, Tibshirani &
    Friedman 2009, 7.10).
    """
    means = {strength: value.value for strength, value in values.items() if isinstance(value, Estimate)}
    if len(means) < len(values):
        return Undefined("not every strength was asked development rows")
    best = max(means, key=means.__getitem__)
    if home.dev_domain not in home.choosing:
        return min(strength for strength, mean in means.items() if mean >= means[best] - 1e-12)
    error = row_error(home.metric, dev[best][0])
    if error is None:
        return Undefined("one row or cluster alone shows no spread")
    # Means that are equal but for rounding are equal.
    return min(strength for strength, mean in means.items() if mean >= means[best] - error - 1e-12)
