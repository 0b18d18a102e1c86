"""Whether rows are ready: per task what there is, what is wrong with it, what it can show, and the work to a start."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np

from farfield.data import Example, Issue, Place, balance, conflicts, duplicates, load_examples, read_rows
from farfield.data.faults import damaged, doubted, nearly_repeated, personal, standing_out
from farfield.errors import DataError
from farfield.metrics import answer_counts, copied_share, entropy_bits, entropy_interval, words
from farfield.spec import OWN_TIERS, DomainSpec, TaskSpec, load_study
from farfield.stats import Number, Undefined, bootstrap_mean, detectable_difference, detectable_mean
from farfield.study.drafting import kind_of, labels_of
from farfield.study.mapping import propose_mapping, require_columns

__all__ = ["Fault", "Needs", "Ready", "look_at"]

DEV = 20
_DISAGREE, _SPREAD = 0.3, 0.2  # as `detecting.py` assumes them
_MOST_TEST = 100_000

# What `check --fix` mends or takes out by itself; a further copy of a row is nothing to work on.
_BY_MACHINE = frozenset({"duplicates", "near_duplicates", "mojibake", "control_characters"})
_COPIES = frozenset({"duplicates", "near_duplicates"})

Verdict = Literal["today", "work", "rows"]


@dataclass(frozen=True, slots=True)
class Needs:
    """What a start takes, and what work costs.

    Attributes:
        minutes_per_label, minutes_per_fix: of a person, for a row.
        train_rows: rows to train on.
        difference: that the test rows have to show; by kind where None.
        target, text: columns, where they are not to be proposed.
    """

    minutes_per_label: float = 0.5
    minutes_per_fix: float = 1.0
    train_rows: int = 100
    difference: float | None = None
    target: str = ""
    text: tuple[str, ...] = ()

    def shown(self, kind: str) -> float:
        """The difference that has to be seen: by default 10 points of accuracy, 5 of ROUGE-L."""
        return self.difference or (0.10 if kind == "classification" else 0.05)


@dataclass(frozen=True, slots=True)
class Fault:
    """One kind of fault: how bad, how many rows, and whether `check --fix` does the work."""

    severity: str
    code: str
    rows: int
    by_machine: bool


@dataclass(frozen=True, slots=True)
class Ready:
    """One task.

    Attributes:
        rows, labelled: rows, and those with an answer.
        per_label: rows of each label, the most first; empty where texts are written.
        faults: the worst first.
        usable: labelled rows without an error or a warning.
        wanted: labelled rows that a start takes: to train, to choose by, and to test.
        to_fix: labelled rows that a person has to look at; `fix_hours` of work.
        to_label: rows without an answer that are needed; `label_hours` of work.
        to_collect: rows that are needed and not there.
        size, bits, entropy, length, copied: of the answers, as `findings.TaskSpace` has them.
        test_rows: usable rows that are left to test on.
        detects: the least difference of two models that these will likely show.
        difference: that they have to show.
    """

    name: str
    kind: str
    rows: int
    labelled: int
    per_label: Mapping[str, int]
    faults: tuple[Fault, ...]
    usable: int
    wanted: int
    to_fix: int
    fix_hours: float
    to_label: int
    label_hours: float
    to_collect: int
    size: int
    bits: float
    entropy: Number
    length: Number
    copied: Number
    test_rows: int
    detects: float | Undefined
    difference: float

    @property
    def verdict(self) -> Verdict:
        """Can it start today, after work on rows that are there, or only with further rows?"""
        return "rows" if self.to_collect else "work" if self.usable < self.wanted else "today"

    @property
    def wide(self) -> bool:
        """Whether texts are written of which hardly any stands twice."""
        return self.kind == "generation" and self.size > 1 and isinstance(self.entropy, Undefined)


def look_at(paths: Sequence[Path], needs: Needs, *, say: Callable[[str], None] = lambda _: None) -> list[Ready]:
    """Each task of the paths: a study file's tasks, the rows of an import's folder, or those of a file.

    Args:
        paths: study files, folders, files of rows.
        needs: what a start takes.
        say: is told which columns were taken.

    Raises:
        DataError: rows that can't be read, or no column that is clearly the answer.
        SpecError: a study file that is none.
    """
    return [_ready(name, task, rows, needs) for path in paths for name, task, rows in _tasks(path, needs, say)]


def _tasks(path: Path, needs: Needs, say: Callable[[str], None]) -> Iterator[tuple[str, TaskSpec, list[Example]]]:
    if path.suffix in (".yaml", ".yml"):
        study = load_study(path)
        for name, task in study.tasks.items():
            sources: list[tuple[str, DomainSpec]] = [*task.train.items(), *task.unlabelled.items()]
            sources += [each for tier in OWN_TIERS for each in getattr(task, tier).items()]
            rows = [
                example
                for domain, source in sources
                for example in load_examples(
                    study.resolve(source.path), domain=domain, task=task, rows=source.rows, labelled=False
                ).examples
            ]
            yield name, task, rows
        return
    file = path / "rows.jsonl" if path.is_dir() else path
    read = read_rows(file)
    found = propose_mapping(read, target=needs.target)
    target, text = found.mapped.target, needs.text or found.mapped.text
    if not target:
        mend = f"name it with --target; there are: {', '.join(found.columns)}"
        raise DataError("no column is clearly the answer", where=str(file), mend=mend)
    require_columns(found.columns, [target, *text], str(file))
    say(f"{path}: the model reads {', '.join(text)}; the answer is {target}")
    known = [row for row in read if row.get(target, "").strip()]
    kind = kind_of(known, target)
    labels = labels_of(known, target) if kind == "classification" else ()
    prompts = ("\n".join(f"{{{name}}}" for name in text),)
    here = {"rows": {"path": file.name}}
    task = TaskSpec.model_validate(
        {"kind": kind, "labels": labels, "prompts": prompts, "target": f"{{{target}}}", "in_domain": here}
    )
    yield (
        path.stem,
        task,
        [
            Example(
                {name: row.get(name, "") for name in text},
                row.get(target, "").strip() and row[target],
                "",
                n,
                file.name,
            )
            for n, row in enumerate(read)
        ],
    )


def _ready(name: str, task: TaskSpec, every: Sequence[Example], needs: Needs) -> Ready:
    # Rows of several files share numbers, and faults are told by number.
    numbered = [Example(e.fields, e.target, e.domain, n, e.source) for n, e in enumerate(every)]
    known = [example for example in numbered if example.target]
    issues = sorted(_issues(known, task), key=lambda issue: ("error", "warning", "note").index(issue.severity))
    faults = tuple(Fault(i.severity, i.code, len(i.rows), i.code in _BY_MACHINE) for i in issues)
    bad = [issue for issue in issues if issue.severity != "note"]
    copies = {row for issue in bad if issue.code in _COPIES for row in issue.rows}
    by_hand = {row for issue in bad if issue.code not in _BY_MACHINE for row in issue.rows} - copies
    usable = len(known) - len(copies | {row for issue in bad for row in issue.rows})
    difference = needs.shown(task.kind)
    wanted = needs.train_rows + DEV + _test_rows(task.kind, difference)
    lacking = max(0, wanted - (len(known) - len(copies)))
    to_label = min(lacking, len(every) - len(known))
    test_rows = max(0, usable - needs.train_rows - DEV)
    answers = [example.target for example in known]
    counts = answer_counts(answers) if answers else np.zeros(0)
    rng = np.random.default_rng(0)
    none = Undefined("no rows")
    return Ready(
        name,
        task.kind,
        len(every),
        len(known),
        {label: answers.count(label) for label in labels_of([{"a": a} for a in answers], "a")} if task.labels else {},
        faults,
        usable,
        wanted,
        len(by_hand),
        len(by_hand) * needs.minutes_per_fix / 60,
        to_label,
        to_label * needs.minutes_per_label / 60,
        lacking - to_label,
        len(counts),
        float(entropy_bits(counts, len(task.labels))) if answers else 0.0,
        entropy_interval(counts, len(task.labels), rng=rng) if answers else none,
        _length(answers, task.labels, rng),
        _copied(known, task, rng),
        test_rows,
        _detects(task.kind, test_rows),
        difference,
    )


def _issues(known: Sequence[Example], task: TaskSpec) -> Iterator[Issue]:
    if not known:
        return
    for check in (duplicates, conflicts, balance, nearly_repeated, standing_out, doubted):
        yield from check(known, task, Place())
    yield from damaged(known, Place())
    yield from personal(known, Place())


def _length(answers: Sequence[str], labels: Sequence[str], rng: np.random.Generator) -> Number:
    # Labels of one length have no spread, and need none.
    said = [len(words(label)) for label in labels]
    bounds = (min(said), max(said)) if said else None
    return (
        bootstrap_mean([len(words(answer)) for answer in answers], rng=rng, bounds=bounds)
        if answers
        else Undefined("no rows")
    )


def _copied(known: Sequence[Example], task: TaskSpec, rng: np.random.Generator) -> Number:
    if task.labels:
        return Undefined("labels are chosen, not copied")
    shares = [share for e in known if (share := copied_share(e.target, e.asked)) is not None]
    return bootstrap_mean(shares, rng=rng, bounds=(0, 1)) if shares else Undefined("no rows")


def _detects(kind: str, rows: int) -> float | Undefined:
    if rows < 2:
        return Undefined("no rows", rows)
    return (
        detectable_difference(rows, disagree=_DISAGREE) if kind == "classification" else detectable_mean(rows, _SPREAD)
    )


def _test_rows(kind: str, difference: float) -> int:
    """The fewest test rows that will likely show the difference, to within a hundredth."""
    low, high = 2, _MOST_TEST
    while high - low > max(1, low // 100):
        middle = (low + high) // 2
        found = _detects(kind, middle)
        low, high = (low, middle) if not isinstance(found, Undefined) and found <= difference else (middle, high)
    return high
