"""The compiled passes against what they do written out; skipped where the installation couldn't compile them."""

from collections.abc import Sequence

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from farfield.engine import native
from farfield.engine.forms import packed_form, plain_form
from farfield.engine.rectangles import Layout, Rectangle
from farfield.engine.rotary import turned
from tests.tiny import ARCHITECTURES, tiny_model

DIM, ROOM = 8, 200

pytestmark = pytest.mark.skipif(
    not native.takes(torch.zeros(1), torch.zeros(1)), reason="the compiled attention is not installed"
)


@settings(max_examples=40)
@given(
    rows=st.lists(st.tuples(st.integers(0, 150), st.integers(1, 4)), min_size=1, max_size=5),
    kv_heads=st.integers(1, 3),
    group=st.integers(1, 3),
    window=st.none() | st.integers(1, 100),
    prefix=st.booleans(),
    seed=st.integers(0, 99),
)
def test_each_query_attends_to_its_own_row_and_joins_the_prefix(
    rows: list[tuple[int, int]], kv_heads: int, group: int, window: int | None, prefix: bool, seed: int
) -> None:
    drawn = torch.Generator().manual_seed(seed)
    starts, counts = (list(each) for each in zip(*rows, strict=True))
    tokens, heads = sum(counts), kv_heads * group
    query = torch.randn(1, tokens, heads, DIM, generator=drawn)
    key, value = (torch.randn(1, tokens, kv_heads, DIM, generator=drawn) for _ in range(2))
    held_key, held_value = torch.randn(2, len(rows), kv_heads, ROOM, DIM, generator=drawn).unbind(0)
    held = held_key, held_value
    past_key, past_value = torch.randn(2, heads, 7, DIM, generator=drawn).unbind(0)
    out, lse = torch.zeros(1, tokens, heads, DIM), torch.full((1, tokens, heads), -torch.inf)
    if prefix:
        scores = torch.einsum("thd,hjd->thj", query[0], past_key) * 0.3
        out[0] = torch.einsum("thj,hjd->thd", scores.softmax(-1), past_value)
        lse[0] = scores.logsumexp(-1)
    firsts = [sum(counts[:slot]) for slot in range(len(counts) + 1)]

    native.attend_slots(
        (query, key, value), held, (torch.tensor(starts), torch.tensor(firsts)), 0.3, window, (out, lse)
    )

    for slot, (start, count) in enumerate(rows):
        for nth in range(count):
            token, place = firsts[slot] + nth, start + nth
            assert torch.equal(held[0][slot, :, place], key[0, token])
            low = max(0, place + 1 - window) if window else 0
            k, v = (each[slot, :, low : place + 1].repeat_interleave(group, 0) for each in held)
            if prefix:
                k, v = torch.cat([past_key, k], 1), torch.cat([past_value, v], 1)
            scores = torch.einsum("hd,hjd->hj", query[0, token], k) * 0.3
            expected = torch.einsum("hj,hjd->hd", scores.softmax(-1), v)
            torch.testing.assert_close(out[0, token], expected, rtol=1e-5, atol=2e-6)
            torch.testing.assert_close(lse[0, token], scores.logsumexp(-1), rtol=1e-5, atol=2e-6)


@settings(max_examples=20)
@given(rows=st.integers(1, 60), width=st.integers(1, 600), seed=st.integers(0, 99))
def test_the_norm_is_that_of_its_definition(rows: int, width: int, seed: int) -> None:
    drawn = torch.Generator().manual_seed(seed)
    x, weight = torch.randn(1, rows, width, generator=drawn), torch.randn(width, generator=drawn)
    expected = x / (x.double().square().mean(-1, keepdim=True) + 1e-5).sqrt() * weight
    torch.testing.assert_close(native.rms_norm(x, weight, 1e-5), expected.float(), rtol=2e-6, atol=2e-6)
    apart = torch.randn(1, width, rows, generator=drawn).transpose(1, 2)  # not contiguous
    assert torch.equal(native.rms_norm(apart, weight, 1e-5), native.rms_norm(apart.contiguous(), weight, 1e-5))


