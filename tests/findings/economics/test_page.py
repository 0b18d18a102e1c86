"""What docs/economics.md shows works as it stands."""

import re
from typing import Any

import pytest
import yaml

from farfield.findings.economics.assumptions import assumptions
from farfield.spec import BusinessSpec
from farfield.spec.reading import Loader
from tests.findings.frames import classifying, study
from tests.stats.pages import DOCS, run_shown


def test_the_case_of_the_page_comes_out_as_it_says() -> None:
    given: dict[str, Any] = {}
    run_shown("economics.md", given)
    assert float(given["right"]) == pytest.approx(145)
    assert float(given["wrong"]) == pytest.approx(-1220)
    assert float(given["monthly"]) == pytest.approx(37_400)
    assert float(given["worth"]) == pytest.approx(613_000, rel=0.01)
    assert float(given["back"]) == pytest.approx(6.5, abs=0.05)
    assert float(given["volume"]) == pytest.approx(562, abs=3)
    assert float(given["least"]) == pytest.approx(0.925, abs=0.002)
    assert 0 < float(given["labels"]) < 400_000


def test_the_study_file_of_the_page_is_read() -> None:
    (shown,) = re.findall(r"^```yaml\n(.*?)^```", (DOCS / "economics.md").read_text("utf-8"), re.DOTALL | re.MULTILINE)
    business = BusinessSpec.model_validate(yaml.load(shown, Loader)["business"])
    tasks = {"mood": classifying()["title"]}
    found = {each.name: each for each in assumptions(study(tasks=tasks, business=business.model_dump()), "mood")}
    assert found["items a"].ranged
    assert found["items c"].high == 0
    assert found["engineer_wage"].triangular
    assert found["cost good → bad"].mean == 4000
    assert not found["drift"].given
