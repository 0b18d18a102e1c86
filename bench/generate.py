"""Greedy generation against Transformers' `generate` and OpenVINO GenAI: the same prompts, precision and ending.

    python -m bench.generate study.yaml [--case tweetqa-stop]

Needs the extra `bench`. `generate` runs at its best batch size, found by a sweep over 1-32 that is printed, its rows
sorted by length so that little is padded. OpenVINO keeps its prefixes from call to call as farfield does, and gets
new rows in every repeat. Exits with 1 where more than 2 % of the texts differ or a difference is no near-tie.
"""

import argparse
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial

import torch
from transformers import AutoModelForCausalLM, AutoTokenizer

from bench.given import backend_of, best_size, cell_of, chosen, first_rows, options, prepared_study
from bench.openvino import CACHE_GIB, OpenVino, halved
from bench.record import line, timed
from farfield.engine import Choices, Ending, TorchBackend
from farfield.prompts import Asked
from farfield.study import Prepared
from farfield.study.asking import Asking, prompts_of
from farfield.study.cells import EvaluateCell
from farfield.study.evaluate import ending_of

SWEEP_ROWS = 4  # or as many as the batch has
NEAR_TIE = 0.05  # nats between the two best tokens: rounding decides such a choice
Ids = tuple[int, ...]


@dataclass(frozen=True)
class Case:
    """Which rows are continued, and whether each to its last token."""

    task: str
    domain: str
    shots: int
    always: bool
    rows: int = 64


TRANSFORMERS = {
    "tweetqa-stop": Case("question", "tweetqa", 2, always=False),
    "xlsum-stop": Case("summary", "xlsum", 1, always=False),
    "tweetqa-60": Case("question", "tweetqa", 2, always=True),
    "xlsum-60": Case("summary", "xlsum", 1, always=True),
}
OPENVINO = {f"openvino-{name}": case for name, case in TRANSFORMERS.items() if case.always}
CASES = TRANSFORMERS | OPENVINO


class Transformers:
    """`generate` on padded batches."""

    def __init__(self, prepared: Prepared, *, always: bool) -> None:
        self.always, self.tokenizer = always, prepared.tokenizer
        self.model = AutoModelForCausalLM.from_pretrained(prepared.model.path, dtype=torch.float32).eval()
        self.words = AutoTokenizer.from_pretrained(prepared.model.path, padding_side="left")

    @torch.inference_mode()
    def write(self, cell: EvaluateCell, batch: int) -> list[Ids]:
        """The tokens of each row's answer."""
        rows, spec = [row.ids for row in prompts_of(cell, self.tokenizer).rows], cell.task.spec
        order = sorted(range(len(rows)), key=lambda n: len(rows[n]))
        # With every row written to its end nothing may stop one; otherwise the model's own end or the stop text does.
        how = (
            {"min_new_tokens": spec.max_new_tokens, "eos_token_id": None}
            if self.always
            else {"stop_strings": [spec.stop], "tokenizer": self.words, "eos_token_id": list(self.tokenizer.eos_ids)}
        )
        written: dict[int, Ids] = {}
        for start in range(0, len(order), batch):
            numbers = order[start : start + batch]
            longest = max(len(rows[n]) for n in numbers)
            ids = torch.tensor([[0] * (longest - len(rows[n])) + list(rows[n]) for n in numbers])
            seen = torch.tensor([[0] * (longest - len(rows[n])) + [1] * len(rows[n]) for n in numbers])
            out = self.model.generate(
                ids, attention_mask=seen, do_sample=False, max_new_tokens=spec.max_new_tokens, pad_token_id=0, **how
            )
            written |= {n: tuple(row) for n, row in zip(numbers, out[:, longest:].tolist(), strict=True)}
        return [written[n] for n in range(len(rows))]


def main() -> None:
    """Runs the cases that were asked for."""
    given = options(__doc__, CASES)
    held = [
        _against_transformers(given, name) if name in TRANSFORMERS else _against_openvino(given, name)
        for name in chosen(given, CASES)
    ]
    sys.exit(0 if all(held) else 1)


