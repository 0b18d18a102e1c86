"""Labels that are likely wrong: rows whose label a classifier that never saw them doubts (confident learning).

Northcutt, Jiang and Chuang (2021), "Confident learning: estimating uncertainty in dataset labels", arXiv 1911.00068.
The classifier is TF-IDF of character n-grams with logistic regression. It sees no meaning:
what it doubts is to be read, not to be believed.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from farfield.metrics import character_tfidf, cjk_count
from farfield.stats import Estimate, Number, Undefined, wilson

__all__ = ["Doubted", "Doubts", "confident_joint", "doubted_labels", "doubts_of", "out_of_fold"]

_FOLDS = 5
# A label needs so many rows that each fold has some, and a file so many that the classifier learns anything.
_ROWS_OF_A_LABEL, _ROWS = 10, 60
_CHARACTERS, _FEATURES = 2000, 60_000

# A row is listed where another label is likelier than its own by this share of what the classifier gives to its first
# choice on the average. Ranking alone would list as many rows as it is wrong about, most of them its own mistakes; and
# one that has seen a hundred rows is never sure, so that a fixed margin would list nothing there.
_MARGIN = 0.55

# Where the classifier is as decided as about such a row, it has to agree with the labels this often; else it is decided
# and wrong (about which sentences follow from which, say), and its doubts are noise.
_TRUSTED = 0.75

# Japanese and Chinese characters are words and halves of words; longer n-grams are too rare to learn from.
_MOSTLY = 0.3

_RESAMPLES = 1000


@dataclass(frozen=True, slots=True)
class Doubted:
    """A row whose label is likely wrong.

    Attributes:
        row: its place.
        label: that it has.
        instead: the label that the classifier gives it.
        confidence: the out-of-fold probability of its own label.
    """

    row: int
    label: str
    instead: str
    confidence: float


@dataclass(frozen=True, slots=True)
class Doubts:
    """What a classifier that never saw the rows makes of their labels.

    Attributes:
        rows: that are likely wrong, the least sure of its label first.
        share: of all labels that are wrong, by the confident joint, with an interval over rows. The classifier's own
            mistakes count as wrong labels, so the true share lies rather below.
        accuracy: how often the classifier agrees with the labels.
    """

    rows: tuple[Doubted, ...]
    share: Estimate
    accuracy: Number


def doubted_labels(
    texts: Sequence[str], labels: Sequence[str], *, rng: np.random.Generator, clusters: Sequence[Sequence[int]] = ()
) -> Doubts | Undefined:
    """Labels that are likely wrong.

    Args:
        texts: what each row asks.
        labels: the label of each row.
        rng: for the folds, and for the interval.
        clusters: near duplicates; they share a fold, or they would vouch for each other's labels.

    Returns:
        `Undefined` where rows or labels are few, or where the classifier is no better than the commonest label.
    """
    counts = Counter(labels)
    if len(texts) < _ROWS or len(counts) < 2:
        return Undefined(f"at least {_ROWS} rows with two labels are needed", len(texts))
    rarest, fewest = min(counts.items(), key=lambda item: (item[1], item[0]))
    if fewest < _ROWS_OF_A_LABEL:
        return Undefined(f"{fewest} rows have the label {rarest!r}, and {_ROWS_OF_A_LABEL} are needed", len(texts))
    names = sorted(counts)
    given = np.array([names.index(label) for label in labels])
    probabilities = out_of_fold(texts, given, rng=rng, clusters=clusters)
    agrees = wilson(int((probabilities.argmax(axis=1) == given).sum()), len(given))
    if isinstance(agrees, Estimate) and agrees.low <= max(counts.values()) / len(given):
        return Undefined("the classifier that would doubt them is no better than the commonest label", len(texts))
    return doubts_of(probabilities, given, names, agrees, rng)


def doubts_of(
    probabilities: NDArray[np.float64],
    given: NDArray[np.int64],
    names: Sequence[str],
    agrees: Number,
    rng: np.random.Generator,
) -> Doubts:
    """Doubts from out-of-fold probabilities, `[rows, labels]`, and the number of each row's label."""
    instead = _confidently(probabilities, given)
    own = probabilities[np.arange(len(given)), given]
    other = probabilities[np.arange(len(given)), np.maximum(instead, 0)]
    sure = float(probabilities.max(axis=1).mean())
    doubtful = (instead >= 0) & (instead != given) & (other - own >= _MARGIN * sure)
    listed = np.flatnonzero(doubtful & _trusted(probabilities, given))
    rows = tuple(
        Doubted(int(row), names[given[row]], names[instead[row]], float(own[row]))
        for row in listed[np.argsort(own[listed], kind="stable")]
    )
    return Doubts(rows, _share(probabilities, given, rng), agrees)


