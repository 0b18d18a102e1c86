"""Addresses: a short hash of everything that a cell depends on, and the seeds that follow from it."""

import hashlib
import json
from collections.abc import Mapping, Sequence

__all__ = ["Part", "address_of", "seed_of"]

# What JSON can hold: the only form in which cells and manifests are described.
Part = str | int | float | bool | None | Sequence["Part"] | Mapping[str, "Part"]


def address_of(parts: Mapping[str, Part]) -> str:
    """20 hex digits (80 bits) of the SHA-256 of the parts as canonical JSON; the order of keys is no matter."""
    text = json.dumps(parts, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()[:20]


def seed_of(text: str) -> int:
    """A seed in [0, 2^48) that follows from `text` alone: every JSON reader holds such a whole number exactly."""
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:6])
