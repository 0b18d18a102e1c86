"""Training against TRL's SFTTrainer: ten steps of sixteen rows, the same rows, order, weights and recipe.

    python -m bench.train study.yaml [--case lora]

Needs the extra `bench`. TRL counts the loss on the target alone, at its best micro-batch, found by a sweep that is
printed. Rows of like length stand in one step, and in a step sorted by length, so that TRL pads as little as it can.
Exits with 1 where a step's loss differs by 1e-3 of itself or more.
"""

import argparse
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Literal

import torch
from transformers import PreTrainedModel

from bench.given import best_size, chosen, options, prepared_study, train_cell
from bench.record import line, timed
from farfield.engine import Target
from farfield.engine.adapt import adapted
from farfield.engine.forms import packed_form
from farfield.engine.memory import pack_tokens
from farfield.engine.train import Forward, train
from farfield.models import load_model
from farfield.prompts import Prompter
from farfield.spec import Recipe
from farfield.study import Prepared

STEPS, ROWS = 10, 16
MICRO_BATCHES = (1, 2, 4, 8)
SWEEP_ROWS = 8
MEMORY = 2 << 30  # bytes of activations, as a run has it
TOLERANCE = 1e-3


@dataclass(frozen=True)
class Case:
    """What learns, and with how many demos in the prompt."""

    method: Literal["lora", "full"]
    demos: int = 0


CASES = {"lora": Case("lora"), "full": Case("full"), "fticl-2": Case("lora", 2), "fticl-4": Case("lora", 4)}


def main() -> None:
    """Runs the cases that were asked for."""
    given = options(__doc__, CASES, repeats=1)
    prepared = prepared_study(given)
    held = [_case(given, prepared, name) for name in chosen(given, CASES)]
    sys.exit(0 if all(held) else 1)


def _case(given: argparse.Namespace, prepared: Prepared, name: str) -> bool:
    case = CASES[name]
    recipe = recipe_of(case)
    rows = lessons(prepared, case.demos)
    middle = rows[len(rows) // 2 :][:SWEEP_ROWS]
    batch = best_size("TRL", lambda size: _trl(prepared, recipe, middle, size), MICRO_BATCHES)
    peer_s, farfield_s, worst = [], [], 0.0
    for _ in range(given.repeats):
        expected, spent = _trl(prepared, recipe, rows, batch)
        peer_s.append(spent)
        found, spent = _farfield(prepared, recipe, rows)
        farfield_s.append(spent)
        worst = max(worst, *(abs(a - b) / a for a, b in zip(expected, found, strict=True)))
    line("train", name, "TRL", peer_s, farfield_s, equal=worst < TOLERANCE, worst_loss=worst, batch=batch)
    return worst < TOLERANCE


def recipe_of(case: Case) -> Recipe:
    """How it learns: one epoch of all rows."""
    rate = 2e-5 if case.method == "full" else 2e-4
    return Recipe(method=case.method, epochs=1, batch_size=ROWS, learning_rate=rate)


def lessons(prepared: Prepared, demos: int) -> list[Target]:
    """The first rows of amazon, those of like length side by side."""
    cell = train_cell(prepared, "sentiment")
    prompter = Prompter(prepared.tokenizer, cell.task.spec, cell.task.protocol)
    examples = cell.rows[: STEPS * ROWS]
    shown = cell.task.train_demos[cell.rows[0].domain].first(demos)
    rows = [Target(*prompter.lesson(example, shown)) for example in examples]
    return sorted(rows, key=lambda row: len(row.ids))


def _farfield(prepared: Prepared, recipe: Recipe, rows: Sequence[Target]) -> tuple[Sequence[float], float]:
    model = packed_form(adapted(load_model(prepared.model), recipe, seed=0))
    limit = pack_tokens(model, MEMORY, longest=max(len(row.ids) for row in rows))
    # farfield draws an order of its own; these rows stand so that it draws the sorted one.
    drawn = torch.randperm(len(rows), generator=torch.Generator().manual_seed(0)).tolist()
    placed = [row for _, row in sorted(zip(drawn, rows, strict=True), key=lambda pair: pair[0])]
    trained, spent = timed(partial(train, model, placed, recipe, seed=0, forward=Forward(limit)))
    return trained.losses, spent


def _trl(prepared: Prepared, recipe: Recipe, rows: Sequence[Target], micro_batch: int) -> tuple[Sequence[float], float]:
    from datasets import Dataset, disable_progress_bars
    from transformers import AutoTokenizer
    from transformers.trainer_callback import PrinterCallback
    from trl import SFTConfig, SFTTrainer

    disable_progress_bars()
    model: PreTrainedModel = adapted(load_model(prepared.model), recipe, seed=0)
    columns: dict[str, Any] = {
        "input_ids": [list(row.ids) for row in rows],
        "completion_mask": [[0] * row.start + [1] * (len(row.ids) - row.start) for row in rows],
    }
    with tempfile.TemporaryDirectory() as scratch:
        config = SFTConfig(
            output_dir=scratch, per_device_train_batch_size=micro_batch,
            gradient_accumulation_steps=min(ROWS, len(rows)) // micro_batch, num_train_epochs=1,
            learning_rate=recipe.learning_rate,
            lr_scheduler_type="linear", warmup_steps=0, weight_decay=0.0, max_grad_norm=recipe.max_grad_norm,
            completion_only_loss=True, max_length=None, packing=False, gradient_checkpointing=False, bf16=False,
            use_cpu=True, train_sampling_strategy="sequential", logging_steps=1, save_strategy="no", report_to=[],
            disable_tqdm=True, dataloader_num_workers=0, seed=0,
        )  # fmt: skip
        words = AutoTokenizer.from_pretrained(prepared.model.path)
        trainer = SFTTrainer(model, args=config, train_dataset=Dataset.from_dict(columns), processing_class=words)
        trainer.remove_callback(PrinterCallback)
        _, spent = timed(trainer.train)
    return [entry["loss"] for entry in trainer.state.log_history if "loss" in entry], spent


if __name__ == "__main__":
    main()
