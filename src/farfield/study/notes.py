"""What a reader should know before the numbers: short remarks, kept as values so that a report can word them."""

from collections.abc import Mapping
from dataclasses import dataclass

__all__ = ["NOTES", "Note"]

NOTES: Mapping[str, str] = {
    "rows_short": "task {task}: of {asked} training rows asked for {held} are there; all are taken, once",
    "dev_short": "task {task}: {held} of {asked} development rows are left",
    "too_long": "task {task}: {rows} training rows don't fit max_length and are left out for all arms",
    "cut": "task {task}: arms that cut what is too long train on {rows} rows that the others leave out",
    "agreement": "task {task}: on {rows} rows that two people labelled, Cohen's kappa is {kappa}; if they err by "
    "chance and alike, a perfect model would be measured at an accuracy of {ceiling}",
    "machines": "the run was carried out on {kinds} kinds of machine or software (see the manifest): "
    "its last digits need not be those of a run on one",
}
"""Every note's code and its English; the report has the same codes in its catalogues."""


@dataclass(frozen=True, slots=True)
class Note:
    """One remark.

    Attributes:
        code: one of `NOTES`.
        values: what its sentence names.
    """

    code: str
    values: Mapping[str, str | int]

    def __str__(self) -> str:
        return NOTES[self.code].format(**self.values)
