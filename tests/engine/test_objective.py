"""Each remedy against its closed form, or the library that has it; switched off it is plain fine-tuning to the bit."""

import math
from pathlib import Path

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from transformers.integrations.neftune import neftune_post_forward_hook
from transformers.trainer_pt_utils import LabelSmoother

from farfield.engine import Target, train
from farfield.engine.adapt import adapted
from farfield.engine.checkpoint import Keep
from farfield.engine.forms import packed_form
from farfield.engine.losses import TrainingPack, pack_logits, plain_logits, training_packs
from farfield.engine.objective import kl, masked, noisy, squared_distance, token_losses, with_prompts
from farfield.engine.train import Forward
from farfield.errors import ModelError, SpecError
from farfield.spec import Recipe
from tests.tiny import tiny_model

HEAD = tuple(range(9, 27))
ROWS = [Target((*HEAD, k, k + 1, 7 + k % 2, 2), 20) for k in range(30, 38)]


def _recipe(**changes: object) -> Recipe:
    return Recipe.model_validate({"lora_rank": 4, "batch_size": 4, "epochs": 2, "learning_rate": 1e-2, **changes})


def _run(recipe: Recipe, *, keep: Keep | None = None, stop: int = 0) -> tuple[list[float], dict[str, torch.Tensor]]:
    model = adapted(tiny_model("llama"), recipe, seed=3)
    packed_form(model)

    def watch(report: object) -> None:
        if stop and getattr(report, "step", 0) == stop:
            raise KeyboardInterrupt

    seen = train(model, ROWS, recipe, seed=5, forward=Forward(1000), keep=keep, watch=watch)
    return list(seen.losses), {n: p.detach().clone() for n, p in model.named_parameters() if p.requires_grad}


def _logits(places: int, seed: int) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    drawn = torch.Generator().manual_seed(seed)
    one, other = torch.randn(2, places, 11, generator=drawn, dtype=torch.float64).unbind(0)
    return one, other, torch.randint(11, (places,), generator=drawn)


@given(smoothing=st.floats(0, 0.9), seed=st.integers(0, 50))
def test_label_smoothing_is_transformers(smoothing: float, seed: int) -> None:
    logits, _, targets = _logits(6, seed)
    # Transformers shifts the labels itself where asked; here each place has its own target.
    expected = LabelSmoother(epsilon=smoothing)({"logits": logits[None]}, targets[None])
    found = token_losses(logits, targets, _recipe(label_smoothing=smoothing)).mean()
    torch.testing.assert_close(found, expected, rtol=1e-5, atol=1e-6)  # it sums in fp32


@given(seed=st.integers(0, 50))
def test_dft_is_cross_entropy_times_a_constant_probability(seed: int) -> None:
    logits, _, targets = _logits(5, seed)
    logits.requires_grad_(True)
    (found,) = torch.autograd.grad(token_losses(logits, targets, _recipe(loss="dft")).sum(), logits)
    p = logits.softmax(-1).detach()
    own = torch.nn.functional.one_hot(targets, 11)
    # The gradient of cross-entropy is p - one_hot; DFT scales each row by the target's probability.
    torch.testing.assert_close(found, (p - own) * p.gather(-1, targets[:, None]))


@given(seed=st.integers(0, 50))
def test_kl_is_torchs_and_without_the_target_that_of_the_rest(seed: int) -> None:
    base, tuned, targets = _logits(4, seed)
    expected = torch.nn.functional.kl_div(
        tuned.log_softmax(-1), base.log_softmax(-1), reduction="none", log_target=True
    )
    torch.testing.assert_close(kl(base, tuned), expected.sum(-1))
    rest = [[t for t in range(11) if t != own] for own in targets.tolist()]
    b, t = (torch.stack([row[keep] for row, keep in zip(each, rest, strict=True)]) for each in (base, tuned))
    torch.testing.assert_close(kl(base, tuned, targets), kl(b, t))


