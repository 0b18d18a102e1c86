"""A small study on disk for tests: two tasks, three domains, a tiny random model; and the fake engine for it."""

import json
from collections.abc import Sequence
from pathlib import Path

import yaml

from farfield.engine import FakeEngine
from farfield.runs import Run
from farfield.spec import StudySpec, load_study
from farfield.study import Results, run
from farfield.study.execute import Watch

MOODS = ("good", "bad")
Row = dict[str, str]


def mood_rows(domain: str, count: int) -> list[Row]:
    """Distinct rows of the classification task."""
    return [{"text": f"{domain} item {n}: it is fine", "mood": MOODS[n % 2]} for n in range(count)]


def title_rows(domain: str, count: int) -> list[Row]:
    """Distinct rows of the generation task."""
    return [{"body": f"Pump {n} of {domain} leaks. It was repaired.", "title": f"Pump {n} leaks"} for n in range(count)]


def write_rows(path: Path, rows: Sequence[Row]) -> None:
    """Writes rows as JSON lines."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), encoding="utf-8")


def study_parts(model: Path | str) -> dict[str, object]:
    """The study as plain values, for a test to change."""

    def source(task: str, domain: str, part: str) -> dict[str, object]:
        return {"path": f"{task}/{domain}_{part}.jsonl", "demos": f"{task}/{domain}_demos.jsonl"}

    def task(name: str) -> dict[str, object]:
        return {
            "train": {"a": source(name, "a", "train")},
            "in_domain": {"a": source(name, "a", "test")},
            "out_of_domain": {"b": source(name, "b", "test")},
            "shots": [0, 2],
        }

    return {
        "study": "small",
        "model": str(model),
        "dev": 4,
        "tasks": {
            "mood": {
                "kind": "classification", "labels": list(MOODS), "prompts": ["Text: {text}\nMood:"],
                "target": "{mood}", **task("mood"),
            },
            "title": {
                "kind": "generation", "prompts": ["{body}\nTitle:"], "target": "{title}", "metrics": ["rougeL", "bleu"],
                "max_new_tokens": 12, **task("title"),
            },
        },
        "arms": {"base": {}, "ft": {"trained": True}, "fticl": {"trained": True, "train_shots": 2}},
        "training": {"train_rows": [8], "epochs": 1, "batch_size": 4, "lora_rank": 2, "max_length": 400},
    }  # fmt: skip


def write_study(folder: Path, model: Path | str, **changes: object) -> Path:
    """Writes rows and study file; `changes` replace top-level keys of the study."""
    for name, rows in (("mood", mood_rows), ("title", title_rows)):
        for domain in "ab":
            write_rows(folder / name / f"{domain}_test.jsonl", rows(domain, 10))
            write_rows(folder / name / f"{domain}_demos.jsonl", rows(f"demo {domain}", 3))
        write_rows(folder / name / "a_train.jsonl", rows("train", 20))
    return rewrite_study(folder, study_parts(model) | changes)


def rewrite_study(folder: Path, parts: dict[str, object]) -> Path:
    """Writes the study file alone."""
    path = folder / "study.yaml"
    path.write_text(yaml.safe_dump(parts, sort_keys=False, allow_unicode=True), encoding="utf-8")
    return path


def small_study(folder: Path, model: Path | str, **changes: object) -> StudySpec:
    """The small study, loaded."""
    return load_study(write_study(folder, model, **changes))


def run_fake(
    study: StudySpec, out: Path | None = None, engine: FakeEngine | None = None, watch: Watch | None = None
) -> tuple[Results, FakeEngine]:
    """Runs a study through the fake engine."""
    engine = engine or FakeEngine()
    return run(study, out, watch=watch, make_engine=lambda *_: engine), engine


def cells_of(results: Results) -> set[str]:
    """Addresses of the finished cells."""
    return {record.address for record in Run.open(results.folder).records()}
