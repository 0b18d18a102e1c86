"""Whatever a firm has -> one folder of rows that a study reads, with where each came from."""

from farfield.data.intake.charset import known_encoding
from farfield.data.intake.columns import Proposal
from farfield.data.intake.importing import Imported, Watch, Wishes, import_files, parse_mapping
from farfield.data.intake.values import Aside, Limits, Options, Row, Source

__all__ = [
    "Aside",
    "Imported",
    "Limits",
    "Options",
    "Proposal",
    "Row",
    "Source",
    "Watch",
    "Wishes",
    "import_files",
    "known_encoding",
    "parse_mapping",
]