@pytest.mark.parametrize("method", ["lora", "full"])
def test_the_distance_is_that_of_the_merged_weights(method: str) -> None:
    recipe = _recipe(method=method)
    model = adapted(tiny_model("llama"), recipe, seed=0)
    before = {n: p.detach().clone() for n, p in model.named_parameters() if p.requires_grad and method == "full"}
    drawn = torch.Generator().manual_seed(1)
    for p in model.parameters():
        if p.requires_grad:
            p.data += 0.1 * torch.randn(p.shape, generator=drawn)
    found = squared_distance(model, before)
    tuned = (model.merge_and_unload() if method == "lora" else model).state_dict()
    base = dict(tiny_model("llama").named_parameters())
    expected = sum(((tuned[name] - weight) ** 2).sum() for name, weight in base.items())
    torch.testing.assert_close(found, torch.as_tensor(expected), rtol=1e-4, atol=1e-6)


def test_noise_is_as_large_as_that_of_transformers() -> None:
    model = tiny_model("llama")
    embedding = model.get_input_embeddings()
    row = Target(tuple(range(40)), 20)
    ids, alpha = torch.tensor([row.ids[:-1]]), 5.0
    plain = embedding(ids)
    with noisy(model, alpha, TrainingPack(0, (row,)), torch.Generator().manual_seed(0)):
        noise = embedding(ids) - plain
    embedding.train()
    embedding.neftune_noise_alpha = alpha
    with torch.random.fork_rng():
        torch.manual_seed(0)
        theirs = neftune_post_forward_hook(embedding, (), plain) - plain
    bound = alpha / math.sqrt(39 * 32)
    for each in (noise, theirs):
        assert 0.98 * bound < float(each.detach().abs().max()) <= bound * 1.0001
        assert float(each.detach().std()) == pytest.approx(bound / math.sqrt(3), rel=0.05)
    assert torch.equal(embedding.train(mode=False)(ids), plain)  # the hook is gone


def test_noise_in_a_pack_follows_each_rows_own_length() -> None:
    model, rows = tiny_model("llama"), (Target((*HEAD, 30, 31, 32), 19), Target((*HEAD, *range(40, 90)), 30))
    (pack,) = training_packs(rows, 1000)
    assert pack.trunk == len(HEAD)
    assert pack.lengths[-1] == 67
    assert pack.lengths[len(HEAD)] == 20
    assert pack.lengths[0] == round((20 + 67) / 2)
    embedding, ids = model.get_input_embeddings(), torch.zeros(1, pack.tokens, dtype=torch.long)
    with noisy(model, 5.0, pack, torch.Generator().manual_seed(0)):
        noise = (embedding(ids) - torch.nn.functional.embedding(ids, embedding.weight)).detach().abs()[0]
    assert float(noise[-40:].max()) < 5 / math.sqrt(67 * 32) * 1.0001
    assert float(noise[len(HEAD) : len(HEAD) + 2].max()) > 5 / math.sqrt(67 * 32)


def test_masked_tokens_are_those_that_one_row_forwards_find_unlikely() -> None:
    model = tiny_model("llama")
    expected = []
    for row in ROWS:
        logp = model(torch.tensor([row.ids[:-1]])).logits[0].log_softmax(-1).detach()
        told = [float(logp[place - 1, row.ids[place]]) for place in range(row.start, len(row.ids))]
        expected.append([math.exp(-each) for each in told])
    threshold = sorted(p for row in expected for p in row)[5]
    packed_form(model)
    rows = masked(model, ROWS, threshold * 1.001, pack_logits, 1000)
    assert [row.weights for row in rows] == [tuple(float(p <= threshold * 1.001) for p in row) for row in expected]
    assert sum(sum(row.weights) for row in rows) == 6
    with pytest.raises(ModelError, match="nothing is left to learn"):
        masked(model, ROWS, 1.0001, pack_logits, 1000)


