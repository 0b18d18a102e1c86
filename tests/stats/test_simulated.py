"""The short form of `python -m bench.stats`: every case of every area, with a few hundred worlds."""

from itertools import chain

import pytest
from bench.simulate import AREAS
from bench.simulate.case import Case
from bench.stats import measured

CASES = list(chain.from_iterable(AREAS.values()))


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_it_holds_in_drawn_worlds_unless_it_is_planted(case: Case) -> None:
    # One of 40 sound cases misses by chance; the second, larger draw tells it from one that is wrong.
    draws = ((300, 0), (2000, 1))
    assert any(
        case.holds(measured(case, max(2, worlds // case.dear), seed)) is not case.planted for worlds, seed in draws
    )


def test_every_area_has_a_case_that_is_planted_as_wrong() -> None:
    assert len(CASES) == len({case.name for case in CASES})
    assert {area for area, cases in AREAS.items() if any(case.planted for case in cases)} == set(AREAS)
