"""Whatever a firm has -> one folder of rows that a study reads, with where each came from."""

from farfield.data.dates import parse_date
from farfield.data.intake.charset import known_encoding
from farfield.data.intake.columns import ROLES, Proposal, Surveyed, propose
from farfield.data.intake.domains import file_name
from farfield.data.intake.importing import Imported, Watch, Wishes, import_files, parse_mapping
from farfield.data.intake.values import Aside, Limits, Options, Row, Source

__all__ = [
    "ROLES",
    "Aside",
    "Imported",
    "Limits",
    "Options",
    "Proposal",
    "Row",
    "Source",
    "Surveyed",
    "Watch",
    "Wishes",
    "file_name",
    "import_files",
    "known_encoding",
    "parse_date",
    "parse_mapping",
    "propose",
]
