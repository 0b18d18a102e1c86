"""The study file as frozen models: the only reader of YAML, and the home of every default."""

from farfield.spec.arms import ArmSpec, Format, Recipe, Remedies, SearchSpec, TrainingSpec
from farfield.spec.business import (
    ASSUMED,
    CURRENCIES,
    EDITED,
    HANDLING,
    ROLES,
    BusinessSpec,
    Role,
    Spread,
    TaskBusiness,
)
from farfield.spec.claims import ClaimSpec, Term, Who, claims_of, digest, load_claims
from farfield.spec.grammar import grammar
from farfield.spec.reading import load_study, parse_study, schema
from farfield.spec.study import (
    OWN_TIERS,
    TIERS,
    AutomationSpec,
    DomainSpec,
    OwnTier,
    StudySpec,
    TaskProtocol,
    TaskSpec,
    Tier,
)
from farfield.spec.template import Template
from farfield.spec.universes import Bos, DemoChoice, Factor, FactorValue, LabelScoring, MultiverseSpec, Universe

__all__ = [
    "ASSUMED",
    "CURRENCIES",
    "EDITED",
    "HANDLING",
    "OWN_TIERS",
    "ROLES",
    "TIERS",
    "ArmSpec",
    "AutomationSpec",
    "Bos",
    "BusinessSpec",
    "ClaimSpec",
    "DemoChoice",
    "DomainSpec",
    "Factor",
    "FactorValue",
    "Format",
    "LabelScoring",
    "MultiverseSpec",
    "OwnTier",
    "Recipe",
    "Remedies",
    "Role",
    "SearchSpec",
    "Spread",
    "StudySpec",
    "TaskBusiness",
    "TaskProtocol",
    "TaskSpec",
    "Template",
    "Term",
    "Tier",
    "TrainingSpec",
    "Universe",
    "Who",
    "claims_of",
    "digest",
    "grammar",
    "load_claims",
    "load_study",
    "parse_study",
    "schema",
]
