"""Which conclusions survive other ways to ask and to look (multiverse analysis, Steegen et al. 2016).

A universe asks the models otherwise; its predictions come with the run. A variant is what is judged: a universe with
all seeds or one of them, and the study's own with the comparator picked on test rows, or with an arm in the place of
one from which it differs in a single key.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Literal

import polars as pl

from farfield.spec import StudySpec
from farfield.stats import Number

__all__ = ["Conclusion", "Flips", "Frames", "Judged", "Multiverse", "Stand", "Variant", "survey"]

# What an arm may differ in from the plain one whose place it takes.
_TWIN_KEYS = ("learning_rate", "too_long")


class Stand(StrEnum):
    """What is said of a statement."""

    yes = "yes"
    open = "open"
    no = "no"


@dataclass(frozen=True, slots=True)
class Frames:
    """The predictions of one universe.

    Attributes:
        changes: factor -> value; none in the study's own.
        told: by task, the name of the universe whose cells answer for it here.
        test, dev: as `build` takes them.
    """

    changes: Mapping[str, str]
    told: Mapping[str, str]
    test: pl.DataFrame
    dev: pl.DataFrame


@dataclass(frozen=True, slots=True)
class Variant:
    """One way to ask and to look.

    Attributes:
        looked: what is changed in looking; the rest of `changes` is in asking.
        weights: how far weights moved.
        peeks: the comparator is picked on test rows.
        arms: of trained arms, those that this variant can speak of.
    """

    changes: Mapping[str, str]
    looked: Mapping[str, str]
    told: Mapping[str, str]
    test: pl.DataFrame
    dev: pl.DataFrame
    weights: pl.DataFrame | None
    arms: frozenset[str]
    peeks: bool = False

    def speaks_of(self, said: "Judged") -> bool:
        """Whether what is changed bears on the statement, and all of its arms are there."""
        return said.arms <= {*self.arms, "comparator"} and not (self.peeks and "comparator" not in said.arms)


@dataclass(frozen=True, slots=True)
class Judged:
    """What a variant says of a statement.

    Attributes:
        name: of a declared claim; or an arm, of which it is said that it gains over the comparator on a tier.
        says: the claim by language; empty for a gain.
        tier: of a gain.
        tasks: on whose test sets it rests; none where it rests on weights.
        arms: that it compares.
    """

    name: str
    says: Mapping[Literal["en", "ja"], str]
    tier: str
    tasks: tuple[str, ...]
    arms: frozenset[str]
    value: Number
    stand: Stand


@dataclass(frozen=True, slots=True)
class Conclusion:
    """A statement with what each variant says of it.

    Attributes:
        own: what the study says.
        others: by number of the variant, where it is another one for this statement.
    """

    own: Judged
    others: Mapping[int, Judged]

    @property
    def same(self) -> int:
        """In how many other variants the answer is the study's."""
        return sum(other.stand is self.own.stand for other in self.others.values())

    @property
    def survives(self) -> bool:
        """Whether every variant that could test it says the same."""
        return self.same == len(self.others)

    @property
    def turned(self) -> int:
        """How many variants say the opposite."""
        return sum(_opposite(self.own.stand, other.stand) for other in self.others.values())


@dataclass(frozen=True, slots=True)
class Flips:
    """What a change of one factor alone does to verdicts, over all statements and all else that is varied.

    Attributes:
        pairs: of verdicts with the factor changed and not.
        changed: pairs that differ; `turned` of them to the opposite.
    """

    factor: str
    pairs: int
    changed: int
    turned: int


@dataclass(frozen=True, slots=True)
class Multiverse:
    """All variants as what they change, the study's own first; the statements that it tests; the factors."""

    variants: tuple[Mapping[str, str], ...]
    conclusions: tuple[Conclusion, ...]
    flips: tuple[Flips, ...]


def survey(
    study: StudySpec,
    universes: Sequence[Frames],
    weights: pl.DataFrame | None,
    judged: Callable[[Variant], Iterable[Judged]],
) -> Multiverse | None:
    """Judges every variant and compares; None where the study asks for none.

    Args:
        study: the study.
        universes: the study's own first.
        weights: how far weights moved, from `study.movements_frame`.
        judged: what is said in a variant.
    """
    if not study.varied:
        return None
    variants = [*_asked(study, universes, weights), *_looked(study, universes[0], weights)]
    said = [{_key(each): each for each in judged(variant) if variant.speaks_of(each)} for variant in variants]
    conclusions = [_conclusion(own, key, variants, said) for key, own in said[0].items()]
    conclusions = [conclusion for conclusion in conclusions if conclusion.others]
    changes = tuple(variant.changes for variant in variants)
    return Multiverse(changes, tuple(conclusions), tuple(_flips(changes, conclusions)))


