"""Predictions -> what they mean: who gains where, how far it carries, and how sure that is."""

from farfield.findings.build import build
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
from farfield.findings.space import Indicated, ModelSpace, Space, TaskSpace

__all__ = [
    "Answer",
    "Claim",
    "Comparator",
    "Declared",
    "Dial",
    "DialPoint",
    "Differing",
    "Findings",
    "Foretold",
    "Holding",
    "Indicated",
    "Line",
    "ModelSpace",
    "MovedLine",
    "Space",
    "TaskFindings",
    "TaskSpace",
    "Verdict",
    "build",
]
