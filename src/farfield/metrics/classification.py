"""Right or wrong: accuracy, exact match, macro F1."""

from functools import partial

import numpy as np

from farfield.errors import UsageError
from farfield.metrics.score import Metric, RowScore
from farfield.stats import FloatArray


def accuracy() -> Metric:
    """The share of rows whose predicted label is the target."""
    return Metric("accuracy", "1", "classification", _equal, proportion=True)


def exact_match() -> Metric:
    """The share of rows whose text equals the target, white space at both ends aside."""
    return Metric("exact_match", "1", "generation", _equal_text, proportion=True)


def macro_f1(labels: tuple[str, ...]) -> Metric:
    """The mean of the labels' F1 scores, over the labels that occur among targets or predictions.

    Equals scikit-learn's f1_score(average="macro") without `labels`. The parts are, for each label, whether
    it is hit, predicted and the target. A prediction that is no label is wrong and counts for none.

    Args:
        labels: the task's labels, two or more.

    Raises:
        UsageError: fewer than two labels, or one twice.
    """
    if len(labels) < 2 or len(set(labels)) < len(labels):
        raise UsageError(
            f"macro_f1 needs two or more different labels, not {list(labels)}", mend="give the task's labels"
        )
    return Metric("macro_f1", "1", "classification", partial(_confusion, labels), corpus=_mean_f1)


def _equal(prediction: str, target: str) -> RowScore:
    return RowScore(float(prediction == target))


def _equal_text(prediction: str, target: str) -> RowScore:
    return RowScore(float(prediction.strip() == target.strip()))


def _confusion(labels: tuple[str, ...], prediction: str, target: str) -> RowScore:
    if target not in labels:
        raise UsageError(f"the target {target!r} is not among the labels {list(labels)}")
    hit = prediction == target
    parts = [
        float(flag) for label in labels for flag in (hit and label == target, label == prediction, label == target)
    ]
    return RowScore(float(hit), tuple(parts))


def _mean_f1(sums: FloatArray) -> FloatArray:
    """(hits, predicted, targets) per label, [..., 3 labels] -> the mean F1 of labels that occur [...]."""
    hits, predicted, targets = np.moveaxis(sums.reshape(*sums.shape[:-1], -1, 3), -1, 0)
    occurs = (predicted + targets) > 0
    f1 = np.where(occurs, 2 * hits / np.where(occurs, predicted + targets, 1), 0)
    return np.asarray(f1.sum(axis=-1) / occurs.sum(axis=-1))
