"""Reading files again: each at most once, whatever asks for it."""

from pathlib import Path

from distill.errors import DistillError
from distill.receipts.digest import Fingerprint, fingerprint_file


class Reading:
    """The files that one verification read, by the name that receipts have for them."""

    def __init__(self) -> None:
        self._found: dict[str, Fingerprint | None] = {}

    def __len__(self) -> int:
        return len(self._found)

    def fingerprint(self, shown: str, place: Path) -> Fingerprint | None:
        """Return what a file holds, or None where there is no plain file that can be read."""
        if shown not in self._found:
            try:
                found = None if place.is_symlink() else fingerprint_file(place)[0]
            except DistillError:
                found = None
            self._found[shown] = found
        return self._found[shown]
