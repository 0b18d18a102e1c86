"""What docs/foresight.md shows works as it stands."""

import re
from typing import Any

import numpy as np

from farfield.stats import (
    Calibration,
    Known,
    LearningCurve,
    PredictionPowered,
    Trial,
    leave_one_domain_out,
    probabilities,
)
from tests.stats.pages import DOCS, run_shown


def test_the_lines_of_the_page_run() -> None:
    rng = np.random.default_rng(0)

    def answered(rows: int) -> tuple[np.ndarray, np.ndarray]:
        """Log-probabilities of two labels, and labels drawn from them."""
        logits = rng.normal(scale=3, size=(rows, 2))
        return logits, (rng.random(rows) > probabilities(logits)[:, 0]).astype(np.intp)

    def known(rows: int) -> Known:
        logits, gold = answered(rows)
        return Known(probabilities(logits), gold)

    dev_logprobs, dev_gold = answered(400)
    given: dict[str, Any] = {
        "rng": rng,
        "scores": {n: (rng.random((2, 250)) > 0.1 + 2 * n**-0.5).astype(float) for n in (50, 100, 200, 400, 800)},
        "dev_logprobs": dev_logprobs,
        "dev_gold": dev_gold,
        "test_confidence": known(300).shares.max(axis=1),
        "new_shares": known(100).shares,
        "sst2": known(150),
        "yelp": known(150),
        "few_right": (rng.random(50) < 0.8).astype(float),
        "few_guessed": rng.random(50),
        "others_guessed": rng.random(500),
    }
    run_shown("foresight.md", given)
    assert isinstance(given["curve"], LearningCurve)
    assert given["expected"].low <= given["expected"].value <= given["expected"].high
    assert isinstance(given["sure"], Calibration)
    assert isinstance(given["threshold"], float)
    assert isinstance(given["trial"], Trial)
    assert isinstance(given["powered"], PredictionPowered)


def test_every_way_stands_on_the_page() -> None:
    rng = np.random.default_rng(1)
    shares, gold = rng.dirichlet([1, 1], 40), rng.integers(2, size=40)
    two = [Known(shares, gold), Known(shares[::-1].copy(), gold)]
    trial = leave_one_domain_out(two, {"a": two, "b": two, "c": two})
    assert isinstance(trial, Trial)
    rows = re.findall(r"^\| `(\w+)` \|", (DOCS / "foresight.md").read_text(encoding="utf-8"), re.MULTILINE)
    assert set(rows) == set(trial.off)
