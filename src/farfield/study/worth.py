"""When more labels no longer pay: the learning curve of a simple model over the labels that there are."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import numpy as np
from numpy.typing import NDArray

from farfield.data import read_rows, text_vectors
from farfield.data.small_set import text_column
from farfield.errors import DataError
from farfield.stats import LearningCurve, Number, Undefined, learning_curve

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

__all__ = ["NextLabels", "more_labels", "more_labels_of"]

_FOLDS, _SEEDS, _SIZES = 5, 3, 5
_SPAN = 8  # the largest training set over the smallest
_FEWEST, _OF_A_LABEL = 50, 5
_MOST = 3000  # labelled rows that are looked at; more take minutes and change little
_PER = 100  # labels that the gain which pays is stated for

Verdict = Literal["stop", "go_on", "cant_tell"]


@dataclass(frozen=True, slots=True)
class NextLabels:
    """What more labels would bring a simple model (TF-IDF and logistic regression).

    Attributes:
        labelled: rows with a label.
        more: further labels that are asked about.
        score: its accuracy with all labels that there are.
        gain: by how much that would rise with so many more.
        worth: the gain from which they pay.
        verdict: stop where even the upper end lies below what pays, go on where the lower end reaches it.
    """

    labelled: int
    more: int
    score: Number
    gain: Number
    worth: float

    @property
    def verdict(self) -> Verdict:
        """See above; where nothing is known, it can't be told."""
        if isinstance(self.gain, Undefined):
            return "cant_tell"
        return "stop" if self.gain.high < self.worth else "go_on" if self.gain.low >= self.worth else "cant_tell"


def more_labels(
    texts: Sequence[str], labels: Sequence[str], *, more: int = _PER, worth: float = 0.01, rng: np.random.Generator
) -> NextLabels:
    """Whether more labels pay, by the learning curve of a simple model on growing shares of those that there are.

    Each row is scored by models that did not see it or its equal: five folds, five sizes of training sets that hold
    one another, three draws. The curve is `stats.learning_curve`, and the gain is told from all labels to so many more.
    What a simple model gains no more from labels, a fine-tuned one may: it is a hint, and not that model's curve. Where
    rows were chosen for a label because they are hard, both scores are those on such rows.

    Args:
        texts: of all rows.
        labels: of each row; empty where it has none.
        more: further labels.
        worth: the gain in accuracy that 100 labels must bring to be worth their work.
        rng: draws folds and training sets.
    """
    known = [place for place, label in enumerate(labels) if label.strip()]
    counts = Counter(labels[place] for place in known)
    floor = worth * more / _PER

    def undefined(reason: str) -> NextLabels:
        lacking = Undefined(reason, len(known))
        return NextLabels(len(known), more, lacking, lacking, floor)

    if len(known) < _FEWEST:
        return undefined(f"fewer than {_FEWEST} rows have a label")
    if sum(count >= _OF_A_LABEL for count in counts.values()) < 2:
        return undefined(f"fewer than two labels have {_OF_A_LABEL} rows each")
    looked_at = sorted(rng.choice(known, min(len(known), _MOST), replace=False).tolist())
    curve = _curve([texts[place] for place in looked_at], [labels[place] for place in looked_at], rng)
    if isinstance(curve, Undefined):
        return undefined(curve.reason)
    now = len(known)
    return NextLabels(now, more, curve.at(now), curve.gain(now, now + more), floor)


def more_labels_of(
    path: Path, label: str, *, text: Sequence[str] = (), more: int = _PER, worth: float = 0.01, seed: int = 0
) -> NextLabels:
    """The same of a file's rows; `text` is the column with the longest texts unless it is named.

    Raises:
        DataError: a file that can't be read, or a column that is not there.
    """
    rows = read_rows(path)
    columns = dict.fromkeys(name for row in rows for name in row)
    if lacking := [name for name in (label, *text) if name not in columns]:
        there = ", ".join(columns)
        raise DataError(f"there is no column {lacking[0]!r}", where=str(path), mend=f"the file has: {there}")
    read = text or (text_column([_without(row, label) for row in rows]),)
    texts = ["\n".join(row.get(name, "") for name in read) for row in rows]
    labels = [row.get(label, "") for row in rows]
    return more_labels(texts, labels, more=more, worth=worth, rng=np.random.default_rng(seed))


def _without(row: Mapping[str, str], label: str) -> dict[str, str]:
    return {name: value for name, value in row.items() if name not in (label, f"second_{label}")}


def _curve(texts: Sequence[str], labels: Sequence[str], rng: np.random.Generator) -> LearningCurve | Undefined:
    vectors = text_vectors(texts)
    vectors = vectors[:, np.unique(vectors.indices)]  # hashing leaves most places empty
    answers = np.unique(np.asarray(labels, dtype=object).astype(str), return_inverse=True)[1]
    # Equal texts are one: a model that saw one of them knows the other.
    same = np.unique([" ".join(text.split()) for text in texts], return_inverse=True)[1]
    largest = int(len(texts) * (_FOLDS - 1) / _FOLDS * 0.95)  # folds of whole clusters are not all of one size
    sizes = sorted({round(size) for size in np.geomspace(largest / _SPAN, largest, _SIZES)})
    right = {size: np.zeros((_SEEDS, len(texts))) for size in sizes}
    for seed in range(_SEEDS):
        fold = rng.permutation(np.arange(same.max() + 1) % _FOLDS)
        for held in range(_FOLDS):
            test = np.flatnonzero(fold[same] == held)
            train = rng.permutation(np.flatnonzero(fold[same] != held))
            for size in sizes:
                right[size][seed, test] = _right(vectors, answers, train[:size], test)
    return learning_curve(right, rng=rng)


def _right(
    vectors: "csr_matrix", answers: NDArray[np.int64], train: NDArray[np.int64], test: NDArray[np.int64]
) -> NDArray[np.float64]:
    """[test]: whether a model that learnt the training rows is right."""
    if not len(test):
        return np.zeros(0)
    if len(np.unique(answers[train])) < 2:
        return np.asarray(answers[test] == answers[train][0], dtype=np.float64)
    from sklearn.linear_model import LogisticRegression

    model = LogisticRegression(C=10.0, max_iter=1000).fit(vectors[train], answers[train])
    return np.asarray(model.predict(vectors[test]) == answers[test], dtype=np.float64)
