"""A run on disk -> the frames that everything after it reads. Needs no model and no study file."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, cast

import numpy as np

from farfield.errors import UsageError
from farfield.metrics import Metric, RowScore, estimate, metric
from farfield.runs import Run, seed_of
from farfield.stats import Estimate
from farfield.study.predictions import prediction_schema
from farfield.study.universes import universes_of

if TYPE_CHECKING:
    import polars as pl

    from farfield.runs.address import Part

__all__ = ["predictions_frame", "results_frame"]

KEYS = (
    "arm", "strength", "trained_on", "train_rows", "seed", "task", "domain", "tier", "shots", "demo_choice", "template",
)  # fmt: skip


def results_frame(run: Run, *, split: str = "test") -> "pl.DataFrame":
    """One row per cell and metric, with its interval; nothing in it depends on the clock.

    Columns: the keys, scoring, backend, metric, value, low, high (null where undefined), n, left_out.
    """
    import polars as pl

    rows = []
    for entry, frame, of in _scored(run, split, ""):
        scored = frame.drop_nulls("score")
        scores = [RowScore(s, tuple(p)) for s, p in zip(scored["score"], scored["parts"], strict=True)]
        # The draws follow from the cell and the metric, so the same run gives the same interval every time.
        rng = np.random.default_rng(seed_of(f"{entry['address']} {of.name}"))
        number = estimate(of, scores, rng=rng)
        row = {**_keys(entry), **_facts(run, entry), "metric": of.name, "n": number.n, "left_out": entry["left_out"]}
        if isinstance(number, Estimate):
            row |= {"value": number.value, "low": number.low, "high": number.high}
        rows.append(row)
    return pl.DataFrame(rows, schema=_schema(with_rows=False))


def predictions_frame(run: Run, *, split: str = "test", universe: str = "") -> "pl.DataFrame":
    """One row per example, cell and metric, asked as the study asks or as another universe does.

    Columns: the keys, scoring, backend, metric, row, prompt_sha256, target, label_logprobs (in the order of the
    task's labels), prediction, score, parts (what a corpus metric sums over rows). The split `unlabelled` holds the
    rows of domains without labels; those that have none have an empty target and no score.
    """
    import polars as pl

    schema = _schema(with_rows=True)
    frames = [
        frame.with_columns(
            [pl.lit(value, dtype=schema[name]).alias(name) for name, value in _labels(run, entry, of).items()]
        ).select(list(schema))
        for entry, frame, of in _scored(run, split, universe)
    ]
    return pl.concat(frames) if frames else pl.DataFrame(schema=schema)


def _scored(run: Run, split: str, universe: str) -> "Iterator[tuple[dict[str, Part], pl.DataFrame, Metric]]":
    """Every finished line of a universe with its scored predictions, metric by metric."""
    laid = {each.name: each.told for each in universes_of(run)}
    if universe not in laid:
        raise UsageError(
            f"the run has no universe {universe!r}",
            mend=f"it has: {', '.join(name for name in laid if name) or 'none besides its own'}",
        )
    for part in cast("list[dict[str, Part]]", run.manifest().get("entries", [])):
        told = laid[universe][str(_keys(part)["task"])]
        if part["split"] != split or part.get("universe", "") != told or not run.has(str(part["address"])):
            continue
        frame = run.predictions(str(part["address"]))
        for name in cast("list[str]", part["metrics"]):
            of = metric(name, cast("list[str]", part["labels"]))
            yield part, _with_scores(frame, of), of


def _with_scores(frame: "pl.DataFrame", of: Metric) -> "pl.DataFrame":
    import polars as pl

    scored = [of.row(p, t) if t else None for p, t in zip(frame["prediction"], frame["target"], strict=True)]
    return frame.with_columns(
        pl.Series("score", [s.score if s else None for s in scored], dtype=pl.Float64),
        pl.Series("parts", [list(s.parts) if s else None for s in scored], dtype=pl.List(pl.Float64)),
    )


def _keys(entry: "dict[str, Part]") -> "dict[str, Part]":
    keys = cast("dict[str, Part]", entry["keys"])
    return {name: keys[name] for name in KEYS}


def _facts(run: Run, entry: "dict[str, Part]") -> "dict[str, Part]":
    told = run.record(str(entry["address"])).facts
    # A searched form isn't known when the entry is written; the cell's record tells it.
    return {name: told[name] for name in ("scoring", "backend", "shots", "template") if name in told}


def _labels(run: Run, entry: "dict[str, Part]", of: Metric) -> "dict[str, Part]":
    return {**_keys(entry), **_facts(run, entry), "metric": of.name}


def _schema(*, with_rows: bool) -> "dict[str, pl.DataType]":
    import polars as pl

    text, whole, real = pl.String(), pl.Int64(), pl.Float64()
    keys = {
        "arm": text, "strength": real, "trained_on": text, "train_rows": whole, "seed": whole, "task": text,
        "domain": text, "tier": text, "shots": whole, "demo_choice": text, "template": whole, "scoring": text,
        "backend": text, "metric": text,
    }  # fmt: skip
    if with_rows:
        return {**keys, **prediction_schema(), "score": real, "parts": pl.List(pl.Float64)}
    return {**keys, "value": real, "low": real, "high": real, "n": whole, "left_out": whole}
