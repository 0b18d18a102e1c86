"""Tests of each trained arm against the comparator on its own test sets; those of one claim are one family."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from farfield.findings.scores import generator
from farfield.metrics import ArmTests, Metric, Pair, compare
from farfield.stats import Undefined, holm

__all__ = ["Compared", "compared"]


@dataclass(frozen=True, slots=True)
class Compared:
    """A trained arm against the comparator on a test set.

    Attributes:
        tested: both tests on its rows.
        adjusted: p among the test sets of the claim (Holm).
    """

    arm: str
    train_rows: int
    domain: str
    tier: str
    tested: ArmTests
    adjusted: float


def compared(
    metric: Metric, model: tuple[str, int], tier: str, pairs: Mapping[str, Pair], margin: float
) -> Iterator[Compared]:
    """The tests of one claim.

    Args:
        metric: the task's.
        model: the arm, and how many rows it was trained on.
        tier: of the claim.
        pairs: by test set, the model's scores and the comparator's on the same rows.
        margin: difference too small to matter.
    """
    tests = {
        domain: compare(metric, pair, margin, rng=generator("compared", *model, domain))
        for domain, pair in pairs.items()
    }
    held = {domain: test for domain, test in tests.items() if not isinstance(test, Undefined)}
    adjusted = holm([test.p for test in held.values()]).tolist() if held else []
    for (domain, test), p in zip(held.items(), adjusted, strict=True):
        yield Compared(*model, domain, tier, test, p)
