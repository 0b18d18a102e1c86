"""Predictions -> what they mean: who gains where, how far it carries, and how sure that is."""

from farfield.findings.build import build, in_universes
from farfield.findings.declared import Declared, Holding
from farfield.findings.dial import Dial, DialPoint
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
from farfield.findings.space import Indicated, ModelSpace, Space, TaskSpace

__all__ = [
    "Answer",
    "Claim",
    "Comparator",
    "Conclusion",
    "Declared",
    "Dial",
    "DialPoint",
    "Differing",
    "Findings",
    "Flips",
    "Foretold",
    "Frames",
    "Holding",
    "Indicated",
    "Line",
    "ModelSpace",
    "MovedLine",
    "Multiverse",
    "Space",
    "Stand",
    "TaskFindings",
    "TaskSpace",
    "Verdict",
    "build",
    "in_universes",
]