def _against_transformers(given: argparse.Namespace, name: str) -> bool:
    case = CASES[name]
    prepared = prepared_study(given)
    cell = cell_of(prepared, case.task, case.domain, case.shots, case.rows)
    asking = prompts_of(cell, prepared.tokenizer)
    backend, peer = backend_of(prepared), Transformers(prepared, always=case.always)
    batch = best_size(
        "Transformers generate", lambda size: peer.write(first_rows(cell, _swept(size)), size), rows=_swept
    )
    write = _ours(backend, asking, cell, prepared, always=case.always)
    write(asking.rows[:2])
    peer_s, farfield_s = [], []
    for _ in range(given.repeats):
        expected, spent = timed(partial(peer.write, cell, batch))
        peer_s.append(spent)
        backend.prefixes.clear()
        found, spent = timed(partial(write, asking.rows))
        farfield_s.append(spent)
    stop = None if case.always else cell.task.spec.stop
    margins = _differing(backend, prepared, asking, (expected, found), stop)
    return _told(name, "Transformers generate", peer_s, farfield_s, margins, len(found), batch=batch)


def _against_openvino(given: argparse.Namespace, name: str) -> bool:
    case = CASES[name]
    prepared = prepared_study(given)
    cell = cell_of(prepared, case.task, case.domain, case.shots, case.rows * (given.repeats + 1))
    asking = prompts_of(cell, prepared.tokenizer)
    backend, peer = halved(backend_of(prepared, memory=CACHE_GIB << 30)), OpenVino(prepared)
    write = _ours(backend, asking, cell, prepared, always=case.always)
    peer_s, farfield_s, margins = [], [], []
    for repeat in range(given.repeats + 1):
        rows = asking.rows[case.rows * repeat : case.rows * (repeat + 1)]
        expected, spent = timed(partial(peer.write, [row.ids for row in rows], cell.task.spec.max_new_tokens))
        peer_s.append(spent)
        found, spent = timed(partial(write, rows))
        farfield_s.append(spent)
        margins += _differing(backend, prepared, replace(asking, rows=rows), (expected, found), None)
    # The first repeat warms up: OpenVINO makes its kernels then.
    return _told(name, "OpenVINO GenAI", peer_s[1:], farfield_s[1:], margins, case.rows * (given.repeats + 1))


def _ours(
    backend: TorchBackend, asking: Asking, cell: EvaluateCell, prepared: Prepared, *, always: bool
) -> Callable[[Sequence[Asked]], list[Ids]]:
    """Continuations by farfield of some of the rows."""
    spec = cell.task.spec
    ending = Ending(spec.max_new_tokens) if always else ending_of(spec, prepared.tokenizer)
    start = len(asking.prefix)
    return lambda rows: backend.generate(asking.prefix, [row.ids[start:] for row in rows], ending)


def _swept(size: int) -> int:
    return max(size, SWEEP_ROWS)


def _told(
    name: str, peer: str, peer_s: Sequence[float], farfield_s: Sequence[float], margins: Sequence[float], rows: int,
    **more: object,
) -> bool:  # fmt: skip
    equal = len(margins) <= 0.02 * rows and all(margin < NEAR_TIE for margin in margins)
    line("generate", name, peer, peer_s, farfield_s, equal=equal, rows=rows, margins=list(margins), **more)
    return equal


def _differing(
    backend: TorchBackend,
    prepared: Prepared,
    asking: Asking,
    said: tuple[Sequence[Ids], Sequence[Ids]],
    stop: str | None,
) -> list[float]:
    """How near a tie each row is whose text differs."""
    margins = []
    for row, theirs, own in zip(asking.rows, *said, strict=True):
        texts = [prepared.tokenizer.decode(ids) for ids in (theirs, own)]
        if stop:
            texts = [text.split(stop)[0].strip() for text in texts]
        if texts[0] != texts[1]:
            margins.append(round(_margin(backend, row.ids, theirs, own), 4))
    return margins


def _margin(backend: TorchBackend, asked: Ids, one: Ids, other: Ids) -> float:
    """Nats between the tokens at which two continuations part."""
    place = next((n for n, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), None)
    if place is None:
        return float("inf")
    read = Choices((*asked, *one[:place]), ((one[place],), (other[place],)))
    ((left, right),) = backend.score((), [read])
    return abs(left - right)


if __name__ == "__main__":
    main()
