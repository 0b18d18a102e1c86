"""Weights in a mapped file leave memory once they are laid out elsewhere, and nothing that was written is lost."""

import sys
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file
from torch import Tensor, nn

from farfield.engine.allocator import drop_pages, mapped_files
from farfield.engine.linear import Linear, lay_out, unlay

pytestmark = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="what is mapped is told by Linux alone")
MIB = 1 << 20


def resident(tensor: Tensor) -> int:
    """Bytes in memory of the mapping in which a tensor lies."""
    here, inside = tensor.data_ptr(), False
    for line in Path("/proc/self/smaps").read_text().splitlines():
        first, *rest = line.split()
        if not first.endswith(":"):
            begin, end = (int(each, 16) for each in first.split("-"))
            inside = begin <= here < end
        elif first == "Rss:" and inside:
            return int(rest[0]) << 10
    raise AssertionError("the tensor lies nowhere")


@pytest.fixture
def mapped(tmp_path: Path) -> dict[str, Tensor]:
    """Two weights of 4 MiB in one file, read once."""
    draws = torch.Generator().manual_seed(1)
    save_file({name: torch.randn(1024, 1024, generator=draws) for name in "ab"}, tmp_path / "w.safetensors")
    found: dict[str, Tensor] = load_file(tmp_path / "w.safetensors")
    assert all(bool(each.isfinite().all()) for each in found.values())
    return found


def test_what_was_dropped_is_read_again_from_the_file(mapped: dict[str, Tensor]) -> None:
    kept, before = mapped["a"].clone(), resident(mapped["a"])
    drop_pages(mapped["a"], mapped_files())
    assert resident(mapped["b"]) < before - 3 * MIB
    assert torch.equal(mapped["a"], kept)


def test_a_file_that_was_written_to_in_memory_keeps_its_pages(mapped: dict[str, Tensor]) -> None:
    mapped["b"].mul_(2)
    kept = mapped["b"].clone()
    drop_pages(mapped["b"], mapped_files())
    assert torch.equal(mapped["b"], kept)


def test_memory_of_no_file_stays() -> None:
    own = torch.randn(1024, 1024)
    kept = own.clone()
    drop_pages(own, mapped_files())
    assert torch.equal(own, kept)


def test_a_model_that_is_laid_out_leaves_its_file(mapped: dict[str, Tensor]) -> None:
    layers = [Linear(1024, 1024, bias=False) for _ in mapped]
    for layer, weight in zip(layers, mapped.values(), strict=True):
        layer.weight = nn.Parameter(weight)
    model, x = nn.Sequential(*layers), torch.randn(8, 1024)
    with torch.no_grad():
        said = model(x)
        before = resident(mapped["a"])
        lay_out(model)
        assert resident(mapped["a"]) < before - 6 * MIB
        torch.testing.assert_close(model(x), said, rtol=1e-5, atol=1e-3)
        unlay(model)
    assert all(torch.equal(layer.weight, weight) for layer, weight in zip(layers, mapped.values(), strict=True))
