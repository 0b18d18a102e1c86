"""How well a few rows stand for all: against random samples of the same size, which are the yardstick."""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from farfield.stats import EnergyTest, Number, Undefined, energy_test, wilson

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

__all__ = ["Beside", "Representation", "Share", "nearest_chosen", "representation"]

_JUDGES = 5000  # rows whose nearest chosen one is looked for
_POINTS = 1000  # rows of either set that the two-sample test compares
_BLOCK = 512


@dataclass(frozen=True, slots=True)
class Beside:
    """A number of the chosen rows beside the same of random samples of as many rows.

    Attributes:
        value: of the chosen rows.
        random: its mean over the random samples.
        low: the least of them.
        high: the greatest of them.
    """

    value: float
    random: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Share:
    """The share of one label.

    Attributes:
        label: its name.
        chosen: its share of the chosen rows, with Wilson's interval.
        everywhere: its share of all rows.
        low: the least share in a random sample.
        high: the greatest.
    """

    label: str
    chosen: Number
    everywhere: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Representation:
    """What the chosen rows have in common with all.

    Attributes:
        nearness: mean cosine of a row to its nearest chosen one.
        near: share of rows with a chosen one at least `threshold` like them.
        threshold: that cosine.
        energy: the test of the chosen rows against the others; a large p is no proof that they are alike.
        shares: of each label; empty without labels.
        judges: rows whose nearest chosen one was looked for: all, or drawn ones.
        draws: random samples.
    """

    nearness: Beside
    near: Beside
    threshold: float
    energy: EnergyTest | Undefined
    shares: tuple[Share, ...]
    judges: int
    draws: int


def representation(
    vectors: "csr_matrix",
    chosen: Sequence[int],
    labels: Sequence[str] | None = None,
    *,
    rng: np.random.Generator,
    threshold: float = 0.3,
    draws: int = 20,
    advance: Callable[[int, int], None] | None = None,
) -> Representation:
    """Measures the chosen rows, and `draws` random samples of as many rows, on the same rows.

    Args:
        vectors: [rows, features], each of length 1.
        chosen: places of the chosen rows.
        labels: [rows], each row's label.
        rng: draws the samples, and the rows that are looked at where there are many.
        threshold: cosine from which a row counts as covered.
        draws: how many random samples.
        advance: is told how many of the samples are measured, and of how many.
    """
    rows = vectors.shape[0]
    judges = np.sort(rng.choice(rows, _JUDGES, replace=False)) if rows > _JUDGES else np.arange(rows)
    sets = [np.asarray(chosen), *(rng.choice(rows, len(chosen), replace=False) for _ in range(draws))]
    nearness = []
    for number, places in enumerate(sets, 1):
        nearness.append(nearest_chosen(vectors[judges], vectors[places]))
        if advance:
            advance(number, len(sets))
    return Representation(
        _beside([float(near.mean()) for near in nearness]),
        _beside([float((near >= threshold).mean()) for near in nearness]),
        threshold,
        _energy(vectors, np.asarray(chosen), rng),
        tuple(_shares(labels, sets)) if labels is not None else (),
        len(judges),
        draws,
    )


def nearest_chosen(rows: "csr_matrix", chosen: "csr_matrix") -> NDArray[np.float32]:
    """[rows]: each row's cosine to the chosen row that is most like it."""
    others = chosen.T.tocsr()
    blocks = [(rows[start : start + _BLOCK] @ others).max(axis=1) for start in range(0, rows.shape[0], _BLOCK)]
    return np.concatenate([block.toarray().ravel() for block in blocks]).astype(np.float32)


def _beside(values: Sequence[float]) -> Beside:
    own, *random = values
    return Beside(own, float(np.mean(random)), min(random), max(random))


def _energy(vectors: "csr_matrix", chosen: NDArray[np.int64], rng: np.random.Generator) -> EnergyTest | Undefined:
    others = np.setdiff1d(np.arange(vectors.shape[0]), chosen)
    drawn = [rng.choice(part, min(len(part), _POINTS), replace=False) for part in (chosen, others)]
    points = vectors[np.concatenate(drawn)]
    cosines = (points @ points.T).toarray().astype(np.float64)
    np.fill_diagonal(cosines, 1)
    # Rows have length 1, so the squared Euclidean distance is 2 - 2 cos; rounding may leave it below 0.
    return energy_test(np.sqrt(np.maximum(0, 2 - 2 * cosines)), len(drawn[0]), rng=rng)


def _shares(labels: Sequence[str], sets: Sequence[NDArray[np.int64]]) -> list[Share]:
    everywhere = Counter(labels)
    counts = [Counter(labels[place] for place in places.tolist()) for places in sets]
    size = len(sets[0])
    found = []
    for label, count in sorted(everywhere.items(), key=lambda item: (-item[1], item[0])):
        random = [drawn[label] / size for drawn in counts[1:]]
        found.append(Share(label, wilson(counts[0][label], size), count / len(labels), min(random), max(random)))
    return found
