"""The lines of a source by number, over all of its parts."""

from array import array
from bisect import bisect_right
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from distill.receipts.incremental.passes import Parts

Job = TypeVar("Job")
Change = TypeVar("Change")


@dataclass
class NumberedParts(Generic[Job]):
    """Parts in their order, and the number of the first line of each, from 0."""

    parts: Parts[Job]
    begins: "array[int]" = field(default_factory=lambda: array("Q"))
    lines: int = 0

    def begin(self) -> None:
        """Begin the next part; its lines are counted in ``lines`` by who reads them."""
        self.begins.append(self.lines)

    def part_of(self, line: int) -> int:
        """Return the number of the part that holds a line."""
        return bisect_right(self.begins, line) - 1

    def by_part(self, changes: Mapping[int, Change]) -> dict[int, dict[int, Change]]:
        """Return changes of lines by the part and the line's number in it, in order."""
        found: dict[int, dict[int, Change]] = {}
        for line, change in sorted(changes.items(), key=lambda item: item[0]):
            part = self.part_of(line)
            found.setdefault(part, {})[line - self.begins[part]] = change
        return found
