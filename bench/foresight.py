"""What can be foretold, on real runs: accuracy without labels, and what more training rows bring.

    python -m bench.foresight studies DATA OUT      the study files, for the data of arXiv 2403.09162 under DATA
    python -m bench.foresight labels RUN ...        each way to estimate accuracy without labels, on known domains
    python -m bench.foresight curve RUN ...         curves of sizes up to 800, against the score measured at 2000

RUN is the folder of a finished run, or its study file. Prints one JSON line a model, then one a way or a curve. Runs of
`curve` are taken together, so that the large size may have been trained by a study of its own.
"""

import argparse
import json
import sys
import zlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

import numpy as np
import polars as pl
import yaml
from numpy.typing import NDArray

from farfield.findings.scores import Table
from farfield.metrics import metric
from farfield.spec import StudySpec
from farfield.stats import (
    Known,
    LearningCurve,
    Trial,
    Undefined,
    few_mean,
    learning_curve,
    leave_one_domain_out,
    probabilities,
    temperature,
)
from farfield.study import open_results, predictions_frame

__all__ = ["curve_lines", "label_lines", "main", "study_files"]

Line: TypeAlias = dict[str, object]
_PROMPTS = {
    "sentiment": ["### Input:\n{input}\n### Sentiment:"],
    "inference": ["### Input_1:\n{input_1}\n### Input_2:\n{input_2}\n### Inference:"],
}
_LABELS = {"sentiment": ["positive", "negative"], "inference": ["entailment", "neutral", "contradiction"]}
# The first is trained on. The original study has the second as in-domain too, of another year or shop.
_DOMAINS = {
    "sentiment": ["amazon", "amazonfood", "sst2", "yelp"],
    "inference": ["multinli", "multinli2", "rte", "gptnli"],
}
_MODEL = "smollm2-135m-instruct"
_TRAINING = {"method": "lora", "lora_rank": 16, "epochs": 2, "learning_rate": 5.0e-4, "schedule": "linear",
             "batch_size": 16, "max_length": 1024}  # fmt: skip


