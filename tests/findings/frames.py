"""Predictions made by hand: frames with the columns of `farfield predictions`, and a study that they belong to."""

from collections.abc import Sequence

import numpy as np
import polars as pl
from numpy.typing import ArrayLike, NDArray

from farfield.findings import Findings, Line, TaskFindings
from farfield.spec import StudySpec
from farfield.stats import Estimate, Number

Scores = NDArray[np.float64]

_TEXT, _WHOLE, _REAL = pl.String(), pl.Int64(), pl.Float64()
SCHEMA: dict[str, pl.DataType] = {
    "arm": _TEXT, "strength": _REAL, "trained_on": _TEXT, "train_rows": _WHOLE, "seed": _WHOLE, "task": _TEXT,
    "domain": _TEXT, "tier": _TEXT, "shots": _WHOLE, "demo_choice": _TEXT, "template": _WHOLE, "scoring": _TEXT,
    "backend": _TEXT, "metric": _TEXT, "row": _WHOLE, "prompt_sha256": _TEXT, "target": _TEXT,
    "label_logprobs": pl.List(pl.Float64), "prediction": _TEXT, "score": _REAL, "parts": pl.List(pl.Float64),
}  # fmt: skip

EMPTY = pl.DataFrame(schema=SCHEMA)


def rng(seed: int = 0) -> np.random.Generator:
    return np.random.default_rng(seed)


def flags(n: int, share: float, seed: int) -> Scores:
    """Right or wrong, n times."""
    return (rng(seed).random(n) < share).astype(np.float64)


def said(
    arm: str,
    domain: str,
    scores: ArrayLike,
    *,
    tier: str = "in_domain",
    trained: tuple[str, int] | None = None,
    seed: int | None = None,
    form: tuple[int, int] = (0, 0),
    task: str = "title",
    metric: str = "rougeL",
    backend: str = "fake",
    parts: Sequence[Sequence[float]] | None = None,
    strength: float = 1.0,
) -> pl.DataFrame:
    """What one arm said on one test set.

    Args:
        arm: its name.
        domain: of the test set.
        scores: [n], of the rows 0 to n-1.
        tier: of the test set.
        trained: the task trained on and the number of training rows; None for an arm that isn't trained.
        seed: of the training; 0 for a trained arm, if left out.
        form: shots and template.
        task: that was asked.
        metric: of the scores.
        backend: `baseline` for a baseline.
        parts: [n][p], for a corpus metric.
        strength: share of what a trained arm learnt.
    """
    values = np.asarray(scores, dtype=np.float64)
    on, size = trained or (None, None)
    if trained and seed is None:
        seed = 0
    return pl.DataFrame(
        [
            {
                "arm": arm, "strength": strength if trained else None, "trained_on": on, "train_rows": size,
                "seed": seed, "task": task, "domain": domain, "tier": tier, "shots": form[0], "demo_choice": "fixed",
                "template": form[1], "scoring": "greedy", "backend": backend, "metric": metric, "row": row,
                "prompt_sha256": f"{row:064x}", "target": f"target {row}", "label_logprobs": None,
                "prediction": f"{arm} on row {row}", "score": float(score), "parts": list(parts[row]) if parts else [],
            }
            for row, score in enumerate(values)
        ],
        schema=SCHEMA,
    )  # fmt: skip


def study(**changes: object) -> StudySpec:
    """One generation task, in-domain a, out of domain b and c; `changes` replace top-level keys."""

    def source(name: str) -> dict[str, object]:
        return {"path": f"{name}.jsonl"}

    task = {
        "kind": "generation", "prompts": ["{text}", "Text: {text}"], "target": "{title}", "metrics": ["rougeL", "bleu"],
        "shots": [0, 2, 4], "train": {"a": source("train")}, "in_domain": {"a": source("a")},
        "out_of_domain": {"b": source("b"), "c": source("c")},
    }  # fmt: skip
    parts: dict[str, object] = {
        "study": "made",
        "model": "none",
        "tasks": {"title": task},
        "arms": {"base": {}, "ft": {"trained": True}, "fticl": {"trained": True, "train_shots": 2}},
        "training": {"train_rows": [8, 16]},
    }
    return StudySpec.model_validate(parts | changes)


def classifying(metric: str = "accuracy") -> dict[str, object]:
    """The same task with labels, as a value of `tasks`."""
    parts = study().tasks["title"].model_dump()
    return {"title": {**parts, "kind": "classification", "labels": ["good", "bad"], "metrics": [metric]}}


def only(findings: Findings) -> TaskFindings:
    """The findings of the one task."""
    (task,) = findings.tasks
    return task


def line_of(task: TaskFindings, arm: str, domain: str, size: int | None = 8) -> Line:
    """The one line of an arm on a domain."""
    (found,) = [x for x in task.lines if (x.arm, x.domain, x.train_rows) == (arm, domain, size)]
    return found


def defined(number: Number | None) -> Estimate:
    """The number, which must be there."""
    assert isinstance(number, Estimate), number
    return number


def width(number: Number | None) -> float:
    """Of its interval."""
    return defined(number).high - defined(number).low
