"""The study file as frozen models: the only reader of YAML, and the home of every default."""

from farfield.spec.arms import ArmSpec, Recipe, Remedies, TrainingSpec
from farfield.spec.reading import load_study, parse_study, schema
from farfield.spec.study import DomainSpec, StudySpec, TaskProtocol, TaskSpec
from farfield.spec.template import Template

__all__ = [
    "ArmSpec",
    "DomainSpec",
    "Recipe",
    "Remedies",
    "StudySpec",
    "TaskProtocol",
    "TaskSpec",
    "Template",
    "TrainingSpec",
    "load_study",
    "parse_study",
    "schema",
]
