"""Greedy generation against Transformers' `generate`: the same prompts, model, precision, threads and ending.

    python -m bench.generate study.yaml --task question --shots 2 --domain tweetqa --rows 64 [--always]

The peer runs at its best batch size, found by a sweep over 1-32 that is printed, its rows sorted by length so that
little is padded. With `--always` every row is written to its last token. Exits with 1 where more than 2 % of the
texts differ and a difference is no near-tie.
"""

import argparse
import json
import sys
from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path

import torch
from transformers import AutoModelForCausalLM, AutoTokenizer

from bench.record import line, timed
from bench.score import cell_of
from farfield.engine import Ending, TorchBackend
from farfield.models import load_model
from farfield.spec import load_study
from farfield.study import Prepared, prepare
from farfield.study.asking import prompts_of
from farfield.study.cells import EvaluateCell
from farfield.study.evaluate import ending_of

SWEEP, SWEEP_ROWS = (1, 2, 4, 8, 16, 32), 32
NEAR_TIE = 0.05  # nats between the two best tokens: rounding decides such a choice
Ids = tuple[int, ...]


class Ours:
    """farfield: the demos once, rows side by side, a finished row's place taken at once."""

    def __init__(self, prepared: Prepared, *, always: bool) -> None:
        self.tokenizer, self.always = prepared.tokenizer, always
        self.backend = TorchBackend(load_model(prepared.model))

    def write(self, cell: EvaluateCell) -> list[Ids]:
        """The tokens of each row's answer."""
        asking = prompts_of(cell, self.tokenizer)
        start, spec = len(asking.prefix), cell.task.spec
        ending = Ending(spec.max_new_tokens) if self.always else ending_of(spec, self.tokenizer)
        return self.backend.generate(asking.prefix, [row.ids[start:] for row in asking.rows], ending)


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

    @torch.inference_mode()
    def margin(self, asked: Ids, one: Ids, other: Ids) -> float:
        """Nats between the tokens at which two continuations part."""
        place = next((n for n, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), None)
        if place is None:
            return float("inf")
        logp = self.model(torch.tensor([[*asked, *one[:place]]])).logits[0, -1].double().log_softmax(-1)
        return abs(float(logp[one[place]] - logp[other[place]]))


def main() -> None:
    """Sweeps, measures in turn, compares."""
    given = _options()
    prepared = prepare(load_study(given.study).model_copy(update={"model": given.model}))
    cell = cell_of(prepared, given.task, given.domain, given.shots, given.rows)
    ours, peer = Ours(prepared, always=given.always), Transformers(prepared, always=given.always)
    few = replace(cell, domain=replace(cell.domain, examples=cell.domain.examples[:SWEEP_ROWS]))
    sweep = {batch: timed(partial(peer.write, few, batch))[1] for batch in (SWEEP[0], *SWEEP)}
    best = min(sweep, key=lambda batch: sweep[batch])
    print(json.dumps({"sweep": {str(batch): round(seconds, 2) for batch, seconds in sweep.items()}, "best": best}))
    ours.write(few)
    peer_s, farfield_s = [], []
    for _ in range(given.repeats):
        expected, spent = timed(partial(peer.write, cell, best))
        peer_s.append(spent)
        found, spent = timed(partial(ours.write, cell))
        farfield_s.append(spent)
    margins = _differing(prepared, cell, peer, expected, found)
    equal = len(margins) <= 0.02 * len(found) or all(margin < NEAR_TIE for margin in margins)
    ending = "always to the last token" if given.always else "to the stop text"
    case = f"{given.shots}-shot {given.domain}, {len(found)} rows, {ending}"
    tokens = sum(map(len, found))
    line("generate", case, "Transformers generate", peer_s, farfield_s, equal=equal, margins=margins, batch=best,
         tokens=tokens)  # fmt: skip
    sys.exit(0 if equal else 1)


def _differing(
    prepared: Prepared, cell: EvaluateCell, peer: Transformers, expected: Sequence[Ids], found: Sequence[Ids]
) -> list[float]:
    """How near a tie each row is whose text differs."""
    margins, stop = [], cell.task.spec.stop
    for row, theirs, own in zip(prompts_of(cell, prepared.tokenizer).rows, expected, found, strict=True):
        texts = [prepared.tokenizer.decode(ids) for ids in (theirs, own)]
        if not peer.always:
            texts = [text.split(stop)[0] for text in texts]
        if texts[0].strip() != texts[1].strip():
            margins.append(round(peer.margin(row.ids, theirs, own), 4))
    return margins


def _options() -> argparse.Namespace:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("study", type=Path)
    options.add_argument("--model", default="smollm2-135m-instruct")
    options.add_argument("--task", required=True)
    options.add_argument("--shots", type=int, required=True)
    options.add_argument("--domain", required=True)
    options.add_argument("--rows", type=int, default=64)
    options.add_argument("--repeats", type=int, default=3)
    options.add_argument("--always", action="store_true", help="write every row to its last token")
    return options.parse_args()


if __name__ == "__main__":
    main()
