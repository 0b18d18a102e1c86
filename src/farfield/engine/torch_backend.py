"""Scores and generates with a Transformers model; what the prompts share is computed once."""

from collections.abc import Iterator, Sequence

import torch
from torch import Tensor
from transformers import PreTrainedModel

from farfield.engine.allocator import give_back
from farfield.engine.attention import Attends, KeyValues
from farfield.engine.decode import Decoder
from farfield.engine.forms import packed_form
from farfield.engine.packing import Laid, filled
from farfield.engine.prefixes import PAGE, Prefixes, joined
from farfield.engine.protocol import Choices, Ending, Ids, Progress, silent
from farfield.engine.step import Cache, token_bytes
from farfield.errors import ModelError

__all__ = ["TorchBackend"]


class TorchBackend:
    """Rows laid end to end without padding; attention joined exactly over the prefix and each row's own part.

    Args:
        model: a decoder in evaluation mode; it is brought into its packed form.
        pack_tokens: tokens of rows in one forward pass; more fills the arithmetic units better and takes memory.
        slots: rows that are generated side by side.
        memory: bytes that may be held of what prompts begin with, and as much again of rows that are generated.
    """

    name = "shared"

    def __init__(
        self, model: PreTrainedModel, *, pack_tokens: int = 2048, slots: int = 64, memory: int = 1 << 30
    ) -> None:
        self.model = packed_form(model)
        self.pack_tokens = pack_tokens
        self.slots = slots
        self.memory = memory
        self.prefixes = Prefixes(memory)

    @torch.inference_mode()
    def score(self, prefix: Ids, rows: Sequence[Choices], progress: Progress = silent) -> list[tuple[float, ...]]:
        """Log-probabilities of the labels; see `Backend.score`."""
        past = self.prefill(prefix)
        results: list[tuple[float, ...]] = []
        for batch in filled(rows, self.pack_tokens, _tokens_of):
            results += self._score_pack(len(prefix), past, batch)
            progress(len(results), len(rows))
        return results

    @torch.inference_mode()
    def generate(self, prefix: Ids, rows: Sequence[Ids], ending: Ending, progress: Progress = silent) -> list[Ids]:
        """Greedy continuations; see `Backend.generate`."""
        give_back()  # slots of another length leave holes that these don't fit: 6 GiB after twenty test sets
        room = max(map(len, rows), default=0) + ending.max_new_tokens
        slots = max(1, min(self.slots, len(rows), self.memory // (room * token_bytes(self.model))))
        return Decoder(self, self.prefill(prefix), len(prefix), Cache(slots, room), ending).run(rows, progress)

    def prefill(self, prefix: Ids) -> tuple[KeyValues, ...]:
        """Keys and values of a prefix; pages that an earlier prefix began with as well are not computed again."""
        pages = self.prefixes.known(prefix)
        for start in range(len(pages) * PAGE, len(prefix), PAGE):
            laid, page = Laid(start), KeyValues()
            laid.lay_trunk(prefix[start : start + PAGE])
            past = (joined(pages),) if pages else ()
            self.logits(laid.ids, laid.pack(self.model.device, past, page), [laid.trunk - 1])
            pages.append(page)
            if laid.trunk == PAGE:
                self.prefixes.keep(prefix[: start + PAGE], page)
        return (joined(pages),) if pages else ()

    def logits(self, ids: Sequence[int], pack: Attends, places: Sequence[int]) -> Tensor:
        """Next-token logits at `places` of a pack, `[places, vocabulary]`."""
        device = self.model.device
        output = self.model(
            input_ids=torch.tensor([ids], device=device),
            position_ids=pack.positions[None],
            use_cache=False,
            logits_to_keep=torch.tensor(places, device=device),
            farfield=pack,
        )
        if not pack.calls:
            raise ModelError("its layers don't ask for attention")
        logits: Tensor = output.logits[0]
        return logits

    def _score_pack(
        self, offset: int, past: tuple[KeyValues, ...], rows: Sequence[Choices]
    ) -> Iterator[tuple[float, ...]]:
        laid = Laid(offset)
        places: list[int] = []  # whose next tokens are scored
        steps: list[list[list[int]]] = []  # for each row and label, indices into `places`, one a scored token
        for row in rows:
            branches = [_branch(label, row.ends) for label in row.labels]
            asked, *firsts = laid.lay_row(row.asked, branches)
            question = len(places)
            places.append(asked)
            steps.append([])
            for first, branch in zip(firsts, branches, strict=True):
                steps[-1].append([question, *range(len(places), len(places) + len(branch))])
                places += range(first, first + len(branch))
        pack = laid.pack(self.model.device, past)
        logp = _precise(self.logits(laid.ids, pack, places)).log_softmax(-1).cpu()
        for row, row_steps in zip(rows, steps, strict=True):
            yield tuple(_label_logp(logp, at, label, row.ends) for at, label in zip(row_steps, row.labels, strict=True))


def _branch(label: Ids, ends: Ids) -> Ids:
    """The tokens of a label after which something is scored."""
    return label if ends else label[:-1]


def _tokens_of(row: Choices) -> int:
    return len(row.asked) + sum(len(_branch(label, row.ends)) for label in row.labels)


def _label_logp(logp: Tensor, at: list[int], label: Ids, ends: Ids) -> float:
    total = logp[at[: len(label)], list(label)].double().sum()
    if ends:
        total = total + logp[at[-1], list(ends)].double().logsumexp(-1)
    return float(total)


def _precise(logits: Tensor) -> Tensor:
    return logits if logits.dtype is torch.float64 else logits.float()
