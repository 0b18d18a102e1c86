"""Predictions -> what they mean: who gains where, how far it carries, and how sure that is."""

from farfield.findings.build import build
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

__all__ = [
    "Answer",
    "Claim",
    "Comparator",
    "Differing",
    "Findings",
    "Line",
    "TaskFindings",
    "Verdict",
    "build",
]
