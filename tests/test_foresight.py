"""`python -m bench.foresight`: its studies can be read, and what it prints follows from a run's predictions."""

import json
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from bench.foresight import curve_lines, label_lines, main, study_files

from farfield.spec import load_study
from farfield.stats import temperature
from farfield.study import Results
from tests.small import mood_rows, run_fake, small_study, study_parts, write_rows


def two_domains(model: Path) -> dict[str, object]:
    """The small study's classification task with one more domain."""
    tasks = study_parts(model)["tasks"]
    assert isinstance(tasks, dict)
    mood = tasks["mood"]
    more = {"c": {"path": "mood/c_test.jsonl", "demos": "mood/b_demos.jsonl"}}
    return {"mood": mood | {"out_of_domain": mood["out_of_domain"] | more}}


@pytest.fixture
def labels_run(tmp_path: Path, tiny_folder: Path) -> Results:
    write_rows(tmp_path / "mood" / "c_test.jsonl", mood_rows("c", 10))
    return run_fake(small_study(tmp_path, tiny_folder, tasks=two_domains(tiny_folder)))[0]


def test_each_way_is_tried_on_every_domain_but_home(labels_run: Results) -> None:
    lines = list(label_lines([labels_run.folder]))
    models = [line for line in lines if line["part"] == "labels"]
    # ft, fticl, and the untrained one with 0 and 2 shots; scaled or not, pooled or not.
    assert len(models) == 4 * 2 * 2
    frame = labels_run.predictions.filter((pl.col("arm") == "ft") & (pl.col("shots") == 0))
    scores = {domain: frame.filter(pl.col("domain") == domain)["score"].to_numpy() for domain in ("b", "c")}
    measured = {domain: float(of.mean()) for domain, of in scores.items()}
    (line,) = (m for m in models if (m["arm"], m["scaled"], m["pooled"]) == ("ft", False, False))
    assert line["measured"] == pytest.approx(measured)
    off = line["off"]
    assert isinstance(off, dict)
    home = line["home"]
    assert isinstance(home, float)
    assert off["assumed"] == pytest.approx([home - value for value in measured.values()], abs=1e-3)
    assert {"agreement", "average_confidence", "threshold_confidence", "transported_confidence"} <= set(off)


def test_ways_are_summed_up_over_domains(labels_run: Results) -> None:
    lines = list(label_lines([labels_run.folder]))
    far = [line["off"] for line in lines if line["part"] == "labels" and not (line["scaled"] or line["pooled"])]
    expected = np.mean([np.abs(off["assumed"]) for off in far if isinstance(off, dict)])
    ways = {
        str(line["way"]): line for line in lines if line["part"] == "ways" and not (line["scaled"] or line["pooled"])
    }
    assert ways["assumed"]["off"] == pytest.approx(expected, abs=1e-3)
    assert ways["assumed"]["nearer"] == 0
    assert ways["agreement"]["domains"] == 2
    assert ways["agreement"]["nearer_90"] == "too few units"


def test_home_is_scaled_by_its_own_labels(labels_run: Results) -> None:
    from bench.foresight import _models

    model = next(_models(labels_run.folder))
    home, _ = model.known(scaled=True)
    heat = temperature(model.home.shares, model.home.gold.tolist())
    assert isinstance(heat, float)
    weights = np.exp(model.home.shares / heat)
    np.testing.assert_allclose(home.shares, weights / weights.sum(axis=1, keepdims=True))


def test_a_curve_is_compared_with_what_another_run_measured(
    tmp_path: Path, tiny_folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    training = study_parts(tiny_folder)["training"]
    assert isinstance(training, dict)
    given = {"dev": 0, "arms": {"ft": {"trained": True}}, "seeds": [0, 1], "tasks": two_domains(tiny_folder)}
    write_rows(tmp_path / "mood" / "c_test.jsonl", mood_rows("c", 10))
    small = small_study(tmp_path, tiny_folder, **given, training=training | {"train_rows": [2, 4, 6, 8, 10]})
    runs = [run_fake(small, tmp_path / "small")[0]]
    large = small_study(tmp_path, tiny_folder, **given | {"seeds": [0]}, training=training | {"train_rows": [20]})
    runs.append(run_fake(large, tmp_path / "large")[0])
    lines = list(curve_lines([run.folder for run in runs], 10, 20))
    assert [line["domain"] for line in lines] == ["a", "b", "c"]
    for line in lines:
        means, measured = line["means"], line["measured"]
        assert isinstance(means, dict)
        assert isinstance(measured, list)
        assert list(means) == [2, 4, 6, 8, 10]
        frame = runs[1].predictions.filter(
            (pl.col("domain") == line["domain"]) & (pl.col("shots") == 0) & (pl.col("arm") == "ft")
        )
        assert measured == pytest.approx([frame["score"].mean()])
        _, low, high = line["one_more"] if isinstance(line["one_more"], list) else (0, 0, 0)
        assert line["held"] == [low <= measured[0] <= high]
    assert main(["curve", *(str(run.folder) for run in runs), "--upto", "10", "--aim", "20"]) == 0
    assert [json.loads(line)["domain"] for line in capsys.readouterr().out.splitlines()] == ["a", "b", "c"]


def test_the_studies_can_be_read(tmp_path: Path) -> None:
    assert main(["studies", str(tmp_path / "data"), str(tmp_path / "out")]) == 0
    found = {path.stem: load_study(path) for path in (tmp_path / "out").iterdir()}
    assert set(found) == set(study_files(tmp_path))
    assert found["curve"].seeds == (0, 1)
    assert set(found["unlabelled"].tasks["sentiment"].out_of_domain) == {"amazonfood", "sst2", "yelp"}
