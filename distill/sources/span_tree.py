"""The tree of a trace's steps: roots, depths, and what is wrong with it, in linear time."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Final

from distill.sources.messages import violation

_UNDER_WAY: Final = -1


class SpanTree:
    """Who is whose parent among the steps of one trace.

    A parent that is not in the trace is none: the step came in from another trace, or its parent
    was sampled away. Such steps are roots of their own.
    """

    def __init__(self, parents: Mapping[str, str | None]) -> None:
        """Take each step's parent, by id.

        Raises:
            RecordError: `schema_violation`: a step is its own ancestor.
        """
        self._parents = {
            step: parent if parent in parents else None for step, parent in parents.items()
        }
        self.depths: dict[str, int] = {}
        for step in self._parents:
            self._measure(step)

    @property
    def roots(self) -> list[str]:
        """The steps without a parent, in their order."""
        return [step for step, parent in self._parents.items() if parent is None]

    def marked_above(self, steps: Iterable[str]) -> frozenset[str]:
        """Return every ancestor of these steps, them left out unless one is above another."""
        marked: set[str] = set()
        for step in steps:
            above = self._parents.get(step)
            while above is not None and above not in marked:
                marked.add(above)
                above = self._parents[above]
        return frozenset(marked)

    def below(self, tops: frozenset[str]) -> frozenset[str]:
        """Return these steps and all that is under them."""
        inside: dict[str, bool] = {}
        for step in self._parents:
            path = list(self._up_to_known(step, inside))
            last = self._parents[path[-1]] if path else step
            is_inside = inside[last] if last is not None else False
            for one in reversed(path):
                is_inside = is_inside or one in tops
                inside[one] = is_inside
        return frozenset(step for step, is_inside in inside.items() if is_inside)

    def _up_to_known(self, step: str | None, known: Mapping[str, object]) -> Iterator[str]:
        while step is not None and step not in known:
            yield step
            step = self._parents[step]

    def _measure(self, step: str) -> None:
        path: list[str] = []
        above: str | None = step
        while above is not None and above not in self.depths:
            self.depths[above] = _UNDER_WAY
            path.append(above)
            above = self._parents[above]
        if above is not None and self.depths[above] == _UNDER_WAY:
            raise violation("parent_cycle", "a step of the trace is its own ancestor")
        depth = 0 if above is None else self.depths[above] + 1
        for one in reversed(path):
            self.depths[one] = depth
            depth += 1
