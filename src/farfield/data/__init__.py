"""Files -> examples; what is taken for training, development and testing; what to mind about the rows."""

from farfield.data.datacard import DataCard, card_markdown, data_card
from farfield.data.demos import Demos
from farfield.data.differing import Change, Diff, Placed, apply_diff, diff_rows
from farfield.data.division import Kept, Left, Split, kept_test, split
from farfield.data.examples import Example, Loaded, fingerprint, key, load_examples
from farfield.data.issues import ISSUES, Issue, Place, Value, balance, conflicts, duplicates, leaks
from farfield.data.labelling import Ranked, rows_to_label
from farfield.data.linked import linked
from farfield.data.reading import read_rows, stream_rows
from farfield.data.representing import Beside, Representation, Share, representation
from farfield.data.samples import LANGUAGES, sample_folder
from farfield.data.sampling import Sampled, Stratum, allot, choose_rows, facility_location, k_centre
from farfield.data.sheets import Sheet, read_sheet, write_sheet
from farfield.data.small_set import SampleWishes, SmallSet, sample_files
from farfield.data.tasks import Agreement, Labelled, LabelWishes, Tasks, take_back, write_tasks
from farfield.data.vectors import text_vectors
from farfield.data.versions import Entry, Rows, Saved, Snapshot, Store, rows_at
from farfield.data.writing import write_rows

__all__ = [
    "ISSUES",
    "LANGUAGES",
    "Agreement",
    "Beside",
    "Change",
    "DataCard",
    "Demos",
    "Diff",
    "Entry",
    "Example",
    "Issue",
    "Kept",
    "LabelWishes",
    "Labelled",
    "Left",
    "Loaded",
    "Place",
    "Placed",
    "Ranked",
    "Representation",
    "Rows",
    "SampleWishes",
    "Sampled",
    "Saved",
    "Share",
    "Sheet",
    "SmallSet",
    "Snapshot",
    "Split",
    "Store",
    "Stratum",
    "Tasks",
    "Value",
    "allot",
    "apply_diff",
    "balance",
    "card_markdown",
    "choose_rows",
    "conflicts",
    "data_card",
    "diff_rows",
    "duplicates",
    "facility_location",
    "fingerprint",
    "k_centre",
    "kept_test",
    "key",
    "leaks",
    "linked",
    "load_examples",
    "read_rows",
    "read_sheet",
    "representation",
    "rows_at",
    "rows_to_label",
    "sample_files",
    "sample_folder",
    "split",
    "stream_rows",
    "take_back",
    "text_vectors",
    "write_rows",
    "write_sheet",
    "write_tasks",
]
