"""The shared path gives each model's own answers: checked against one row at a time through Transformers."""

import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from transformers import PreTrainedModel, T5Config, T5ForConditionalGeneration

from farfield.engine import Choices, Ending, PlainBackend, Target, TorchBackend, open_backend
from farfield.engine.forms import packed_form, plain_form
from farfield.engine.losses import TrainingPack, pack_loss, plain_loss, step_packs, training_packs
from farfield.engine.prefixes import PAGE, Prefixes
from farfield.errors import ModelError
from tests.tiny import ARCHITECTURES, VOCABULARY, tiny_model

Ids = tuple[int, ...]

_tokens = st.integers(3, VOCABULARY - 1)


def _ids(low: int, high: int) -> st.SearchStrategy[Ids]:
    return st.lists(_tokens, min_size=low, max_size=high).map(tuple)


def _rows() -> st.SearchStrategy[list[Choices]]:
    labels = st.lists(_ids(1, 4), min_size=1, max_size=4).map(tuple)
    row = st.builds(Choices, asked=_ids(1, 14), labels=labels, ends=st.sampled_from([(), (2,), (2, 5)]))
    return st.lists(row, min_size=1, max_size=5)


@pytest.fixture(scope="module", params=ARCHITECTURES)
def wide(request: pytest.FixtureRequest) -> PreTrainedModel:
    return tiny_model(request.param, dtype=torch.float64)


