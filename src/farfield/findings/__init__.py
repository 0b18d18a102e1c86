"""Predictions -> what they mean: who gains where, how far it carries, and how sure that is."""

from farfield.findings.build import build
from farfield.findings.declared import Declared, Holding
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

__all__ = [
    "Answer",
    "Claim",
    "Comparator",
    "Conclusion",
    "Declared",
    "Differing",
    "Findings",
    "Flips",
    "Foretold",
    "Frames",
    "Holding",
    "Line",
    "MovedLine",
    "Multiverse",
    "Stand",
    "TaskFindings",
    "Verdict",
    "build",
]
