"""Label scoring against lm-evaluation-harness: the same prompts, model, precision and threads, labels scored whole.

    python -m bench.score study.yaml --task sentiment --shots 4 --domain amazon --domain sst2 --rows 100

Needs the extra `bench`. The harness runs at its best batch size, found by a sweep over 1-32 that is printed. Both
sides tokenise inside the timed part. Exits with 1 where a label's log-probability differs by 1e-3 nats or more.
"""

import argparse
import json
import sys
from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path

from bench.record import line, timed
from farfield.engine import Choices, TorchBackend
from farfield.models import load_model
from farfield.spec import load_study
from farfield.study import Prepared, prepare
from farfield.study.asking import prompts_of
from farfield.study.cells import EvaluateCell

SWEEP, SWEEP_ROWS = (1, 2, 4, 8, 16, 32), 8
Scores = list[tuple[float, ...]]


class Ours:
    """farfield: the demos once, the rows end to end."""

    def __init__(self, prepared: Prepared) -> None:
        self.tokenizer = prepared.tokenizer
        self.backend = TorchBackend(load_model(prepared.model))

    def score(self, cells: Sequence[EvaluateCell]) -> Scores:
        """Every row's labels."""
        found: Scores = []
        for cell in cells:
            asking = prompts_of(cell, self.tokenizer)
            start = len(asking.prefix)
            rows = [Choices(row.ids[start:], row.answers) for row in asking.rows]
            found += self.backend.score(asking.prefix, rows)
        return found


class Harness:
    """lm-evaluation-harness, its Hugging Face back end."""

    def __init__(self, prepared: Prepared) -> None:
        from lm_eval.models.huggingface import HFLM

        self.model = HFLM(pretrained=str(prepared.model.path), device="cpu", dtype="float32", batch_size=1)
        self.tokenizer = prepared.tokenizer

    def score(self, cells: Sequence[EvaluateCell], batch: int) -> Scores:
        """Every row's labels."""
        from lm_eval.api.instance import Instance

        self.model.batch_size_per_gpu = batch
        asked = [(row.text, cell.task.spec.labels) for cell in cells for row in prompts_of(cell, self.tokenizer).rows]
        requests = [
            Instance("loglikelihood", {}, (text, label), number)
            for text, labels in asked
            for number, label in enumerate(labels)
        ]
        said = iter(self.model.loglikelihood(requests, disable_tqdm=True))
        return [tuple(next(said)[0] for _ in labels) for _, labels in asked]


def main() -> None:
    """Sweeps, measures in turn, compares."""
    given = _options()
    study = load_study(given.study).model_copy(update={"label_scoring": "whole_label", "model": given.model})
    prepared = prepare(study)
    cells = [cell_of(prepared, given.task, domain, given.shots, given.rows) for domain in given.domain]
    ours, harness = Ours(prepared), Harness(prepared)
    few = [replace(cell, domain=replace(cell.domain, examples=cell.domain.examples[:SWEEP_ROWS])) for cell in cells]
    sweep = {batch: timed(partial(harness.score, few, batch))[1] for batch in (SWEEP[0], *SWEEP)}
    best = min(sweep, key=lambda batch: sweep[batch])
    print(json.dumps({"sweep": {str(batch): round(seconds, 2) for batch, seconds in sweep.items()}, "best": best}))
    ours.score(few)
    peer_s, farfield_s, worst = [], [], 0.0
    for _ in range(given.repeats):
        expected, spent = timed(lambda: harness.score(cells, best))
        peer_s.append(spent)
        found, spent = timed(lambda: ours.score(cells))
        farfield_s.append(spent)
        pairs = zip(expected, found, strict=True)
        worst = max(worst, *(abs(a - b) for left, right in pairs for a, b in zip(left, right, strict=True)))
    case = f"{given.shots}-shot {given.task}, {given.rows} rows of {' and '.join(given.domain)}"
    line("score", case, "lm-eval", peer_s, farfield_s, equal=worst < 1e-3, worst_nats=worst, batch=best)
    sys.exit(0 if worst < 1e-3 else 1)


def _options() -> argparse.Namespace:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("study", type=Path)
    options.add_argument("--model", default="smollm2-135m-instruct")
    options.add_argument("--task", required=True)
    options.add_argument("--shots", type=int, required=True)
    options.add_argument("--domain", action="append", required=True)
    options.add_argument("--rows", type=int, default=100)
    options.add_argument("--repeats", type=int, default=3)
    return options.parse_args()


def cell_of(prepared: Prepared, task: str, domain: str, shots: int, rows: int) -> EvaluateCell:
    """The untrained cell of a test set, with its first rows."""
    found = next(
        cell
        for cell in reversed(prepared.plan.cells)
        if isinstance(cell, EvaluateCell) and cell.trained is None and cell.template == 0
        and (cell.task.name, cell.domain.name, cell.shots) == (task, domain, shots)
    )  # fmt: skip
    return replace(found, domain=replace(found.domain, examples=found.domain.examples[:rows]))


if __name__ == "__main__":
    main()
