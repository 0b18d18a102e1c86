"""Which task's answers a text looks like: what is needed to see a model fall into another task's format."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from farfield.metrics.script import character_tfidf
from farfield.stats import Number, Undefined, wilson

if TYPE_CHECKING:
    from sklearn.pipeline import Pipeline

__all__ = ["Formats", "learn_formats"]

_FOLDS = 5
_FEWEST = 2 * _FOLDS  # different references of a task, so that each fold holds out two of them

Known = Sequence[tuple[str, str]]
"""Texts with the format that each is in."""


@dataclass(frozen=True, slots=True)
class Formats:
    """Tells the tasks' answers apart: a label by its word, other texts by what was learnt from references.

    Attributes:
        tasks: the format of each task; tasks with the same labels have one.
        labels: the formats that have this label.
        accuracy: how often a reference of a generation task is told right, cross-validated; Undefined where the
            study has none, and labels alone tell its formats apart.
    """

    tasks: Mapping[str, str]
    labels: Mapping[str, frozenset[str]]
    accuracy: Number
    _learnt: "Pipeline | None"

    def elsewhere(self, texts: Sequence[str], task: str) -> list[bool]:
        """Whether each output to a task's prompts looks like another task's answer; an empty one looks like none."""
        own = self.tasks[task]
        return [bool(found) and own not in found for found in _told(texts, self.labels, self._learnt)]


def learn_formats(references: Mapping[str, Sequence[str]], labels: Mapping[str, Sequence[str]]) -> Formats | Undefined:
    """Learns the formats by TF-IDF of character n-grams and logistic regression, each format at equal weight.

    Args:
        references: of each task; of other rows than those whose outputs will be looked at.
        labels: of each classification task.

    Returns:
        Undefined where all tasks have one format, or a generation task has too few different references.
    """
    tasks = {name: " | ".join(sorted(map(_plain, labels[name]))) if name in labels else name for name in references}
    if len(set(tasks.values())) < 2:
        return Undefined("all tasks have one format")
    having: dict[str, frozenset[str]] = {}
    for name, own in labels.items():
        for label in map(_plain, own):
            having[label] = having.get(label, frozenset()) | {tasks[name]}
    words = [(label, each) for label, formats in having.items() for each in sorted(formats)]
    written = {name: [t for t in dict.fromkeys(references[name]) if t.strip()] for name in tasks if name not in labels}
    if not written:
        return Formats(tasks, having, Undefined("labels alone tell the formats apart"), None)
    if min(map(len, written.values())) < _FEWEST:
        return Undefined("too few references to know a format by")
    texts = [(text, name) for name, own in written.items() for text in own]
    right = 0
    for fold in range(_FOLDS):
        held = texts[fold::_FOLDS]
        kept = [pair for place, pair in enumerate(texts) if place % _FOLDS != fold]
        told = _told([text for text, _ in held], having, _fitted([*words, *kept]))
        right += sum(found == {own} for found, (_, own) in zip(told, held, strict=True))
    return Formats(tasks, having, wilson(right, len(texts)), _fitted([*words, *texts]))


def _told(
    texts: Sequence[str], labels: Mapping[str, frozenset[str]], learnt: "Pipeline | None"
) -> list[frozenset[str]]:
    """The formats that each text can be in."""
    guessed = learnt.predict(list(texts)) if learnt is not None and texts else [None] * len(texts)
    return [
        frozenset() if not text.strip() else labels.get(_plain(text), frozenset(() if guess is None else (str(guess),)))
        for text, guess in zip(texts, guessed, strict=True)
    ]


def _fitted(known: Known) -> "Pipeline":
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline

    classifier = LogisticRegression(C=10.0, max_iter=1000, class_weight="balanced")
    model = make_pipeline(character_tfidf(shortest=1), classifier)
    return model.fit([text for text, _ in known], [name for _, name in known])


def _plain(label: str) -> str:
    return label.strip().casefold()
