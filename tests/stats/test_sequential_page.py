"""What docs/sequential.md shows works as it stands."""

from typing import Any

import numpy as np

from tests.stats.pages import run_shown


def test_the_lines_of_the_page_run() -> None:
    rng = np.random.default_rng(0)
    a, b, errors, scores, to_a = ((rng.random(400) < share).astype(float) for share in (0.9, 0.8, 0.3, 0.1, 0.5))
    given: dict[str, Any] = {
        "a": a,
        "b": b,
        "errors": errors,
        "scores": scores,
        "to_a": to_a == 1,
        "latencies": rng.gamma(2, size=400),
    }
    run_shown("sequential.md", given)
    assert bool(given["alarm"].rings(0.05))
    assert given["budget"].spent == given["allotted"].level
