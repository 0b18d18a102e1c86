"""The sample data: enough rows, no near-duplicates, no leaks, and a study that loads."""

from itertools import combinations
from pathlib import Path

import pytest

from farfield.data import read_rows, sample_folder
from farfield.errors import UsageError
from farfield.spec import StudySpec, load_study

LEAST = {"en": {"routing": (120, 50), "headline": (80, 40)}, "ja": {"routing": (60, 25), "headline": (40, 20)}}


def _texts(path: Path) -> list[str]:
    return [row.get("message") or row["report"] for row in read_rows(path)]


@pytest.mark.parametrize("language", ["en", "ja"])
def test_rows_are_enough_and_each_is_its_own(language: str) -> None:
    folder = sample_folder(language)
    for task, (train, test) in LEAST[language].items():
        files = {path.stem: _texts(path) for path in sorted((folder / task).glob("*.jsonl"))}
        assert len(files["hamamatsu_train"]) >= train
        for site in ("hamamatsu", "niigata", "fukuoka"):
            assert len(files[f"{site}_test"]) >= test
        texts = [text for found in files.values() for text in found]
        grams = [{text[k : k + 3] for k in range(len(text) - 2)} for text in texts]
        near = {
            n
            for (m, a), (n, b) in combinations(enumerate(grams), 2)
            if len(a & b) / len(a | b) > 0.6  # trigram Jaccard; rows of one pattern lie far above
        }
        assert len(near) / len(texts) < 0.02


@pytest.mark.parametrize("language", ["en", "ja"])
def test_the_study_loads_and_evaluates_three_domains(language: str) -> None:
    study: StudySpec = load_study(sample_folder(language) / "study.yaml")
    assert set(study.arms) == {"base", "ft", "fticl"}
    for task in study.tasks.values():
        assert len(task.in_domain) + len(task.out_of_domain) == 3
        assert task.shots == (0, 2)


def test_another_language_is_an_error() -> None:
    with pytest.raises(UsageError, match="no sample data in 'fr'"):
        sample_folder("fr")
