"""The plain path: one row at a time through the model as Transformers made it.

Models that can't share a prefix (state-space, hybrid) take it by themselves, and `verify` takes it for all:
it is slow, and it has nothing in it that could be wrong.
"""

import inspect
from collections.abc import Sequence

import torch
from transformers import PreTrainedModel

from farfield.engine.forms import plain_form
from farfield.engine.narrowed import narrowed
from farfield.engine.protocol import Choices, Ending, Ids, Progress, silent

__all__ = ["PlainBackend"]


class PlainBackend:
    """One row, one label, one forward pass.

    Args:
        model: any causal language model of Transformers, in evaluation mode.
    """

    name = "plain"

    def __init__(self, model: PreTrainedModel) -> None:
        self.model = plain_form(model)
        # Transformers 5.24 renames the argument and the output alike.
        self.cache = "cache" if "cache" in inspect.signature(model.forward).parameters else "past_key_values"

    @torch.inference_mode()
    def score(self, prefix: Ids, rows: Sequence[Choices], progress: Progress = silent) -> list[tuple[float, ...]]:
        """Log-probabilities of the labels; see `Backend.score`."""
        results = []
        for row in rows:
            context = prefix + row.asked
            results.append(tuple(self._label(context, label, row.ends) for label in row.labels))
            progress(len(results), len(rows))
        return results

    @torch.inference_mode()
    def generate(self, prefix: Ids, rows: Sequence[Ids], ending: Ending, progress: Progress = silent) -> list[Ids]:
        """Greedy continuations; see `Backend.generate`."""
        results = []
        for row in rows:
            results.append(self._continue(prefix + row, ending))
            progress(len(results), len(rows))
        return results

    def _label(self, context: Ids, label: Ids, ends: Ids) -> float:
        ids = context + label
        logits = self.model(torch.tensor([ids], device=self.model.device), use_cache=False).logits[0]
        logp = logits[len(context) - 1 :].double().log_softmax(-1)
        total = logp[range(len(label)), list(label)].sum()
        if ends:
            total = total + logp[-1, list(ends)].logsumexp(-1)
        return float(total)

    def _continue(self, context: Ids, ending: Ending) -> Ids:
        written: list[int] = []
        matcher = ending.matcher() if ending.matcher else None
        inputs, cache = torch.tensor([context], device=self.model.device), None
        while len(written) < ending.max_new_tokens:
            output = self.model(inputs, use_cache=True, **{self.cache: cache})
            # A model that names its cache otherwise reads the whole text again.
            cache = output.get(self.cache)
            if matcher is None:
                token = int(output.logits[0, -1].argmax())
            else:
                token = next(narrowed(matcher, output.logits[0, -1:], ending.max_new_tokens - len(written)))
            if token in ending.eos:
                break
            written.append(token)
            if ending.done(written):
                break
            inputs = torch.tensor([[token]] if cache is not None else [[*context, *written]], device=inputs.device)
        return tuple(written)
