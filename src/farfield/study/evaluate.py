"""One evaluation: prompts of a test set through a back end, into predictions."""

import hashlib

from farfield.engine.protocol import Backend, Choices, Ending, Progress
from farfield.models import Tokenizer
from farfield.spec import TaskSpec
from farfield.study.asking import Asking
from farfield.study.cells import EvaluateCell
from farfield.study.predictions import Prediction

__all__ = ["ending_of", "evaluate", "written"]

_LABEL_TOKENS = 8  # a label that is written freely has ended by then, unless it is longer itself


def evaluate(
    cell: EvaluateCell, asking: Asking, backend: Backend, tokenizer: Tokenizer, progress: Progress
) -> list[Prediction]:
    """The predictions of a cell, in the order of its rows; `asking` are its prompts."""
    said = _classify if cell.task.spec.kind == "classification" else _generate
    return said(cell, asking, backend, tokenizer, progress)


def _classify(
    cell: EvaluateCell, asking: Asking, backend: Backend, tokenizer: Tokenizer, progress: Progress
) -> list[Prediction]:
    del tokenizer
    start, labels, scoring = len(asking.prefix), cell.task.spec.labels, cell.scoring
    rows = [Choices(row.ids[start:], scoring.counted(row.answers), scoring.ends) for row in asking.rows]
    scores = backend.score(asking.prefix, rows, progress)
    return [
        Prediction(example.row, _sha256(asked.text), example.target, tuple(logps), labels[logps.index(max(logps))])
        for example, asked, logps in zip(cell.domain.examples, asking.rows, scores, strict=True)
    ]


def _generate(
    cell: EvaluateCell, asking: Asking, backend: Backend, tokenizer: Tokenizer, progress: Progress
) -> list[Prediction]:
    texts = written(cell, asking, backend, tokenizer, progress)
    return [
        Prediction(example.row, _sha256(asked.text), example.target, None, text)
        for example, asked, text in zip(cell.domain.examples, asking.rows, texts, strict=True)
    ]


def written(
    cell: EvaluateCell, asking: Asking, backend: Backend, tokenizer: Tokenizer, progress: Progress
) -> list[str]:
    """What a model writes to the rows of a cell, labels as well, from where its answers are learnt and scored."""
    spec, start = cell.task.spec, len(asking.prefix)
    ids = [row.ids[start:] for row in asking.rows]
    answers = backend.generate(asking.prefix, ids, ending_of(spec, tokenizer, cell.format), progress)
    return [tokenizer.decode(answer).split(spec.stop)[0].strip() for answer in answers]


def ending_of(task: TaskSpec, tokenizer: Tokenizer, expression: str = "") -> Ending:
    """When an answer of the task ends: the model's own end, the stop text, or the most tokens; and its format."""
    # No token is shorter than a byte, so a stop text that was just written stands in this many tokens at most.
    tail = len(task.stop.encode()) + 1
    most = max([_LABEL_TOKENS, *(len(tokenizer.encode(label)) for label in task.labels)])
    return Ending(
        most if task.labels else task.max_new_tokens,
        tokenizer.eos_ids,
        lambda answer: task.stop in tokenizer.decode(answer[-tail:]),
        tokenizer.matching(expression, task.stop) if expression else None,
    )


def _sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
