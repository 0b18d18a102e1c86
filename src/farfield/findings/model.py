"""The findings of a study as values; the report puts them into words, in either language."""

from dataclasses import dataclass
from enum import StrEnum

from farfield.findings.compared import Compared
from farfield.findings.declared import Declared
from farfield.findings.dial import Dial
from farfield.findings.foreseen import Foreseen
from farfield.findings.learning import Learnt
from farfield.findings.moved import Foretold, MovedLine
from farfield.findings.multiverse import Multiverse
from farfield.findings.space import Space
from farfield.findings.sureness import Sureness
from farfield.metrics import Spread
from farfield.stats import Estimate, Number, RowRange, Undefined

__all__ = [
    "Answer",
    "Claim",
    "Comparator",
    "Differing",
    "Findings",
    "Line",
    "TaskFindings",
    "Verdict",
    "judge",
]


class Verdict(StrEnum):
    """What the gain over the comparator says; the lines are 0 and minus the margin."""

    carries_fully = "carries_fully"
    carries = "carries"
    no_harm = "no_harm"
    cant_tell = "cant_tell"
    no = "no"
    harms = "harms"


def judge(gain: Number, drop: Number | None, margin: float) -> Verdict:
    """The verdict of a gain, by its 90 % interval: each end is a one-sided 95 % bound.

    Args:
        gain: arm minus comparator, level 0.90.
        drop: gain in the training domain minus this gain, level 0.90; None where there is nothing to compare.
        margin: difference too small to matter.
    """
    if isinstance(gain, Undefined):
        return Verdict.cant_tell
    if gain.low > 0:
        # Equivalence by two one-sided tests: the 90 % interval of the drop inside the margin (Schuirmann 1987).
        full = isinstance(drop, Estimate) and -margin < drop.low and drop.high < margin
        return Verdict.carries_fully if full else Verdict.carries
    if gain.high < -margin:
        return Verdict.harms
    if gain.high < 0:
        return Verdict.no
    return Verdict.no_harm if gain.low > -margin else Verdict.cant_tell


@dataclass(frozen=True, slots=True)
class Comparator:
    """The best untrained arm of a task.

    Attributes:
        arm, shots, template: its form.
        chosen_on: `dev`, or `none` where no development rows were left; then gains are against the whole
            family of untrained forms at once (max-T).
        rows: development rows that chose it.
        searched: whether its prompt was searched for on the same rows, so that its score there flatters it.
    """

    arm: str
    shots: int
    template: int
    chosen_on: str
    rows: int
    searched: bool = False


@dataclass(frozen=True, slots=True)
class Line:
    """One arm on one test set, at its primary number of shots.

    Attributes:
        trained_on: the task that the arm was trained on; None for what is not trained.
        shots: demos that were shown.
        value: the primary metric with its 95 % interval.
        gain: paired difference to the comparator, 95 %; None for the comparator itself and for baselines.
        bound: the same at 90 %, whose ends are the one-sided bounds that the verdict rests on.
        drop: gain in the training domain minus the gain here, 90 %; None in the training domain.
        verdict: None where there is no gain to judge, or the arm was not asked as it was trained.
        more_rows: how many more rows would likely settle an open verdict.
        spread: how much of the gain's doubt rows, seeds and templates bring; None where there is one of each.
    """

    arm: str
    train_rows: int | None
    trained_on: str | None
    domain: str
    tier: str
    shots: int
    value: Number
    gain: Number | None = None
    bound: Number | None = None
    drop: Number | None = None
    verdict: Verdict | None = None
    more_rows: RowRange | None = None
    spread: Spread | None = None


@dataclass(frozen=True, slots=True)
class Claim:
    """A declared claim: this trained arm gains over the comparator on this tier, its domains at equal weight."""

    arm: str
    train_rows: int
    tier: str
    domains: tuple[str, ...]
    gain: Number
    verdict: Verdict
    more_rows: RowRange | None


@dataclass(frozen=True, slots=True)
class Differing:
    """A row on which arms differ: one is right, or clearly better, where another is not."""

    domain: str
    row: int
    target: str
    answers: tuple[tuple[str, str, float], ...]


@dataclass(frozen=True, slots=True)
class Answer:
    """The answer for one trained arm of one task; the report says it in a sentence.

    Attributes:
        home: verdict in the training domain.
        gain: its gain there.
        carried, open, lost: names of new domains by verdict.
    """

    arm: str
    train_rows: int
    home: str
    home_verdict: Verdict | None
    home_gain: Number | None
    carried: tuple[str, ...]
    open: tuple[str, ...]
    lost: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class TaskFindings:
    """All findings of one task."""

    name: str
    kind: str
    metric: str
    margin: float
    comparator: Comparator | None
    lines: tuple[Line, ...]
    baselines: tuple[Line, ...]
    claims: tuple[Claim, ...]
    compared: tuple[Compared, ...]
    answers: tuple[Answer, ...]
    differing: tuple[Differing, ...]


@dataclass(frozen=True, slots=True)
class Findings:
    """All findings of a study; `seeds` below three speak of these trained models, not of a method.

    Attributes:
        declared: the claims that were declared before the run.
        moved: how far each trained model moved.
        foretold: whether that foretells gains in new domains.
        dials: what arms score with shares of what they learnt.
        space: how wide the tasks' answers are, and what models write.
        multiverse: what other ways to ask and to look make of it; None without any.
        sureness: how sure classifiers are, and what may be answered without a person.
        foreseen: what they will score where labels are not known.
        learnt: what more training rows would bring.
    """

    study: str
    seeds: int
    tasks: tuple[TaskFindings, ...]
    declared: tuple[Declared, ...] = ()
    moved: tuple[MovedLine, ...] = ()
    foretold: tuple[Foretold, ...] = ()
    dials: tuple[Dial, ...] = ()
    space: Space | None = None
    multiverse: Multiverse | None = None
    sureness: tuple[Sureness, ...] = ()
    foreseen: tuple[Foreseen, ...] = ()
    learnt: tuple[Learnt, ...] = ()
