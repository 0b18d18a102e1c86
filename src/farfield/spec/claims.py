"""Claims: statements declared before a run, that its predictions then uphold or not."""

from pathlib import Path
from typing import Literal, Self

import yaml
from pydantic import Field, ValidationError, model_validator

from farfield.errors import SpecError
from farfield.spec.arms import Frozen, Name
from farfield.spec.reading import Loader, text_of
from farfield.spec.study import Tier

__all__ = ["ClaimSpec", "Term", "Who", "load_claims"]

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


def load_claims(path: Path | None = None) -> tuple[ClaimSpec, ...]:
    """The claims of a file; without one, those of arXiv 2403.09162 that farfield ships.

    Raises:
        SpecError: no such file, no YAML, or a claim that can't be tested.
    """
    path = path or SHIPPED
    text = text_of(path, "file of claims", "check the path")
    try:
        parts = yaml.load(text, Loader)
        return tuple(ClaimSpec.model_validate(part) for part in parts["claims"])
    except ValidationError as error:
        detail = error.errors()[0]
        key = ".".join(map(str, detail["loc"]))
        raise SpecError(
            f"{key}: {detail['msg']}".removeprefix(": "), where=str(path), mend="see the shipped claims"
        ) from None
    except (yaml.YAMLError, KeyError, TypeError) as error:
        what = f"this is no file of claims: {error}"
        raise SpecError(what, where=str(path), mend="begin it with `claims:` and a list") from None
