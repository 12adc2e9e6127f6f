"""What a verification found: faults are values, with what was expected, what is there, and why."""

from dataclasses import dataclass
from typing import Literal

from distill.errors import EXIT_INCOMPLETE, EXIT_OK, EXIT_TAMPERED

FaultKind = Literal[
    "receipt_damaged",
    "receipt_inconsistent",
    "law_broken",
    "ref_damaged",
    "ref_dangling",
    "chain_broken",
    "path_refused",
    "output_missing",
    "output_changed",
    "input_changed",
    "object_damaged",
    "input_absent",
    "root_unknown",
]
_UNCHECKABLE: frozenset[FaultKind] = frozenset(["input_absent", "root_unknown"])


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that is not as a receipt says, or that can't be checked.

    ``path`` is the file at fault, below the workspace or a root; ``expected`` and ``found`` are
    digests, numbers or words; ``meaning`` is a sentence for a person.
    """

    kind: FaultKind
    path: str
    expected: str
    found: str
    meaning: str

    @property
    def is_uncheckable(self) -> bool:
        """Whether nothing is known to be wrong, but something could not be looked at."""
        return self.kind in _UNCHECKABLE

    def __str__(self) -> str:
        return f"{self.path}: {self.meaning} (expected {self.expected}, found {self.found})"


@dataclass(frozen=True, slots=True)
class VerificationReport:
    """The verdict on a workspace: every fault, and how much was looked at."""

    faults: tuple[Fault, ...]
    receipts: int
    files: int

    @property
    def is_sound(self) -> bool:
        """Whether all could be checked and nothing is wrong."""
        return not self.faults

    @property
    def exit_code(self) -> int:
        """0 sound, 10 something is wrong, 11 nothing is wrong but something can't be checked."""
        if any(not fault.is_uncheckable for fault in self.faults):
            return EXIT_TAMPERED
        return EXIT_INCOMPLETE if self.faults else EXIT_OK
