"""The metrics by name."""

from collections.abc import Callable, Mapping, Sequence
from difflib import get_close_matches
from types import MappingProxyType

from farfield.errors import UsageError
from farfield.metrics.bleu import bleu
from farfield.metrics.chrf import chrf
from farfield.metrics.classification import accuracy, exact_match, macro_f1
from farfield.metrics.rouge import rouge_l
from farfield.metrics.score import Kind, Metric

METRICS: Mapping[str, Kind] = MappingProxyType(
    {
        "accuracy": "classification",
        "macro_f1": "classification",
        "rougeL": "generation",
        "bleu": "generation",
        "chrf": "generation",
        "exact_match": "generation",
    }
)
"""Every metric's name and the kind of task it scores."""

_WITHOUT_LABELS: Mapping[str, Callable[[], Metric]] = {
    "accuracy": accuracy,
    "rougeL": rouge_l,
    "bleu": bleu,
    "chrf": chrf,
    "exact_match": exact_match,
}


def metric(name: str, labels: Sequence[str] = ()) -> Metric:
    """The metric of this name.

    Args:
        name: one of `METRICS`.
        labels: the task's labels; macro_f1 alone needs them.

    Raises:
        UsageError: no such metric, or macro_f1 without labels.
    """
    if name == "macro_f1":
        return macro_f1(tuple(labels))
    if name not in _WITHOUT_LABELS:
        near = {known.lower(): known for known in METRICS}
        match = get_close_matches(name.lower(), near, n=1)
        nearest = f"did you mean {near[match[0]]}? " if match else ""
        raise UsageError(f"unknown metric {name!r}", mend=f"{nearest}known are {', '.join(METRICS)}")
    return _WITHOUT_LABELS[name]()
