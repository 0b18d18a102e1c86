"""What a run tells of its own time."""

from pathlib import Path

from farfield.study import took_of
from tests.small import run_fake, small_study


def test_each_line_of_test_rows_and_each_training_has_its_time(tmp_path: Path, tiny_folder: Path) -> None:
    results, _ = run_fake(small_study(tmp_path, tiny_folder))
    took = took_of(results.run)
    keys = ["arm", "task", "domain", "train_rows", "seed", "shots", "template"]
    told, answered = (frame.select(keys).unique().sort(keys) for frame in (took.answers, results.frame))
    assert told.equals(answered)
    assert took.answers["seconds"].min() >= 0  # type: ignore[operator]
    assert set(took.training) == set(results.frame["train_rows"].drop_nulls())
