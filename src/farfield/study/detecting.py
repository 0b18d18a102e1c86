"""What the planned rows can show, before anything runs."""

from collections.abc import Iterator
from dataclasses import dataclass

from farfield.metrics import metric
from farfield.stats import Undefined, detectable_difference, detectable_mean, detectable_unpaired
from farfield.study.tasks import TaskData

__all__ = ["Detectable", "detectable"]

# Assumed before a run. Two arms on the data of arXiv 2403.09162 disagree on a fifth to two fifths of the rows; paired
# differences of ROUGE-L spread by 0.15 to 0.25 there.
_DISAGREE, _SPREAD, _RATE = 0.3, 0.2, 0.5


@dataclass(frozen=True, slots=True)
class Detectable:
    """The smallest difference of two arms that test sets of a size will show with 80 % power, two-sided at 95 %.

    Attributes:
        domains: the test sets.
        rows: of each.
        paired: where both arms answer the same rows, as farfield asks them; undefined where no number of rows tells.
        unpaired: where each arm had rows of its own.
        assumed: what was taken for granted of the answers.
        proportion: whether scores are right or wrong, and the differences those of shares.
    """

    task: str
    domains: tuple[str, ...]
    rows: int
    paired: float | Undefined
    unpaired: float | Undefined
    assumed: str
    proportion: bool

    @property
    def values(self) -> dict[str, str | int]:
        """What a sentence of it names."""
        by = {"disagree": f"{_DISAGREE:.0%}", "right": f"{_RATE:.0%}"} if self.proportion else {"by": f"{_SPREAD:g}"}
        shown = {"paired": _short(self.paired), "unpaired": _short(self.unpaired)}
        return {"domains": ", ".join(self.domains), "rows_each": self.rows, **shown, **by}

    def __str__(self) -> str:
        return (
            f"{', '.join(self.domains)}: {self.rows} rows show a difference of {_told(self.paired)} "
            f"({_told(self.unpaired)} if each arm had rows of its own)"
        )


def detectable(task: TaskData) -> Iterator[Detectable]:
    """For each size of a test set."""
    of = metric(task.spec.scored_by[0], task.spec.labels)
    for rows in dict.fromkeys(len(domain.examples) for domain in task.domains if domain.examples):
        domains = tuple(domain.name for domain in task.domains if len(domain.examples) == rows)
        if of.proportion:
            paired: float | Undefined = detectable_difference(rows, disagree=_DISAGREE)
            unpaired = detectable_unpaired(rows, rows, rate=_RATE)
            assumed = f"two arms disagree on {_DISAGREE:.0%} of the rows, one is right on {_RATE:.0%}"
        else:
            paired, unpaired = detectable_mean(rows, _SPREAD), detectable_mean(rows, _SPREAD, other=rows)
            assumed = f"scores, and their differences, spread by {_SPREAD:g}"
        yield Detectable(task.name, domains, rows, paired, unpaired, assumed, of.proportion)


def _short(difference: float | Undefined) -> str:
    return "–" if isinstance(difference, Undefined) else f"{difference:.0%}"


def _told(difference: float | Undefined) -> str:
    return f"undefined ({difference.reason})" if isinstance(difference, Undefined) else f"{difference:.0%}"
