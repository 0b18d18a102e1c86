"""A run on disk: cells under the address of what they depend on, one manifest, each write whole or not at all."""

from farfield.runs.address import address_of, seed_of
from farfield.runs.machine import Facts, facts, peak_memory
from farfield.runs.run import FORMAT, CellRecord, Run

__all__ = ["FORMAT", "CellRecord", "Facts", "Run", "address_of", "facts", "peak_memory", "seed_of"]
