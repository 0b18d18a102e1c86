"""What the page says of conclusions in other universes: which survive, what flips them, what could not be varied."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from farfield.findings import Conclusion, Multiverse, Stand
from farfield.report.numbers import gain_text, signed
from farfield.report.words import Words
from farfield.stats import Estimate
from farfield.study import Lapse

__all__ = ["MultiverseView", "multiverse_view"]

_SHOWN = {Stand.yes: ("✔", "good"), Stand.open: ("?", "open"), Stand.no: ("✘", "bad")}
_MOST_OPEN = 12  # rows of the matrix that are shown without being asked for
# Factors whose values are numbers; the others' values have words of their own.
_NUMBERED = ("template", "seed", "learning_rate")

Mark = tuple[str, str, str]
"""Symbol, word and tone of one verdict."""


@dataclass(frozen=True, slots=True)
class ConclusionRow:
    """One conclusion: its number, the statement, the study's verdict and value, the range elsewhere, what survives."""

    number: int
    says: str
    mark: Mark
    value: str
    between: str
    survival: str
    tone: str


@dataclass(frozen=True, slots=True)
class MultiverseView:
    """The section as texts.

    Attributes:
        sentence: for a manager.
        rows: the conclusions.
        matrix: by variant, its name and a mark for each conclusion; None where it is no other one for it.
        flips: factor, pairs, changed, turned.
        lapses: task, change, reason.
        symbols: of the marks, by stand.
        folded: whether the matrix is long.
    """

    sentence: list[str]
    rows: list[ConclusionRow]
    matrix: list[tuple[str, list[Mark | None]]]
    flips: list[tuple[str, int, int, int]]
    lapses: list[tuple[str, str, str]]
    symbols: Mapping[str, str]
    folded: bool


def multiverse_view(found: Multiverse | None, lapses: Sequence[Lapse], say: Words) -> MultiverseView | None:
    """The section in the language of `say`; None where nothing is varied, or nothing could be judged."""
    if found is None or not found.conclusions:
        return None
    matrix = [
        (_variant(changes, say), [_mark_in(conclusion, number, say) for conclusion in found.conclusions])
        for number, changes in enumerate(found.variants)
    ]
    matrix = [(name, marks) for name, marks in matrix if any(marks)]
    return MultiverseView(
        list(_sentence(found, say)),
        [_row(number, conclusion, say) for number, conclusion in enumerate(found.conclusions, 1)],
        matrix,
        [(say(f"factor.{each.factor}"), each.pairs, each.changed, each.turned) for each in found.flips],
        [(each.task, _change(each.factor, each.value, say), say(f"lapse.{each.reason}")) for each in lapses],
        {str(stand): symbol for stand, (symbol, _) in _SHOWN.items()},
        len(matrix) > _MOST_OPEN,
    )


def _sentence(found: Multiverse, say: Words) -> list[str]:
    reached = [each for each in found.conclusions if each.own.stand is not Stand.open]
    if not reached:
        return [say("multiverse.open", of=len(found.conclusions))]
    kept, turned = sum(each.survives for each in reached), sum(each.turned > 0 for each in reached)
    told = [say("multiverse.kept", kept=kept, of=len(reached), ways=len(found.variants) - 1)]
    if kept < len(reached):
        told.append(say("multiverse.turned", turned=turned) if turned else say("multiverse.unsure"))
    worst = max(found.flips, key=lambda each: each.changed / each.pairs, default=None)
    if worst and worst.changed:
        factor = say(f"factor.{worst.factor}")
        told.append(say("multiverse.worst", factor=factor, changed=worst.changed, pairs=worst.pairs))
    return told


def _row(number: int, conclusion: Conclusion, say: Words) -> ConclusionRow:
    own, others = conclusion.own, conclusion.others.values()
    values = [said.value.value for said in (own, *others) if isinstance(said.value, Estimate)]
    between = say("multiverse.between", low=signed(min(values)), high=signed(max(values))) if values else "–"
    survival = say("multiverse.same", same=conclusion.same, of=len(others))
    if conclusion.turned:
        survival += say("sentence.gap") + say("multiverse.opposite", turned=conclusion.turned)
    kept = "plain" if own.stand is Stand.open else "good"  # what is open everywhere is no success
    tone = kept if conclusion.survives else "bad" if conclusion.turned else "open"
    value = gain_text(own.value, say, relative=not own.tasks)
    return ConclusionRow(number, _says(conclusion, say), _mark(own.stand, say), value, between,
                         survival, tone)  # fmt: skip


def _says(conclusion: Conclusion, say: Words) -> str:
    own = conclusion.own
    if own.says:  # a claim of the user's own may be worded in one language only
        said = {str(language): words for language, words in own.says.items()}
        return said.get(say.language) or next(iter(said.values()))
    where = say("multiverse.on", task=own.tasks[0], tier=say(f"tier.{own.tier}"))
    return say("claim.gains", arm=own.name, where=where)


def _mark(stand: Stand, say: Words) -> Mark:
    symbol, tone = _SHOWN[stand]
    return symbol, say(f"stand.{stand}"), tone


def _mark_in(conclusion: Conclusion, number: int, say: Words) -> Mark | None:
    said = conclusion.own if number == 0 else conclusion.others.get(number)
    return None if said is None else _mark(said.stand, say)


def _variant(changes: Mapping[str, str], say: Words) -> str:
    if not changes:
        return say("multiverse.own")
    return say("list.comma").join(_change(factor, value, say) for factor, value in changes.items())


def _change(factor: str, value: str, say: Words) -> str:
    if factor in _NUMBERED:
        return say(f"changed.{factor}", value=value)
    return say(f"changed.{factor}.{_WORDS.get(value, value)}")


# What can't stand in a key of the catalogue.
_WORDS = {"": "none", " ": "space"}
