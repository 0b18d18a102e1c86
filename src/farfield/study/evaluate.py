"""One evaluation: prompts of a test set through a back end, into predictions."""

import hashlib

from farfield.engine.protocol import Backend, Choices, Ending, Progress
from farfield.models import Tokenizer
from farfield.spec import TaskSpec
from farfield.study.asking import Asking
from farfield.study.cells import EvaluateCell
from farfield.study.predictions import Prediction

__all__ = ["ending_of", "evaluate"]


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
    spec, start = cell.task.spec, len(asking.prefix)
    ids = [row.ids[start:] for row in asking.rows]
    written = backend.generate(asking.prefix, ids, ending_of(spec, tokenizer, cell.format), progress)
    return [
        Prediction(
            example.row,
            _sha256(asked.text),
            example.target,
            None,
            tokenizer.decode(ids).split(spec.stop)[0].strip(),
        )
        for example, asked, ids in zip(cell.domain.examples, asking.rows, written, strict=True)
    ]


def ending_of(task: TaskSpec, tokenizer: Tokenizer, expression: str = "") -> Ending:
    """When an answer of the task ends: the model's own end, the stop text, or the most tokens; and its format."""
    # No token is shorter than a byte, so a stop text that was just written stands in this many tokens at most.
    tail = len(task.stop.encode()) + 1
    return Ending(
        task.max_new_tokens,
        tokenizer.eos_ids,
        lambda written: task.stop in tokenizer.decode(written[-tail:]),
        tokenizer.matching(expression, task.stop) if expression else None,
    )


def _sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
