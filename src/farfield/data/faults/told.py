"""What the faults of rows come to, as issues: each check a function from examples to issues."""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence

import numpy as np

from farfield.data.examples import Example, key
from farfield.data.faults.characters import LOST, control_tokens, controls, invisible
from farfield.data.faults.labels import doubted_labels
from farfield.data.faults.mojibake import is_damaged
from farfield.data.faults.near import Pair, near_duplicates
from farfield.data.faults.personal import masked, personal_data
from farfield.data.faults.rows import answered, cut_off, empty, in_other_language, label_in_input, too_long
from farfield.data.issues import Issue, Place, Value
from farfield.spec import TaskSpec
from farfield.stats import Undefined

__all__ = ["damaged", "doubted", "fields_of", "nearly_repeated", "personal", "standing_out"]

# More rows make the classifier that doubts labels slow and hardly surer.
_DOUBTED = 10_000


def fields_of(examples: Sequence[Example]) -> list[tuple[str, ...]]:
    """The fields of each example, as `near_duplicates` takes them."""
    return [tuple(example.fields.values()) for example in examples]


def nearly_repeated(examples: Sequence[Example], task: TaskSpec, where: Place) -> Iterator[Issue]:
    """Rows that say nearly what another one says, beyond those that `duplicates` and `conflicts` tell."""
    pairs = [
        pair
        for pair in near_duplicates(fields_of(examples)).pairs
        if key(examples[pair.one], task) != key(examples[pair.other], task)
    ]
    same = [pair for pair in pairs if examples[pair.one].target == examples[pair.other].target]
    if task.kind == "generation":
        same = pairs
    if same:
        rows = _rows(examples, sorted({pair.other for pair in same}))
        yield Issue("near_duplicates", where, rows, _such_as(examples, same))
    unlike = [] if same is pairs else [p for p in pairs if examples[p.one].target != examples[p.other].target]
    if unlike:
        rows = _rows(examples, sorted({row for pair in unlike for row in (pair.one, pair.other)}))
        yield Issue("near_conflicts", where, rows, _such_as(examples, unlike))


def damaged(examples: Sequence[Example], where: Place) -> Iterator[Issue]:
    """Characters and rows that something broke on their way here."""
    for code, found in _DAMAGE.items():
        rows = tuple(e.row for e in examples if any(found(text) for text in (*e.fields.values(), e.target)))
        yield from _of_all(code, examples, where, rows)
    yield from _of_all("empty_field", examples, where, _rows(examples, empty(fields_of(examples))))


_DAMAGE: Mapping[str, Callable[[str], object]] = {
    "mojibake": is_damaged,
    "lost_characters": lambda text: LOST in text,
    "control_characters": controls,
    "invisible_characters": invisible,
    "control_tokens": control_tokens,
}


def standing_out(examples: Sequence[Example], task: TaskSpec, where: Place) -> Iterator[Issue]:
    """Rows that are far longer, in another language, or hold their own answer; answers that were cut off."""
    asked, targets = [example.asked for example in examples], [example.target for example in examples]
    found = {"far_longer": too_long(asked), "other_language": in_other_language(asked)}
    if task.kind == "generation":
        found |= {"answer_in_input": answered(asked, targets), "truncated_target": cut_off(targets)}
    else:
        found["label_in_input"] = label_in_input(asked, targets, task.labels)
    for code, places in found.items():
        yield from _of_all(code, examples, where, _rows(examples, places))


def personal(examples: Sequence[Example], where: Place) -> Iterator[Issue]:
    """E-mail addresses, phone numbers and the like; what is shown of them is masked."""
    kinds: Counter[str] = Counter()
    rows: dict[int, dict[str, str | int]] = {}
    for example in examples:
        for name, text in (*example.fields.items(), ("target", example.target)):
            found = personal_data(text)
            if not found:
                continue
            kinds.update({each.kind.replace("-", "_") for each in found})
            start, end = found[0].start, found[0].end
            shown: dict[str, str | int] = {"field": name, "start": start, "shown": masked(text[start:end])}
            rows.setdefault(example.row, {"row": example.row, **shown})
    if rows:
        counts = dict(sorted(kinds.items()))
        first = next(iter(rows.values()))
        yield Issue("personal_data", where, tuple(rows), {"of": len(examples), "counts": counts, **first})


def doubted(examples: Sequence[Example], task: TaskSpec, where: Place) -> Iterator[Issue]:
    """Labels that are likely wrong, the surest first, as a classifier sees it that never saw the row."""
    if task.kind != "classification":
        return
    known = [example for example in examples if example.target][:_DOUBTED]
    asked = [example.asked for example in known]
    clusters = near_duplicates(fields_of(known)).clusters
    doubts = doubted_labels(asked, [e.target for e in known], rng=np.random.default_rng(0), clusters=clusters)
    if isinstance(doubts, Undefined) or not doubts.rows:
        return
    first, share = doubts.rows[0], doubts.share
    told: dict[str, Value] = {
        "of": len(known),
        "row": known[first.row].row,
        "label": first.label,
        "instead": first.instead,
    }
    told |= {"share": f"{share.value:.1%}", "low": f"{share.low:.1%}", "high": f"{share.high:.1%}"}
    yield Issue("label_errors", where, tuple(known[row.row].row for row in doubts.rows), told)


def _of_all(code: str, examples: Sequence[Example], where: Place, rows: tuple[int, ...]) -> Iterator[Issue]:
    if rows:
        yield Issue(code, where, rows, {"of": len(examples)})


def _rows(examples: Sequence[Example], places: Sequence[int]) -> tuple[int, ...]:
    return tuple(examples[place].row for place in places)


def _such_as(examples: Sequence[Example], pairs: Sequence[Pair]) -> dict[str, str | int]:
    most = max(pairs, key=lambda pair: (pair.similarity, -pair.one))
    one, other = examples[most.one].row, examples[most.other].row
    return {"of": len(examples), "one": one, "other": other, "alike": f"{most.similarity:.0%}"}
