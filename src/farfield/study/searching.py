"""A search among forms of prompt, on development rows alone, and the cells that are asked in the form it found."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, cast

from farfield.metrics import RowScore, metric, point
from farfield.runs import Run
from farfield.runs.address import Part
from farfield.study.cells import EvaluateCell, TrainCell
from farfield.study.forms import PromptForm, Round, SearchCell, in_form
from farfield.study.predictions import Prediction, point_of

__all__ = ["Searched", "asked_as_found", "found_form", "halve", "search_forms", "searched_of", "taught_as_found"]

# Asks the untrained model what a cell asks.
Ask = Callable[[EvaluateCell], Sequence[Prediction]]


@dataclass(frozen=True, slots=True)
class Searched:
    """What a search found for one arm and task.

    Attributes:
        candidates: forms that were drawn, beside the study's own.
        prompts: that the rounds asked.
        rounds: their candidates and development rows.
        template, demos: the form that was found; of each demo its domain and row.
        score: of that form on all development rows.
        own_shots, own_template, own_score: the best of the study's own forms, on the same rows.
    """

    arm: str
    task: str
    metric: str
    dev_rows: int
    candidates: int
    prompts: int
    rounds: tuple[Round, ...]
    template: int
    demos: tuple[tuple[str, int], ...]
    score: float
    own_shots: int
    own_template: int
    own_score: float


def halve(
    rounds: Sequence[Round], shots: Sequence[int], score: Callable[[int, int], float]
) -> Iterator[dict[int, float]]:
    """The scores of each round's candidates, by their numbers, the best first.

    Args:
        rounds: see `forms.rounds_of`.
        shots: each candidate's number of demos: of equal scores fewer demos win, then the earlier candidate.
        score: of a candidate on the first so many rows.
    """
    left: Sequence[int] = range(len(shots))
    for each in rounds:
        scores = {number: score(number, each.rows) for number in left[: each.candidates]}
        left = sorted(scores, key=lambda number: (-scores[number], shots[number], number))
        yield {number: scores[number] for number in left}


def search_forms(cell: SearchCell, run: Run, ask: Ask) -> dict[str, Part]:
    """Carries out a search and tells what its record says: every round, and the form that was found.

    In the end all of the last round and the study's own forms are compared on all development rows; of equal scores
    fewer demos win, then the study's own form, then the earlier candidate.
    """
    of = metric(cell.task.spec.scored_by[0], cell.task.spec.labels)
    dev = cell.own[0]
    rows: list[list[RowScore]] = [[] for _ in cell.drawn]

    def score(number: int, upto: int) -> float:
        fresh = tuple(dev.domain.examples[place] for place in cell.rows[len(rows[number]) : upto])
        if fresh:
            asked = in_form(replace(dev, domain=replace(dev.domain, examples=fresh)), cell.drawn[number])
            rows[number] += [of.row(each.prediction, each.target) for each in ask(asked)]
        return point(of, rows[number])

    rounds = list(halve(cell.rounds, [form.shots for form in cell.drawn], score))
    own = [point_of(of, run.predictions(each.address)) for each in cell.own]
    final = dict(enumerate(own)) | {len(own) + number: value for number, value in rounds[-1].items()}
    found, best_own = _best(cell.forms, final), _best(cell.forms, dict(enumerate(own)))
    form, own_form = cell.forms[found], cell.forms[best_own]
    return {
        "found": found,
        "forms": [{"template": each.template, "demos": each.rows} for each in cell.forms],
        "scores": [list(scores.items()) for scores in rounds],
        "metric": of.name,
        "dev_rows": len(cell.rows),
        "candidates": len(cell.drawn),
        "prompts": cell.prompts,
        "rounds": [[each.candidates, each.rows] for each in cell.rounds],
        "template": form.template,
        "demos": form.rows,
        "score": final[found],
        "own_template": own_form.template,
        "own_shots": own_form.shots,
        "own_score": own[best_own],
    }


def _best(forms: Sequence[PromptForm], scores: Mapping[int, float]) -> int:
    return min(scores, key=lambda number: (-scores[number], forms[number].shots, number))


def found_form(search: SearchCell, run: Run) -> PromptForm:
    """The form that a finished search found."""
    return search.forms[cast("int", run.record(search.address).facts["found"])]


def asked_as_found(cell: EvaluateCell, run: Run) -> EvaluateCell:
    """The cell with the prompts that its search found; the same cell where there is none."""
    return in_form(cell, found_form(cell.search, run)) if cell.search else cell


def taught_as_found(cell: TrainCell, run: Run) -> TrainCell:
    """The training with the prompts that its searches found; `shots` are those of its own task."""
    shares = tuple(replace(s, form=found_form(s.search, run)) if s.search else s for s in cell.shares)
    shots = next((s.form.shots for s in shares if s.task.name == cell.task.name and s.form), cell.shots)
    return replace(cell, shares=shares, shots=shots)


def searched_of(run: Run) -> Iterator[Searched]:
    """Every finished search of a run, once for each arm that it serves."""
    for line in cast("list[Mapping[str, str]]", run.manifest().get("searches", [])):
        if run.has(line["address"]):
            told: Any = run.record(line["address"]).facts
            plain = {name: told[name] for name in Searched.__dataclass_fields__ if name in told}
            plain["rounds"] = tuple(Round(*each) for each in told["rounds"])
            plain["demos"] = tuple((domain, row) for domain, row in told["demos"])
            yield Searched(line["arm"], line["task"], **plain)
