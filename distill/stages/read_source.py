"""A source that was read once: its lines by number, between the two passes."""

from dataclasses import dataclass, field
from typing import Any

from distill.receipts.incremental.passes import Part, Passes
from distill.stages.numbering import NumberedParts
from distill.stages.part_lists import ReadParts


@dataclass
class ReadSource:
    """A source that was read, and its lines."""

    passes: Passes[Any]
    parts: ReadParts[Any] = field(default_factory=ReadParts)

    def __post_init__(self) -> None:
        self.numbered = NumberedParts(self.parts)

    def begin(self, part: Part[Any]) -> None:
        """Take the next part; its lines are counted in ``numbered`` by who reads them."""
        self.parts.append(part)
        self.numbered.begin()

    def line(self, number: int, start: int, end: int) -> bytes:
        """Return a run's line, by its number in the source and its place in its part."""
        return self.passes.content(self._part(number))[start:end]

    def fetch(self, number: int) -> None:
        """Read the part of a line again now, if `line` would have to."""
        self.passes.fetch(self._part(number))

    def _part(self, number: int) -> Part[Any]:
        return self.numbered.parts[self.numbered.part_of(number)]
