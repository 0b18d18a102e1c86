"""One evaluation: prompts of a test set through a back end, into predictions."""

import hashlib

from farfield.engine.protocol import Backend, Choices, Ending, Progress
from farfield.models import Tokenizer
from farfield.study.asking import Asking
from farfield.study.cells import EvaluateCell
from farfield.study.predictions import Prediction

__all__ = ["evaluate"]


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
    ending = Ending(
        spec.max_new_tokens,
        tokenizer.eos_ids,
        lambda written: spec.stop in tokenizer.decode(written[-_TAIL:]),
    )
    written = backend.generate(asking.prefix, [row.ids[start:] for row in asking.rows], ending, progress)
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


# A stop text is looked for in the last tokens only; no token is shorter than a byte, no stop longer than this.
_TAIL = 16


def _sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