def main(arguments: Sequence[str] | None = None) -> int:
    """Writes the study files, or prints what their runs show."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked = parser.add_subparsers(dest="what", required=True)
    studies = asked.add_parser("studies")
    studies.add_argument("data", type=Path, help="the folder with a folder a task")
    studies.add_argument("out", type=Path, help="where the study files go")
    asked.add_parser("labels").add_argument("runs", type=Path, nargs="+", metavar="RUN")
    curve = asked.add_parser("curve")
    curve.add_argument("runs", type=Path, nargs="+", metavar="RUN")
    curve.add_argument("--upto", type=int, default=800, help="the largest size that the curve is fitted on")
    curve.add_argument("--aim", type=int, default=2000, help="the size that is foretold")
    given = parser.parse_args(arguments)
    if given.what == "studies":
        given.out.mkdir(parents=True, exist_ok=True)
        for name, parts in study_files(given.data.resolve()).items():
            (given.out / f"{name}.yaml").write_text(yaml.safe_dump(parts, sort_keys=False), encoding="utf-8")
        return 0
    lines = label_lines(given.runs) if given.what == "labels" else curve_lines(given.runs, given.upto, given.aim)
    for line in lines:
        print(json.dumps({"bench": "foresight", **line}), flush=True)
    return 0


def study_files(data: Path) -> Mapping[str, Mapping[str, object]]:
    """The studies by name: one of domains, one of training sizes, one of the size that is foretold."""

    def source(task: str, domain: str, rows: Sequence[int] | None, file: str) -> Line:
        folder = data / task
        told: Line = {"path": str(folder / f"{domain}_{file}.json")}
        told["demos"] = str(folder / "few_shot" / f"{domain}_few_shot.json")
        return told | ({"rows": list(rows)} if rows else {})

    def task(name: str, rows: int, shots: Sequence[int], *, elsewhere: bool) -> Line:
        home, *others = _DOMAINS[name]
        tests = {domain: source(name, domain, (0, rows), "test_500") for domain in (home, *others)}
        told: Line = {"kind": "classification", "labels": _LABELS[name], "prompts": _PROMPTS[name]}
        told |= {"target": "{output}", "shots": list(shots), "train": {home: source(name, home, None, "train_4000")}}
        told |= {"drop_labels": ["-"]} if name == "inference" else {}
        told["in_domain"] = {home: tests.pop(home)}
        return told | ({"out_of_domain": tests} if elsewhere else {})

    def study(name: str, tasks: Mapping[str, Line], how: Line, **rest: object) -> Line:
        told: Line = {"study": name, "model": _MODEL, **rest, "tasks": tasks}
        return told | {"training": {**_TRAINING, **how}}

    both = {"base": {}, "ft": {"trained": True}, "fticl": {"trained": True, "train_shots": 2}}
    domains = {name: task(name, 100, [0, 2], elsewhere=True) for name in _DOMAINS}
    # No development rows: they would stand after the largest size, and so on other rows in each study.
    curve = {"inference": task("inference", 200, [0], elsewhere=False)}
    alone: Line = {"dev": 0, "arms": {"ft": {"trained": True}}}
    # Every row once: so that all sizes together take less than half an hour on two cores.
    sizes, large = ({"train_rows": rows, "epochs": 1, "batch_size": 8} for rows in ([50, 100, 200, 400, 800], [2000]))
    return {
        "unlabelled": study("unlabelled", domains, {"train_rows": [200]}, seeds=[0], dev=120, arms=both),
        "curve": study("curve", curve, sizes, seeds=[0, 1], **alone),
        "curve-2000": study("curve-2000", curve, large, seeds=[0], **alone),
    }


@dataclass(frozen=True, slots=True)
class _Model:
    """What a model said to rows of known labels, by domain: log-probabilities of the labels, and the gold ones."""

    task: str
    arm: str
    size: int | None
    shots: int
    home: Known
    domains: Mapping[str, Known]

    def known(self, *, scaled: bool) -> tuple[Known, Mapping[str, Known]]:
        """Probabilities in place of log-probabilities, at the temperature that suits home where it is scaled."""
        heat = temperature(self.home.shares, self.home.gold.tolist()) if scaled else 1.0
        heat = 1.0 if isinstance(heat, Undefined) else heat

        def shares(said: Known) -> Known:
            return Known(probabilities(said.shares, temperature=heat), said.gold)

        return shares(self.home), {name: shares(said) for name, said in self.domains.items()}


def label_lines(runs: Sequence[Path]) -> Iterator[Line]:
    """How far off each way was: by model, then by way over the domains of all tasks, models averaged."""
    off: dict[tuple[str, bool, bool], dict[tuple[str, str], list[float]]] = {}
    noise: list[float] = []
    for run in runs:
        models = list(_models(run))
        for model in models:
            beside = [each for each in models if _side_by_side(model, each)]
            for scaled in (False, True):
                known = [each.known(scaled=scaled) for each in (model, *beside)]
                home = [first for first, _ in known]
                domains = {name: [there[name] for _, there in known] for name in model.domains}
                for pooled in (False, True):
                    trial = leave_one_domain_out(home, domains, pooled=pooled)
                    if isinstance(trial, Undefined):
                        continue
                    noise.append(trial.noise)
                    yield _told(model, home[0].accuracy, trial, scaled, pooled)
                    for place, domain in enumerate(trial.domains):
                        for way, far in trial.off.items():
                            by_domain = off.setdefault((way, scaled, pooled), {})
                            by_domain.setdefault((model.task, domain), []).append(abs(float(far[place])))
    yield from _over_domains(off, float(np.mean(noise)) if noise else 0.0)


def _told(model: _Model, home: float, trial: Trial, scaled: bool, pooled: bool) -> Line:
    named: Line = {"part": "labels", "task": model.task, "arm": model.arm, "train_rows": model.size}
    measured = dict(zip(trial.domains, np.round(trial.measured, 4).tolist(), strict=True))
    far = {way: np.round(each, 4).tolist() for way, each in trial.off.items()}
    told: Line = {"scaled": scaled, "pooled": pooled, "home": round(home, 4), "measured": measured, "off": far}
    return named | {"shots": model.shots} | told


def _over_domains(
    off: Mapping[tuple[str, bool, bool], Mapping[tuple[str, str], Sequence[float]]], noise: float
) -> Iterator[Line]:
    """By way: how far off on average, and by how much nearer than what is assumed, domains being the units."""
    for (way, scaled, pooled), by_domain in off.items():
        assumed = off["assumed", scaled, pooled]
        nearer = [float(np.mean(assumed[each]) - np.mean(far)) for each, far in by_domain.items()]
        gained = few_mean(nearer) if len(nearer) <= 16 else Undefined("more domains than an exact interval takes")
        ends = gained.reason if isinstance(gained, Undefined) else [round(gained.low, 4), round(gained.high, 4)]
        yield {
            "part": "ways", "way": way, "scaled": scaled, "pooled": pooled, "domains": len(by_domain),
            "off": round(float(np.mean([np.mean(far) for far in by_domain.values()])), 4),
            "nearer": round(float(np.mean(nearer)), 4), "nearer_90": ends, "noise": round(noise, 4),
        }  # fmt: skip


def _side_by_side(model: _Model, other: _Model) -> bool:
    """Whether two models may be asked how far they agree: both trained or both not, on the same rows of all domains."""
    alike = (model.task, model.size is None) == (other.task, other.size is None) and model is not other
    return alike and all(
        np.array_equal(mine.gold, theirs.gold)
        for mine, theirs in zip(
            (model.home, *model.domains.values()), (other.home, *other.domains.values()), strict=True
        )
    )


def _models(run: Path) -> Iterator[_Model]:
    """The classifiers of a run: trained arms at their largest size in their own form, untrained ones in every form."""
    results = open_results(run)
    study, dev = results.study, predictions_frame(results.run, split="dev")
    for name, table in _tables(study, results.predictions):
        labels, held = study.tasks[name].labels, Table(dev.filter(pl.col("task") == name), table.metric)
        home = next(iter(study.tasks[name].train), "")
        for arm, spec in study.arms.items():
            sizes = table.sizes(arm, name)
            size = sizes[-1] if spec.trained and sizes else None
            for form in [table.primary(arm, spec, study.tasks[name])] if spec.trained else table.forms(arm):
                on = name if size else None
                own = held.answers(form, size=size, on=on, domain=home)
                asked = table.answers(form, size=size, on=on)
                there = {str(part["domain"][0]): part for part in asked.partition_by("domain", maintain_order=True)}
                # The training's own test rows are home as well as its development rows.
                at_home = pl.concat([own, there.pop(home)]) if home in there else own
                domains = {domain: _known(part, labels) for domain, part in there.items()}
                if len(at_home) and domains:
                    yield _Model(name, arm, size, form[1], _known(at_home, labels), domains)


def _tables(study: StudySpec, frame: pl.DataFrame) -> Iterator[tuple[str, Table]]:
    """The predictions of each task, by its first metric."""
    for name, task in study.tasks.items():
        yield name, Table(frame.filter(pl.col("task") == name), metric(task.scored_by[0], list(task.labels)))


def _known(frame: pl.DataFrame, labels: Sequence[str]) -> Known:
    """Log-probabilities in place of shares; see `_Model`."""
    told = frame.filter(pl.col("label_logprobs").is_not_null() & pl.col("target").is_in(labels))
    logprobs = np.array(told["label_logprobs"].to_list(), dtype=np.float64).reshape(-1, len(labels))
    return Known(logprobs, np.array([labels.index(target) for target in told["target"]], dtype=np.intp))


def curve_lines(runs: Sequence[Path], upto: int, aim: int) -> Iterator[Line]:
    """Curves fitted on the sizes up to one, and what further trainings scored at the size that is foretold."""
    results = [open_results(run) for run in runs]
    study, frame = results[0].study, pl.concat([each.predictions for each in results])
    for name, table in _tables(study, frame):
        for arm, spec in study.arms.items():
            form = table.primary(arm, spec, study.tasks[name])
            for domain in table.models["domain"].unique(maintain_order=True) if spec.trained else ():
                own = (pl.col("trained_on") == name) & (pl.col("strength") == 1)
                scores = _by_size(table.asked(form, domain=domain).filter(own))
                fitted = {size: each for size, each in scores.items() if size <= upto}
                yield {
                    "part": "curve", "task": name, "arm": arm, "domain": domain,
                    "means": {size: np.round(each.mean(axis=1), 4).tolist() for size, each in fitted.items()},
                    **_foretold(fitted, scores.get(aim), aim, f"{name} {arm} {domain}"),
                }  # fmt: skip


def _by_size(asked: pl.DataFrame) -> dict[int, NDArray[np.float64]]:
    """Scores `[seeds, rows]` by number of training rows, on the test rows that all of them were asked."""
    whole = asked.filter(pl.col("score").is_not_null()).with_columns(
        model=pl.concat_str("train_rows", "seed", separator=" ")
    )
    wide = whole.pivot("model", index="row", values="score", aggregate_function="first").drop_nulls().sort("row")
    found: dict[int, list[list[float]]] = {}
    for size, seed in whole.select("train_rows", "seed").unique().sort("train_rows", "seed").iter_rows():
        found.setdefault(size, []).append(wide[f"{size} {seed}"].to_list())
    return {size: np.array(seeds) for size, seeds in found.items()}


def _foretold(
    fitted: Mapping[int, NDArray[np.float64]], measured: NDArray[np.float64] | None, aim: int, name: str
) -> Line:
    """What a curve says of a further training on the same test rows, and of its expected score over their domain."""
    rng = np.random.default_rng(zlib.crc32(name.encode()))
    here, everywhere = (learning_curve(fitted, rng=rng, same_rows=same) for same in (True, False))
    if not isinstance(here, LearningCurve) or not isinstance(everywhere, LearningCurve):
        why = here if isinstance(here, Undefined) else everywhere
        return {"undefined": why.reason if isinstance(why, Undefined) else ""}
    told, expected = here.one_more(aim, rng=rng), everywhere.at(aim)
    line: Line = {
        "rows": here.n, "aim": aim, "laws": {law: round(weight, 3) for law, weight in here.laws.items()},
        "one_more": [round(end, 4) for end in (told.value, told.low, told.high)],
        "expected": [round(end, 4) for end in (expected.value, expected.low, expected.high)],
    }  # fmt: skip
    if measured is None:
        return line
    scored = measured.mean(axis=1)
    held = ((told.low <= scored) & (scored <= told.high)).tolist()
    return line | {"measured": np.round(scored, 4).tolist(), "held": held, "last": round(float(here.means[-1]), 4)}


if __name__ == "__main__":
    sys.exit(main())
