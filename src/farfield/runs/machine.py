"""What a manifest tells of the machine and the software, without loading any of it."""

import os
import platform
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

__all__ = ["Facts", "facts", "peak_memory"]

_PACKAGES = (
    "farfield", "torch", "transformers", "tokenizers", "peft", "accelerate", "safetensors", "numpy", "scipy", "polars",
    "scikit-learn", "sacrebleu",
)  # fmt: skip
# Widest first: the vectors that matrix kernels use decide how sums are rounded.
_VECTORS = {"avx512f": "AVX-512", "avx2": "AVX2", "asimd": "NEON"}


@dataclass(frozen=True, slots=True)
class Facts:
    """A kind of machine; two runs with equal facts round alike.

    Attributes:
        memory: bytes that this process may use, a container's limit included.
        versions: of Python and of the libraries that numbers depend on.
    """

    system: str
    processor: str
    vectors: str
    cores: int
    memory: int
    versions: dict[str, str]


def facts() -> Facts:
    """This machine."""
    told = _cpuinfo()
    flags = set((told.get("flags") or told.get("Features") or "").split())
    return Facts(
        system=f"{platform.system()} {platform.machine()}",
        processor=told.get("model name") or platform.processor() or platform.machine(),
        vectors=next((name for flag, name in _VECTORS.items() if flag in flags), "unknown vectors"),
        cores=len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1,
        memory=_memory(),
        versions={"python": platform.python_version(), **_versions()},
    )


def peak_memory() -> int:
    """The most bytes that this process held at once since it began."""
    try:
        status = Path("/proc/self/status").read_text(encoding="ascii")
    except OSError:
        return _peak_elsewhere()
    line = next((line for line in status.splitlines() if line.startswith("VmHWM:")), "VmHWM: 0 kB")
    return int(line.split()[1]) * 1024


def _peak_elsewhere() -> int:
    import psutil

    told = psutil.Process().memory_info()
    peak = getattr(told, "peak_wset", None)  # Windows
    if peak is not None:
        return int(peak)
    import resource

    return int(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)  # bytes on macOS, where /proc is missing


def _cpuinfo() -> dict[str, str]:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").split("\n\n", 1)[0].splitlines()
    except OSError:
        return {}
    return {key.strip(): value.strip() for key, _, value in (line.partition(":") for line in lines)}


def _memory() -> int:
    import psutil

    whole = int(psutil.virtual_memory().total)
    try:
        limit = Path("/sys/fs/cgroup/memory.max").read_text(encoding="ascii").strip()
    except OSError:
        return whole
    return min(whole, int(limit)) if limit.isdigit() else whole


def _versions() -> dict[str, str]:
    found = {}
    for name in _PACKAGES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue
    return found
