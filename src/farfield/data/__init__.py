"""Files -> examples; what is taken for training, development and testing; what to mind about the rows."""

from farfield.data.demos import Demos
from farfield.data.division import Kept, Left, Split, kept_test, split
from farfield.data.examples import Example, Loaded, fingerprint, key, load_examples
from farfield.data.issues import Issue, balance, conflicts, duplicates, leaks
from farfield.data.reading import read_rows
from farfield.data.samples import LANGUAGES, sample_folder

__all__ = [
    "LANGUAGES",
    "Demos",
    "Example",
    "Issue",
    "Kept",
    "Left",
    "Loaded",
    "Split",
    "balance",
    "conflicts",
    "duplicates",
    "fingerprint",
    "kept_test",
    "key",
    "leaks",
    "load_examples",
    "read_rows",
    "sample_folder",
    "split",
]
