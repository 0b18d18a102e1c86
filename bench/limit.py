"""How near the engine comes to what the machine can do: arithmetic a second, over a measured fp32 matmul peak.

    python -m bench.limit

The peak is the best of several large products by torch and by oneDNN, measured in turn with the engine.
Arithmetic counts the linear layers and the attention of the tokens that go through, and nothing else.
"""

from collections.abc import Callable

import torch
from transformers import PreTrainedModel

from bench.given import backend_of
from bench.record import alternating, line, median
from farfield.data import sample_folder
from farfield.engine import Choices, Target
from farfield.engine.adapt import adapted
from farfield.engine.forms import packed_form
from farfield.engine.losses import TrainingPack, pack_loss, training_packs
from farfield.models import load_model
from farfield.prompts import Prompter
from farfield.spec import load_study
from farfield.study import Prepared, prepare
from farfield.study.asking import prompts_of
from farfield.study.cells import EvaluateCell, TrainCell

REPEATS = 5
PEAK_SHAPES = ((2048, 2048, 2048), (4096, 1024, 1024))


def main() -> None:
    """Measures prefill, and training by LoRA and in full."""
    prepared = prepare(load_study(sample_folder("en") / "study.yaml"))
    _prefill(prepared)
    for method in ("lora", "full"):
        _training(prepared, method)


def _prefill(prepared: Prepared) -> None:
    cell = next(c for c in prepared.plan.cells if isinstance(c, EvaluateCell) and len(c.domain.examples) >= 40)
    asking = prompts_of(cell, prepared.tokenizer)
    rows = [Choices(row.ids[len(asking.prefix) :], ((1,),)) for row in asking.rows]
    backend = backend_of(prepared)
    lengths = [len(row.asked) for row in rows]
    flops = forward_flops(backend.model, lengths, len(asking.prefix))
    _print("prefill", flops, lambda: backend.score(asking.prefix, rows))


def _training(prepared: Prepared, method: str) -> None:
    cell = next(c for c in prepared.plan.cells if isinstance(c, TrainCell))
    recipe = cell.recipe.model_copy(update={"method": method})
    model = packed_form(adapted(load_model(prepared.model), recipe, seed=0)).train()
    prompter = Prompter(prepared.tokenizer, cell.task.spec, cell.task.protocol)
    (pack, *_) = training_packs([Target(*prompter.lesson(example)) for example in cell.rows[:16]], 1 << 20)

    def step() -> None:
        pack_loss(model, pack).backward()  # type: ignore[no-untyped-call]
        model.zero_grad()

    # Backward by the inputs costs a forward; by the weights as much again, where they learn.
    passes = 3.0 if method == "full" else 2.0
    _print(f"train {method}", passes * pack_flops(model, pack), step)


def _print(case: str, flops: float, run: Callable[[], object]) -> None:
    products = [_product(*shape, onednn=onednn) for shape in PEAK_SHAPES for onednn in (False, True)]
    work = [2.0 * m * k * n for m, k, n in PEAK_SHAPES for _ in (False, True)]
    *peaks, ours = alternating([*products, run], REPEATS)
    peak = max(flop / median(times) for flop, times in zip(work, peaks, strict=True))
    least = [flops / peak] * REPEATS
    line("limit", case, "fp32 matmul peak", least, ours, equal=True, peak_gflops=round(peak / 1e9))


def _product(m: int, k: int, n: int, *, onednn: bool) -> Callable[[], object]:
    a, b = torch.randn(m, k), torch.randn(n, k)
    if onednn:
        return lambda: torch.ops.mkldnn._linear_pointwise(a, b, None, "none", [], "")
    return lambda: a @ b.t()


def pack_flops(model: PreTrainedModel, pack: TrainingPack) -> float:
    """Arithmetic of a pack going forward, without the head."""
    return forward_flops(model, [len(row.ids) - 1 - pack.trunk for row in pack.rows], pack.trunk)


def forward_flops(model: PreTrainedModel, own: list[int], shared: int) -> float:
    """Two a weight and token, and four a pair of tokens that see each other, head dimension and head."""
    tokens = shared + sum(own)
    head = model.get_output_embeddings()
    weights = sum(m.weight.numel() for m in model.modules() if isinstance(m, torch.nn.Linear) and m is not head)
    pairs = shared**2 / 2 + sum(n * shared + n**2 / 2 for n in own)
    config = model.config
    heads = int(config.num_attention_heads)
    width = heads * int(getattr(config, "head_dim", None) or config.hidden_size // heads)
    return 2.0 * weights * tokens + 4.0 * pairs * width * int(config.num_hidden_layers)


if __name__ == "__main__":
    main()
