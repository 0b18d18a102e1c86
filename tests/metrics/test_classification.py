import pickle

import numpy as np
import pytest
from sklearn.metrics import f1_score

from farfield.errors import UsageError
from farfield.metrics import METRICS, accuracy, exact_match, macro_f1, metric

LABELS = ("positive", "negative", "neutral")


def f1(gold: list[str], predicted: list[str]) -> float:
    scored = macro_f1(LABELS)
    assert scored.corpus is not None
    parts = [scored.row(p, g).parts for p, g in zip(predicted, gold, strict=True)]
    return float(scored.corpus(np.sum(parts, axis=0)))


def test_accuracy_compares_labels() -> None:
    assert accuracy().row("yes", "yes").score == 1
    assert accuracy().row("yes", "no").score == 0
    assert accuracy().proportion


def test_exact_match_passes_over_white_space_at_the_ends_only() -> None:
    assert exact_match().row(" 部品待ち\n", "部品待ち").score == 1
    assert exact_match().row("a  b", "a b").score == 0
    assert exact_match().row("A", "a").score == 0


def test_macro_f1_by_hand() -> None:
    gold = ["positive"] * 4 + ["negative"] * 2
    predicted = ["positive", "positive", "positive", "negative", "negative", "positive"]
    # positive: 2·3 / (4 + 4); negative: 2·1 / (2 + 2); neutral does not occur.
    assert f1(gold, predicted) == pytest.approx((6 / 8 + 2 / 4) / 2)


def test_a_label_only_predicted_counts_as_zero() -> None:
    assert f1(["positive", "positive"], ["positive", "neutral"]) == pytest.approx((2 / 3 + 0) / 2)


def test_a_prediction_that_is_no_label_is_wrong_and_counts_for_none() -> None:
    assert f1(["positive", "positive"], ["positive", "don't know"]) == pytest.approx(2 / 3)


def test_macro_f1_equals_scikit_learn() -> None:
    rng = np.random.default_rng(0)
    gold, predicted = rng.choice(LABELS, 200).tolist(), rng.choice(LABELS, 200).tolist()
    assert f1(gold, predicted) == pytest.approx(f1_score(gold, predicted, average="macro"))


def test_macro_f1_refuses_what_it_can_not_count() -> None:
    with pytest.raises(UsageError, match="two or more"):
        metric("macro_f1")
    with pytest.raises(UsageError, match="two or more"):
        macro_f1(("a", "a"))
    with pytest.raises(UsageError, match="not among the labels"):
        macro_f1(LABELS).row("positive", "-")


@pytest.mark.parametrize("name", METRICS)
def test_the_registry_knows_every_metric_by_its_own_name_and_kind(name: str) -> None:
    found = metric(name, LABELS)
    assert (found.name, found.kind) == (name, METRICS[name])
    sent = pickle.loads(pickle.dumps(found))  # as a worker gets it
    assert sent.row("neutral", "neutral") == found.row("neutral", "neutral")


@pytest.mark.parametrize(
    ("wrong", "right"), [("rouge-l", "rougeL"), ("Accuracy", "accuracy"), ("f1_macro", "macro_f1")]
)
def test_an_unknown_metric_is_told_its_nearest(wrong: str, right: str) -> None:
    with pytest.raises(UsageError, match="unknown metric") as caught:
        metric(wrong)
    assert f"did you mean {right}?" in caught.value.mend
    assert "chrf" in caught.value.mend


def test_an_unknown_metric_without_a_near_one_is_told_all() -> None:
    with pytest.raises(UsageError, match="unknown metric") as caught:
        metric("zzz")
    assert caught.value.mend.startswith("known are accuracy")
