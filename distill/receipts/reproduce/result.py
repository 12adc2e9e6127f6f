"""What running a receipt again showed."""

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal

from distill.errors import EXIT_INCOMPLETE, EXIT_OK, EXIT_TAMPERED
from distill.receipts.digest import Digest

DifferenceKind = Literal["differs", "not made", "made in addition"]


@dataclass(frozen=True, slots=True)
class FirstDifference:
    """Where two files part: the offset from 0, the line from 1, and the text around it in both.

    ``record`` is the record's number from 0 in a file of one record a line, null in others.
    """

    offset: int
    line: int
    record: int | None
    expected: str
    found: str


@dataclass(frozen=True, slots=True)
class Difference:
    """One output that is not what the receipt says; a digest is null where there is no file.

    ``first`` is null where nothing can be compared: a file that was not made, or made in addition,
    or one whose recorded bytes are gone.
    """

    kind: DifferenceKind
    path: str
    expected: str | None
    found: str | None
    first: FirstDifference | None


@dataclass(frozen=True)
class Reproduction:
    """The verdict on one receipt.

    ``code`` says where the code was taken from. ``environment`` are the differences between the
    recorded environment and this one. ``claim`` names what else of the claim came out otherwise
    (counts, laws, notes, checks). ``kept`` is the scratch folder where it was kept.
    """

    receipt: Digest
    stage: str
    code: str
    environment: tuple[str, ...]
    outputs: int
    differences: tuple[Difference, ...]
    claim: tuple[str, ...]
    kept: Path | None = None

    @property
    def is_same(self) -> bool:
        """Whether every output has the recorded bytes, and the claim says the same."""
        return not self.differences and not self.claim

    @property
    def exit_code(self) -> int:
        """0 the same; 10 another; 11 another, but so is the environment: either may be why."""
        if self.is_same:
            return EXIT_OK
        return EXIT_INCOMPLETE if self.environment else EXIT_TAMPERED

    @property
    def verdict(self) -> str:
        """The result in one word or two."""
        return {EXIT_OK: "reproduced", EXIT_TAMPERED: "NOT REPRODUCED"}.get(
            self.exit_code, "can't tell"
        )

    def as_json(self) -> dict[str, Any]:
        """Return the result for a machine."""
        return {
            "result": self.verdict.lower(),
            "exit_code": self.exit_code,
            "receipt": self.receipt.hex,
            "stage": self.stage,
            "code": self.code,
            "environment": list(self.environment),
            "outputs": self.outputs,
            "differences": [asdict(one) for one in self.differences],
            "claim": list(self.claim),
            "scratch": None if self.kept is None else str(self.kept),
        }