@settings(max_examples=20)
@given(tokens=st.integers(1, 40), heads=st.integers(1, 9), half=st.integers(1, 40), seed=st.integers(0, 99))
def test_heads_are_turned_by_halves(tokens: int, heads: int, half: int, seed: int) -> None:
    drawn = torch.Generator().manual_seed(seed)
    x = torch.randn(1, tokens, heads, 2 * half, generator=drawn)
    cosines, sines = torch.randn(2, 1, tokens, 2 * half, generator=drawn)
    low, high = x.chunk(2, dim=-1)
    expected = x * cosines[:, :, None] + torch.cat([-high, low], -1) * sines[:, :, None]
    native.turn(x, cosines, sines)
    torch.testing.assert_close(x, expected, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_layers_that_turn_by_halves_get_the_short_form_and_lose_it_again(architecture: str) -> None:
    model = packed_form(tiny_model(architecture))
    short = [module for module in model.modules() if getattr(module.__dict__.get("forward"), "func", None) is turned]
    # Phi turns a part of each head, OLMo 2 norms all heads as one, GPT-2 has learned positions.
    assert len(short) == (3 if architecture in ("llama", "qwen3", "mistral", "gemma3") else 0)
    assert not any("forward" in module.__dict__ for module in plain_form(model).modules())


def written_out(
    pack: tuple[Tensor, Tensor, Tensor], past: Sequence[tuple[Tensor, Tensor]], layout: Layout, scale: float
) -> tuple[Tensor, Tensor]:
    """One softmax over all keys at once, in float64, through which gradients flow."""
    query, key, value = pack
    group = query.shape[1] // key.shape[1]
    seen = torch.zeros(layout.tokens, layout.tokens + sum(k.shape[2] for k, _ in past), dtype=torch.bool)
    starts = [0, layout.tokens]
    for k, _ in past:
        starts.append(starts[-1] + k.shape[2])
    for each in layout.rectangles:
        first = starts[0 if each.past is None else each.past + 1]
        place = seen[each.queries, first + each.keys.start : first + each.keys.stop]
        place |= torch.ones_like(place).tril() if each.causal else True if each.visible is None else each.visible
    keys, values = (
        torch.cat([own, *parts], 2).repeat_interleave(group, 1)
        for own, parts in ((key, [k for k, _ in past]), (value, [v for _, v in past]))
    )
    scores = (query @ keys.transpose(-1, -2) * scale).masked_fill(~seen, -torch.inf)
    lse = scores.logsumexp(-1)
    weights = torch.exp(scores - lse.masked_fill(lse == -torch.inf, 0.0).unsqueeze(-1))
    return weights @ values, lse


@settings(max_examples=60)
@given(
    rows=st.lists(st.integers(1, 70), min_size=1, max_size=4),
    trunk=st.integers(0, 70),
    past=st.lists(st.integers(1, 90), max_size=2),
    heads=st.tuples(st.integers(1, 3), st.integers(1, 4)),
    dim=st.sampled_from((16, 48, 64, 96)),
    masked=st.booleans(),
    seed=st.integers(0, 99),
)
def test_a_pack_attends_over_all_its_rectangles_and_learns(
    rows: list[int],
    trunk: int,
    past: list[int],
    heads: tuple[int, int],
    dim: int,
    masked: bool,
    seed: int,
) -> None:
    drawn, (kv_heads, group) = torch.Generator().manual_seed(seed), heads
    ends = [trunk + sum(rows[: n + 1]) for n in range(len(rows))]
    tokens = ends[-1]
    query, gradient = torch.randn(2, 1, tokens, kv_heads * group, dim, generator=drawn).transpose(2, 3).unbind(0)
    key, value = torch.randn(2, 1, tokens, kv_heads, dim, generator=drawn).transpose(2, 3).unbind(0)
    earlier = [(k, v) for n in past for k, v in [torch.randn(2, 1, kv_heads, n, dim, generator=drawn).unbind(0)]]
    shapes = [Rectangle(slice(0, trunk), slice(0, trunk), causal=True)] if trunk else []
    for start, end in zip([trunk, *ends], ends, strict=False):
        shapes.append(Rectangle(slice(start, end), slice(start, end), causal=True))
    shapes += [Rectangle(slice(trunk, tokens), slice(0, trunk))] if trunk else []
    for number, length in enumerate(past):
        # A query may see nothing of what was computed earlier, or nothing of a block of it.
        visible = torch.rand(tokens, length, generator=drawn) < 0.1 if masked else None
        shapes.append(Rectangle(slice(0, tokens), slice(0, length), past=number, visible=visible))
    layout, pack = Layout(tuple(shapes), tokens), (query, key, value)

    out, lse = native.attend_pack(pack, earlier, layout, 0.3)
    learnt = native.attend_pack_backward(gradient, (*pack, out, lse), earlier, layout, 0.3)

    wide = [each.double().requires_grad_() for each in pack]
    expected = written_out((wide[0], wide[1], wide[2]), [(k.double(), v.double()) for k, v in earlier], layout, 0.3)
    torch.testing.assert_close(out.double(), expected[0], atol=2e-5, rtol=0)
    torch.testing.assert_close(lse.double(), expected[1], atol=2e-5, rtol=0)
    for mine, its in zip(learnt, torch.autograd.grad(expected[0], wide, gradient.double()), strict=True):
        torch.testing.assert_close(mine.double(), its, atol=2e-4, rtol=1e-4)


def test_the_same_threads_give_the_same_gradients() -> None:
    drawn = torch.Generator().manual_seed(0)
    query, key = torch.randn(2, 1, 4, 300, 16, generator=drawn).unbind(0)
    layout = Layout((Rectangle(slice(0, 300), slice(0, 300), causal=True),), 300)
    out, lse = native.attend_pack((query, key, key), [], layout, 0.25)
    first, second = (native.attend_pack_backward(query, (query, key, key, out, lse), [], layout, 0.25) for _ in "12")
    assert all(torch.equal(a, b) for a, b in zip(first, second, strict=True))


def test_queries_that_see_nothing_get_nothing() -> None:
    query, key = torch.randn(2, 1, 2, 3, 16, generator=torch.Generator().manual_seed(0)).unbind(0)
    blind = torch.tensor([[True, False, True], [False, False, False], [True, True, True]])
    layout = Layout((Rectangle(slice(0, 3), slice(0, 3), past=0, visible=blind),), 3)

    out, lse = native.attend_pack((query, key, key), [(key, key)], layout, 1.0)
    d_query, d_key, d_value = native.attend_pack_backward(key, (query, key, key, out, lse), [(key, key)], layout, 1.0)

    assert not out[:, :, 1].any()
    assert lse[:, :, 1].eq(-torch.inf).all()
    assert lse[:, :, [0, 2]].isfinite().all()
    assert not d_query[:, :, 1].any()
    assert not d_key.any()
    assert not d_value.any()
