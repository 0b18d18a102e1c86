"""The rows of a study: which train, which are held for development, which test, and which are left out and why."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from itertools import chain, zip_longest

from farfield.data import Example, Left, Split, kept_test, key, load_examples, split
from farfield.errors import DataError
from farfield.spec import OWN_TIERS, DomainSpec, StudySpec, TaskProtocol, TaskSpec, Tier

__all__ = ["Domain", "TaskData", "load_task"]

_REFERENCES = 500  # more tell little more of how wide the answers are


@dataclass(frozen=True, slots=True)
class Domain:
    """One test set of a task: the rows that are asked, the demos to show, and what was left out."""

    name: str
    tier: Tier
    examples: tuple[Example, ...]
    demos: tuple[Example, ...]
    left_out: tuple[Left, ...]


@dataclass(frozen=True, slots=True)
class TaskData:
    """All rows of one task.

    Attributes:
        split: training and development rows, in the order in which they are taken.
        train_demos: the demos of each training domain, for training prompts and the development rows.
        domains: the test sets, tier by tier.
    """

    name: str
    spec: TaskSpec
    protocol: TaskProtocol
    split: Split
    train_demos: Mapping[str, tuple[Example, ...]]
    domains: tuple[Domain, ...]

    def sizes(self, asked: Iterable[int]) -> list[int]:
        """The sizes of training sets that the rows allow; sizes that become equal are one."""
        return sorted({min(size, len(self.split.train)) for size in asked} - {0})

    @property
    def first(self) -> Domain:
        """The test set by which the task is looked at from elsewhere: the first in-domain one, else the first."""
        return min(self.domains, key=lambda domain: domain.tier != "in_domain")

    @property
    def references(self) -> tuple[Example, ...]:
        """Rows that show the task's answers before any training; test rows only where there are no others."""
        return ((*self.split.train, *self.split.dev) or self.first.examples)[:_REFERENCES]


def load_task(study: StudySpec, name: str, fits: Callable[[Example, tuple[Example, ...]], bool]) -> TaskData:
    """Reads and divides the rows of one task.

    Args:
        study: the study.
        name: of the task.
        fits: whether a training row with the longest arm's demos fits the study's `max_length`.

    Raises:
        DataError: a file that can't be read, or fewer demos than shots.
    """
    task = study.tasks[name]
    train_demos = {domain: _demos(study, task, domain, source) for domain, source in task.train.items()}
    tests = [
        (tier, domain, source, _demos(study, task, domain, source))
        for tier in OWN_TIERS
        for domain, source in getattr(task, tier).items()
    ]
    protocol = study.protocol(name)
    if protocol.demo_source == "train":
        shown = tuple(chain.from_iterable(train_demos.values()))
        tests = [(tier, domain, source, shown) for tier, domain, source, _ in tests]
    _enough_demos(study, name, [*train_demos.items(), *((domain, demos) for _, domain, _, demos in tests)])
    demo_keys = {key(demo, task) for demos in chain(train_demos.values(), (d for *_, d in tests)) for demo in demos}
    divided = _split(study, task, train_demos, demo_keys, fits)
    train_keys = {key(example, task) for example in chain(divided.train, divided.dev)}
    domains = []
    for tier, domain, source, demos in tests:
        loaded = load_examples(study.resolve(source.path), domain=domain, task=task, rows=source.rows)
        kept = kept_test(loaded.examples, task, demo_keys, train_keys)
        domains.append(Domain(domain, tier, kept.examples, demos, (*loaded.dropped, *kept.left_out)))
    return TaskData(name, task, protocol, divided, train_demos, tuple(domains))


def _split(
    study: StudySpec,
    task: TaskSpec,
    demos: Mapping[str, tuple[Example, ...]],
    demo_keys: set[str],
    fits: Callable[[Example, tuple[Example, ...]], bool],
) -> Split:
    loaded = [
        load_examples(study.resolve(source.path), domain=domain, task=task, rows=source.rows)
        for domain, source in task.train.items()
    ]
    # Several training domains take turns, so that every size of training set holds all of them.
    turns = zip_longest(*(part.examples for part in loaded))
    rows = [example for turn in turns for example in turn if example is not None]
    wanted = max(study.training.train_rows) if study.training else 0
    return split(
        rows,
        task,
        demo_keys=demo_keys,
        size=wanted,
        dev=study.dev if task.train else 0,
        fits=lambda example: fits(example, demos[example.domain]),
    )


def _demos(study: StudySpec, task: TaskSpec, domain: str, source: DomainSpec) -> tuple[Example, ...]:
    if source.demos is None:
        return ()
    return load_examples(study.resolve(source.demos), domain=domain, task=task).examples


def _enough_demos(study: StudySpec, name: str, held: list[tuple[str, tuple[Example, ...]]]) -> None:
    trained = max((arm.train_shots for arm in study.arms.values()), default=0)
    shots = max((*study.tasks[name].shots, trained))
    for domain, demos in held:
        if len(demos) < shots:
            raise DataError(
                f"{shots} shots are asked for, and the domain has {len(demos)} demos",
                where=f"task {name}, domain {domain}",
                mend="add rows to its `demos:` file, name one, or ask for fewer shots",
            )
