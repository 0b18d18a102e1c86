"""What docs/statistics.md shows works as it stands."""

from typing import Any

import numpy as np

from farfield.stats import RowRange, paired_difference
from tests.stats.pages import run_shown


def test_the_lines_of_the_page_run() -> None:
    rng = np.random.default_rng(0)
    a, b = (rng.random(250) < share for share in (0.75, 0.7))
    first, second = rng.integers(2, size=(2, 60)).tolist()
    given: dict[str, Any] = {
        "rng": rng,
        "a": a.astype(float),
        "b": b.astype(float),
        "seeds": rng.random((3, 250)),
        "first": first,
        "second": second,
        "error": 0.03,
    }

    run_shown("statistics.md", given)

    assert given["gain"].n == 250
    assert given["test"].mid_p < given["test"].exact_p
    assert given["split"].part("rows") > 0
    again = paired_difference(given["a"], given["b"], rng=rng)
    assert isinstance(given["rows_range"](again, given["error"]), RowRange)