def _trusted(probabilities: NDArray[np.float64], given: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Rows about which the classifier is so decided that it agrees with most labels of rows where it is as decided."""
    second, first = np.sort(probabilities, axis=1)[:, -2:].T
    order = np.argsort(second - first, kind="stable")  # the most decided first
    agrees = probabilities.argmax(axis=1) == given
    shares = np.cumsum(agrees[order]) / np.arange(1, len(order) + 1)
    reached = np.flatnonzero(shares >= _TRUSTED)
    trusted = np.zeros(len(order), np.bool_)
    trusted[order[: reached[-1] + 1 if len(reached) else 0]] = True
    return trusted


def out_of_fold(
    texts: Sequence[str],
    given: NDArray[np.int64],
    *,
    rng: np.random.Generator,
    clusters: Sequence[Sequence[int]] = (),
) -> NDArray[np.float64]:
    """The probability of each label for each row, by a classifier that saw neither it nor its near duplicates."""
    from sklearn.linear_model import LogisticRegression

    read = [text[:_CHARACTERS] for text in texts]
    japanese = sum(map(cjk_count, read)) >= _MOSTLY * sum(map(len, read))
    vectorizer = character_tfidf(shortest=1) if japanese else character_tfidf()
    vectorizer.set_params(max_features=_FEATURES, ngram_range=(1, 2) if japanese else vectorizer.ngram_range)
    features = vectorizer.fit_transform(read)
    folds = _folds(given, rng, clusters)
    labels = int(given.max()) + 1
    found = np.zeros((len(given), labels))
    for fold in range(_FOLDS):
        held = folds == fold
        if not held.any():
            continue
        if len(np.unique(given[~held])) < 2:
            # Nearly all rows are near duplicates of these: nothing is known but how frequent each label is.
            found[held] = np.bincount(given, minlength=labels) / len(given)
            continue
        model = LogisticRegression(C=10.0, max_iter=1000)
        model.fit(features[~held], given[~held])
        found[np.ix_(held, model.classes_)] = model.predict_proba(features[held])
    return found


def _folds(given: NDArray[np.int64], rng: np.random.Generator, clusters: Sequence[Sequence[int]]) -> NDArray[np.int64]:
    """The fold of each row: labels evenly, clusters together."""
    order = rng.permutation(len(given))
    order = order[np.argsort(given[order], kind="stable")]
    folds = np.empty(len(given), np.int64)
    folds[order] = np.arange(len(given)) % _FOLDS
    for cluster in clusters:
        folds[list(cluster)] = folds[cluster[0]]
    return folds


def _confidently(probabilities: NDArray[np.float64], given: NDArray[np.int64]) -> NDArray[np.int64]:
    """The label that each row confidently has, -1 where it has none.

    A label is confident where its probability reaches the mean that it has among rows labelled so (equation 2); of
    several, the likeliest (equation 1).
    """
    labels = probabilities.shape[1]
    sums = np.bincount(given, probabilities[np.arange(len(given)), given], labels)
    counts = np.bincount(given, minlength=labels)
    thresholds = np.divide(sums, counts, out=np.full(labels, np.inf), where=counts > 0)
    above = np.where(probabilities >= thresholds - 1e-12, probabilities, -1.0)
    return np.where(above.max(axis=1) >= 0, above.argmax(axis=1), -1)


def confident_joint(probabilities: NDArray[np.float64], given: NDArray[np.int64]) -> NDArray[np.float64]:
    """How many rows labelled i (first axis) are truly j, calibrated to the counts of labels (equations 1 to 3).

    Args:
        probabilities: `[rows, labels]`, of rows that the classifier never saw.
        given: the number of each row's label.
    """
    labels = probabilities.shape[1]
    instead = _confidently(probabilities, given)
    sure = instead >= 0
    joint = np.zeros((labels, labels))
    np.add.at(joint, (given[sure], instead[sure]), 1)
    # As in the authors' own code, a row without a confident label counts for the label that it has.
    counts = np.bincount(given, minlength=labels).astype(float)
    empty = joint.sum(axis=1) == 0
    joint[empty, empty] = 1.0
    joint *= (counts / joint.sum(axis=1))[:, None]
    return joint


def _share(probabilities: NDArray[np.float64], given: NDArray[np.int64], rng: np.random.Generator) -> Estimate:
    def wrong(rows: NDArray[np.int64]) -> float:
        joint = confident_joint(probabilities[rows], given[rows])
        return float(1 - np.trace(joint) / joint.sum())

    rows = len(given)
    drawn = [wrong(rng.integers(rows, size=rows)) for _ in range(_RESAMPLES)]
    low, high = np.quantile(drawn, (0.025, 0.975))
    value = wrong(np.arange(rows))
    return Estimate(value, min(float(low), value), max(float(high), value), rows, "percentile")
