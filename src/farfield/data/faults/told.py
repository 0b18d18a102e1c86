"""What the faults of rows come to, as issues: each check a function from examples to issues."""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence

import numpy as np

from farfield.data.examples import Example, key
from farfield.data.faults.characters import LOST, control_tokens, controls, invisible
from farfield.data.faults.labels import doubted_labels
from farfield.data.faults.mojibake import is_damaged
from farfield.data.faults.near import Pair, near_duplicates
from farfield.data.faults.personal import masked, personal_data
from farfield.data.faults.rows import answered, cut_off, empty, in_other_language, label_in_input, too_long
from farfield.data.issues import Issue
from farfield.spec import TaskSpec
from farfield.stats import Undefined

__all__ = ["damaged", "doubted", "fields_of", "nearly_repeated", "personal", "standing_out"]

# More rows make the classifier that doubts labels slow and hardly surer.
_DOUBTED = 10_000


def fields_of(examples: Sequence[Example]) -> list[tuple[str, ...]]:
    """The fields of each example, as `near_duplicates` takes them."""
    return [tuple(example.fields.values()) for example in examples]


def nearly_repeated(examples: Sequence[Example], task: TaskSpec, where: str) -> Iterator[Issue]:
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
        what = f"{len(rows)} of {len(examples)} rows nearly repeat another row, {_such_as(examples, same)}"
        yield Issue("warning", "near_duplicates", what, where, rows, "keep one of each: they are not rows of their own")
    unlike = [] if same is pairs else [p for p in pairs if examples[p.one].target != examples[p.other].target]
    if unlike:
        rows = _rows(examples, sorted({row for pair in unlike for row in (pair.one, pair.other)}))
        what = (
            f"{len(rows)} of {len(examples)} rows say nearly what a row with another label says, "
            f"{_such_as(examples, unlike)}"
        )
        yield Issue("note", "near_conflicts", what, where, rows, "look whether the difference makes the other label")


def damaged(examples: Sequence[Example], where: str) -> Iterator[Issue]:
    """Characters and rows that something broke on their way here."""
    for code, found, what, mend in _DAMAGE:
        rows = tuple(e.row for e in examples if any(found(text) for text in (*e.fields.values(), e.target)))
        if rows:
            yield Issue("warning", code, f"{len(rows)} of {len(examples)} rows {what}", where, rows, mend)
    blank = _rows(examples, empty(fields_of(examples)))
    if blank:
        what = f"{len(blank)} of {len(examples)} rows have an empty field"
        yield Issue("warning", "empty_field", what, where, blank, "fill it in or remove the row")


_DAMAGE: tuple[tuple[str, Callable[[str], object], str, str], ...] = (
    (
        "mojibake",
        is_damaged,
        "were read in a wrong encoding",
        "`--fix` mends what can be told; read the others anew from where they come",
    ),
    (
        "lost_characters",
        lambda text: LOST in text,
        "hold U+FFFD, where a character was lost",
        "read them anew from where they come, in their encoding",
    ),
    ("control_characters", controls, "hold control characters", "`--fix` removes them"),
    (
        "invisible_characters",
        invisible,
        "hold characters that nobody sees and the model reads",
        "remove them, unless they are meant",
    ),
    (
        "control_tokens",
        control_tokens,
        "hold what reads like a token of a chat template",
        "remove it, unless the task is about it",
    ),
)


def standing_out(examples: Sequence[Example], task: TaskSpec, where: str) -> Iterator[Issue]:
    """Rows that are far longer, in another language, or hold their own answer."""
    asked, targets = [example.asked for example in examples], [example.target for example in examples]
    if rows := _rows(examples, too_long(asked)):
        what = f"{len(rows)} of {len(examples)} rows have over ten times the characters of the middle one"
        yield Issue("note", "far_longer", what, where, rows, "look whether several rows were run together")
    if rows := _rows(examples, in_other_language(asked)):
        what = f"{len(rows)} of {len(examples)} rows are in another language than nearly all"
        yield Issue("note", "other_language", what, where, rows, "make them a domain of their own, or remove them")
    if task.kind == "generation":
        if rows := _rows(examples, answered(asked, targets)):
            what = f"in {len(rows)} of {len(examples)} rows the whole answer stands in what is asked"
            yield Issue("note", "answer_in_input", what, where, rows, "look whether copying is what the task is about")
        if rows := _rows(examples, cut_off(targets)):
            what = f"{len(rows)} of {len(examples)} answers end in the middle, where the others don't"
            yield Issue("warning", "truncated_target", what, where, rows, "read them anew from where they come")
    elif rows := _rows(examples, label_in_input(asked, targets, task.labels)):
        what = f"{len(rows)} of {len(examples)} rows name their label in what is asked"
        yield Issue("warning", "label_in_input", what, where, rows, "take it out: it won't be there in use")


def personal(examples: Sequence[Example], where: str) -> Iterator[Issue]:
    """E-mail addresses, phone numbers and the like; what is shown of them is masked."""
    kinds: Counter[str] = Counter()
    rows, first = [], ""
    for example in examples:
        for name, text in (*example.fields.items(), ("target", example.target)):
            found = personal_data(text)
            if not found:
                continue
            kinds.update({each.kind for each in found})
            start, end = found[0].start, found[0].end
            first = first or f"row {example.row}, {name}, from character {start}: {masked(text[start:end])}"
            rows.append(example.row)
    if rows:
        counted = ", ".join(f"{kind.replace('_', ' ')} {count}" for kind, count in sorted(kinds.items()))
        rows = list(dict.fromkeys(rows))
        what = f"{len(rows)} of {len(examples)} rows hold personal data ({counted}), such as {first}"
        yield Issue("warning", "personal_data", what, where, tuple(rows), "mask it before anything learns it")


def doubted(examples: Sequence[Example], task: TaskSpec, where: str) -> Iterator[Issue]:
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
    what = (
        f"{len(doubts.rows)} of {len(known)} labels are likely wrong, such as row {known[first.row].row}: "
        f"{first.label!r}, where the rows suggest {first.instead!r}; at most about {share.value:.1%} "
        f"({share.low:.1%} to {share.high:.1%}) of all are"
    )
    rows = tuple(known[row.row].row for row in doubts.rows)
    yield Issue("warning", "label_errors", what, where, rows, "read them; the classifier knows words and no meaning")


def _rows(examples: Sequence[Example], places: Sequence[int]) -> tuple[int, ...]:
    return tuple(examples[place].row for place in places)


def _such_as(examples: Sequence[Example], pairs: Sequence[Pair]) -> str:
    most = max(pairs, key=lambda pair: (pair.similarity, -pair.one))
    one, other = examples[most.one].row, examples[most.other].row
    return f"such as rows {one} and {other} ({most.similarity:.0%} alike)"
