"""Memory that is free, and who holds it: glibc for the next layer, the kernel again between models."""

import ctypes
import gc
import mmap
import os
from collections.abc import Callable, Sequence
from pathlib import Path

from torch import Tensor

__all__ = ["drop_pages", "give_back", "keep_freed", "mapped_files"]

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


def mapped_files() -> list[tuple[int, int]]:
    """Addresses, begin and end, of the files in this process's memory to which nothing was written since."""
    smaps = Path("/proc/self/smaps")
    if not smaps.exists():
        return []
    found, ends, inode = [], (0, 0), "0"
    for line in smaps.read_text(encoding="utf-8", errors="replace").splitlines():
        first, *rest = line.split(maxsplit=5)
        if not first.endswith(":"):  # begin-end rights offset device inode path
            begin, end = first.split("-")
            ends, inode = (int(begin, 16), int(end, 16)), rest[3]
        elif first == "Anonymous:" and rest[0] == "0" and inode != "0":
            found.append(ends)
    return found


def drop_pages(tensor: Tensor, mapped: Sequence[tuple[int, int]]) -> None:
    """Takes the pages of a file out of this process that hold a tensor which nobody reads any more.

    Weights are mapped from their file, all in one piece, and stay in memory as long as one of them is in use: laid
    out a second time, a model would be there twice. Whoever does read them again gets them from the file.

    Args:
        tensor: any; nothing happens to one that lies in no file.
        mapped: from `mapped_files`.
    """
    madvise, page = _libc("madvise"), mmap.PAGESIZE
    first = -(-tensor.data_ptr() // page) * page  # pages at both ends hold neighbours too
    last = (tensor.data_ptr() + tensor.nbytes) // page * page
    if madvise is not None and first < last and any(begin <= first and last <= end for begin, end in mapped):
        madvise(ctypes.c_void_p(first), ctypes.c_size_t(last - first), mmap.MADV_DONTNEED)


def _libc(name: str) -> Callable[..., int] | None:
    return getattr(ctypes.CDLL(None), name, None) if os.name == "posix" else None