def test_a_prompt_that_counts_in_full_is_the_language_models_own_loss() -> None:
    model, (row,) = tiny_model("llama"), with_prompts(ROWS[:1], 1.0)
    ids = torch.tensor([row.ids])
    logits = plain_logits(model, TrainingPack(0, (row,)))
    found = token_losses(logits, torch.tensor(row.ids[1:]), _recipe())
    torch.testing.assert_close(found.mean(), model(ids, labels=ids).loss)
    assert with_prompts(ROWS[:1], 0.25)[0].counts == (0.25,) * 19 + (1.0, 1.0)


OFF = {
    "loss": "cross_entropy", "label_smoothing": 0.0, "prompt_loss_weight": 0.0, "token_mask": None,
    "neftune_alpha": 0.0, "l2_to_base": 0.0, "kl_to_base": 0.0, "kl_over": "vocabulary", "target_modules": [],
}  # fmt: skip
ON = [
    {"loss": "dft"}, {"label_smoothing": 0.1}, {"prompt_loss_weight": 0.5}, {"token_mask": 400.0},
    {"neftune_alpha": 5.0}, {"l2_to_base": 0.1}, {"kl_to_base": 0.5}, {"kl_to_base": 0.5, "kl_over": "non_target"},
    {"target_modules": ["v_proj"]},
]  # fmt: skip


def test_every_remedy_switched_off_is_plain_fine_tuning_to_the_last_bit() -> None:
    plain, off = _recipe(), _recipe(**OFF)
    assert plain.parts == off.parts
    assert not off.remedies
    (losses, weights), (same, again) = _run(plain), _run(off)
    assert losses == same
    assert all(torch.equal(weights[name], again[name]) for name in weights)


@pytest.mark.parametrize("remedy", ON, ids=lambda remedy: "-".join(map(str, remedy.values())))
def test_every_remedy_switched_on_changes_the_outcome_and_its_address(remedy: dict[str, object]) -> None:
    assert _recipe(**remedy).parts != _recipe().parts
    _, plain = _run(_recipe())
    losses, weights = _run(_recipe(**remedy))
    assert all(math.isfinite(loss) for loss in losses)
    assert set(weights) != set(plain) or any(not torch.equal(weights[name], plain[name]) for name in plain)


@pytest.mark.parametrize("method", ["lora", "full"])
@pytest.mark.parametrize("term", ["l2_to_base", "kl_to_base"])
def test_what_holds_a_model_near_its_base_does_so(term: str, method: str) -> None:
    rate = 1e-2 if method == "lora" else 1e-3

    def moved(weight: float) -> float:
        recipe = _recipe(method=method, learning_rate=rate, epochs=4, **{term: weight})
        model = adapted(tiny_model("llama"), recipe, seed=3)
        packed_form(model)
        train(model, ROWS, recipe, seed=5, forward=Forward(1000))
        pack = TrainingPack(0, tuple(ROWS))
        base = packed_form(tiny_model("llama"))
        if term == "kl_to_base":
            return float(kl(pack_logits(base, pack), pack_logits(model, pack)).mean().detach())
        before = {n: p.detach() for n, p in base.named_parameters()} if method == "full" else {}
        return float(squared_distance(model, before).detach())

    assert moved(10.0) < 0.5 * moved(0.0)


def test_noise_goes_on_to_the_same_bits_after_a_kill(tmp_path: Path) -> None:
    keep = Keep(tmp_path / "checkpoint.safetensors", seconds=0.0)
    recipe = _recipe(neftune_alpha=5.0)
    losses, weights = _run(recipe)
    with pytest.raises(KeyboardInterrupt):
        _run(recipe, keep=keep, stop=2)
    resumed, again = _run(recipe, keep=keep)
    assert resumed == losses
    assert all(torch.equal(weights[name], again[name]) for name in weights)


def test_a_layer_that_the_model_lacks_is_named_with_those_it_has() -> None:
    with pytest.raises(SpecError, match="value_proj"):
        adapted(tiny_model("llama"), _recipe(target_modules=["value_proj"]), seed=0)
    model = adapted(tiny_model("llama"), _recipe(target_modules=["v_proj"]), seed=0)
    learnt = [name for name, p in model.named_parameters() if p.requires_grad]
    assert len(learnt) == 6
    assert all("v_proj" in name for name in learnt)
