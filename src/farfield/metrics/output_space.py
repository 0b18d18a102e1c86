"""How wide a task's answers are, and what outputs do in that space: figures of texts, without a model.

Figures that are means have a value a row; those of a whole corpus are statistics of summed parts where rows add up,
so that `stats` gives either its interval. Words are those of `script.words`: Japanese by character.
"""

import math
from collections import Counter
from collections.abc import Sequence

import numpy as np

from farfield.metrics.script import words
from farfield.stats import RESAMPLES, Estimate, FloatArray, Number, Undefined

__all__ = [
    "answer_counts",
    "copied_share",
    "distinct_share",
    "entropy_bits",
    "entropy_interval",
    "is_label",
    "lengths",
    "perplexity",
    "ratio",
]

_UNSEEN = 0.1


def answer_counts(answers: Sequence[str]) -> FloatArray:
    """How often each different answer stands, `[answers]`; white space at both ends aside."""
    return np.array(list(Counter(map(str.strip, answers)).values()), dtype=np.float64)


def entropy_bits(counts: FloatArray, labels: int = 0) -> FloatArray:
    """Shannon entropy in bits of answers that were seen this often, `[..., answers]` -> `[...]`.

    The plug-in estimate with the correction of Miller (1955) and Madow, (seen answers - 1) / 2n nats: the plug-in
    alone lies below the truth by about that much (Paninski 2003, section 4). n rows can't show more than log2 n
    bits, which bounds it: where nearly every answer is its own, the truth lies above. Nor do `labels` have more than
    log2 of their number, where a task lists its answers.
    """
    n = counts.sum(axis=-1)
    shares = counts / n[..., None]
    plug_in = -(shares * np.log2(np.where(shares > 0, shares, 1))).sum(axis=-1)
    correction = ((counts > 0).sum(axis=-1) - 1) / (2 * n * math.log(2))
    return np.asarray(np.minimum(plug_in + correction, np.log2(np.minimum(n, labels) if labels else n)))


def entropy_interval(counts: FloatArray, labels: int = 0, *, rng: np.random.Generator) -> Number:
    """The entropy of answers `[answers]` with a 95 % percentile interval over resampled rows.

    BCa would shift off the scale where answers are equally frequent, which is the most that entropy can be.

    Returns:
        Undefined where one answer alone was seen, or where more than a tenth of the rows have an answer of their own:
        by Good (1953) that share of answers yet to come is one that no row has shown, and resampling shows none.
    """
    n = int(counts.sum())
    if (counts == 1).sum() > _UNSEEN * n:
        return Undefined("many answers stand once", n)
    if len(counts) == 1:
        return Undefined("the resamples show no spread", n)
    value = float(entropy_bits(counts, labels))
    drawn = entropy_bits(rng.multinomial(n, counts / n, size=RESAMPLES).astype(np.float64), labels)
    low, high = np.quantile(drawn, (0.025, 0.975))
    return Estimate(value, min(float(low), value), max(float(high), value), n, "percentile")


def distinct_share(texts: Sequence[str], n: int) -> float | None:
    """distinct-n: different word n-grams over all n-grams of the texts (Li et al. 2016, section 5.1).

    It falls with the number of texts, so it compares models on the same rows alone; None without any n-gram.
    """
    found = [gram for text in texts for gram in _grams(words(text), n)]
    return len(set(found)) / len(found) if found else None


def copied_share(text: str, source: str, n: int = 2) -> float | None:
    """Share of the text's word n-grams that stand in the source: one minus the novel n-grams of See et al. (2017).

    A text shorter than n words is looked for as it is; None for one without words.
    """
    said = words(text)
    n = min(n, len(said))
    if n == 0:
        return None
    known = set(_grams(words(source), n))
    found = _grams(said, n)
    return sum(gram in known for gram in found) / len(found)


def is_label(text: str, labels: Sequence[str]) -> bool:
    """Whether a written answer is one of the labels, white space at both ends aside: what a program could read."""
    return text.strip() in labels


def lengths(text: str, reference: str) -> tuple[int, int]:
    """Words of either; the ratio of their sums is BLEU's hypothesis over reference length (Papineni et al. 2002)."""
    return len(words(text)), len(words(reference))


def ratio(sums: FloatArray) -> FloatArray:
    """Summed (a, b) `[..., 2]` -> a / b `[...]`."""
    return np.asarray(sums[..., 0] / sums[..., 1])


def perplexity(sums: FloatArray) -> FloatArray:
    """Summed (nats, tokens) `[..., 2]` -> exp of the mean nats a token `[...]` (Jelinek et al. 1977)."""
    return np.asarray(np.exp(ratio(sums)))


def _grams(said: Sequence[str], n: int) -> list[tuple[str, ...]]:
    return [tuple(said[i : i + n]) for i in range(len(said) - n + 1)]
