"""Predictions -> what they mean: who gains where, how far it carries, and how sure that is."""

from farfield.findings.between import Between, Change, Held, Turn, between
from farfield.findings.build import Beside, build, in_universes
from farfield.findings.compared import Compared
from farfield.findings.declared import Declared, Holding
from farfield.findings.dial import Dial, DialPoint
from farfield.findings.foreseen import Foreseen, Unlabelled
from farfield.findings.learning import Ahead, Learnt
from farfield.findings.model import (
    Answer,
    Claim,
    Comparator,
    Differing,
    Findings,
    Line,
    TaskFindings,
    Verdict,
)
from farfield.findings.moved import Foretold, MovedLine
from farfield.findings.multiverse import Conclusion, Flips, Frames, Multiverse, Stand
from farfield.findings.scores import topped_up
from farfield.findings.space import Indicated, ModelSpace, Space, TaskSpace
from farfield.findings.sureness import SHARES, Limit, Sureness

__all__ = [
    "SHARES",
    "Ahead",
    "Answer",
    "Beside",
    "Between",
    "Change",
    "Claim",
    "Comparator",
    "Compared",
    "Conclusion",
    "Declared",
    "Dial",
    "DialPoint",
    "Differing",
    "Findings",
    "Flips",
    "Foreseen",
    "Foretold",
    "Frames",
    "Held",
    "Holding",
    "Indicated",
    "Learnt",
    "Limit",
    "Line",
    "ModelSpace",
    "MovedLine",
    "Multiverse",
    "Space",
    "Stand",
    "Sureness",
    "TaskFindings",
    "TaskSpace",
    "Turn",
    "Unlabelled",
    "Verdict",
    "between",
    "build",
    "in_universes",
    "topped_up",
]
