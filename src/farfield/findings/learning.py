"""What more training rows would bring: the learning curve of each arm on each test set of its task."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from farfield.findings.scores import Subject, generator, value_of
from farfield.spec import StudySpec
from farfield.stats import Estimate, Number, RowsNeeded, Undefined, learning_curve

__all__ = ["Ahead", "Learnt", "learnt"]

_AHEAD = (2, 4)  # times the largest training set: further off a curve of five sizes says little


@dataclass(frozen=True, slots=True)
class Ahead:
    """What is foretold for a number of training rows: the expected score, and that of one more training."""

    size: int
    expected: Estimate
    one_more: Estimate


@dataclass(frozen=True, slots=True)
class Learnt:
    """One arm's scores by number of training rows on one test set, and where they lead.

    Attributes:
        points: training rows, and the score with its interval.
        ahead: undefined where there are too few sizes or seeds, or no curve explains the scores.
        aim: the score that the task asks for; None without any.
        needed: training rows that reach it; None without an aim.
    """

    task: str
    arm: str
    domain: str
    tier: str
    points: tuple[tuple[int, Number], ...]
    ahead: tuple[Ahead, ...] | Undefined
    aim: float | None
    needed: RowsNeeded | None = None


def learnt(study: StudySpec, subjects: Sequence[Subject]) -> Iterator[Learnt]:
    """Of each arm that was trained on two sizes or more of its own task, by test set."""
    for subject in subjects:
        for arm, spec in study.arms.items():
            sizes = subject.table.sizes(arm, subject.name)
            if not spec.trained or len(sizes) < 2:
                continue
            for domain, tier in subject.tiers.items():
                yield _learnt(study, subject, arm, sizes, (domain, tier))


def _learnt(study: StudySpec, subject: Subject, arm: str, sizes: Sequence[int], where: tuple[str, str]) -> Learnt:
    task, (domain, tier) = study.tasks[subject.name], where
    form = subject.table.primary(arm, study.arms[arm], task)
    names = (subject.name, arm, domain)
    read = {size: subject.table.scores(form, size=size, on=subject.name, domain=domain) for size in sizes}
    points = tuple(
        # The same draws as in the carry table, so that both say the same of it.
        (size, value_of(subject.metric, scores, subject.name, arm, size, subject.name, domain, tier))
        for size, scores in read.items()
    )
    found = Learnt(subject.name, arm, domain, tier, points, Undefined("no rows"), task.aim)
    if subject.metric.corpus is not None:
        return replace(found, ahead=Undefined("a corpus metric has no score of a row"))
    by_seed = {
        size: [[row.score for row in seed] for seed in scores.scores.seeds]
        for size, scores in read.items()
        if scores.rows
    }
    curve = learning_curve(by_seed, rng=generator("curve", *names))
    if isinstance(curve, Undefined):
        return replace(found, ahead=curve)
    ahead = tuple(
        Ahead(size, curve.at(size), curve.one_more(size, rng=generator("one more", size, *names)))
        for size in (times * sizes[-1] for times in _AHEAD)
    )
    return replace(found, ahead=ahead, needed=curve.rows_needed(task.aim) if task.aim else None)
