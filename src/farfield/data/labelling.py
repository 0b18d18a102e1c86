"""Which rows to label first: those that a simple model is unsure of, unlike each other, from every domain."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from farfield.data.sampling import allot, facility_location
from farfield.data.vectors import text_vectors

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

__all__ = ["Ranked", "rows_to_label"]

_UNSURE = 4
"""Of a domain's rows the most unsure are kept, this many times as many as are wanted; the diverse ones of them win."""
_FEWEST = 2  # labelled rows of each of two labels, below which a model says nothing


@dataclass(frozen=True, slots=True)
class Ranked:
    """Rows to label.

    Attributes:
        rows: their places, the most useful first; domains take turns.
        unsure: of each, how unsure the model is: from 0 to 1, the entropy over that of a guess; None without a model.
        notes: what a reader should know of how they were chosen.
    """

    rows: tuple[int, ...]
    unsure: tuple[float, ...] | None
    notes: tuple[str, ...]


def rows_to_label(
    texts: Sequence[str], labels: Sequence[str], domains: Sequence[str], n: int, *, rng: np.random.Generator
) -> Ranked:
    """Ranks the rows without a label: in each domain, in proportion, the unsure ones that stand for most others.

    A TF-IDF and a logistic regression learn the rows that have labels. Of each domain the most unsure rows are kept,
    and among these facility location chooses, each row's nearness counted as much as the model is unsure of it.
    Such rows teach most; they are no random sample, so nothing should be measured on them.

    Source: Wei, Iyer & Bilmes (2015), ICML, Filtered Active Submodular Selection.

    Args:
        texts: [rows], of all rows.
        labels: [rows], empty where a row has none yet.
        domains: [rows].
        n: how many; all rows without a label where these are fewer.
        rng: draws the rows that are looked at where there are many.
    """
    vectors = text_vectors(texts)
    open_rows = np.asarray([row for row, label in enumerate(labels) if not label], dtype=np.int64)
    notes = [f"only {len(open_rows)} rows have no label"] if len(open_rows) < n else []
    unsure, lack = _uncertainty(vectors, labels, open_rows)
    if lack:
        notes.append(lack)
    parts: dict[str, list[int]] = {}
    for place, row in enumerate(open_rows.tolist()):
        parts.setdefault(domains[row], []).append(place)
    places = allot([len(part) for part in parts.values()], min(n, len(open_rows)))
    chosen: list[tuple[float, int]] = []
    for part, count in zip(parts.values(), places, strict=True):
        weights = None if unsure is None else unsure[part]
        found = _of_domain(vectors[open_rows[part]], weights, count, rng)
        # Turns in proportion: the k-th of a domain's m rows stands at (k + 1/2) / m of the list.
        chosen.extend(((turn + 0.5) / count, part[place]) for turn, place in enumerate(found))
    order = [place for _, place in sorted(chosen)]
    told = None if unsure is None else tuple(unsure[order].tolist())
    return Ranked(tuple(open_rows[order].tolist()), told, tuple(notes))


def _of_domain(pool: "csr_matrix", unsure: NDArray[np.float64] | None, n: int, rng: np.random.Generator) -> list[int]:
    if not n:
        return []
    kept = np.arange(pool.shape[0])
    if unsure is not None:
        kept = np.sort(np.argsort(-unsure, kind="stable")[: _UNSURE * n])
    found: list[int] = []
    while len(found) < n:  # one search chooses among 6,000 rows at most
        left = np.setdiff1d(kept, found)
        weights = None if unsure is None else unsure[left]
        found += left[facility_location(pool[left], min(n - len(found), 1000), rng=rng, weights=weights)].tolist()
    return found


def _uncertainty(
    vectors: "csr_matrix", labels: Sequence[str], open_rows: NDArray[np.int64]
) -> tuple[NDArray[np.float64] | None, str]:
    """[open rows]: the entropy of a model's guess over that of an even one; or None, and why."""
    counts = Counter(label for label in labels if label)
    usable = {label for label, count in counts.items() if count >= _FEWEST}
    if len(usable) < 2 or not len(open_rows):
        return None, "fewer than two labels have two rows each: no model can be unsure, rows are chosen to be diverse"
    from sklearn.linear_model import LogisticRegression

    known = [row for row, label in enumerate(labels) if label in usable]
    model = LogisticRegression(C=10.0, max_iter=1000).fit(vectors[known], [labels[row] for row in known])
    shares = model.predict_proba(vectors[open_rows])
    entropy = -(shares * np.log(np.maximum(shares, 1e-300))).sum(axis=1) / np.log(len(usable))
    return np.clip(entropy, 0, 1), ""
