"""Cutting a list into blocks, each of which is worked out in one go within a core's cache."""

from collections.abc import Iterable, Iterator


def blocks(sizes: Iterable[int], most: int) -> Iterator[slice]:
    """Yield the slices of a list whose items have these sizes: of ``most`` in all, or of one item.

    The last one is always there, and is empty where the list is.
    """
    begin = total = 0
    for number, size in enumerate(sizes):
        if number > begin and total + size > most:
            yield slice(begin, number)
            begin, total = number, 0
        total += size
    yield slice(begin, None)
