"""A source that was read once: its lines by number, between the two passes."""

from dataclasses import dataclass, field
from typing import Any

from distill.receipts.incremental.passes import Part, Passes
from distill.stages.numbering import NumberedParts


@dataclass
class ReadSource:
    """A source that was read, and its lines."""

    passes: Passes[Any]
    numbered: NumberedParts[Any] = field(default_factory=NumberedParts)

    def line(self, number: int, start: int, end: int) -> bytes:
        """Return a run's line, by its number in the source and its place in its part."""
        return self.passes.content(self._part(number))[start:end]

    def fetch(self, number: int) -> None:
        """Read the part of a line again now, if `line` would have to."""
        self.passes.fetch(self._part(number))

    def _part(self, number: int) -> Part[Any]:
        return self.numbered.parts[self.numbered.part_of(number)]
