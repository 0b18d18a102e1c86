"""Claims: statements declared before a run, that its predictions then uphold or not."""

import hashlib
import json
from collections.abc import Iterable
from pathlib import Path
from typing import Literal, Self

from pydantic import Field, model_validator

from farfield.spec.arms import Frozen, Name
from farfield.spec.reading import parsed, text_of
from farfield.spec.study import StudySpec, Tier

__all__ = ["ClaimSpec", "Term", "Who", "claims_of", "digest", "load_claims"]

SHIPPED = Path(__file__).with_name("claims.yaml")


class Who(Frozen):
    """One side of a comparison: an arm, asked with the demos that it was trained with."""

    arm: str = Field(description="An arm of the study; or the role ft, fticl or comparator.")
    size: Literal["largest", "smallest"] = Field("largest", description="Which of the training sets.")
    template: int = Field(0, ge=0, description="Number of the prompt template, from 0.")


class Term(Frozen):
    """One paired difference, a mean over its tasks' domains at equal weight."""

    of: Who = Field(description="Whose scores.")
    over: Who = Field(description="Whose scores are subtracted, row by row.")
    tier: Tier = Field("in_domain", description="On which test sets.")
    weight: float = Field(1.0, description="Sign and weight of the difference in the claim's sum.")


class ClaimSpec(Frozen):
    """A statement that a run can test: a sum of paired differences, and on which side of the line it should lie."""

    name: Name = Field(description="Short name.")
    says: dict[Literal["en", "ja"], str] = Field(min_length=1, description="The statement in a sentence a language.")
    kind: Literal["classification", "generation"] | None = Field(
        None, description="Kind of the tasks whose test sets are looked at (default both, each where it can)."
    )
    trained_on: Literal["classification", "generation"] | None = Field(
        None, description="Kind of the tasks that the arms were trained on, for the tier cross_task."
    )
    measure: Literal["score", "weights"] = Field(
        "score", description="score: each task's first metric. weights: mean |Δw|, relative, a task a unit."
    )
    terms: tuple[Term, ...] = Field(min_length=1, description="The differences that are added up.")
    expects: Literal["above", "below", "different"] = Field(description="Where the sum should lie.")
    line: float = Field(0.0, description="The line that it should lie above or below of.")

    @model_validator(mode="after")
    def _testable(self) -> Self:
        if self.measure == "weights" and len(self.terms) > 1:
            raise ValueError("a claim about weights has one term")
        return self


class _ClaimsFile(Frozen):
    claims: tuple[ClaimSpec, ...] = Field(min_length=1, description="The claims to test.")


def load_claims(path: Path | None = None) -> tuple[ClaimSpec, ...]:
    """The claims of a file; without one, those of arXiv 2403.09162 that farfield ships.

    Raises:
        SpecError: no such file, no YAML, or a claim that can't be tested; with the key and its line.
    """
    path = path or SHIPPED
    text = text_of(path, "file of claims", "check the path")
    return parsed(text, _ClaimsFile, str(path), "begin it with `claims:` and a list").claims


def claims_of(study: StudySpec) -> tuple[ClaimSpec, ...]:
    """The claims that a study declares, or those that farfield ships; see `load_claims`."""
    return load_claims(study.resolve(study.claims) if study.claims else None)


def digest(claims: Iterable[ClaimSpec]) -> str:
    """SHA-256 of what is claimed, whatever its wording: a run keeps it to show that claims came before numbers."""
    tested = [claim.model_dump(mode="json", exclude={"says"}) for claim in claims]
    return hashlib.sha256(json.dumps(tested, sort_keys=True).encode()).hexdigest()
