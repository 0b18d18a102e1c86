"""The loop: it learns, resumes to the last bit, and cuts steps into micro-batches without changing them."""

from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file
from transformers import get_scheduler

from farfield.engine import Choices, LocalEngine, Settings, StepReport, Target, Trained, train
from farfield.engine.adapt import adapted, merged, save_trained
from farfield.engine.checkpoint import Keep
from farfield.engine.forms import packed_form
from farfield.engine.memory import activation_bytes, pack_tokens
from farfield.engine.train import Forward, learning_rate
from farfield.models import resolve
from farfield.spec import Recipe
from tests.tiny import tiny_model, write_tiny

ROWS = [
    Target((9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, k, k + 1, 7 + k % 2, 2), 19)
    for k in range(30, 47)
]


def _recipe(**changes: object) -> Recipe:
    return Recipe.model_validate({"lora_rank": 4, "batch_size": 4, "epochs": 2, **changes})


def _run(
    recipe: Recipe,
    *,
    pack: int = 1000,
    precision: str = "fp32",
    keep: Keep | None = None,
    watch: Callable[[StepReport], None] = lambda _: None,
    folder: Path | None = None,
) -> tuple[Trained, dict[str, torch.Tensor]]:
    model = adapted(tiny_model("llama"), recipe, seed=3)
    packed_form(model)
    seen = train(model, ROWS, recipe, seed=5, forward=Forward(pack, precision=precision), keep=keep, watch=watch)
    if folder:
        save_trained(model, folder, base="tiny")
    return seen, {n: p.detach().clone() for n, p in model.named_parameters() if p.requires_grad}


@pytest.mark.parametrize("method", ["lora", "full"])
def test_it_learns(method: str) -> None:
    given = {"method": "full", "lora_rank": 16} if method == "full" else {}
    seen, _ = _run(_recipe(epochs=8, learning_rate=2e-2 if method == "lora" else 3e-3, **given))
    assert sum(seen.losses[-4:]) < 0.5 * sum(seen.losses[:4])


@pytest.mark.parametrize("architecture", ["llama", "lfm2"])
def test_a_model_folder_is_trained_and_asked_by_the_path_it_can_take(tmp_path: Path, architecture: str) -> None:
    folder = write_tiny(tmp_path / "model", architecture=architecture)
    engine = LocalEngine(resolve(str(folder)), Settings(memory=1 << 28, threads=1))
    seen, write = engine.train(ROWS, _recipe(epochs=1), 0, tmp_path, lambda _: None)
    (tmp_path / "weights").mkdir()
    write(tmp_path / "weights")
    assert len(seen.losses) == 5
    before, after = engine.open(), engine.open(tmp_path / "weights")
    assert before.backend.name == after.backend.name == ("shared" if architecture == "llama" else "plain")
    rows = [Choices((7, 8, 9), ((5,), (6, 7)))]
    assert before.backend.score((3, 4), rows) != after.backend.score((3, 4), rows)


@pytest.mark.parametrize("checkpointing", [False, True])
def test_micro_batches_change_memory_and_nothing_else(checkpointing: bool) -> None:
    recipe = _recipe(gradient_checkpointing=checkpointing)
    whole, _ = _run(recipe)
    cut, _ = _run(recipe, pack=25)
    assert cut.losses == pytest.approx(whole.losses, rel=1e-4)
    assert cut.packed_tokens > whole.packed_tokens  # the shared part goes forward once a micro-batch


def test_bf16_learns_what_fp32_learns() -> None:
    exact, _ = _run(_recipe(epochs=4, learning_rate=2e-2))
    mixed, weights = _run(_recipe(epochs=4, learning_rate=2e-2), precision="bf16")
    assert mixed.losses == pytest.approx(exact.losses, rel=0.1, abs=0.1)
    assert {weight.dtype for weight in weights.values()} == {torch.float32}


class _Killed(Exception):  # noqa: N818
    pass


@pytest.mark.parametrize("step", [1, 4, 9])
def test_a_killed_run_goes_on_to_the_same_bits(tmp_path: Path, step: int) -> None:
    keep = Keep(tmp_path / "checkpoint.safetensors", seconds=0.0)
    recipe = _recipe()
    whole, weights = _run(recipe)

    def kill(report: StepReport) -> None:
        if report.step == step + 1:
            raise _Killed

    with pytest.raises(_Killed):
        _run(recipe, keep=keep, watch=kill)
    resumed, again = _run(recipe, keep=keep)
    assert resumed.losses == whole.losses
    assert all(torch.equal(weights[name], again[name]) for name in weights)


def test_a_damaged_checkpoint_is_as_good_as_none(tmp_path: Path) -> None:
    path = tmp_path / "checkpoint.safetensors"
    path.write_bytes(b"\x08\x00\x00\x00half of it")
    whole, _ = _run(_recipe())
    assert _run(_recipe(), keep=Keep(path))[0].losses == whole.losses


def test_a_checkpoint_of_other_rows_is_refused(tmp_path: Path) -> None:
    keep = Keep(tmp_path / "checkpoint.safetensors", seconds=0.0)
    _run(_recipe(epochs=1), keep=keep)
    assert _run(_recipe(epochs=2), keep=keep)[0].losses == _run(_recipe(epochs=2))[0].losses


def test_saved_adapters_are_safetensors_and_merge_back(tmp_path: Path) -> None:
    _run(_recipe(learning_rate=1e-2), folder=tmp_path)
    assert {p.suffix for p in tmp_path.iterdir()} == {".json", ".safetensors"}
    assert all(torch.isfinite(t).all() for t in load_file(tmp_path / "adapter_model.safetensors").values())
    base, tuned = tiny_model("llama"), merged(tiny_model("llama"), tmp_path)
    ids = torch.tensor([[9, 10, 11, 12]])
    assert not torch.allclose(base(ids).logits, tuned(ids).logits)


@pytest.mark.parametrize("schedule", ["linear", "cosine", "constant"])
def test_rates_are_those_of_transformers(schedule: str) -> None:
    recipe = _recipe(schedule=schedule, warmup_ratio=0.2, learning_rate=1e-3)
    optimizer = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=1e-3)
    name = "constant_with_warmup" if schedule == "constant" else schedule
    scheduler = get_scheduler(name, optimizer, num_warmup_steps=4, num_training_steps=20)
    for step in range(20):
        assert learning_rate(recipe, step, 20) == pytest.approx(scheduler.get_last_lr()[0], abs=1e-12)
        optimizer.step()
        scheduler.step()


def test_a_pack_fits_its_budget() -> None:
    model = adapted(tiny_model("llama"), _recipe(), seed=0)
    a_token = activation_bytes(model)
    assert pack_tokens(model, int(100.5 * a_token), longest=10) == 100
    assert pack_tokens(model, 1, longest=10) == 10


def test_checkpointing_takes_less_memory_than_none() -> None:
    thrifty, plain = (
        activation_bytes(adapted(tiny_model("llama"), _recipe(gradient_checkpointing=on), seed=0))
        for on in (True, False)
    )
    assert 0.2 * plain < thrifty < plain
