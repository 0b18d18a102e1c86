"""Forms of prompt (which demos, in which order, how many, under which template), and the cell that searches them."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from farfield.data import Demos, Example, fingerprint
from farfield.runs import address_of, seed_of
from farfield.runs.address import Part
from farfield.spec import SearchSpec

if TYPE_CHECKING:
    from farfield.study.cells import EvaluateCell
    from farfield.study.tasks import TaskData

__all__ = ["PromptForm", "Round", "SearchCell", "as_found", "in_form", "longest", "rounds_of", "search_cell"]


@dataclass(frozen=True, slots=True)
class PromptForm:
    """The demos that all prompts show, in this order, and the template's number."""

    template: int
    demos: tuple[Example, ...]

    @property
    def shots(self) -> int:
        """How many demos there are."""
        return len(self.demos)

    @property
    def rows(self) -> tuple[tuple[str, int], ...]:
        """Which demos they are: domain and row number in its file of demos."""
        return tuple((demo.domain, demo.row) for demo in self.demos)


@dataclass(frozen=True, slots=True)
class Round:
    """One round of a search: how many candidates are scored on how many development rows, earlier ones included."""

    candidates: int
    rows: int


@dataclass(frozen=True, slots=True)
class SearchCell:
    """Of many forms of prompt, the one that serves the untrained model best on development rows.

    Attributes:
        own: the study's own forms, asked on all development rows; they stand in the last round without having been
            halved, so what is found is never worse there than they are.
        drawn: the candidates, in the order in which they were drawn.
        rows: places of the development rows, in the order in which rounds ask them.
    """

    address: str
    own: "tuple[EvaluateCell, ...]"
    drawn: tuple[PromptForm, ...]
    rows: tuple[int, ...]

    @property
    def label(self) -> str:
        """The cell in words, for progress; with the budget."""
        return (
            f"search prompts: {self.task.name}, {len(self.drawn)} forms, {self.prompts} prompts "
            f"over {len(self.rows)} development rows"
        )

    @property
    def work(self) -> int:
        """See `TrainCell.work`."""
        return 1 + self.prompts * self.own[0].work // len(self.rows)

    @property
    def task(self) -> "TaskData":
        """Whose prompts are looked for."""
        return self.own[0].task

    @property
    def forms(self) -> tuple[PromptForm, ...]:
        """The study's own forms, then the candidates."""
        own = (PromptForm(cell.template, cell.domain.demos.first(cell.shots)) for cell in self.own)
        return (*own, *self.drawn)

    @property
    def rounds(self) -> tuple[Round, ...]:
        """See `rounds_of`."""
        return rounds_of(len(self.drawn), len(self.rows))

    @property
    def calls(self) -> int:
        """How often a candidate is asked rows that are new to it."""
        return sum(each.candidates for each, fresh in zip(self.rounds, self._fresh, strict=True) if fresh)

    @property
    def prompts(self) -> int:
        """The budget: prompts that the rounds ask, the study's own forms apart."""
        return sum(each.candidates * fresh for each, fresh in zip(self.rounds, self._fresh, strict=True))

    @property
    def longest(self) -> PromptForm:
        """At least as long as what may be found, by bytes: it stands in until that is known."""
        prompts = self.task.spec.prompts
        shots = max(form.shots for form in self.forms)
        return PromptForm(prompts.index(max(prompts, key=_bytes)), longest(self.task.pool, shots))

    @property
    def _fresh(self) -> list[int]:
        ends = [0, *(each.rows for each in self.rounds)]
        return [after - before for before, after in pairwise(ends)]


def rounds_of(candidates: int, rows: int) -> tuple[Round, ...]:
    """Successive halving (Jamieson and Talwalkar, arXiv 1502.07943, algorithm 1), down to the last two.

    Each round keeps the better half and doubles the rows, up to all of them in the last one. Rows add up: a survivor
    is asked only those that are new, so rounds cost about the same each after a first one that costs twice that.
    """
    count = max(1, (candidates - 1).bit_length())
    return tuple(Round(-(-candidates // 2**n), -(-rows // 2 ** (count - 1 - n))) for n in range(count))


def search_cell(own: Sequence["EvaluateCell"], shots: Sequence[int], search: SearchSpec, balanced: bool) -> SearchCell:
    """The cell that searches forms with these numbers of demos; `own` are the study's, on all development rows."""
    task = own[0].task
    parts: dict[str, Part] = {
        "kind": "search",
        "own": [cell.address for cell in own],  # with the weights, the development rows and how they are scored
        "metric": task.spec.scored_by[0],
        "prompts": list(task.spec.prompts),
        "pool": fingerprint(task.pool),
        "balanced": balanced,
        "shots": list(shots),
        "candidates": search.candidates,
        "seed": search.seed,
    }
    address = address_of(parts)
    rng = np.random.default_rng(seed_of(address))
    rows = tuple(rng.permutation(len(own[0].domain.examples)).tolist())
    bare = SearchCell(address, tuple(own), (), rows)
    return replace(bare, drawn=_drawn(bare, [k for k in shots if k], search.candidates, balanced, rng))


def _drawn(
    bare: SearchCell, shots: Sequence[int], count: int, balanced: bool, rng: np.random.Generator
) -> tuple[PromptForm, ...]:
    """Different forms, none of them the study's own; a small pool may have fewer than are asked for."""
    task = bare.task
    known = {(form.template, form.rows) for form in bare.forms}
    drawn: dict[tuple[int, tuple[tuple[str, int], ...]], PromptForm] = {}
    for _ in range(20 * count):
        template, k = int(rng.integers(len(task.spec.prompts))), int(rng.choice(shots))
        shuffled = Demos(_in_order(task.pool, rng), task.spec, balanced=balanced)
        form = PromptForm(template, _in_order(shuffled.first(k), rng))
        if (form.template, form.rows) not in known:
            drawn.setdefault((form.template, form.rows), form)
        if len(drawn) == count:
            break
    return tuple(drawn.values())


def _in_order(demos: Sequence[Example], rng: np.random.Generator) -> tuple[Example, ...]:
    return tuple(demos[place] for place in rng.permutation(len(demos)))


def as_found(cell: "EvaluateCell", search: SearchCell) -> "EvaluateCell":
    """The cell in the form that a search finds, under an address that follows from both."""
    address = address_of({"kind": "evaluate", "search": search.address, "asked": cell.address})
    return in_form(replace(cell, address=address, search=search), search.longest)


def in_form(cell: "EvaluateCell", form: PromptForm) -> "EvaluateCell":
    """The cell with the prompts of a form; its address stays."""
    demos = Demos(form.demos, cell.task.spec)
    return replace(cell, shots=form.shots, template=form.template, domain=replace(cell.domain, demos=demos))


def longest(demos: Sequence[Example], shots: int) -> tuple[Example, ...]:
    """The demos that make a prompt longest, by bytes."""
    texts = {id(demo): sum(map(_bytes, (*demo.fields.values(), demo.target))) for demo in demos}
    return tuple(sorted(demos, key=lambda demo: -texts[id(demo)])[:shots])


def _bytes(text: str) -> int:
    return len(text.encode())