def _key(said: Judged) -> tuple[str, str, tuple[str, ...]]:
    return (said.name, said.tier, said.tasks if said.tier else ())


def _conclusion(
    own: Judged,
    key: tuple[str, str, tuple[str, ...]],
    variants: Sequence[Variant],
    said: Sequence[Mapping[tuple[str, str, tuple[str, ...]], Judged]],
) -> Conclusion:
    """The statement in each variant that differs for it: by looking, or by who answers for its tasks."""
    seen: list[tuple[object, ...]] = []
    others: dict[int, Judged] = {}
    for number, (variant, found) in enumerate(zip(variants, said, strict=True)):
        if key in found:
            mark = (dict(variant.looked), [variant.told[task] for task in found[key].tasks])
            if mark not in seen and number:
                others[number] = found[key]
            seen.append(mark)
    return Conclusion(own, others)


def _asked(study: StudySpec, universes: Sequence[Frames], weights: pl.DataFrame | None) -> Iterator[Variant]:
    """Every universe, with all seeds and with each alone."""
    arms = frozenset(study.arms)
    for frames in universes:
        yield Variant(frames.changes, {}, frames.told, frames.test, frames.dev, weights, arms)
        for seed in study.seeds if len(study.seeds) > 1 else ():
            looked = {"seed": str(seed)}
            test = frames.test.filter(pl.col("seed").is_null() | (pl.col("seed") == seed))
            moved = None if weights is None else weights.filter(pl.col("seed") == seed)
            yield Variant({**frames.changes, **looked}, looked, frames.told, test, frames.dev, moved, arms)


def _looked(study: StudySpec, own: Frames, weights: pl.DataFrame | None) -> Iterator[Variant]:
    """The study's own predictions, looked at otherwise."""
    looked = {"comparator": "test"}
    yield Variant(looked, looked, own.told, own.test, own.dev, weights, frozenset(study.arms), peeks=True)
    for key, value, twins in _twins(study):
        looked = {key: value}
        test = _swapped(own.test, twins)
        moved = None if weights is None else _swapped(weights, twins)
        untrained = {name for name, arm in study.arms.items() if not arm.trained}
        yield Variant(looked, looked, own.told, test, own.dev, moved, frozenset({*twins, *untrained}))


def _twins(study: StudySpec) -> Iterator[tuple[str, str, dict[str, str]]]:
    """For each key and value that sets arms apart from the plain ones alone: plain arm -> the one in its place."""
    found: dict[tuple[str, str], dict[str, str]] = {}
    for plain in filter(None, (study.plain_arm(with_demos=demos) for demos in (False, True))):
        for name, arm in study.arms.items():
            differs = [key for key in type(arm).model_fields if getattr(arm, key) != getattr(study.arms[plain], key)]
            if len(differs) == 1 and differs[0] in _TWIN_KEYS:
                value = getattr(arm, differs[0]) or getattr(study.training, differs[0])
                found.setdefault((differs[0], str(value)), {}).setdefault(plain, name)
    for (key, value), twins in found.items():
        yield key, value, twins


def _swapped(frame: pl.DataFrame, twins: Mapping[str, str]) -> pl.DataFrame:
    """The frame with each twin under the name of the plain arm whose place it takes."""
    kept = frame.filter(~pl.col("arm").is_in(list(twins)))
    return kept.with_columns(pl.col("arm").replace({twin: plain for plain, twin in twins.items()}))


def _flips(changes: Sequence[Mapping[str, str]], conclusions: Sequence[Conclusion]) -> Iterator[Flips]:
    """Factor by factor, in the order in which they first occur."""
    numbers = {frozenset(change.items()): number for number, change in enumerate(changes)}
    for factor in dict.fromkeys(factor for change in changes for factor in change):
        pairs = []
        for number, change in enumerate(changes):
            without = numbers.get(frozenset(item for item in change.items() if item[0] != factor))
            if factor in change and without is not None:
                for conclusion in conclusions:
                    stands = {0: conclusion.own.stand, **{n: said.stand for n, said in conclusion.others.items()}}
                    if number in stands and without in stands:
                        pairs.append((stands[without], stands[number]))
        if pairs:
            turned = sum(_opposite(*pair) for pair in pairs)
            yield Flips(factor, len(pairs), sum(one is not other for one, other in pairs), turned)


def _opposite(one: Stand, other: Stand) -> bool:
    return {one, other} == {Stand.yes, Stand.no}
