"""Why it carries or not: how far each trained model moved, and whether that foretells its gains elsewhere."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import polars as pl

from farfield.findings.scores import generator
from farfield.spec import TIERS
from farfield.stats import Estimate, Number, RankCorrelation, Undefined, bootstrap_mean, rank_correlation

__all__ = ["Foretold", "MovedLine", "foretold", "moved_lines"]


@dataclass(frozen=True, slots=True)
class MovedLine:
    """How far one trained model moved, seeds averaged.

    Attributes:
        adapted: mean |Δw| over the weights that changed (the figure of arXiv 2403.09162).
        whole: mean |Δw| over all weights.
        relative: ‖Δ‖ / ‖base‖ over all weights that changed, root mean square weighted by size.
        rank: mean effective rank of the changed matrices.
        kl: KL(base‖tuned) in nats a token by tier, with its 95 % interval over rows.
    """

    arm: str
    trained_on: str
    train_rows: int
    adapted: float
    whole: float
    relative: float
    rank: float
    kl: Mapping[str, Number]


@dataclass(frozen=True, slots=True)
class Foretold:
    """Over the trained models of a task: does a measure foretell the mean gain in new domains?"""

    task: str
    measure: str
    correlation: RankCorrelation | Undefined


def moved_lines(weights: pl.DataFrame, said: pl.DataFrame) -> Iterator[MovedLine]:
    """One line a trained model.

    Args:
        weights: from `study.movements_frame`.
        said: from `study.divergences_frame`.
    """
    keys = ["arm", "trained_on", "train_rows"]
    for arm, on, rows in weights.select(keys).unique(maintain_order=True).iter_rows():
        own = pl.col("arm").eq(arm) & pl.col("trained_on").eq(on) & pl.col("train_rows").eq(rows)
        every = weights.filter(own)
        changed = every.filter(pl.col("mean_abs") > 0)
        kls = said.filter(own).group_by("tier", "domain", "row", maintain_order=True).agg(pl.col("kl").mean())
        yield MovedLine(
            arm,
            on,
            rows,
            _mean(changed, "mean_abs"),
            _mean(every, "mean_abs"),
            _mean(changed.with_columns(pl.col("relative") ** 2), "relative") ** 0.5,
            float(changed["rank"].drop_nulls().mean() or 0.0),  # type: ignore[arg-type]
            {tier: _kl(kls.filter(pl.col("tier") == tier), arm, on, rows, tier) for tier in TIERS},
        )


def foretold(task: str, moved: Sequence[MovedLine], gains: Mapping[tuple[str, int], float]) -> Iterator[Foretold]:
    """How well each measure ranks the task's models as their gains do; `gains` by arm and training rows."""
    known = [line for line in moved if line.trained_on == task and (line.arm, line.train_rows) in gains]
    # Arms that share their training (one may write in a format) are one model; the first of them speaks for it.
    own = list({(line.adapted, line.relative, line.train_rows): line for line in reversed(known)}.values())[::-1]
    gained = [gains[line.arm, line.train_rows] for line in own]
    measures = {
        "adapted": [line.adapted for line in own],
        "relative": [line.relative for line in own],
        "rank": [line.rank for line in own],
    }
    for tier in ("out_of_domain", "cross_task"):
        kls = [kl.value for line in own if isinstance(kl := line.kl[tier], Estimate)]
        if len(kls) == len(own):
            measures[f"kl_{tier}"] = kls
    for measure, values in measures.items():
        yield Foretold(task, measure, rank_correlation(values, gained, rng=generator("foretold", task, measure)))


def _mean(frame: pl.DataFrame, column: str) -> float:
    """Over all numbers of the weights, not over the weights."""
    total = float(frame["elements"].sum())
    return float((frame[column] * frame["elements"]).sum()) / total if total else 0.0


def _kl(rows: pl.DataFrame, *names: object) -> Number:
    if rows.is_empty():
        return Undefined("no rows")
    return bootstrap_mean(rows["kl"].to_numpy(), rng=generator("kl", *names))
