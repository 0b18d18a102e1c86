"""Trivial baselines on the same rows: what a score is worth is seen beside what costs nothing.

Classification: the majority class, and TF-IDF with logistic regression. Generation: the input's lead sentence,
and the one constant answer that does best on the training rows. Both: the answer of the nearest training row.
"""

import re
from collections import Counter
from collections.abc import Callable, Sequence

from farfield.data import Demos, Example
from farfield.metrics import character_tfidf, metric
from farfield.study.tasks import Domain, TaskData

__all__ = ["answer", "baselines_of"]

# Every constant answer is tried on every reference: 50 × 100 takes a second, all of a large file would take hours.
_CANDIDATES, _REFERENCES = 50, 100
_SENTENCE_END = re.compile(r"(?<=[.!?])\s|(?<=[。！？])|\n")


def baselines_of(task: TaskData) -> tuple[str, ...]:
    """Names of the baselines that this task can have; those that learn need training rows."""
    if task.spec.kind == "generation":
        return ("lead", "constant", "nearest_row") if task.split.train else ("lead",)
    if not task.split.train:
        return ()
    # A classifier needs two classes to tell apart.
    learnt = len({example.target for example in task.split.train}) > 1
    return ("majority", "nearest_row", "tfidf_logreg") if learnt else ("majority",)


def answer(name: str, task: TaskData, domain: Domain) -> list[str]:
    """What the baseline answers to each row of the domain."""
    return _ANSWERS[name](task, domain.examples)


def _majority(task: TaskData, examples: Sequence[Example]) -> list[str]:
    counts = Counter(example.target for example in task.split.train)
    label = max(task.spec.labels, key=lambda label: counts[label])
    return [label] * len(examples)


def _tfidf_logreg(task: TaskData, examples: Sequence[Example]) -> list[str]:
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline

    model = make_pipeline(character_tfidf(), LogisticRegression(C=10.0, max_iter=1000))
    model.fit([e.asked for e in task.split.train], [e.target for e in task.split.train])
    return [str(label) for label in model.predict([e.asked for e in examples])]


def _lead(task: TaskData, examples: Sequence[Example]) -> list[str]:
    first = task.spec.fields[0]
    return [_SENTENCE_END.split(example.fields[first].strip(), maxsplit=1)[0].strip() for example in examples]


def _constant(task: TaskData, examples: Sequence[Example]) -> list[str]:
    score = metric(task.spec.scored_by[0], task.spec.labels).row
    candidates = list(dict.fromkeys(e.target for e in task.split.train))[:_CANDIDATES]
    references = [e.target for e in task.split.train[:_REFERENCES]]
    best = max(candidates, key=lambda text: sum(score(text, reference).score for reference in references))
    return [best] * len(examples)


def _nearest_row(task: TaskData, examples: Sequence[Example]) -> list[str]:
    near = Demos(task.split.train, task.spec, "nearest")
    return [near.shown(example, 1)[0].target for example in examples]


_ANSWERS: dict[str, Callable[[TaskData, Sequence[Example]], list[str]]] = {
    "majority": _majority,
    "tfidf_logreg": _tfidf_logreg,
    "nearest_row": _nearest_row,
    "lead": _lead,
    "constant": _constant,
}
