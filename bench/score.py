"""Label scoring against lm-evaluation-harness and OpenVINO GenAI: the same prompts, model, precision and threads.

    python -m bench.score study.yaml [--case lm-eval-4-shot]

Needs the extra `bench`. The harness scores labels whole, at its best batch size, found by a sweep over 1-32 that is
printed; both sides tokenise inside the timed part. OpenVINO reads token ids, keeps its prefixes from call to call as
farfield does, and gets new rows in every repeat. Exits with 1 where a log-probability differs by 1e-3 nats or more.
"""

import argparse
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

from bench.given import backend_of, best_size, cell_of, chosen, first_rows, options, prepared_study
from bench.openvino import CACHE_GIB, OpenVino, halved
from bench.record import line, timed
from farfield.engine import Choices, TorchBackend
from farfield.study import Prepared
from farfield.study.asking import prompts_of
from farfield.study.cells import EvaluateCell

Scores = list[tuple[float, ...]]
TOLERANCE = 1e-3


@dataclass(frozen=True)
class Case:
    """Which rows are scored."""

    task: str
    shots: int
    domains: tuple[str, ...]
    rows: int
    sweep_rows: int = 8


HARNESS = {
    "lm-eval-4-shot": Case("sentiment", 4, ("amazon", "sst2"), 100),
    "lm-eval-7-shot": Case("inference", 7, ("rte", "gptnli"), 100, sweep_rows=3),
}
OPENVINO = {"openvino-4-shot": Case("sentiment", 4, ("amazon",), 64)}
CASES = (*HARNESS, *OPENVINO)


class Ours:
    """farfield: the demos once, the rows end to end."""

    def __init__(self, prepared: Prepared) -> None:
        self.tokenizer = prepared.tokenizer
        self.backend: TorchBackend = backend_of(prepared)

    def score(self, cells: Sequence[EvaluateCell]) -> Scores:
        """Every row's labels; nothing is kept from an earlier call."""
        self.backend.prefixes.clear()
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
    """Runs the cases that were asked for."""
    given = options(__doc__, CASES)
    held = [_case(given, name) for name in chosen(given, CASES)]
    sys.exit(0 if all(held) else 1)


def _case(given: argparse.Namespace, name: str) -> bool:
    return _against_harness(given, name) if name in HARNESS else _against_openvino(given, name)


def _against_harness(given: argparse.Namespace, name: str) -> bool:
    case = HARNESS[name]
    prepared = prepared_study(given, label_scoring="whole_label")
    cells = [cell_of(prepared, case.task, domain, case.shots, case.rows) for domain in case.domains]
    ours, harness = Ours(prepared), Harness(prepared)
    few = [first_rows(cell, case.sweep_rows) for cell in cells]
    batch = best_size("lm-eval", partial(harness.score, few))
    ours.score(few)
    peer_s, farfield_s, worst = [], [], 0.0
    for _ in range(given.repeats):
        expected, spent = timed(lambda: harness.score(cells, batch))
        peer_s.append(spent)
        found, spent = timed(lambda: ours.score(cells))
        farfield_s.append(spent)
        worst = max(worst, _worst(expected, found))
    line("score", name, "lm-eval", peer_s, farfield_s, equal=worst < TOLERANCE, worst_nats=worst, batch=batch)
    return worst < TOLERANCE


def _against_openvino(given: argparse.Namespace, name: str) -> bool:
    case = OPENVINO[name]
    prepared = prepared_study(given)
    cell = cell_of(prepared, case.task, case.domains[0], case.shots, case.rows * (given.repeats + 1))
    asking = prompts_of(cell, prepared.tokenizer)
    backend, peer = halved(backend_of(prepared, memory=CACHE_GIB << 30)), OpenVino(prepared)
    peer_s, farfield_s, worst = [], [], 0.0
    for repeat in range(given.repeats + 1):
        rows = [row.ids for row in asking.rows[case.rows * repeat : case.rows * (repeat + 1)]]
        said, spent = timed(partial(peer.best_tokens, rows))
        peer_s.append(spent)
        asked = [Choices(ids[len(asking.prefix) :], ((token,),)) for ids, (token, _) in zip(rows, said, strict=True)]
        found, spent = timed(partial(backend.score, asking.prefix, asked))
        farfield_s.append(spent)
        worst = max(worst, _worst([(logp,) for _, logp in said], found))
    # The first repeat warms up: OpenVINO makes its kernels then.
    line("score", name, "OpenVINO GenAI", peer_s[1:], farfield_s[1:], equal=worst < TOLERANCE, worst_nats=worst)
    return worst < TOLERANCE


def _worst(expected: Scores, found: Scores) -> float:
    pairs = zip(expected, found, strict=True)
    return max(abs(a - b) for left, right in pairs for a, b in zip(left, right, strict=True))


if __name__ == "__main__":
    main()
