"""ROUGE-L, the longest common subsequence of words (Lin 2004, section 3)."""

from farfield.metrics.score import Metric, RowScore
from farfield.metrics.script import words


def rouge_l() -> Metric:
    """Mean over rows of ROUGE-L's F measure (beta 1).

    On English exactly rouge_score's RougeScorer(["rougeL"], use_stemmer=False); CJK by character. Written
    here because importing rouge_score loads NLTK (2 s), and its table is 50 times slower than bits.
    """
    return Metric("rougeL", "1 (rouge_score 0.1.2, no stemmer; CJK by character)", "generation", _row)


def _row(prediction: str, target: str) -> RowScore:
    said, meant = words(prediction), words(target)
    if not said or not meant:
        return RowScore(0.0)
    common = _common_subsequence(said, meant)
    if common == 0:
        return RowScore(0.0)
    # As precision and recall, in rouge_score's order of operations, so that even the last bit agrees.
    precision, recall = common / len(said), common / len(meant)
    return RowScore(2 * precision * recall / (precision + recall))


def _common_subsequence(a: list[str], b: list[str]) -> int:
    """Length of the longest common subsequence, one bit per word of a.

    Source: Hyyrö (2004), Bit-parallel LCS-length computation revisited, section 4. A 0 bit in the state is a
    step in the last column of the usual table.
    """
    places: dict[str, int] = {}
    for i, word in enumerate(a):
        places[word] = places.get(word, 0) | (1 << i)
    every = (1 << len(a)) - 1
    state = every
    for word in b:
        matched = state & places.get(word, 0)
        state = ((state + matched) | (state - matched)) & every
    return len(a) - state.bit_count()
