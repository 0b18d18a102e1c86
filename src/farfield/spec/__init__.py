"""The study file as frozen models: the only reader of YAML, and the home of every default."""

from farfield.spec.arms import ArmSpec, Recipe, Remedies, TrainingSpec
from farfield.spec.claims import ClaimSpec, Term, Who, load_claims
from farfield.spec.reading import load_study, parse_study, schema
from farfield.spec.study import DomainSpec, StudySpec, TaskProtocol, TaskSpec
from farfield.spec.template import Template

__all__ = [
    "ArmSpec",
    "ClaimSpec",
    "DomainSpec",
    "Recipe",
    "Remedies",
    "StudySpec",
    "TaskProtocol",
    "TaskSpec",
    "Template",
    "Term",
    "TrainingSpec",
    "Who",
    "load_claims",
    "load_study",
    "parse_study",
    "schema",
]
