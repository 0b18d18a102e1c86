"""Rows that hang together, over any number of links."""

from collections.abc import Sequence

__all__ = ["linked"]


def linked(links: Sequence[tuple[int, int]], count: int) -> list[list[int]]:
    """Groups of the numbers 0 to count - 1 that links join, each rising, in the order of their first."""
    import numpy as np
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    if not count:
        return []
    ends = np.array(links, dtype=np.intp).reshape(-1, 2)
    graph = coo_array((np.ones(len(ends), dtype=bool), (ends[:, 0], ends[:, 1])), shape=(count, count))
    found: dict[int, list[int]] = {}
    for number, group in enumerate(connected_components(graph, directed=False)[1].tolist()):
        found.setdefault(group, []).append(number)
    return list(found.values())
