"""What glibc does with freed memory: kept for the next layer while a model computes, given back between models."""

import ctypes
import gc
import os
from collections.abc import Callable

__all__ = ["give_back", "keep_freed"]

# Of mallopt(3). By default glibc takes each large block from the kernel and returns it after use, so every layer
# writes to pages that the kernel has to clear first: a sixth of the time of a forward pass (docs/performance.md).
_TRIM_THRESHOLD, _MMAP_THRESHOLD = -1, -3
_LARGEST = (1 << 31) - 1


def keep_freed() -> None:
    """Keeps what is freed for the next layer. Holes between blocks stay as well, until `give_back`."""
    mallopt = _libc("mallopt")
    if mallopt is not None:
        mallopt(_MMAP_THRESHOLD, _LARGEST)
        mallopt(_TRIM_THRESHOLD, _LARGEST)


def give_back() -> None:
    """Lets go of a model that nothing names any more, before the next one is read.

    A trained model is a knot of references that only the collector unties, and glibc keeps what it frees: laid
    beside it, the next training would take the same memory again in other places.
    """
    gc.collect()
    trim = _libc("malloc_trim")
    if trim is not None:
        trim(0)


def _libc(name: str) -> Callable[..., int] | None:
    return getattr(ctypes.CDLL(None), name, None) if os.name == "posix" else None
