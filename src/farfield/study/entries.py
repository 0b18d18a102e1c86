"""The lines of a study: what names a row of the results, and which cell answers or tells it."""

from dataclasses import asdict, dataclass
from typing import Literal

from farfield.runs.address import Part

__all__ = ["AboutBase", "AboutModel", "Entry", "Keys", "SplitName"]

SplitName = Literal["test", "dev", "unlabelled"]


@dataclass(frozen=True, slots=True)
class Keys:
    """What names one row of the results, besides its metric; the untrained arms' last four are None."""

    arm: str
    strength: float | None
    trained_on: str | None
    train_rows: int | None
    seed: int | None
    task: str
    domain: str
    tier: str
    shots: int
    demo_choice: str
    template: int


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the study: its keys, the cell that answers it, and how many rows it was asked without.

    `universe` names the way to ask; empty for the study's own.
    """

    keys: Keys
    split: SplitName
    address: str
    metrics: tuple[str, ...]
    labels: tuple[str, ...]
    left_out: int
    universe: str = ""

    def as_part(self) -> Part:
        """The entry for the manifest."""
        return {**asdict(self), "metrics": list(self.metrics), "labels": list(self.labels)}


@dataclass(frozen=True, slots=True)
class AboutModel:
    """A trained arm, and the cell that tells something of it: how far it moved, or how its recipe was chosen."""

    arm: str
    trained_on: str
    train_rows: int
    seed: int
    address: str

    def as_part(self) -> Part:
        """The line for the manifest."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class AboutBase:
    """The cell that tells something of the model as it is."""

    address: str

    def as_part(self) -> Part:
        """The line for the manifest: one without an arm."""
        return asdict(self)
