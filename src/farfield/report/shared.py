"""What an answer has in common with the right one, word by word; in Japanese and Chinese character by character."""

import re
from collections.abc import Iterator
from difflib import SequenceMatcher

__all__ = ["Part", "shared_parts"]

Part = tuple[str, bool]
"""A stretch of an answer, and whether it stands in the right answer too, in this order."""

_TOKEN = re.compile(
    r"[\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff]|[^\W\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff]+|\s+|[^\w\s]"
)


def shared_parts(answer: str, target: str) -> list[Part]:
    """The answer in stretches; together they are the answer, to the last character."""
    own, right = _TOKEN.findall(answer), _TOKEN.findall(target)
    blocks = SequenceMatcher(None, right, own, autojunk=False).get_matching_blocks()
    return list(_stretches(own, [(block.b, block.b + block.size) for block in blocks]))


def _stretches(tokens: list[str], same: list[tuple[int, int]]) -> Iterator[Part]:
    place, own = 0, ""
    for begin, end in same:
        own += "".join(tokens[place:begin])
        found = "".join(tokens[begin:end])
        if any(character.isalnum() for character in found):
            if own:
                yield own, False
            yield found, True
            own = ""
        else:  # a space or a full stop alone says nothing
            own += found
        place = end
    if own:
        yield own, False
