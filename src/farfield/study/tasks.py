"""The rows of a study: which train, which are held for development, which test, and which are left out and why."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import chain, zip_longest

from farfield.data import Demos, Example, Left, Split, kept_test, key, load_examples, split
from farfield.errors import DataError
from farfield.spec import OWN_TIERS, ArmSpec, DomainSpec, StudySpec, TaskProtocol, TaskSpec, Tier

__all__ = ["Domain", "Fits", "TaskData", "load_task", "retold"]

# Whether a training row with the longest arm's demos, or with those that a search may find among all, fits the
# study's `max_length`.
Fits = Callable[[Example, Demos, Sequence[Example]], bool]

_REFERENCES = 500  # more tell little more of how wide the answers are


@dataclass(frozen=True, slots=True)
class Domain:
    """One test set of a task: the rows that are asked, the demos to show, and what was left out."""

    name: str
    tier: Tier
    examples: tuple[Example, ...]
    demos: Demos
    left_out: tuple[Left, ...]


@dataclass(frozen=True, slots=True)
class TaskData:
    """All rows of one task.

    Attributes:
        split: training and development rows, in the order in which they are taken.
        train_demos: the demos of each training domain, for training prompts and the development rows.
        domains: the test sets, tier by tier.
        dev_domains: development rows of other domains; see the study file's `dev_domains:`.
        unlabelled: domains whose rows have few labels or none; see the study file's `unlabelled:`.
    """

    name: str
    spec: TaskSpec
    protocol: TaskProtocol
    split: Split
    train_demos: Mapping[str, Demos]
    domains: tuple[Domain, ...]
    dev_domains: tuple[Domain, ...] = ()
    unlabelled: tuple[Domain, ...] = ()

    @property
    def pool(self) -> tuple[Example, ...]:
        """What a search chooses demos from: those of all training domains, each once."""
        return _each_once(self.train_demos, self.spec)

    def sizes(self, asked: Iterable[int]) -> dict[int, int]:
        """The sizes of training sets that the rows allow, rising, each with the largest asked one that it answers."""
        held = len(self.split.train)
        return {min(size, held): size for size in sorted(asked) if held}

    @property
    def first(self) -> Domain:
        """The test set by which the task is looked at from elsewhere: the first in-domain one, else the first."""
        return min(self.domains, key=lambda domain: domain.tier != "in_domain")

    @property
    def references(self) -> tuple[Example, ...]:
        """Rows that show the task's answers before any training; test rows only where there are no others."""
        return ((*self.split.train, *self.split.dev) or self.first.examples)[:_REFERENCES]

    def learnt(self, arm: ArmSpec, size: int) -> tuple[Example, ...]:
        """The first `size` rows that an arm trains on: with those that are too long, where it cuts them to fit."""
        return (self.split.train if arm.too_long == "leave_out" else self.split.uncut)[:size]

    def begun(self, shots: int, *, by_itself: bool) -> "TaskData":
        """The task with `bos` settled for so many demos; None where the tokenizer does as much by itself.

        So prompts of equal tokens are one cell, however a study comes to them.
        """
        asked = self.protocol.bos
        if asked is None:
            return self
        asked = shots == 0 if asked == "zero_shot" else asked
        settled = None if asked == by_itself else asked
        return replace(self, protocol=self.protocol.model_copy(update={"bos": settled}))


def load_task(study: StudySpec, name: str, fits: Fits) -> TaskData:
    """Reads and divides the rows of one task.

    Args:
        study: the study.
        name: of the task.
        fits: see `Fits`.

    Raises:
        DataError: a file that can't be read, or fewer demos than shots.
    """
    task, protocol = study.tasks[name], study.protocol(name)
    rows = _training_rows(study, task)
    if protocol.demo_choice == "nearest":
        divided, near = _split_by_nearness(study, name, rows, fits)
        of_train, of_test = _all_near(task, near)
    else:
        of_train, of_test = _from_files(study, name, protocol)
        demo_keys = _keys_of(of_train, of_test, task)
        pool = _each_once(of_train, task)
        divided = _split(study, name, rows, demo_keys, lambda row: fits(row, of_train[row.domain], pool))
    _enough_demos(name, {**of_train, **of_test}, max((*task.shots, study.most_demos)))
    searched = [shots for arm in study.arms.values() for shots in arm.searched_shots(task.shots)]
    _enough_demos(name, of_train, max(searched, default=0))
    return _tested(study, TaskData(name, task, protocol, divided, of_train, ()), of_test)


def retold(study: StudySpec, task: TaskData, protocol: TaskProtocol) -> TaskData:
    """The task asked by another protocol: with other demos, other rows left out; what trains stays as it is.

    Raises:
        DataError: fewer demos than shots.
    """
    if protocol.demo_choice == "nearest":
        of_train, of_test = _all_near(task.spec, Demos(task.split.train, task.spec, "nearest", protocol.balance_demos))
    else:
        of_train, of_test = _from_files(study, task.name, protocol)
    _enough_demos(task.name, {**of_train, **of_test}, max((*task.spec.shots, study.most_demos)))
    held = kept_test(task.split.dev, task.spec, _keys_of(of_train, of_test, task.spec), set()).examples
    told = replace(task, protocol=protocol, split=replace(task.split, dev=held), train_demos=of_train)
    return _tested(study, told, of_test)


