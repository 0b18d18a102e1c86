"""BLEU (Papineni et al. 2002), as sacrebleu counts it; CJK by character."""

from functools import cache
from importlib.metadata import version
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from farfield.metrics.score import Metric, RowScore
from farfield.metrics.script import spaced
from farfield.stats import FloatArray

if TYPE_CHECKING:
    from sacrebleu.metrics import BLEU

_ORDERS = 4


def bleu() -> Metric:
    """Corpus BLEU over 100: sacrebleu's corpus_bleu with its defaults (13a, mixed case, exp smoothing).

    Parts are [correct n-grams, n = 1..4; n-grams, n = 1..4; length; reference's length]. A row's score is
    sentence BLEU with effective order, so that short texts are not 0 for want of 4-grams.
    """
    scorer = f"1 (sacrebleu {version('sacrebleu')}, 13a, exp; CJK by character)"
    return Metric("bleu", scorer, "generation", _row, corpus=_corpus)


@cache
def _counter() -> "BLEU":
    from sacrebleu.metrics import BLEU

    return BLEU(effective_order=True)


def _row(prediction: str, target: str) -> RowScore:
    counts = _counter().sentence_score(spaced(prediction), [spaced(target)])
    parts = (*counts.counts, *counts.totals, counts.sys_len, counts.ref_len)
    sums = np.array(parts, dtype=np.float64)
    orders = np.maximum(np.count_nonzero(sums[_ORDERS : 2 * _ORDERS]), 1)
    return RowScore(float(_score(sums, orders)), tuple(sums.tolist()))


def _corpus(sums: FloatArray) -> FloatArray:
    """Summed parts [..., 10] -> BLEU from 0 to 1 [...]."""
    return _score(sums, np.asarray(_ORDERS))


def _score(sums: FloatArray, orders: NDArray[np.int64]) -> FloatArray:
    """Geometric mean of the first `orders` precisions × brevity, after sacrebleu's BLEU.compute_bleu."""
    correct, total = sums[..., :_ORDERS], sums[..., _ORDERS : 2 * _ORDERS]
    length, reference = sums[..., 2 * _ORDERS], sums[..., 2 * _ORDERS + 1]
    # Exp smoothing (Chen & Cherry 2014, method 3): the k-th order without a hit counts as 1 / 2^k hits.
    missed = (correct == 0) & (total > 0)
    hits = np.where(missed, 0.5 ** np.cumsum(missed, axis=-1), correct)
    log_precision = np.log(np.where(total > 0, hits, 1) / np.where(total > 0, total, 1))
    within = np.arange(_ORDERS) < orders
    mean_log = np.where(within, log_precision, 0).sum(axis=-1) / orders
    brevity = np.exp(np.minimum(0, 1 - reference / np.where(length > 0, length, 1)))
    defined = (correct > 0).any(axis=-1) & ((total > 0) | ~within).all(axis=-1)
    return np.asarray(np.where(defined, brevity * np.exp(mean_log), 0))
