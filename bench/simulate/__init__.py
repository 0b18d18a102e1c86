"""Statistics against simulation: does what claims 95 % hold in 95 of 100 drawn worlds?

A module an area, each with its `CASES`; another area is one more line here.
"""

from collections.abc import Mapping, Sequence

from bench.simulate import agreement, comparisons, curves, intervals, planning, selective, sequential, unlabelled
from bench.simulate.case import Case

__all__ = ["AREAS"]

AREAS: Mapping[str, Sequence[Case]] = {
    "agreement": agreement.CASES,
    "comparisons": comparisons.CASES,
    "curves": curves.CASES,
    "intervals": intervals.CASES,
    "planning": planning.CASES,
    "selective": selective.CASES,
    "sequential": sequential.CASES,
    "unlabelled": unlabelled.CASES,
}
