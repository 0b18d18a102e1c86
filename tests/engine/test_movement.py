"""How far a model moved, against closed forms; and the dial between a model and its base."""

import math
from pathlib import Path

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor
from transformers import PreTrainedModel

from farfield.engine import LocalEngine, Settings, Target, train
from farfield.engine.adapt import adapted, merged, save_trained
from farfield.engine.forms import packed_form
from farfield.engine.losses import TrainingPack, pack_logits, reading_packs
from farfield.engine.movement import Remembered, divergences, effective_rank, movements
from farfield.engine.train import Forward
from farfield.models import resolve
from farfield.spec import Recipe
from tests.tiny import tiny_model, write_tiny

HEAD = tuple(range(9, 27))
ROWS = [Target((*HEAD, k, k + 1, 7 + k % 2, 2), 20) for k in range(30, 38)]


def _recipe(method: str) -> Recipe:
    rate = 1e-2 if method == "lora" else 1e-3
    return Recipe.model_validate({"method": method, "lora_rank": 4, "batch_size": 4, "learning_rate": rate})


def _trained(folder: Path, method: str) -> Path:
    model = adapted(tiny_model("llama"), _recipe(method), seed=3)
    train(packed_form(model), ROWS, _recipe(method), seed=5, forward=Forward(1000))
    save_trained(model, folder, base="tiny")
    return folder


def _engine_with(folder: Path, method: str) -> LocalEngine:
    """An engine on a tiny model, and beside it, in `weights`, what it learnt."""
    engine = LocalEngine(resolve(str(write_tiny(folder / "model"))), Settings(memory=1 << 28, threads=1))
    _, write = engine.train(ROWS, _recipe(method), 0, folder, lambda _: None)
    (folder / "weights").mkdir()
    write(folder / "weights")
    return engine


@pytest.mark.parametrize("shape", [(6, 9), (9, 6), (5, 5)])
def test_the_effective_rank_of_equal_directions_is_their_number(shape: tuple[int, int]) -> None:
    assert effective_rank(torch.eye(*shape)) == pytest.approx(min(shape))
    assert effective_rank(torch.ones(shape)) == pytest.approx(1)


@given(rank=st.integers(1, 8), seed=st.integers(0, 50))
def test_the_effective_rank_is_that_of_the_singular_values(rank: int, seed: int) -> None:
    drawn = torch.Generator().manual_seed(seed)
    matrix = torch.randn(20, rank, generator=drawn) @ torch.randn(rank, 30, generator=drawn)
    shares = torch.linalg.svdvals(matrix.double())[:rank]
    shares = shares / shares.sum()
    assert effective_rank(matrix) == pytest.approx(math.exp(-(shares * shares.log()).sum()), rel=1e-3)
    assert effective_rank(matrix) <= rank + 1e-6


@pytest.mark.parametrize("rank", [3, 16, 300])
def test_a_sketch_of_a_large_matrix_gives_the_rank_of_all_of_it(rank: int) -> None:
    drawn = torch.Generator().manual_seed(rank)
    left, right = (torch.randn(shape, generator=drawn) for shape in ((300, rank), (rank, 700)))
    base = torch.randn(300, 700, generator=drawn)
    change = (base + 1e-3 * left @ right) - base  # with what rounding adds
    shares = torch.linalg.svdvals((left @ right).double())[:rank]
    shares = shares / shares.sum()
    assert effective_rank(change) == pytest.approx(math.exp(-(shares * shares.log()).sum()), rel=1e-2)


def test_an_adapter_moves_its_layers_by_its_own_product(tmp_path: Path) -> None:
    base, tuned = tiny_model("llama"), merged(tiny_model("llama"), _trained(tmp_path, "lora"))
    found = {moved.name: moved for moved in movements(base, tuned)}
    assert set(found) == {name for name, _ in base.named_parameters()}
    still, name = found["model.embed_tokens.weight"], "model.layers.0.self_attn.v_proj.weight"
    assert (still.mean_abs, still.relative, still.rank) == (0, 0, None)
    change = tuned.get_parameter(name) - base.get_parameter(name)
    assert found[name].mean_abs == pytest.approx(float(change.detach().abs().mean()))
    assert found[name].relative == pytest.approx(float((change.norm() / base.get_parameter(name).norm()).detach()))
    assert 1 <= (found[name].rank or 0) <= 4.01


