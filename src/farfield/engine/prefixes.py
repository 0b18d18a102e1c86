"""What prompts begin with, kept in pages: the demos of two shots are the first of four, templates share heads.

A page is a fixed number of tokens counted from the first, so where a prefix is cut follows from the prefix alone:
a page that is found here has the same bits as one that is computed again, and results don't depend on what ran
before. What stands after the last whole page is each prefix's own.
"""

from collections import OrderedDict

import torch

from farfield.engine.attention import KeyValues
from farfield.engine.protocol import Ids

__all__ = ["PAGE", "Prefixes", "joined"]

PAGE = 128
"""Tokens of a page: demos are 50 to 500 tokens long, and a forward of fewer rows leaves the arithmetic units idle."""


class Prefixes:
    """Pages of keys and values under the tokens that they end; those longest unused go first, leaves before stems.

    Args:
        budget: bytes that the pages may take together.
    """

    def __init__(self, budget: int) -> None:
        self.budget = budget
        self.taken = 0
        self._pages: OrderedDict[Ids, KeyValues] = OrderedDict()

    def __len__(self) -> int:
        return len(self._pages)

    def known(self, prefix: Ids) -> list[KeyValues]:
        """The pages that are held of a prefix, from its first on without a gap."""
        ends = range(PAGE, len(prefix) + 1, PAGE)
        found = []
        for end in ends:
            page = self._pages.get(prefix[:end])
            if page is None:
                break
            found.append(page)
        self._used(prefix)
        return found

    def keep(self, prefix: Ids, page: KeyValues) -> None:
        """Holds the page that `prefix` ends with, if it fits the budget at all."""
        size = _bytes(page)
        if size > self.budget:
            return
        if prefix in self._pages:  # it outlived its stem, which had to be computed again
            self.taken -= _bytes(self._pages.pop(prefix))
        self._pages[prefix] = page
        self.taken += size
        self._used(prefix)
        while self.taken > self.budget:
            _, gone = self._pages.popitem(last=False)
            self.taken -= _bytes(gone)

    def clear(self) -> None:
        """Forgets everything."""
        self._pages.clear()
        self.taken = 0

    def _used(self, prefix: Ids) -> None:
        """Marks the pages of a prefix as just used, the first page last: a stem outlives its leaves."""
        for end in reversed(range(PAGE, len(prefix) + 1, PAGE)):
            if prefix[:end] in self._pages:
                self._pages.move_to_end(prefix[:end])


def joined(pages: list[KeyValues]) -> KeyValues:
    """One stretch of all pages: rows then attend to one rectangle a layer, not to many that have to be joined."""
    if len(pages) == 1:
        return pages[0]
    return {
        layer: (torch.cat([page[layer][0] for page in pages], 2), torch.cat([page[layer][1] for page in pages], 2))
        for layer in pages[0]
    }


def _bytes(page: KeyValues) -> int:
    return sum(tensor.numel() * tensor.element_size() for pair in page.values() for tensor in pair)
