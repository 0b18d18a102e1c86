"""Choosing rows: proportions, what diversity brings in a planted world, and how it is measured."""

import json
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.sparse import csr_matrix
from scipy.stats import binom

from farfield.data import (
    SampleWishes,
    allot,
    choose_rows,
    facility_location,
    k_centre,
    read_rows,
    representation,
    sample_files,
    text_vectors,
    write_rows,
)
from farfield.data.representing import nearest_chosen
from farfield.errors import DataError
from farfield.stats import EnergyTest

ALL = ("all",)


@given(st.lists(st.integers(1, 500), min_size=1, max_size=30), st.data())
def test_places_are_in_proportion(sizes: list[int], data: st.DataObject) -> None:
    n = data.draw(st.integers(0, sum(sizes)))
    places = allot(sizes, n)
    assert sum(places) == n
    assert all(0 <= place <= size for place, size in zip(places, sizes, strict=True))
    if n >= len(sizes):
        assert min(places) >= 1
    else:
        assert max(places) <= 1
    if all(size * n >= sum(sizes) for size in sizes):  # nobody needed help, so the quota rule holds
        assert all(abs(place - size * n / sum(sizes)) < 1 for place, size in zip(places, sizes, strict=True))


def test_the_largest_remainders_get_what_is_left() -> None:
    assert allot([50, 30, 20], 10) == [5, 3, 2]
    assert allot([47, 33, 20], 10) == [5, 3, 2]
    assert allot([990, 9, 1], 10) == [8, 1, 1]
    assert allot([5, 9, 1], 2) == [1, 1, 0]
    with pytest.raises(ValueError, match=r"0\.\.3"):
        allot([1, 2], 4)


