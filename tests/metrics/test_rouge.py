import pytest
from hypothesis import given
from hypothesis import strategies as st
from rouge_score.rouge_scorer import RougeScorer

from farfield.metrics import rouge_l

scorer = RougeScorer(["rougeL"], use_stemmer=False)
WORDS = ["the", "cat", "sat", "on", "a", "mat,", "Today", "today.", "12", "can't", "--", "café"]
sentences = st.lists(st.sampled_from(WORDS), max_size=20)


def score(prediction: str, target: str) -> float:
    return rouge_l().row(prediction, target).score


@given(sentences, sentences)
def test_english_equals_rouge_score_to_the_last_bit(prediction: list[str], target: list[str]) -> None:
    said, meant = " ".join(prediction), " ".join(target)
    assert score(said, meant) == scorer.score(meant, said)["rougeL"].fmeasure


@pytest.mark.parametrize("text", ["4号旋盤:故障", "ポンプ故障", "浜松工場で油圧が低下した。", "机器停机了", "Станок"])
def test_equal_text_scores_one_in_every_script(text: str) -> None:
    assert score(text, text) == 1


def test_japanese_is_counted_by_character() -> None:
    # 3 characters in common of 4 and of 5: 2 · 3 / (4 + 5).
    assert score("旋盤停止", "旋盤が停車") == pytest.approx(6 / 9)


@pytest.mark.parametrize(("prediction", "target"), [("", "a"), ("a", ""), ("", ""), ("。", "。"), ("a", "b")])
def test_nothing_in_common_scores_zero(prediction: str, target: str) -> None:
    assert score(prediction, target) == 0


def test_rouge_is_a_mean_over_rows() -> None:
    metric = rouge_l()
    assert metric.corpus is None
    assert not metric.proportion
    assert metric.row("a b", "a b").parts == ()
