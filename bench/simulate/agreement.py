"""Two labellers: do kappa, agreement and the ceiling lie in their intervals?"""

from collections.abc import Iterator, Sequence
from functools import partial

import numpy as np

from bench.simulate.case import Case, Measure, Measured, held
from farfield.stats import Estimate, FloatArray, cohens_kappa, label_ceiling, raw_agreement
from farfield.stats.agreement import kappa_error

__all__ = ["CASES"]

_EVEN, _RARE, _FOUR = (0.5, 0.5), (0.85, 0.15), (0.4, 0.3, 0.2, 0.1)


def _table(shares: Sequence[float], right: float) -> FloatArray:
    """How often each pair of labels is given, `[labels, labels]`, by two who are each right so often."""
    labels = len(shares)
    given = np.where(np.eye(labels, dtype=bool), right, (1 - right) / (labels - 1))
    return np.asarray(np.einsum("t,ti,tj->ij", shares, given, given))


def _worlds(
    table: FloatArray, n: int, replications: int, draws: np.random.Generator
) -> Iterator[tuple[list[int], list[int]]]:
    """Both labellers' labels of n rows."""
    for pairs in draws.choice(table.size, size=(replications, n), p=table.ravel()):
        one, other = np.divmod(pairs, len(table))
        yield one.tolist(), other.tolist()


def _kappa(shares: Sequence[float], right: float, n: int, replications: int, draws: np.random.Generator) -> Measured:
    table = _table(shares, right)
    observed, expected, _ = kappa_error(table)
    numbers = [cohens_kappa(a, b) for a, b in _worlds(table, n, replications, draws)]
    return held([number for number in numbers if isinstance(number, Estimate)], (observed - expected) / (1 - expected))


def _wald(replications: int, draws: np.random.Generator) -> Measured:
    """Kappa ± 1.96 large-sample standard errors, of 30 rows."""
    table = _table(_RARE, 0.97)
    observed, expected, _ = kappa_error(table)
    numbers = []
    for counts in draws.multinomial(30, table.ravel(), size=replications).reshape(-1, 2, 2):
        if counts[0, 0] < 30:
            seen, chance, error = kappa_error(counts.astype(np.float64))
            kappa = (seen - chance) / (1 - chance)
            numbers.append(Estimate(kappa, kappa - 1.96 * error, kappa + 1.96 * error, 30, "wald"))
    return held(numbers, (observed - expected) / (1 - expected))


def _agreement(right: float, n: int, replications: int, draws: np.random.Generator) -> Measured:
    table = _table(_FOUR, right)
    return held([raw_agreement(a, b) for a, b in _worlds(table, n, replications, draws)], float(np.trace(table)))


def _ceiling(shares: Sequence[float], right: float, n: int, replications: int, draws: np.random.Generator) -> Measured:
    worlds = _worlds(_table(shares, right), n, replications, draws)
    return held([label_ceiling(a, b, labels=len(shares)) for a, b in worlds], right)


def _agreement_for_ceiling(replications: int, draws: np.random.Generator) -> Measured:
    """The agreement itself taken for the ceiling, though both labellers' errors lower it."""
    return held([raw_agreement(a, b) for a, b in _worlds(_table(_EVEN, 0.9), 250, replications, draws)], 0.9)


def _case(name: str, measure: Measure, wanted: tuple[float, float] = (0.93, 0.97), *, planted: bool = False) -> Case:
    return Case("agreement", name, wanted, measure, planted)


CASES = (
    *(
        _case(f"{told}, {n} rows: coverage of kappa", partial(_kappa, shares, right, n), (0.92, 0.98))
        for told, shares, right in (
            ("two even labels, right 0.9", _EVEN, 0.9),
            ("one label rare, right 0.97", _RARE, 0.97),
            ("four labels, right 0.85", _FOUR, 0.85),
        )
        for n in (30, 100, 250)
    ),
    *(_case(f"four labels, {n} rows: coverage of the agreement", partial(_agreement, 0.9, n)) for n in (30, 250)),
    *(
        _case(f"{told}, {n} rows: coverage of the ceiling", partial(_ceiling, shares, right, n))
        for told, shares, right in (("two labels, right 0.9", _EVEN, 0.9), ("four labels, right 0.85", _FOUR, 0.85))
        for n in (100, 250)
    ),
    _case("one label rare, 30 rows: coverage of kappa ± 1.96 errors", _wald, (0.92, 0.98), planted=True),
    _case("agreement taken for the ceiling", _agreement_for_ceiling, planted=True),
)
