"""The form of lm-evaluation-harness: its tasks ask farfield's prompts, and its samples say what the run said."""

import hashlib
import json
import shutil
from pathlib import Path

import pytest
import yaml

from farfield.errors import RunError, UsageError
from farfield.spec import load_study
from farfield.study import Results, Wanted, export_model, export_tasks, run
from tests.small import rewrite_study, run_fake, small_study, study_parts, write_rows, write_study

NASTY = 'yes: "no" # {{row}} {% if %}\n- \u2028 ä 日本 \x0b\\n'


def _task(folder: Path, name: str) -> dict[str, object]:
    first, rest = (folder / "tasks" / f"{name}.yaml").read_text(encoding="utf-8").split("\n", 1)
    assert first == "custom_dataset: !function rows.read"
    parts = yaml.safe_load(rest)
    assert isinstance(parts, dict)
    return parts


def _lines(path: Path) -> list[dict[str, object]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").split("\n") if line]


def _samples(folder: Path, model: str, task: str) -> list[dict[str, object]]:
    (path,) = (folder / "samples" / model).glob(f"samples_{task}_*.jsonl")
    return _lines(path)


def _built(task: dict[str, object], prompt: object) -> str:
    """What the harness builds of a task and a row, by its own rule: its doc strings are taken as they are."""
    shown = task.get("fewshot_config", {"samples": []})["samples"]  # type: ignore[index]
    after = (task["target_delimiter"], task["fewshot_delimiter"])
    return "".join(f"{demo['prompt']}{after[0]}{demo['target']}{after[1]}" for demo in shown) + str(prompt)


def test_a_task_a_test_set_a_number_of_shots_and_a_template(tmp_path: Path, tiny_folder: Path) -> None:
    results, _ = run_fake(small_study(tmp_path, tiny_folder, cross_task=True))
    exported = export_tasks(results)
    assert exported.folder == results.folder / "lm-eval"
    names = {f"{task}.{domain}.{k}shot.t0" for task in ("mood", "title") for domain in "ab" for k in (0, 2)}
    assert {Path(file).stem for file in exported.files if file.endswith(".yaml")} == names
    models = {Path(file).parts[1] for file in exported.files if file.startswith("samples")}
    assert models == {"base", *(f"{arm}-{task}-8-seed0" for arm in ("ft", "fticl") for task in ("mood", "title"))}
    mood, title = _task(exported.folder, "mood.b.2shot.t0"), _task(exported.folder, "title.b.2shot.t0")
    assert (mood["output_type"], mood["doc_to_choice"]) == ("multiple_choice", ["good", "bad"])
    assert [metric["metric"] for metric in mood["metric_list"]] == ["acc"]  # type: ignore[attr-defined]
    assert title["generation_kwargs"] == {"until": ["\n\n"], "do_sample": False, "max_gen_toks": 12}
    assert [metric["metric"] for metric in title["metric_list"]] == ["bleu"]  # type: ignore[attr-defined]
    # Another task's model stands beside the own ones.
    assert _samples(exported.folder, "ft-title-8-seed0", "mood.a.2shot.t0")


@pytest.mark.parametrize("choice", ["fixed", "random", "nearest"])
@pytest.mark.parametrize("prefix", ["", " "])
def test_prompts_and_predictions_are_the_runs_own(tmp_path: Path, tiny_folder: Path, prefix: str, choice: str) -> None:
    results, _ = run_fake(small_study(tmp_path, tiny_folder, answer_prefix=prefix, demo_choice=choice))
    folder = export_tasks(results, out=tmp_path / "out").folder
    for name, shots in (("mood", 0), ("mood", 2), ("title", 2)):
        task = _task(folder, f"{name}.b.{shots}shot.t0")
        rows = _lines(folder / "tasks" / task["dataset_kwargs"]["file"])  # type: ignore[index]
        kept = results.predictions.filter(task=name, domain="b", shots=shots, arm="base").unique("row").sort("row")
        samples = _samples(folder, "base", f"{name}.b.{shots}shot.t0")
        for row, sample, said in zip(rows, samples, kept.iter_rows(named=True), strict=True):
            prompt = _built(task, row["prompt"])
            assert hashlib.sha256(prompt.encode()).hexdigest() == said["prompt_sha256"] == sample["prompt_hash"]
            first = sample["arguments"]["gen_args_0"]  # type: ignore[index]
            assert first["arg_0"] == prompt
            assert (sample["doc"], sample["target"]) == (row, said["target"])
            if name == "mood":
                assert first["arg_1"] == prefix + "good"
                assert [float(logp) for logp, _ in sample["filtered_resps"]] == said["label_logprobs"]  # type: ignore[attr-defined]
                assert sample["acc"] == said["score"]
            else:
                assert sample["filtered_resps"] == [said["prediction"]]
                assert sample["bleu"] == [said["target"], said["prediction"]]


def test_no_text_is_taken_for_anything_else(tmp_path: Path, tiny_folder: Path) -> None:
    parts = study_parts(tiny_folder)
    mood = parts["tasks"]["mood"] | {"labels": ["yes", "1"], "target": "{mood}"}  # type: ignore[index]
    mood["out_of_domain"] = {"b 日.本/".rstrip("/"): mood["out_of_domain"]["b"]}
    parts["tasks"] = {"a.b": mood}
    write_study(tmp_path, tiny_folder)
    for part in ("a_train", "a_test", "b_test", "a_demos", "b_demos"):
        rows = [{"text": f"{part} {n} {NASTY}", "mood": ("yes", "1")[n % 2]} for n in range(20)]
        write_rows(tmp_path / "mood" / f"{part}.jsonl", rows)
    results, _ = run_fake(load_study(rewrite_study(tmp_path, parts)))
    folder = export_tasks(results).folder
    name = "a%2eb.b%20日%2e本.2shot.t0"
    task = _task(folder, name)
    assert task["doc_to_choice"] == ["yes", "1"]
    assert {NASTY in sample["prompt"] for sample in task["fewshot_config"]["samples"]} == {True}  # type: ignore[index]
    hashes = [sample["prompt_hash"] for sample in _samples(folder, "base", name)]
    kept = results.predictions.filter(domain="b 日.本", shots=2, arm="base")
    assert hashes == kept["prompt_sha256"].to_list()


def test_a_folder_that_is_there_and_a_run_that_fits_no_more_are_told(tmp_path: Path, tiny_folder: Path) -> None:
    results, _ = run_fake(small_study(tmp_path, tiny_folder))
    first = export_tasks(results)
    with pytest.raises(UsageError, match="is there already"):
        export_tasks(results)
    assert export_tasks(results, out=tmp_path / "again").files == first.files
    for task in ("mood", "title"):
        for domain in "ab":
            path = tmp_path / task / f"{domain}_test.jsonl"
            path.write_text("".join(path.read_text().splitlines(keepends=True)[:5]))
    with pytest.raises(RunError, match="run the study again"):
        export_tasks(results, out=tmp_path / "changed")


@pytest.fixture(scope="module")
def asked(tmp_path_factory: pytest.TempPathFactory, tiny_folder: Path) -> tuple[Results, Path]:
    """A finished run on a tiny model that names its end to Transformers, and its tasks for the harness."""
    pytest.importorskip("lm_eval", reason="the comparison needs lm-evaluation-harness, from the extra `bench`")
    folder = tmp_path_factory.mktemp("harness")
    model = folder / "model"
    shutil.copytree(tiny_folder, model)
    marks = {"tokenizer_class": "PreTrainedTokenizerFast", "eos_token": "<|im_end|>", "pad_token": "<pad>"}
    (model / "tokenizer_config.json").write_text(json.dumps(marks))
    parts = study_parts(model) | {"label_scoring": "whole_label"}
    parts["arms"] = {"base": {}, "ft": {"trained": True, "learning_rate": 0.02}}
    write_study(folder, model)
    path = rewrite_study(folder, parts)
    for domain in "ab":  # references that a reader of JSON may take for dates
        rows = _lines(folder / "title" / f"{domain}_test.jsonl")
        dated = [{"body": str(row["body"]), "title": f"2024-05-{n + 1:02}"} for n, row in enumerate(rows)]
        write_rows(folder / "title" / f"{domain}_test.jsonl", dated)
    results = run(load_study(path))
    return results, export_tasks(results).folder


@pytest.mark.filterwarnings("ignore")  # the harness's own
@pytest.mark.parametrize("model", ["base", "ft-mood-8-seed0"])
def test_the_harness_asks_the_same_prompts_and_gets_the_same_answers(
    asked: tuple[Results, Path], tmp_path: Path, model: str
) -> None:
    import lm_eval
    from lm_eval.tasks import TaskManager

    results, folder = asked
    base = model == "base"
    trained = None if base else export_model(results, Wanted("ft", "mood"), out=tmp_path / "ft").folder
    found = lm_eval.simple_evaluate(
        model="hf",
        model_args={"pretrained": str(trained or results.study.model), "dtype": "float32"},
        tasks=["farfield" if base else "mood.a.2shot.t0"],
        task_manager=TaskManager(include_path=str(folder / "tasks"), include_defaults=False),
        device="cpu",
        batch_size=1,
        bootstrap_iters=0,
        log_samples=True,
    )
    assert len(found["samples"]) == (8 if base else 1)
    for name, theirs in found["samples"].items():
        ours = _samples(folder, model, name)
        assert len(theirs) == len(ours) == 10
        for left, right in zip(sorted(theirs, key=lambda sample: sample["doc_id"]), ours, strict=True):
            same = ("doc_id", "doc", "target", "filter", "metrics", "doc_hash", "prompt_hash", "target_hash")
            assert {key: left[key] for key in same} == {key: right[key] for key in same}
            assert set(left) == set(right)
            arguments = [list(one.values()) for one in right["arguments"].values()]  # type: ignore[attr-defined]
            assert [list(one) for one in left["arguments"]] == arguments
            if name.startswith("mood"):
                logps = [float(logp) for logp, _ in right["filtered_resps"]]  # type: ignore[attr-defined]
                assert [logp for logp, _ in left["filtered_resps"]] == pytest.approx(logps, abs=1e-4)
                assert left["acc"] == right["acc"]
            else:
                assert left["filtered_resps"] == right["filtered_resps"]
                assert list(left["bleu"]) == right["bleu"]
        if name.startswith("mood"):
            accuracy = sum(sample["acc"] == 1.0 for sample in ours) / len(ours)
            assert found["results"][name]["acc,none"] == accuracy
