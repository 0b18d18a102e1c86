"""Figures of the answer space against values counted by hand, and the entropy estimate against a known law."""

import math

import numpy as np
import pytest
from scipy.stats import entropy

from farfield.metrics import (
    answer_counts,
    copied_share,
    distinct_share,
    entropy_bits,
    entropy_interval,
    is_label,
    lengths,
    perplexity,
    ratio,
)
from farfield.stats import Estimate, Undefined


def test_answers_are_counted_by_their_text_white_space_aside() -> None:
    assert answer_counts(["good", " bad", "good\n"]).tolist() == [2, 1]


def test_entropy_is_the_plug_in_with_its_correction() -> None:
    seen = np.array([5.0, 3.0, 2.0])
    assert float(entropy_bits(seen)) == pytest.approx(entropy(seen, base=2) + 2 / (20 * math.log(2)))
    assert float(entropy_bits(np.array([7.0]))) == 0
    assert float(entropy_bits(np.array([5.0, 5.0]), labels=2)) == 1
    # Answers that never repeat say no more than how many rows there were.
    assert float(entropy_bits(np.ones(16))) == pytest.approx(4)


def test_the_correction_takes_most_of_the_bias_away() -> None:
    law = np.array([0.4, 0.2, 0.1, 0.1, 0.1, 0.05, 0.05])
    seen = np.random.default_rng(0).multinomial(60, law, size=4000).astype(np.float64)
    truth = float(entropy(law, base=2))
    plain = float(np.mean(entropy(seen, base=2, axis=1)))
    assert plain < truth - 0.05
    assert float(entropy_bits(seen).mean()) == pytest.approx(truth, abs=0.01)


def test_the_interval_of_the_entropy_holds_the_truth_as_often_as_it_says() -> None:
    law = np.array([0.5, 0.3, 0.2])
    truth, generator = float(entropy(law, base=2)), np.random.default_rng(1)
    found = [entropy_interval(generator.multinomial(100, law).astype(float), 3, rng=generator) for _ in range(300)]
    held = [each.low <= truth <= each.high for each in found if isinstance(each, Estimate)]
    assert len(held) == 300
    assert 0.91 <= np.mean(held) <= 0.985


def test_the_entropy_has_no_interval_where_rows_cant_show_one() -> None:
    generator = np.random.default_rng(0)
    assert entropy_interval(np.ones(20), rng=generator) == Undefined("many answers stand once", 20)
    assert entropy_interval(np.array([20.0]), rng=generator) == Undefined("the resamples show no spread", 20)
    even = entropy_interval(np.array([10.0, 10.0]), 2, rng=generator)
    assert isinstance(even, Estimate)
    assert 0.8 < even.low < even.value == even.high == 1


def test_distinct_n_counts_different_n_grams_over_all_texts() -> None:
    texts = ["the pump leaks", "the pump stops"]  # 6 words, 4 different; 4 pairs, 3 different
    assert distinct_share(texts, 1) == pytest.approx(4 / 6)
    assert distinct_share(texts, 2) == pytest.approx(3 / 4)
    assert distinct_share(["leak", "stop"], 2) is None
    assert distinct_share(["水漏れ", "水漏れ"], 2) == pytest.approx(2 / 4)  # by character


@pytest.mark.parametrize(
    ("text", "source", "expected"),
    [
        ("The pump leaks oil", "Yesterday the pump leaks.", 2 / 3),
        ("pump", "The pump leaks", 1.0),
        ("valve", "The pump leaks", 0.0),
        ("leaks pump", "the pump leaks", 0.0),
        ("水が漏れた", "ポンプから水が漏れている", 3 / 4),
        ("…", "The pump leaks", None),
    ],
)
def test_the_copied_share_is_that_of_word_pairs_in_the_source(text: str, source: str, expected: float | None) -> None:
    assert copied_share(text, source) == (expected if expected is None else pytest.approx(expected))


def test_lengths_are_in_words_of_the_script() -> None:
    assert lengths("It leaks, badly.", "A leak") == (3, 2)
    assert lengths("水漏れ", "leak") == (3, 1)
    assert float(ratio(np.array([3.0, 2.0]))) == 1.5


def test_perplexity_is_that_of_equally_likely_tokens() -> None:
    assert float(perplexity(np.array([5 * math.log(8), 5.0]))) == pytest.approx(8)


def test_a_label_is_one_that_a_program_can_read() -> None:
    assert [is_label(text, ("good", "bad")) for text in ("good", " bad\n", "good.", "Good", "")] == [
        True, True, False, False, False,
    ]  # fmt: skip