@given(prefix=_ids(0, 20), rows=_rows(), pack=st.integers(1, 60))
@settings(max_examples=12, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_scores_are_those_of_the_plain_forward(
    wide: PreTrainedModel, prefix: Ids, rows: list[Choices], pack: int
) -> None:
    plain = PlainBackend(wide).score(prefix, rows)
    shared = TorchBackend(wide, pack_tokens=pack).score(prefix, rows)
    for expected, found in zip(plain, shared, strict=True):
        assert found == pytest.approx(expected, abs=2e-6)


@given(prefix=_ids(0, 20), rows=st.lists(_ids(1, 10), min_size=1, max_size=6), slots=st.integers(1, 4))
@settings(max_examples=8, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_texts_are_those_of_the_plain_forward(wide: PreTrainedModel, prefix: Ids, rows: list[Ids], slots: int) -> None:
    ending = Ending(12, (2,), lambda written: written[-1] % 17 == 0)
    plain = PlainBackend(wide).generate(prefix, rows, ending)
    assert TorchBackend(wide, pack_tokens=16, slots=slots).generate(prefix, rows, ending) == plain


def test_texts_are_those_of_transformers_generate(wide: PreTrainedModel) -> None:
    prefix, rows = (5, 9, 11, 40), [(7, 8), (33,), (12, 13, 14)]
    found = TorchBackend(wide).generate(prefix, rows, Ending(10, (2,)))
    PlainBackend(wide)  # puts Transformers' own attention back
    for row, text in zip(rows, found, strict=True):
        whole = wide.generate(
            torch.tensor([[*prefix, *row]]), max_new_tokens=10, do_sample=False, eos_token_id=2, pad_token_id=0,
            attention_mask=torch.ones(1, len(prefix) + len(row), dtype=torch.long),
        )  # fmt: skip
        expected = [token for token in whole[0, len(prefix) + len(row) :].tolist() if token != 2]
        assert list(text) == expected


@given(
    trunk=_ids(0, 24),
    rows=st.lists(st.tuples(_ids(2, 12), st.integers(1, 3)), min_size=1, max_size=4),
    limit=st.integers(1, 80),
)
@settings(max_examples=8, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_losses_and_gradients_are_those_of_the_plain_forward(
    wide: PreTrainedModel, trunk: Ids, rows: list[tuple[Ids, int]], limit: int
) -> None:
    targets = [Target(trunk + own, len(trunk) + len(own) - min(learnt, len(own) - 1)) for own, learnt in rows]
    _assert_plain(wide, training_packs(targets, limit), targets)


@given(
    heads=st.lists(_ids(0, 30), min_size=1, max_size=3),
    rows=st.lists(st.tuples(st.integers(0, 2), _ids(2, 10), st.integers(1, 3)), min_size=1, max_size=6),
    limit=st.integers(1, 90),
)
@settings(max_examples=8, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_step_of_rows_with_demos_of_their_own_is_the_plain_one(
    wide: PreTrainedModel, heads: list[Ids], rows: list[tuple[int, Ids, int]], limit: int
) -> None:
    begun = [(heads[which % len(heads)], own, learnt) for which, own, learnt in rows]
    targets = [Target(head + own, len(head) + len(own) - min(learnt, len(own) - 1)) for head, own, learnt in begun]
    packs = step_packs(targets, limit)
    assert sorted((row.ids, row.start) for pack in packs for row in pack.rows) == sorted(
        (row.ids, row.start) for row in targets
    )
    assert sum(pack.tokens for pack in packs) <= sum(pack.tokens for pack in training_packs(targets, limit))
    _assert_plain(wide, packs, targets)


def test_rows_that_begin_with_the_same_demos_are_read_together() -> None:
    demos = [tuple(range(10 * n, 10 * n + 40)) for n in (1, 9, 17)]
    rows = [Target((*demos[n % 3], 5 + n, 6, 7), 42) for n in range(9)]
    packs = step_packs(rows, 1000)
    assert [pack.trunk for pack in packs] == [40, 40, 40]
    assert [[row.ids[40] - 5 for row in pack.rows] for pack in packs] == [[0, 3, 6], [1, 4, 7], [2, 5, 8]]
    assert sum(pack.tokens for pack in packs) == 3 * 40 + 9 * 2
    apart = [Target((n, *range(50, 90), 7), 40) for n in range(4)]
    assert step_packs(apart, 1000) == training_packs(apart, 1000)


def _assert_plain(wide: PreTrainedModel, packs: list[TrainingPack], targets: list[Target]) -> None:
    """Packs have the loss and the gradients of their rows, one by one through the plain forward."""
    TorchBackend(wide)
    shared = torch.stack([pack_loss(wide, pack) for pack in packs]).sum()
    found = _gradients(wide, shared)
    PlainBackend(wide)
    plain = plain_loss(wide, TrainingPack(0, tuple(targets)))
    expected = _gradients(wide, plain)
    assert float(shared.detach()) == pytest.approx(float(plain.detach()), rel=1e-6)
    for name, gradient in expected.items():
        torch.testing.assert_close(found[name], gradient, rtol=1e-5, atol=1e-6 * float(gradient.abs().max() + 1))


def _gradients(model: PreTrainedModel, loss: torch.Tensor) -> dict[str, torch.Tensor]:
    model.zero_grad()
    loss.backward()  # type: ignore[no-untyped-call]
    return {name: p.grad.clone() for name, p in model.named_parameters() if p.grad is not None}


@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_every_attention_model_shares(architecture: str) -> None:
    opened = open_backend(tiny_model(architecture))
    assert (opened.backend.name, opened.reason) == ("shared", "")


@pytest.mark.filterwarnings("ignore")
def test_a_state_space_model_takes_the_plain_path_and_says_why() -> None:
    opened = open_backend(tiny_model("mamba"))
    assert opened.backend.name == "plain"
    assert "attention" in opened.reason
    texts = opened.backend.generate((5, 6), [(7,), (8, 9)], Ending(4))
    assert [len(text) for text in texts] == [4, 4]


def test_a_hybrid_takes_the_plain_path_and_says_why() -> None:
    opened = open_backend(tiny_model("lfm2"))
    assert opened.backend.name == "plain"
    assert "differs by" in opened.reason


@given(
    stem=_ids(0, 2 * PAGE + 20),
    tails=st.lists(_ids(0, PAGE + 20), min_size=2, max_size=4),
    memory=st.sampled_from([0, 1 << 16, 1 << 20]),
)
@settings(max_examples=15)
def test_what_ran_before_changes_no_bit(stem: Ids, tails: list[Ids], memory: int) -> None:
    model = tiny_model("llama")
    used = TorchBackend(model, memory=memory)
    rows = [Choices((7, 8, 9), ((5,), (6, 7))), Choices((4,), ((5,), (6, 7)))]
    for tail in tails:
        fresh = TorchBackend(model).score(stem + tail, rows)
        assert used.score(stem + tail, rows) == fresh
        assert used.prefixes.taken <= memory


def test_a_page_that_two_prefixes_share_is_computed_once() -> None:
    backend = TorchBackend(tiny_model("llama"))
    stem, rows = tuple(range(3, 3 + PAGE)), [Choices((7,), ((5,),))]
    backend.score((*stem, 9, 10), rows)
    (page,) = backend.prefixes.known(stem)
    backend.score((*stem, 11, *range(3, 3 + PAGE)), rows)
    assert backend.prefixes.known(stem)[0] is page
    assert len(backend.prefixes) == 2


def test_stems_outlive_their_leaves() -> None:
    held = Prefixes(budget=3 * 2 * PAGE * 4)
    page = {0: (torch.zeros(1, 1, PAGE, 1), torch.zeros(1, 1, PAGE, 1))}
    stem, leaves = (1,) * PAGE, [(1,) * PAGE + (k,) * PAGE for k in (2, 3, 4)]
    held.keep(stem, page)
    for leaf in leaves:
        held.known(leaf)
        held.keep(leaf, page)
    assert [len(held.known(leaf)) for leaf in leaves] == [1, 2, 2]


def test_a_page_that_is_kept_twice_counts_once() -> None:
    size = 2 * PAGE * 4
    held = Prefixes(budget=2 * size)
    page = {0: (torch.zeros(1, 1, PAGE, 1), torch.zeros(1, 1, PAGE, 1))}
    for _ in range(5):
        held.keep((1,) * PAGE, page)
    assert (held.taken, len(held)) == (size, 1)
    for first in range(2, 6):  # chains of two pages, each of which fills the budget
        held.keep((first,) * PAGE, page)
        held.keep((first,) * 2 * PAGE, page)
        assert len(held.known((first,) * 2 * PAGE)) == 2
        assert (held.taken, len(held)) == (2 * size, 2)


def test_an_encoder_decoder_is_refused() -> None:
    config = T5Config(vocab_size=VOCABULARY, d_model=16, d_kv=4, d_ff=16, num_layers=1, num_heads=2)
    with pytest.raises(ModelError, match="decoder-only"):
        open_backend(T5ForConditionalGeneration(config).eval())


def test_fp32_is_near_float64() -> None:
    rows = [Choices((7, 8, 9), ((5,), (6, 7))), Choices((4,), ((5,), (6, 7)))]
    narrow = TorchBackend(tiny_model("llama")).score((3, 4, 5, 6), rows)
    broad = TorchBackend(tiny_model("llama", dtype=torch.float32).double()).score((3, 4, 5, 6), rows)
    for a, b in zip(narrow, broad, strict=True):
        assert a == pytest.approx(b, abs=1e-4)


# Transformers computes RMS norms in fp32 whatever the model's precision: only models without are float64 throughout.
@pytest.mark.parametrize(
    ("architecture", "exactly"), [("gpt2", 1e-9), ("phi", 1e-9), ("llama", 1e-6), ("mistral", 1e-6)]
)
def test_shared_demos_teach_the_same_at_ten_states_of_a_training(architecture: str, exactly: float) -> None:
    rows = tuple(Target((*range(3, 27), 40 + k, 60 + k, 9, 11 + k, 2), 27) for k in range(4))
    plain_pack, shared_pack = TrainingPack(0, rows), TrainingPack(24, rows)
    model = tiny_model(architecture, dtype=torch.float32)
    exact = tiny_model(architecture, dtype=torch.float32).double()
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-2)
    off = {"plain": 0.0, "shared": 0.0}
    for _ in range(10):
        exact.load_state_dict(model.state_dict())
        loss64, gradient64 = _learnt(exact, plain_loss(plain_form(exact), plain_pack))
        packed64 = _learnt(exact, pack_loss(packed_form(exact), shared_pack))
        assert packed64[0] == pytest.approx(loss64, rel=exactly)
        assert float((packed64[1] - gradient64).norm() / gradient64.norm()) < exactly
        loss, gradient = _learnt(model, pack_loss(packed_form(model), shared_pack))
        off["shared"] += float((gradient - gradient64).norm() / gradient64.norm())
        plain, plain_gradient = _learnt(model, plain_loss(plain_form(model), plain_pack))
        off["plain"] += float((plain_gradient - gradient64).norm() / gradient64.norm())
        assert loss == pytest.approx(plain, rel=1e-4)
        assert float((gradient - plain_gradient).norm() / plain_gradient.norm()) < 1e-4
        optimizer.step()
    assert off["shared"] <= 2 * off["plain"]


def _learnt(model: PreTrainedModel, loss: torch.Tensor) -> tuple[float, torch.Tensor]:
    """A loss and its gradient, laid end to end in float64."""
    gradients = _gradients(model, loss)
    return float(loss.detach()), torch.cat([gradient.flatten().double() for gradient in gradients.values()])
