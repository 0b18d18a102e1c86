"""Runs what the pages under docs/ show."""

import re
from pathlib import Path
from typing import Any

DOCS = Path(__file__).parents[2] / "docs"


def run_shown(name: str, given: dict[str, Any]) -> None:
    """Runs the one block of Python of a page with the names that it takes as given; adds those that it makes."""
    page = DOCS / name
    (shown,) = re.findall(r"^```python\n(.*?)^```", page.read_text(encoding="utf-8"), re.DOTALL | re.MULTILINE)
    exec(compile(shown, str(page), "exec"), given)
