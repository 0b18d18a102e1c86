"""What is wrong with rows: each fault found by a function of texts, and labels where it needs them."""

from farfield.data.faults.characters import without_controls
from farfield.data.faults.keys import folded
from farfield.data.faults.labels import Doubted, Doubts, doubted_labels
from farfield.data.faults.leaks import Crossing, crossings, not_later, straddling
from farfield.data.faults.mojibake import unspoilt
from farfield.data.faults.near import Near, Pair, near_duplicates, similarity
from farfield.data.faults.personal import Found, masked, personal_data
from farfield.data.faults.told import damaged, doubted, fields_of, nearly_repeated, personal, standing_out

__all__ = [
    "Crossing",
    "Doubted",
    "Doubts",
    "Found",
    "Near",
    "Pair",
    "crossings",
    "damaged",
    "doubted",
    "doubted_labels",
    "fields_of",
    "folded",
    "masked",
    "near_duplicates",
    "nearly_repeated",
    "not_later",
    "personal",
    "personal_data",
    "similarity",
    "standing_out",
    "straddling",
    "unspoilt",
    "without_controls",
]