def _world(rng: np.random.Generator, topics: int = 25) -> list[str]:
    """One topic has half of the rows, the others share the rest; each has words of its own, and some are common."""
    rows = []
    for topic in range(topics):
        for _ in range(300 if topic == 0 else 300 // (topics - 1)):
            own = " ".join(f"t{topic}w{word}" for word in rng.choice(12, 6, replace=False))
            rows.append(f"{own} {' '.join(f'common{word}' for word in rng.choice(30, 2))}")
    return rows


def test_facility_location_covers_more_than_every_random_sample() -> None:
    vectors = text_vectors(_world(np.random.default_rng(5)))
    rng = np.random.default_rng(6)
    chosen = choose_rows(vectors, [ALL] * vectors.shape[0], 25, rng=rng).rows
    assert len(set(chosen)) == 25
    found = representation(vectors, chosen, rng=rng, draws=30, threshold=0.5)
    assert found.nearness.value > found.nearness.high
    assert found.near.value > found.near.high
    assert found.judges == vectors.shape[0]
    # Rows that stand for many are spread more evenly than chance would, and the test of a difference stays calm.
    assert isinstance(found.energy, EnergyTest)
    assert found.energy.distance < found.energy.expected
    one_topic = representation(vectors, range(25), rng=rng, draws=2).energy
    assert isinstance(one_topic, EnergyTest)
    assert one_topic.p == pytest.approx(0.001)


def test_the_greedy_choice_is_the_plain_greedy_one() -> None:
    rng = np.random.default_rng(7)
    vectors = text_vectors(_world(rng, topics=6))[::4]
    cosines = vectors @ vectors.T
    likeness = cosines.toarray()
    nearest, plain = np.zeros(len(likeness), dtype=np.float32), []
    for _ in range(12):
        gains = np.maximum(likeness - nearest, 0).sum(axis=1, dtype=np.float64)
        plain.append(int(np.argmax(gains)))
        nearest = np.maximum(nearest, likeness[plain[-1]])
    assert facility_location(vectors, 12, rng=rng) == plain


def test_k_centre_leaves_no_row_as_far_as_random_samples_do() -> None:
    rng = np.random.default_rng(8)
    vectors = text_vectors(_world(rng))
    chosen = k_centre(vectors, 40)
    assert len(set(chosen)) == 40
    worst = nearest_chosen(vectors, vectors[chosen]).min()
    random = [
        nearest_chosen(vectors, vectors[rng.choice(vectors.shape[0], 40, replace=False)]).min() for _ in range(20)
    ]
    assert worst > max(random)


@pytest.mark.parametrize("choice", ["facility", "k-centre", "random"])
def test_all_rows_can_be_chosen_and_equal_ones_are_no_trouble(choice: str) -> None:
    vectors = text_vectors(["same"] * 5 + [""] * 4 + ["other words"])
    for n in (1, 4, 10):
        sampled = choose_rows(vectors, [ALL] * 10, n, choice=choice, rng=np.random.default_rng(0))  # type: ignore[arg-type]
        assert len(set(sampled.rows)) == n
    assert sampled.rows == tuple(range(10))


def test_large_parts_are_searched_in_pieces_and_the_notes_say_so() -> None:
    rng = np.random.default_rng(9)
    rows = 6500
    vectors = csr_matrix(
        (np.ones(rows, dtype=np.float32), (np.arange(rows), rng.integers(0, 50, rows))), shape=(rows, 50)
    )
    sampled = choose_rows(vectors, [ALL] * rows, 60, rng=rng)
    assert len(set(sampled.rows)) == 60
    assert {int(vectors[row].indices[0]) for row in sampled.rows} == set(range(50))
    assert "6,000 rows, drawn at random, could be chosen" in " ".join(sampled.notes)
    many = choose_rows(vectors, [ALL] * rows, 1500, rng=rng)
    assert len(set(many.rows)) == 1500
    assert "random pieces" in " ".join(many.notes)


def test_random_choices_pass_the_test_as_often_as_they_should() -> None:
    vectors = text_vectors(_world(np.random.default_rng(10), topics=5))[::5]
    rng = np.random.default_rng(11)
    rings = 0
    for _ in range(200):
        chosen = choose_rows(vectors, [ALL] * vectors.shape[0], 20, choice="random", rng=rng).rows
        energy = representation(vectors, chosen, rng=rng, draws=2).energy
        assert isinstance(energy, EnergyTest)
        rings += energy.p <= 0.05
    low, high = binom.ppf([0.0005, 0.9995], 200, 0.05)
    assert low <= rings <= high


def test_japanese_is_compared_by_characters() -> None:
    vectors = text_vectors(["水道の水が漏れています", "水道管から水が漏れる", "請求書の金額が違います"])
    likeness = (vectors @ vectors.T).toarray()
    assert likeness[0, 1] > likeness[0, 2] + 0.1
    np.testing.assert_allclose(np.diag(likeness), 1, rtol=1e-5)


def _files(folder: Path) -> list[Path]:
    rng = np.random.default_rng(12)
    paths = [folder / "east.jsonl", folder / "west.jsonl"]
    for path, count in zip(paths, (120, 60), strict=True):
        labels = rng.choice(["repair", "billing", "sales"], count, p=[0.6, 0.3, 0.1]).tolist()
        texts = [f"{label} " + " ".join(f"w{word}" for word in rng.integers(0, 40, 5)) for label in labels]
        write_rows(
            path, [{"id": i, "message": m, "label": a} for i, (m, a) in enumerate(zip(texts, labels, strict=True))]
        )
    return paths


def test_a_sample_of_files_keeps_rows_and_says_where_they_came_from(tmp_path: Path) -> None:
    files = _files(tmp_path)
    steps: list[str] = []
    wishes = SampleWishes(30, label="label", draws=40)
    done = sample_files(files, tmp_path / "start.jsonl", wishes, advance=lambda step, *_: steps.append(step))
    rows = [json.loads(line) for line in (tmp_path / "start.jsonl").read_text(encoding="utf-8").splitlines()]
    originals = {str(path): read_rows(path) for path in files}
    assert len(rows) == done.rows == 30
    for row in rows:
        file, number = row.pop("_from_file"), row.pop("_from_row")
        assert originals[file][number] == row
    assert Counter(stratum.values[0] for stratum in done.sampled.strata for _ in range(stratum.chosen)) == {
        str(files[0]): 20, str(files[1]): 10,
    }  # fmt: skip
    assert done.text == ("message",)
    assert {share.label for share in done.representation.shares} == {"repair", "billing", "sales"}
    for share in done.representation.shares:
        assert share.low <= share.everywhere <= share.high
    assert set(steps) == {"reading texts", "choosing", "comparing with random samples"}
    again = sample_files(files, tmp_path / "again.csv", wishes)
    assert again.sampled == done.sampled
    assert [row["message"] for row in read_rows(tmp_path / "again.csv")] == [row["message"] for row in rows]


@pytest.mark.parametrize(
    ("wishes", "to", "said"),
    [
        (SampleWishes(500), "out.jsonl", "500 rows are asked for, and there are 180"),
        (SampleWishes(5, label="lable"), "out.jsonl", "did you mean 'label'"),
        (SampleWishes(5), "out.xlsx", ".xlsx are not written"),
        (SampleWishes(5), "east.jsonl", "one of those to read"),
    ],
)
def test_what_can_not_be_done_is_said(tmp_path: Path, wishes: SampleWishes, to: str, said: str) -> None:
    files = _files(tmp_path)
    with pytest.raises(DataError) as error:
        sample_files(files, tmp_path / to, wishes)
    assert said in str(error.value)
    assert len(list(tmp_path.iterdir())) == 2


def test_a_row_that_says_already_where_it_is_from_is_not_overwritten(tmp_path: Path) -> None:
    path = tmp_path / "rows.jsonl"
    write_rows(path, [{"text": "a", "_from_row": 3}, {"text": "b", "_from_row": 4}])
    with pytest.raises(DataError, match="'_from_row' already"):
        sample_files([path], tmp_path / "out.jsonl", SampleWishes(1))
