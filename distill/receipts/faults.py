"""What a verification found: faults are values, with what was expected, what is there, and why."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, Literal, TypeAlias

from distill.errors import EXIT_INCOMPLETE, EXIT_OK, EXIT_TAMPERED

FaultKind: TypeAlias = Literal[
    # receipts
    "receipt_damaged",
    "receipt_inconsistent",
    "receipt_missing",
    "receipt_unledgered",
    "receipt_listed_twice",
    "law_broken",
    "ref_damaged",
    "ref_dangling",
    "chain_broken",
    # files
    "path_refused",
    "output_missing",
    "output_changed",
    "row_refused",
    "input_changed",
    "object_damaged",
    "file_added",
    "file_left_over",
    "input_absent",
    "output_replaced",
    "root_unknown",
    "file_unreadable",
    # the ledger
    "ledger_missing",
    "ledger_damaged",
    "ledger_mismatch",
    "ledger_truncated",
    "ledger_uncovered",
    "ledger_unfinished",
    "checkpoint_damaged",
    "checkpoint_missing",
    "checkpoint_mismatch",
    "checkpoint_unsigned",
    "signature_wrong",
    "key_unknown",
    "key_unendorsed",
    "key_file_changed",
    "history_rewritten",
    # a release
    "release_damaged",
    "release_inconsistent",
    "release_unsigned",
    "release_changed",
    "release_unledgered",
    "file_changed",
    "file_absent",
]
_UNCHECKABLE: Final[frozenset[FaultKind]] = frozenset(
    [
        "file_absent",
        "file_left_over",
        "file_unreadable",
        "input_absent",
        "key_unendorsed",
        "ledger_unfinished",
        "output_replaced",
        "release_unledgered",
        "root_unknown",
    ]
)
_COPY: Final = "take the file from a copy"
_REMEDIES: Final[dict[FaultKind, str]] = {
    "receipt_damaged": "take the file from a copy, or remove it and run the stage again",
    "receipt_missing": _COPY,
    "receipt_unledgered": "if a crash left it, `distill ledger repair` enters it in the ledger; "
    "else find out who put it there",
    "ref_damaged": "remove the ref: it is derived, and the next run writes it again",
    "ref_dangling": "remove the ref: it is derived, and the next run writes it again",
    "output_missing": "run the stage again, or take the file from a copy",
    "output_changed": "run the stage again, which keeps the changed file in data/objects",
    "row_refused": "run the stage again; if the row stays, ask who made the receipt that names it",
    "input_changed": "where the log may have changed, run again; else take it from a copy",
    "object_damaged": _COPY,
    "file_added": "find out who put it there, and move it away",
    "file_left_over": "a run that was killed, or is under way, leaves this: the next one "
    "removes it",
    "input_absent": "bring the file back to its place to have it checked",
    "output_replaced": "a newer run made the file anew, and its former bytes are not kept",
    "root_unknown": "name the folder under [roots] in distill.toml",
    "file_unreadable": "make it readable, or wait until its writer is done, and verify again",
    "ledger_missing": _COPY,
    "ledger_damaged": _COPY,
    "ledger_truncated": _COPY,
    "ledger_unfinished": "a run that was killed leaves this: `distill ledger repair` or the next "
    "run mends it",
    "checkpoint_missing": _COPY,
    "checkpoint_damaged": _COPY,
    "key_unendorsed": "ask the owner of the key, by another way, whether it is theirs",
    "file_absent": "ask the maker for it, or take it from a copy; what is withheld on purpose is "
    "listed in release.json",
    "file_changed": _COPY,
    "release_changed": "take the release from a copy: a release is never changed",
    "release_unledgered": "`distill verify` of its folder checks it by itself; `distill release` "
    "finishes one that a crash left",
    "key_file_changed": "`distill ledger repair` writes the public keys of the ledger again",
}

NoteKind: TypeAlias = Literal[
    "ledger_unsigned",
    "keys_not_pinned",
    "run_unfinished",
    "run_unannounced",
    "not_looked_at",
    "not_reread",
    "rows_without_schema",
]


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

    @property
    def remedy(self) -> str:
        """What to do; empty where there is nothing but to ask who did it."""
        return _REMEDIES.get(self.kind, "")

    def __str__(self) -> str:
        return f"{self.path}: {self.meaning} (expected {self.expected}, found {self.found})"


@dataclass(frozen=True, slots=True)
class Note:
    """Something that whoever reads the verdict must know, and that is no fault."""

    kind: NoteKind
    meaning: str

    def __str__(self) -> str:
        return self.meaning


@dataclass(frozen=True, slots=True)
class LedgerSummary:
    """The ledger that a verification read: its lines, and who signed its newest checkpoint."""

    origin: str
    entries: int
    checkpoint_size: int
    signed_by: str | None


@dataclass(frozen=True, slots=True)
class VerificationReport:
    """The verdict on a workspace: every fault, and how much was looked at.

    ``files`` were reread; ``trusted`` more were taken for what the stat cache says. ``release`` is
    the name that a release's own manifest gives it.
    """

    faults: tuple[Fault, ...]
    receipts: int
    files: int
    trusted: int = 0
    notes: tuple[Note, ...] = ()
    withheld: int = 0
    ledger: LedgerSummary | None = None
    release: str | None = None

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

    def remedies(self) -> Iterator[tuple[FaultKind, str]]:
        """Yield what to do, once for each kind of fault that was found."""
        seen: set[FaultKind] = set()
        for fault in self.faults:
            if fault.kind not in seen and fault.remedy:
                seen.add(fault.kind)
                yield fault.kind, fault.remedy
