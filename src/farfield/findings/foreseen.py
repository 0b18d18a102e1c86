"""What classifiers will score in domains without labels, and how far such estimates were off where labels are known."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from farfield.findings.scores import Subject
from farfield.findings.sureness import Model, classifiers, known, shares_of
from farfield.spec import StudySpec
from farfield.stats import (
    FloatArray,
    Known,
    Number,
    PredictionPowered,
    Trial,
    Undefined,
    agreed,
    foretold,
    leave_one_domain_out,
    prediction_powered_mean,
    together,
    wilson,
)

__all__ = ["Foreseen", "Unlabelled", "foreseen"]


@dataclass(frozen=True, slots=True)
class Unlabelled:
    """A domain without labels, or with few.

    Attributes:
        rows: all of them.
        estimates: accuracy by way; `assumed` estimates nothing and says what the model scores at home.
        few: accuracy on the labelled rows alone; undefined without any.
        powered: the same with the guesses at all others.
    """

    domain: str
    rows: int
    estimates: Mapping[str, float]
    few: Number
    powered: PredictionPowered | Undefined


@dataclass(frozen=True, slots=True)
class Foreseen:
    """Estimates without labels for one model, and what they are worth.

    Attributes:
        trial: how far each way is off in known new domains, each estimated from home and all others.
        unlabelled: the domains whose labels are not known.
    """

    task: str
    arm: str
    train_rows: int | None
    trial: Trial | Undefined
    unlabelled: tuple[Unlabelled, ...]


def foreseen(study: StudySpec, subjects: Sequence[Subject]) -> Iterator[Foreseen]:
    """Of each classification task the comparator, and each arm at its largest number of training rows."""
    for subject in subjects:
        labels, models = study.tasks[subject.name].labels, list(classifiers(study, subject))
        for model in models:
            beside = next((other for other in models if other is not model), None)
            found = _foreseen(subject, (model, beside) if beside else (model,), labels)
            if found.unlabelled or isinstance(found.trial, Trial):
                yield found


def _foreseen(subject: Subject, models: Sequence[Model], labels: Sequence[str]) -> Foreseen:
    """Of the first model; another one stands beside it, where there is one, for what they agree on."""
    tiers = subject.tiers
    said = {domain: [known(subject, model, labels, domain) for model in models] for domain in ("", *tiers)}
    # Who answered other rows than the first one, or none, can't stand beside it.
    beside = all(len({len(each.gold) for each in several}) == 1 for several in said.values())
    said = {domain: several if beside else several[:1] for domain, several in said.items()}
    new = {domain: several for domain, several in said.items() if tiers.get(domain, "in_domain") != "in_domain"}
    home = _joined([several for domain, several in said.items() if domain not in new])
    return Foreseen(
        subject.name,
        models[0].arm,
        models[0].size,
        leave_one_domain_out(home, new, pooled=True),
        tuple(_unlabelled(subject, models[: len(home)], labels, home, _joined([*said.values()]))),
    )


def _joined(sets: Sequence[Sequence[Known]]) -> list[Known]:
    """The rows of several sets as one, model by model."""
    return [together(several) for several in zip(*sets, strict=True)]


def _unlabelled(
    subject: Subject, models: Sequence[Model], labels: Sequence[str], home: Sequence[Known], source: Sequence[Known]
) -> Iterator[Unlabelled]:
    for domain in subject.unlabelled.models["domain"].unique(maintain_order=True):
        frames = [model.said(subject, subject.unlabelled, domain) for model in models]
        frame, shares = frames[0], [shares_of(each, labels) for each in frames]
        if not len(frame):
            continue
        labelled = (frame["target"] != "").to_numpy()
        right = (frame["prediction"] == frame["target"]).to_numpy()[labelled]
        sure = shares[0].max(axis=1)
        yield Unlabelled(
            domain,
            len(frame),
            _estimates(home[0], source, shares),
            wilson(int(right.sum()), len(right)),
            prediction_powered_mean(right.astype(np.float64), sure[labelled], sure[~labelled], bounds=(0, 1)),
        )


def _estimates(home: Known, source: Sequence[Known], new: Sequence[FloatArray]) -> dict[str, float]:
    """Accuracy on new rows by every way, and what is assumed without any."""
    told = foretold(source[0], new[0])
    if isinstance(told, Undefined):
        return {}
    found = {"assumed": home.accuracy, **told} if len(home.gold) else dict(told)
    if len(source) > 1 and len(new[0]) == len(new[1]):
        moved = agreed((source[0], source[1]), (new[0], new[1]))
        if isinstance(moved, float):
            found["agreement"] = moved
    return found
