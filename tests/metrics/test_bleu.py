import numpy as np
import pytest
import sacrebleu
from hypothesis import given
from hypothesis import strategies as st

from farfield.metrics import Metric, bleu, chrf

SAID = [
    "the cat sat on the mat today",
    "a quick brown fox jumps",
    "hello there general",
    "x",
    "",
    "It's 1,000 &amp; up.",
]
MEANT = [
    "the cat sat on a mat today",
    "the quick brown fox jumped over",
    "hello there General",
    "y z",
    "a",
    "It's 1,000!",
]
JAPANESE = ["油圧が低下したため停止した。", "4号旋盤の異音", "部品待ち"]
JAPANESE_MEANT = ["油圧低下のため停止。", "4号旋盤から異音がする", "部品を待っている"]

text = st.text(alphabet="ab c,.", max_size=30)
pairs = st.lists(st.tuples(text, text), min_size=1, max_size=6)


def corpus(metric: Metric, said: list[str], meant: list[str]) -> float:
    assert metric.corpus is not None
    parts = [metric.row(a, b).parts for a, b in zip(said, meant, strict=True)]
    return float(metric.corpus(np.sum(parts, axis=0)))


def test_english_corpus_equals_sacrebleu() -> None:
    assert corpus(bleu(), SAID, MEANT) == pytest.approx(sacrebleu.corpus_bleu(SAID, [MEANT]).score / 100)
    assert corpus(chrf(), SAID, MEANT) == pytest.approx(sacrebleu.corpus_chrf(SAID, [MEANT]).score / 100)


@given(pairs)
def test_any_corpus_equals_sacrebleu(rows: list[tuple[str, str]]) -> None:
    said, meant = [a for a, _ in rows], [b for _, b in rows]
    expected = sacrebleu.corpus_bleu(said, [meant]).score / 100
    assert corpus(bleu(), said, meant) == pytest.approx(expected, abs=1e-12)
    expected = sacrebleu.corpus_chrf(said, [meant]).score / 100
    assert corpus(chrf(), said, meant) == pytest.approx(expected, abs=1e-12)


@given(text, text)
def test_a_row_equals_sacrebleus_sentence_scores(said: str, meant: str) -> None:
    sentence = sacrebleu.BLEU(effective_order=True).sentence_score(said, [meant])
    assert bleu().row(said, meant).score == pytest.approx(sentence.score / 100, abs=1e-12)
    assert chrf().row(said, meant).score == pytest.approx(sacrebleu.sentence_chrf(said, [meant]).score / 100, abs=1e-12)


def test_japanese_equals_sacrebleu_on_characters() -> None:
    expected = sacrebleu.corpus_bleu(JAPANESE, [JAPANESE_MEANT], tokenize="char").score / 100
    assert corpus(bleu(), JAPANESE, JAPANESE_MEANT) == pytest.approx(expected)
    expected = sacrebleu.corpus_chrf(JAPANESE, [JAPANESE_MEANT]).score / 100
    assert corpus(chrf(), JAPANESE, JAPANESE_MEANT) == pytest.approx(expected)


def test_chinese_equals_sacrebleus_own_tokenizer() -> None:
    said, meant = ["3号机器停机了，等待零件。"], ["3号机器停机，正在等待零件。"]
    expected = sacrebleu.corpus_bleu(said, [meant], tokenize="zh").score / 100
    assert corpus(bleu(), said, meant) == pytest.approx(expected)


@pytest.mark.parametrize("metric", [bleu(), chrf()])
def test_equal_japanese_scores_one_alone_and_together(metric: Metric) -> None:
    assert [metric.row(line, line).score for line in JAPANESE] == [1, 1, 1]
    assert corpus(metric, JAPANESE, JAPANESE) == 1
    assert corpus(metric, ["部品待ち"], ["部品待ち"]) == 1


def test_a_corpus_metric_is_vectorised_over_resamples() -> None:
    for metric in (bleu(), chrf()):
        assert metric.corpus is not None
        parts = np.array([metric.row(a, b).parts for a, b in zip(SAID, MEANT, strict=True)])
        sums = np.stack([parts[:3], parts[3:]]).sum(axis=1)
        assert metric.corpus(sums).tolist() == [float(metric.corpus(each)) for each in sums]


def test_the_version_names_the_scorer() -> None:
    assert sacrebleu.__version__ in bleu().version
