"""Looks at several runs at once, of which observers ask what was seen of one.

What a pattern, an automaton or an operation on arrays costs whatever the length of its text is most
of what a short run costs. A look is a function that is given runs and returns something of each. It
is made when an observer first asks, at all the runs that are observed together.

Law: what a look tells of a run depends on that run alone.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from itertools import accumulate
from typing import TypeAlias, TypeVar

from distill.firewall.finding import GATE_ERRORS
from distill.records.run_texts import RunTexts

T = TypeVar("T")
Look: TypeAlias = Callable[[Sequence[RunTexts]], Sequence[T]]


@contextmanager
def together(runs: Sequence[RunTexts]) -> Iterator[None]:
    """Have the looks that are made meanwhile made at all of these runs."""
    _put_beside(runs, runs)
    try:
        yield
    finally:
        _put_beside(runs, ())  # or else each run would hold all others


def seen(texts: RunTexts, look: Look[T]) -> T:
    """Return what a look tells of a run; it is made once.

    A look that fails at several runs is made at each by itself, so that one of them spoils none.
    """
    found = texts.looked.found
    if look not in found:
        runs, told = _made(texts, look)
        for run, value in zip(runs, told, strict=True):
            run.looked.found[look] = value
    told_of_it: T = found[look]
    return told_of_it


def joined_together(runs: Sequence[RunTexts]) -> tuple[bytes, list[int]]:
    """Return the joined texts of runs as one, a NUL between them, and where those of each begin.

    Behind the last begin stands where one more run would begin.
    """
    raws = [run.joined.raw for run in runs]
    return b"\0".join(raws), list(accumulate((len(raw) + 1 for raw in raws), initial=0))


def _made(texts: RunTexts, look: Look[T]) -> tuple[Sequence[RunTexts], Sequence[T]]:
    """Make a look, and return at which runs it was made."""
    beside = texts.looked.beside
    if len(beside) > 1:
        try:
            return beside, look(beside)
        except GATE_ERRORS:
            _put_beside(beside, ())
    return (texts,), look((texts,))


def _put_beside(runs: Sequence[RunTexts], beside: Sequence[RunTexts]) -> None:
    for run in runs:
        run.looked.beside = beside
