"""The two invariants of sharing: what k shots and demos in training cost, over what their arithmetic asks.

    python -m bench.share study.yaml [--case shots]

`shots`: scoring with seven demos over scoring with none. `demos`: a training step whose prompts begin with four demos
over one whose prompts have none. Each line prints the ratio of seconds, the ratio of arithmetic, and whether the first
is at most 1.12 times the second.
"""

import argparse
import sys
from collections.abc import Callable, Sequence

from bench.given import backend_of, cell_of, chosen, options, prepared_study
from bench.limit import forward_flops, pack_flops
from bench.record import alternating, line, median
from bench.train import Case, lessons, recipe_of
from farfield.engine import Choices
from farfield.engine.adapt import adapted
from farfield.engine.forms import packed_form
from farfield.engine.losses import TrainingPack, pack_loss, training_packs
from farfield.models import load_model
from farfield.study import Prepared
from farfield.study.asking import prompts_of

MOST = 1.12
PACK_TOKENS = 4096


def main() -> None:
    """Runs the cases that were asked for."""
    cases = {"shots": _shots, "demos": _demos}
    given = options(__doc__, cases)
    held = [cases[name](given, prepared_study(given), name) for name in chosen(given, cases)]
    sys.exit(0 if all(held) else 1)


def _shots(given: argparse.Namespace, prepared: Prepared, name: str) -> bool:
    backend = backend_of(prepared)
    runs, flops = [], []
    for shots in (0, 7):
        asking = prompts_of(cell_of(prepared, "inference", "rte", shots, 100), prepared.tokenizer)
        start = len(asking.prefix)
        rows = [Choices(row.ids[start:], tuple(answer[:1] for answer in row.answers)) for row in asking.rows]

        def run(prefix: tuple[int, ...] = asking.prefix, rows: list[Choices] = rows) -> None:
            backend.prefixes.clear()
            backend.score(prefix, rows)

        runs.append(run)
        flops.append(forward_flops(backend.model, [len(row.asked) for row in rows], start))
    return _told(given, name, runs, flops)


def _demos(given: argparse.Namespace, prepared: Prepared, name: str) -> bool:
    recipe = recipe_of(Case("lora"))
    model = packed_form(adapted(load_model(prepared.model), recipe, seed=0)).train()
    runs, flops = [], []
    for demos in (0, 4):
        rows = lessons(prepared, demos)
        packs = training_packs(rows[len(rows) // 2 :][: recipe.batch_size], PACK_TOKENS)

        def run(packs: list[TrainingPack] = packs) -> None:
            for pack in packs:
                pack_loss(model, pack).backward()  # type: ignore[no-untyped-call]
            model.zero_grad()

        runs.append(run)
        flops.append(sum(pack_flops(model, pack) for pack in packs))
    return _told(given, name, runs, flops)


def _told(given: argparse.Namespace, name: str, runs: Sequence[Callable[[], None]], flops: Sequence[float]) -> bool:
    less, more = alternating(runs, given.repeats)
    arithmetic = flops[1] / flops[0]
    over = median(more) / median(less) / arithmetic
    line(
        "share", name, "without demos", less, more, equal=over <= MOST, arithmetic=round(arithmetic, 3),
        over_arithmetic=round(over, 3),
    )  # fmt: skip
    return over <= MOST


if __name__ == "__main__":
    main()
