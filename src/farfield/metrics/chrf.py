"""chrF (Popović 2015): character n-grams, the same for every script."""

from collections import Counter

import numpy as np

from farfield.metrics.score import Metric, RowScore
from farfield.stats import FloatArray

_ORDERS = 6
_BETA = 2  # recall counts twice as much as precision


def chrf() -> Metric:
    """Corpus chrF2 over 100: sacrebleu's corpus_chrf with its defaults (6 orders, no white space, beta 2).

    Parts are, for n = 1..6, [prediction's n-grams, target's, those in common]. Counted here because
    sacrebleu gives out the score, not the counts that resampling needs.
    """
    return Metric("chrf", "1 (sacrebleu 2, nc:6 nw:0 space:no)", "generation", _row, corpus=_corpus)


def _row(prediction: str, target: str) -> RowScore:
    said, meant = "".join(prediction.split()), "".join(target.split())
    parts: list[float] = []
    for n in range(1, _ORDERS + 1):
        a, b = _ngrams(said, n), _ngrams(meant, n)
        # sacrebleu counts no n-grams of a prediction whose target is too short to have any.
        parts += [a.total() if b else 0, b.total(), (a & b).total()]
    sums = np.array(parts, dtype=np.float64)
    return RowScore(float(_corpus(sums)), tuple(sums.tolist()))


def _ngrams(text: str, n: int) -> Counter[str]:
    return Counter(text[i : i + n] for i in range(len(text) - n + 1))


def _corpus(sums: FloatArray) -> FloatArray:
    """Summed parts [..., 18] -> chrF from 0 to 1 [...]: F of the mean precision and recall over orders."""
    said, meant, common = np.moveaxis(sums.reshape(*sums.shape[:-1], _ORDERS, 3), -1, 0)
    counted = (said > 0) & (meant > 0)
    orders = np.maximum(counted.sum(axis=-1), 1)
    precision = np.where(counted, common / np.where(counted, said, 1), 0).sum(axis=-1) / orders
    recall = np.where(counted, common / np.where(counted, meant, 1), 0).sum(axis=-1) / orders
    weighted = _BETA**2 * precision + recall
    return np.asarray((1 + _BETA**2) * precision * recall / np.where(weighted > 0, weighted, 1))
