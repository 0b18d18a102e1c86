"""When more labels no longer pay: drawn worlds in which the answer is known."""

from pathlib import Path

import numpy as np
import pytest

from farfield.data import write_rows
from farfield.errors import DataError
from farfield.stats import Estimate, Undefined
from farfield.study import more_labels, more_labels_of


def _world(rows: int, topics: int, *, noise: float = 0.0, seed: int = 0) -> tuple[list[str], list[str]]:
    """Each row names one of the topics, and every topic has its label: a model knows the topics that it saw."""
    draws = np.random.default_rng(seed)
    label = draws.integers(0, 2, topics)
    said = draws.integers(0, topics, rows)
    flipped = draws.random(rows) < noise
    texts = [f"topic{topic} on day {draws.integers(10_000)}" for topic in said]
    return texts, [("yes", "no")[int(label[topic]) ^ int(flip)] for topic, flip in zip(said, flipped, strict=True)]


def _rng() -> np.random.Generator:
    return np.random.default_rng(0)


@pytest.mark.parametrize("noise", [0.0, 0.2])
def test_where_all_is_learnt_it_says_stop(noise: float) -> None:
    found = more_labels(*_world(400, 4, noise=noise), worth=0.02, rng=_rng())
    assert isinstance(found.score, Estimate)
    assert found.score.value == pytest.approx(1 - noise, abs=0.06)
    assert found.verdict == "stop"


def test_where_every_label_teaches_a_topic_it_says_go_on() -> None:
    found = more_labels(*_world(400, 400), rng=_rng())
    assert isinstance(found.gain, Estimate)
    assert found.gain.low > 0.01
    assert found.verdict == "go_on"
    assert found.worth == 0.01


def test_what_pays_grows_with_the_number_that_is_asked_about() -> None:
    found = more_labels(*_world(120, 4), more=300, worth=0.01, rng=_rng())
    assert (found.more, found.labelled) == (300, 120)
    assert found.worth == pytest.approx(0.03)


@pytest.mark.parametrize(
    ("rows", "change", "reason"),
    [(40, "", "fewer than 50 rows"), (80, "yes", "fewer than two labels have 5 rows")],
)
def test_with_too_few_labels_nothing_can_be_told(rows: int, change: str, reason: str) -> None:
    texts, labels = _world(rows, 4)
    found = more_labels([*texts, "open"], [change or label for label in labels] + [""], rng=_rng())
    assert isinstance(found.gain, Undefined)
    assert reason in found.gain.reason
    assert (found.verdict, found.labelled) == ("cant_tell", rows)


def test_equal_texts_are_not_learnt_and_tested() -> None:
    """Forty texts, ten times each, with labels that nothing tells: a model that saw its equal would know it."""
    draws = np.random.default_rng(1)
    words = [" ".join(draws.choice(list("abcdefghijklmnop"), 6)) for _ in range(40)]
    labels = [str(label) for label in draws.permutation(["yes", "no"] * 20)]
    found = more_labels(words * 10, labels * 10, rng=_rng())
    if isinstance(found.score, Estimate):
        assert found.score.value < 0.75


def test_a_file_is_read_by_its_longest_column(tmp_path: Path) -> None:
    texts, labels = _world(60, 4)
    path = tmp_path / "rows.jsonl"
    rows = [{"n": str(n), "said": text, "mood": label, "second_mood": label} for n, (text, label) in
            enumerate(zip(texts, labels, strict=True))]  # fmt: skip
    write_rows(path, rows)
    assert more_labels_of(path, "mood") == more_labels_of(path, "mood", text=["said"])
    with pytest.raises(DataError, match="no column 'moods'"):
        more_labels_of(path, "moods")
