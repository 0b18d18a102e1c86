"""How sure classifiers are: whether they are right as often, and what may be answered without a person."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl

from farfield.findings.scores import Form, Subject, Table, generator
from farfield.spec import ArmSpec, AutomationSpec, StudySpec
from farfield.stats import (
    Automated,
    Calibration,
    FloatArray,
    Known,
    Number,
    RiskCoverage,
    Undefined,
    automated,
    calibration,
    probabilities,
    risk_coverage,
    rows_to_certify,
    safe_threshold,
    temperature,
    wilson,
)

__all__ = ["SHARES", "Limit", "Model", "Sureness", "classifiers", "known", "sureness"]


SHARES = (0.25, 0.5, 0.75, 1.0)
"""Of the surest answers, at which it is told what goes wrong."""


@dataclass(frozen=True, slots=True)
class Limit:
    """What may be answered without a person if no more than a share of these answers may be wrong.

    Attributes:
        share: the limit.
        level: confidence of the guarantee; stricter where the same development rows chose the model among several.
        threshold: how sure the model must be, as it says it itself; undefined where nothing is guaranteed.
        more_rows: development rows that are lacking even if none of them were wrong; None where others lack.
        done: by test set, what the threshold answers and gets wrong there. The guarantee is for the training's own
            domain; in others it is void, and this is only what was seen.
    """

    share: float
    level: float
    threshold: float | Undefined
    more_rows: int | None
    done: Mapping[str, Automated]


@dataclass(frozen=True, slots=True)
class Sureness:
    """How sure one model is on one task; of several seeds the first one's.

    Attributes:
        train_rows: None for a model that is not trained.
        home: the test set of the domain that development rows come from.
        tiers: of the test sets, in their order.
        rows: development rows.
        temperature: what brings its log-probabilities nearest to the truth on development rows; above 1 it is too sure.
        calibration: by test set, as the model says it.
        curves: by test set that has rows, what goes wrong as less and less sure answers are taken in.
        wrong: by the same, what of the surest `SHARES` is wrong.
    """

    task: str
    arm: str
    train_rows: int | None
    home: str
    tiers: Mapping[str, str]
    rows: int
    temperature: float | Undefined
    calibration: Mapping[str, Calibration | Undefined]
    curves: Mapping[str, RiskCoverage]
    wrong: Mapping[str, tuple[Number, ...]]
    limits: tuple[Limit, ...]


@dataclass(frozen=True, slots=True)
class Model:
    """One model of a task as it is judged: its primary form, its largest training set, its first seed.

    Attributes:
        tried: among how many forms or recipes development rows chose it.
    """

    arm: str
    form: Form
    size: int | None
    tried: int

    def said(self, subject: Subject, table: Table, domain: str) -> pl.DataFrame:
        """What it said to the rows of a domain, in one of the subject's tables."""
        on = subject.name if self.size else None
        return table.answers(self.form, size=self.size, on=on, domain=domain)


def sureness(study: StudySpec, subjects: Sequence[Subject]) -> Iterator[Sureness]:
    """Of each classification task the comparator, and each arm at its largest number of training rows."""
    for subject in subjects:
        for model in classifiers(study, subject):
            found = _sureness(study.automation, subject, model, study.tasks[subject.name].labels)
            if found:
                yield found


def classifiers(study: StudySpec, subject: Subject) -> Iterator[Model]:
    """The models of a classification task that answered development rows."""
    if subject.kind != "classification":
        return
    if subject.comparator:
        form = next(iter(subject.comparator.values()))
        forms = sum(len(subject.table.forms(name)) for name, arm in study.arms.items() if not arm.trained)
        yield Model(form[0], form, None, forms + _searched(study.arms[form[0]]))
    for name, arm in study.arms.items():
        sizes = subject.table.sizes(name, subject.name)
        if arm.trained and sizes:
            form = subject.table.primary(name, arm, study.tasks[subject.name])
            yield Model(name, form, sizes[-1], len(study.recipes(name)) + _searched(arm))


def _searched(arm: ArmSpec) -> int:
    return arm.search.candidates if arm.search else 0


def known(subject: Subject, model: Model, labels: Sequence[str], domain: str = "") -> Known:
    """What the model said to rows whose label is known: of a test set, or, without a domain, development rows."""
    where = (subject.table, domain) if domain else (subject.dev, subject.dev_domain)
    frame = model.said(subject, *where).filter(pl.col("target").is_in(labels))
    gold = np.array([labels.index(target) for target in frame["target"]], dtype=np.intp)
    return Known(shares_of(frame, labels), gold)


def shares_of(frame: pl.DataFrame, labels: Sequence[str]) -> FloatArray:
    """Probabilities of the labels, `[n, labels]`, of the rows of a frame."""
    return probabilities(np.array(frame["label_logprobs"].to_list(), dtype=np.float64).reshape(-1, len(labels)))


def _sureness(asked: AutomationSpec, subject: Subject, model: Model, labels: Sequence[str]) -> Sureness | None:
    dev = known(subject, model, labels)
    tests = {domain: known(subject, model, labels, domain) for domain in subject.tiers}
    if not len(dev.gold) or not any(len(test.gold) for test in tests.values()):
        return None
    curves = {domain: curve for domain, test in tests.items() if (curve := _curve(test))}
    return Sureness(
        subject.name,
        model.arm,
        model.size,
        subject.home,
        subject.tiers,
        len(dev.gold),
        temperature(np.log(dev.shares), dev.gold.tolist()),
        {
            domain: calibration(test.shares, test.gold.tolist(), rng=generator("sure", subject.name, model, domain))
            for domain, test in tests.items()
        },
        curves,
        {domain: tuple(_wrong(curve, share) for share in SHARES) for domain, curve in curves.items()},
        tuple(_limit(share, asked.confidence, dev, tests, subject.home, model.tried) for share in asked.errors),
    )


def _curve(test: Known) -> RiskCoverage | None:
    found = risk_coverage(test.shares.max(axis=1), test.right) if len(test.gold) else None
    return None if isinstance(found, Undefined) else found


def _wrong(curve: RiskCoverage, share: float) -> Number:
    """What is wrong among the surest share of answers; answers that are as sure as the last of them are in."""
    last = int(np.searchsorted(curve.coverage, share - 1e-9))
    answered = curve.coverage[last] * curve.n
    return wilson(round(curve.risk[last] * answered), round(answered))


def _limit(share: float, confidence: float, dev: Known, tests: Mapping[str, Known], home: str, tried: int) -> Limit:
    level = 1 - (1 - confidence) / max(1, tried)  # who was chosen from several looks better than it is
    # What the home test rows say of who is sure, and not of who is right, fixes the thresholds.
    reference = tests[home].shares.max(axis=1) if home in tests and len(tests[home].gold) else None
    if reference is None:
        return Limit(share, level, Undefined("no rows"), None, {})
    found = safe_threshold(dev.shares.max(axis=1), dev.right, reference, limit=share, level=level)
    if isinstance(found, Undefined):
        lacking = rows_to_certify(share, level=level) - len(dev.gold)
        return Limit(share, level, found, lacking if lacking > 0 else None, {})
    done = {
        domain: automated(test.shares.max(axis=1).tolist(), test.right.tolist(), found)
        for domain, test in tests.items()
        if len(test.gold)
    }
    return Limit(share, level, found, None, done)