def _tested(study: StudySpec, task: TaskData, of_test: Mapping[str, Demos]) -> TaskData:
    """The task with its test sets; their demos are given."""
    demo_keys: set[str] = set()
    train_keys: set[str] = set()
    if task.protocol.leaks == "leave_out":
        demo_keys = _keys_of(task.train_demos, of_test, task.spec)
        cut = task.split.uncut if any(arm.too_long != "leave_out" for arm in study.arms.values()) else ()
        train_keys = {key(example, task.spec) for example in chain(task.split.train, cut, task.split.dev)}

    def domain(name: str, tier: Tier, source: DomainSpec, known: set[str], *, labelled: bool = True) -> Domain:
        path = study.resolve(source.path)
        loaded = load_examples(path, domain=name, task=task.spec, rows=source.rows, labelled=labelled)
        kept = kept_test(loaded.examples, task.spec, demo_keys, known)
        return Domain(name, tier, kept.examples, of_test[name], (*loaded.dropped, *kept.left_out))

    domains = tuple(domain(name, *told, train_keys) for name, told in _tests(task.spec).items())
    # What chooses may not have been seen in training, and may not be what is tested afterwards.
    known = train_keys | {key(example, task.spec) for each in domains for example in each.examples}
    chosen_on = tuple(domain(name, "out_of_domain", told, known) for name, told in task.spec.dev_domains.items())
    unlabelled = tuple(
        domain(name, "out_of_domain", told, train_keys, labelled=False) for name, told in task.spec.unlabelled.items()
    )
    return replace(task, domains=domains, dev_domains=chosen_on, unlabelled=unlabelled)


def _all_near(task: TaskSpec, near: Demos) -> tuple[dict[str, Demos], dict[str, Demos]]:
    """As `_from_files`, where all show the nearest training rows."""
    return dict.fromkeys(task.train, near), dict.fromkeys(_asked(task), near)


def _keys_of(of_train: Mapping[str, Demos], of_test: Mapping[str, Demos], task: TaskSpec) -> set[str]:
    """What no test row may ask; nearest demos are training rows, which it may not equal anyway."""
    every = chain(of_train.values(), of_test.values())
    return {key(demo, task) for held in every if held.choice != "nearest" for demo in held.pool}


def _each_once(of_train: Mapping[str, Demos], task: TaskSpec) -> tuple[Example, ...]:
    """The demos of all training domains; those that ask the same are one."""
    found: dict[str, Example] = {}
    for demo in chain.from_iterable(held.pool for held in of_train.values()):
        found.setdefault(key(demo, task), demo)
    return tuple(found.values())


def _tests(task: TaskSpec) -> dict[str, tuple[Tier, DomainSpec]]:
    return {domain: (tier, source) for tier in OWN_TIERS for domain, source in getattr(task, tier).items()}


def _asked(task: TaskSpec) -> dict[str, DomainSpec]:
    """The domains that are asked and not trained on: test sets, those that choose, those without labels."""
    tests = {domain: source for domain, (_, source) in _tests(task).items()}
    return {**tests, **task.dev_domains, **task.unlabelled}


def _training_rows(study: StudySpec, task: TaskSpec) -> list[Example]:
    """Several training domains take turns, so that every size of training set holds all of them."""
    loaded = [
        load_examples(study.resolve(source.path), domain=domain, task=task, rows=source.rows)
        for domain, source in task.train.items()
    ]
    turns = zip_longest(*(part.examples for part in loaded))
    return [example for turn in turns for example in turn if example is not None]


def _from_files(study: StudySpec, name: str, protocol: TaskProtocol) -> tuple[dict[str, Demos], dict[str, Demos]]:
    """The demos of each training domain, and of each domain that is asked."""
    task = study.tasks[name]

    def demos(pool: tuple[Example, ...]) -> Demos:
        return Demos(pool, task, protocol.demo_choice, protocol.balance_demos)

    def read(domain: str, source: DomainSpec) -> tuple[Example, ...]:
        if source.demos is None:
            return ()
        return load_examples(study.resolve(source.demos), domain=domain, task=task).examples

    of_train = {domain: demos(read(domain, source)) for domain, source in task.train.items()}
    of_test = {domain: demos(read(domain, source)) for domain, source in _asked(task).items()}
    if protocol.demo_source == "train":
        pool = tuple(chain.from_iterable(held.pool for held in of_train.values()))
        of_test = dict.fromkeys(of_test, demos(pool))
    return of_train, of_test


def _split(
    study: StudySpec, name: str, rows: Sequence[Example], demo_keys: set[str], fits: Callable[[Example], bool]
) -> Split:
    if study.training:
        size = max(study.training.train_rows)
    else:  # nothing learns from rows, and they may still be demos
        size = max(0, len(rows) - study.dev) if study.protocol(name).demo_choice == "nearest" else 0
    task = study.tasks[name]
    return split(rows, task, demo_keys=demo_keys, size=size, dev=study.dev if task.train else 0, fits=fits)


def _split_by_nearness(study: StudySpec, name: str, rows: Sequence[Example], fits: Fits) -> tuple[Split, Demos]:
    """The training rows, which are each other's demos.

    A row that is too long with its own demos is passed over; then others find other rows near, so all are looked
    at again until nothing changes.
    """
    task = study.tasks[name]
    long: set[str] = set()
    while True:
        divided = _split(study, name, rows, set(), lambda example: key(example, task) not in long)
        near = Demos(divided.train, task, "nearest", study.protocol(name).balance_demos)
        found = {key(example, task) for example in (*divided.train, *divided.dev) if not fits(example, near, ())}
        if not found:
            return divided, near
        long.update(found)


def _enough_demos(name: str, held: Mapping[str, Demos], shots: int) -> None:
    for domain, demos in held.items():
        near = demos.choice == "nearest"
        if len(demos.pool) < shots + near:  # a row is no demo of its own
            raise DataError(
                f"{shots} shots are asked for, and the domain has {len(demos.pool)} "
                + ("training rows to choose them from" if near else "demos"),
                where=f"task {name}, domain {domain}",
                mend="raise `train_rows:` or ask for fewer shots"
                if near
                else "add rows to its `demos:` file, name one, or ask for fewer shots",
            )
