"""Which rows train, which are held for development, which test: in file order, and every row left out is listed."""

from collections.abc import Callable, Iterable, Sequence, Set
from dataclasses import dataclass

from farfield.data.examples import Example, Left, key
from farfield.spec import TaskSpec

__all__ = ["Kept", "Left", "Split", "kept_test", "split"]


@dataclass(frozen=True, slots=True)
class Split:
    """The rows of a training file, divided.

    Attributes:
        train: in the order in which sizes take them: a smaller set is the beginning of a larger one.
        dev: development rows.
        left_out: rows passed over, with the reason.
        asked: the largest size that the study asks for; more than `train` holds where the rows ran out.
        uncut: what would train if no row were too long, for arms that cut rows to fit.
    """

    train: tuple[Example, ...] = ()
    dev: tuple[Example, ...] = ()
    left_out: tuple[Left, ...] = ()
    asked: int = 0
    uncut: tuple[Example, ...] = ()


@dataclass(frozen=True, slots=True)
class Kept:
    """Test rows that no demo and no training row gives away, and the others."""

    examples: tuple[Example, ...]
    left_out: tuple[Left, ...]


def split(
    rows: Iterable[Example],
    task: TaskSpec,
    *,
    demo_keys: Set[str],
    size: int,
    dev: int,
    fits: Callable[[Example], bool],
) -> Split:
    """Takes `size` training rows in order, then `dev` development rows.

    Rows that equal a demo, that don't fit, or (for development) that equal a training row or share its group
    are passed over and the next ones taken in their place.
    """
    train: list[Example] = []
    uncut: list[Example] = []
    held: list[Example] = []
    left: list[Left] = []
    taken: set[str] = set()
    groups: set[str | None] = set()
    for example in rows:
        if len(train) >= size and len(held) >= dev:
            break
        this = key(example, task)
        training = len(train) < size
        if this in demo_keys:
            left.append(Left(example.source, example.row, "equals_demo"))
            continue
        if len(uncut) < size:
            uncut.append(example)
        if not fits(example):
            left.append(Left(example.source, example.row, "too_long"))
        elif training:
            train.append(example)
            taken.add(this)
            groups.add(example.group)
        elif this in taken:
            left.append(Left(example.source, example.row, "equals_training_row"))
        elif example.group is not None and example.group in groups:
            left.append(Left(example.source, example.row, "group_of_training_row"))
        else:
            held.append(example)
    return Split(tuple(train), tuple(held), tuple(left), size, tuple(uncut))


def kept_test(examples: Sequence[Example], task: TaskSpec, demo_keys: Set[str], train_keys: Set[str]) -> Kept:
    """Test rows without those that equal a demo, a training row or a development row."""
    kept: list[Example] = []
    left: list[Left] = []
    for example in examples:
        this = key(example, task)
        if this in demo_keys:
            left.append(Left(example.source, example.row, "equals_demo"))
        elif this in train_keys:
            left.append(Left(example.source, example.row, "equals_training_row"))
        else:
            kept.append(example)
    return Kept(tuple(kept), tuple(left))