@pytest.mark.parametrize("method", ["lora", "full"])
def test_divergences_are_those_of_one_row_forwards(tmp_path: Path, method: str) -> None:
    engine = _engine_with(tmp_path, method)
    changes, (first, rest) = engine.moved(tmp_path / "weights", [ROWS[:3], ROWS[3:]])
    assert any(change.mean_abs > 0 for change in changes)
    base, tuned = engine._with(None), engine._with(tmp_path / "weights")
    for row, found in zip(ROWS, [*first, *rest], strict=True):
        ids = torch.tensor([row.ids[:-1]])
        before, after = (model(ids).logits[0, row.start - 1 :].log_softmax(-1) for model in (base, tuned))
        expected = (before.exp() * (before - after)).sum(-1).mean()
        assert found == pytest.approx(float(expected.detach()), rel=1e-3, abs=1e-6)
        assert found > 0


@given(trunk=st.integers(20, 6000), own=st.integers(2, 3000), targets=st.integers(1, 2500), count=st.integers(2, 9))
def test_rows_read_in_packs_share_their_head_however_long_it_is(trunk: int, own: int, targets: int, count: int) -> None:
    head = tuple(range(trunk))
    rows = [Target((*head, 10**6 + n, *range(own + targets)), trunk + 1 + own) for n in range(count)]
    packs = reading_packs(rows)
    assert [row for pack in packs for row in pack.rows] == rows
    for pack in packs:
        assert pack.trunk == (trunk if len(pack.rows) > 1 else 0)
        assert len(pack.rows) == 1 or (pack.tokens - pack.trunk <= 4096 and len(pack.targets) <= 1024)
    per_pack = max(1, min(4096 // (own + targets), 1024 // targets))
    assert len(packs) == -(-count // per_pack)


def test_a_model_does_not_diverge_from_itself() -> None:
    model = packed_form(tiny_model("llama"))
    assert divergences(model, model, ROWS, pack_logits) == pytest.approx([0.0] * len(ROWS), abs=1e-6)


@pytest.mark.parametrize("limit", [0, 1 << 20])
def test_what_the_base_model_says_is_read_once_and_stays_the_same_to_the_bit(limit: int) -> None:
    base, tuned = (packed_form(tiny_model("llama", seed=seed)) for seed in (0, 1))
    read: list[object] = []

    def counted(model: PreTrainedModel, pack: TrainingPack) -> Tensor:
        read.append(model)
        return pack_logits(model, pack)

    remembered = Remembered(limit)
    alone, *found = (divergences(base, tuned, ROWS, counted, each) for each in (None, remembered, remembered))
    assert found == [alone, alone]
    packs = len(reading_packs(ROWS))
    assert sum(model is base for model in read) == packs * (2 if limit else 3)
    assert sum(model is tuned for model in read) == packs * 3


def test_a_model_that_scales_its_logits_is_read_anew() -> None:
    base = packed_form(tiny_model("llama"))
    remembered, (pack, *_) = Remembered(), reading_packs(ROWS)

    def scaled(model: PreTrainedModel, pack: TrainingPack) -> Tensor:
        return 2 * pack_logits(model, pack)

    with torch.no_grad():
        assert torch.equal(remembered.logits(base, pack, scaled), remembered.logits(base, pack, scaled))
    assert remembered.left == Remembered().left


@pytest.mark.parametrize("method", ["lora", "full"])
def test_the_dial_goes_from_the_base_to_the_tuned_model_in_a_straight_line(tmp_path: Path, method: str) -> None:
    engine = _engine_with(tmp_path, method)
    base = dict(engine._with(None).named_parameters())
    tuned = dict(engine._with(tmp_path / "weights").named_parameters())
    for strength in (0.0, 0.25, 1.0):
        part = dict(engine._with(tmp_path / "weights", strength).named_parameters())
        for name, weight in base.items():
            expected = weight + strength * (tuned[name] - weight)
            torch.testing.assert_close(part[name], expected, rtol=1e-5, atol=1e-6)
