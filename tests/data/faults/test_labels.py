"""Planted label errors are doubted, clean labels are not; the confident joint is that of the paper."""

import numpy as np
import pytest

from farfield.data.faults.labels import confident_joint, doubted_labels, doubts_of
from farfield.stats import Estimate, Undefined, wilson

WORDS = {
    "repair": ["pump", "leaks", "broken", "noise", "motor", "stopped", "valve", "hot"],
    "billing": ["invoice", "paid", "charged", "amount", "bank", "statement", "discount", "twice"],
    "delivery": ["truck", "parcel", "arrived", "driver", "late", "pallet", "address", "box"],
}
COMMON = ["please", "our", "the", "today", "again", "we", "you", "is"]


def _rows(count: int, draws: np.random.Generator) -> tuple[list[str], list[str]]:
    labels = [str(draws.choice(list(WORDS))) for _ in range(count)]
    texts = [
        " ".join(draws.permutation([*draws.choice(WORDS[label], 4), *draws.choice(COMMON, 5)])) for label in labels
    ]
    return texts, labels


def test_planted_errors_are_doubted_and_others_are_not() -> None:
    draws = np.random.default_rng(0)
    texts, labels = _rows(400, draws)
    flipped = set(draws.choice(400, 20, replace=False).tolist())
    noisy = [
        next(other for other in WORDS if other != label) if n in flipped else label for n, label in enumerate(labels)
    ]
    doubts = doubted_labels(texts, noisy, rng=np.random.default_rng(1))
    assert not isinstance(doubts, Undefined)
    found = {row.row for row in doubts.rows}
    assert len(found & flipped) >= 16
    assert len(found - flipped) <= 4
    assert all(row.instead == labels[row.row] for row in doubts.rows if row.row in flipped)
    assert [row.confidence for row in doubts.rows] == sorted(row.confidence for row in doubts.rows)
    assert doubts.share.low <= 0.05 <= doubts.share.high


def test_clean_labels_are_not_doubted() -> None:
    texts, labels = _rows(300, np.random.default_rng(2))
    doubts = doubted_labels(texts, labels, rng=np.random.default_rng(3))
    assert not isinstance(doubts, Undefined)
    assert len(doubts.rows) <= 6


def test_rows_that_are_nearly_all_near_duplicates_tell_nothing() -> None:
    texts, labels = _rows(120, np.random.default_rng(2))
    doubts = doubted_labels(texts, labels, rng=np.random.default_rng(3), clusters=[range(120)])
    assert isinstance(doubts, Undefined)
    assert "no better than the commonest label" in doubts.reason


def test_near_duplicates_do_not_vouch_for_each_other() -> None:
    texts, labels = _rows(200, np.random.default_rng(4))
    wrong = ["pump leaks motor broken valve noise"] * 8
    noisy = [*labels, *["billing"] * 8]
    told = doubted_labels([*texts, *wrong], noisy, rng=np.random.default_rng(5), clusters=[tuple(range(200, 208))])
    assert not isinstance(told, Undefined)
    assert {row.row for row in told.rows} >= set(range(200, 208))


@pytest.mark.parametrize("labels", [["a"] * 100, ["a"] * 95 + ["b"] * 5, ["a", "b"] * 20, ["a", "b"] * 50])
def test_without_a_classifier_nothing_is_said(labels: list[str]) -> None:
    draws = np.random.default_rng(6)
    texts = ["".join(map(chr, draws.integers(97, 123, 20))) for _ in labels]
    assert isinstance(doubted_labels(texts, labels, rng=draws), Undefined)


def test_the_confident_joint_written_out() -> None:
    probabilities = np.array([[0.9, 0.1], [0.8, 0.2], [0.3, 0.7], [0.2, 0.8], [0.1, 0.9], [0.6, 0.4]])
    given = np.array([0, 0, 0, 1, 1, 1])
    # Means of the own label: 0.667 and 0.7. Row 2 (labelled 0) reaches 0.7 for label 1; row 5 reaches neither.
    assert confident_joint(probabilities, given).tolist() == [[2.0, 1.0], [0.0, 3.0]]


def test_it_is_that_of_the_authors() -> None:
    cleanlab = pytest.importorskip("cleanlab.count", reason="the authors' library is not installed")
    draws = np.random.default_rng(7)
    for labels in (2, 3, 5):
        given = draws.integers(labels, size=500)
        probabilities = draws.dirichlet(np.ones(labels) * 0.4, size=500) + np.eye(labels)[given] * 0.5
        probabilities /= probabilities.sum(axis=1, keepdims=True)
        theirs = cleanlab.compute_confident_joint(given, probabilities, calibrate=True)
        assert np.abs(confident_joint(probabilities, given) - theirs).max() <= 1  # they round to whole rows


def test_doubts_are_ranked_by_the_confidence_of_the_own_label() -> None:
    probabilities = np.array([[0.05, 0.95], [0.95, 0.05], [0.2, 0.8], [0.1, 0.9], [0.45, 0.55], [0.99, 0.01]])
    right = np.array([[0.9, 0.1], [0.1, 0.9]] * 10)  # the classifier has to be right mostly, or its doubts are noise
    given = np.array([0, 0, 0, 1, 1, 1, *[0, 1] * 10])
    both = np.concatenate([probabilities, right])
    doubts = doubts_of(both, given, ["a", "b"], wilson(23, 26), np.random.default_rng(0))
    assert [(row.row, row.label, row.instead) for row in doubts.rows] == [(5, "b", "a"), (0, "a", "b")]
    assert isinstance(doubts.share, Estimate)


def test_a_classifier_that_is_decided_and_wrong_is_not_believed() -> None:
    draws = np.random.default_rng(0)
    likely = draws.random(400)
    probabilities = np.stack([likely, 1 - likely], axis=1)
    given = draws.integers(2, size=400)
    doubts = doubts_of(probabilities, given, ["a", "b"], wilson(210, 400), np.random.default_rng(0))
    assert len(doubts.rows) <= 4
