"""What the check of a proof found."""

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any, Literal

from distill.errors import EXIT_INCOMPLETE, EXIT_OK, EXIT_TAMPERED
from distill.receipts.ledger.checkpoint import Checkpoint

Outcome = Literal["same", "in part", "different", "not replayed"]


@dataclass(frozen=True, slots=True)
class ProofFault:
    """One thing in a proof that does not hold, or that can't be checked.

    ``place`` names the part of the proof as a path through its JSON; ``meaning`` is a sentence.
    """

    place: str
    meaning: str
    is_uncheckable: bool = False


@dataclass(frozen=True, slots=True)
class Replayed:
    """A pure step that ran again on one record: ``place`` is the hop that the step made.

    ``same``: the step gave the proof's bytes. ``in part``: it did, with what other records brought
    to it taken from the proof; ``detail`` says what. ``not replayed``: ``detail`` says why.
    """

    place: str
    step: str
    outcome: Outcome
    detail: str = ""

    def __str__(self) -> str:
        told = f"replay of {self.step}, {self.place}: {self.outcome}"
        return f"{told}: {self.detail}" if self.detail else told

    def fault(self) -> ProofFault | None:
        """Return what this means for the verdict, null where the bytes came out again."""
        if self.outcome == "same":
            return None
        is_uncheckable = self.outcome != "different"
        return ProofFault(f"replay.{self.place}", f"{self.outcome}: {self.detail}", is_uncheckable)


@dataclass(frozen=True, slots=True)
class ProofReport:
    """The verdict on a proof.

    ``sample`` is the sample's id; ``signed_by`` the id of the key that signed the checkpoint, null
    where none did; ``notes`` are sentences on what the proof does not show; ``replayed`` are the
    steps that ran again, null where none was to.
    """

    sample: str
    checkpoint: Checkpoint
    signed_by: str | None
    records: int
    faults: tuple[ProofFault, ...]
    notes: tuple[str, ...]
    replayed: tuple[Replayed, ...] | None = None

    @property
    def exit_code(self) -> int:
        """0 holds, 10 something does not hold, 11 nothing is wrong but not all can be checked."""
        if any(not fault.is_uncheckable for fault in self.faults):
            return EXIT_TAMPERED
        return EXIT_INCOMPLETE if self.faults else EXIT_OK

    @property
    def result(self) -> str:
        """The verdict in a word or two."""
        return {EXIT_OK: "holds", EXIT_INCOMPLETE: "incomplete"}.get(
            self.exit_code, "does not hold"
        )

    def lines(self) -> Iterator[str]:
        """Yield the verdict for a person."""
        for step in self.replayed or ():
            yield str(step)
        for fault in self.faults:
            if not fault.place.startswith("replay."):
                yield f"{fault.place}: {fault.meaning}"
        for note in self.notes:
            yield f"note: {note}"
        signed = "unsigned" if self.signed_by is None else f"signed by the key {self.signed_by}"
        yield (
            f"{self.result}: sample {self.sample}, {self.records} records, under the checkpoint of"
            f" {self.checkpoint.size} lines of {self.checkpoint.origin}, {signed}"
        )

    def as_json(self) -> dict[str, Any]:
        """Return the verdict as a JSON object."""
        return {
            "result": self.result,
            "exit_code": self.exit_code,
            "sample": self.sample,
            "records": self.records,
            "checkpoint": {
                "origin": self.checkpoint.origin,
                "size": self.checkpoint.size,
                "root": self.checkpoint.root.hex(),
            },
            "signed_by": self.signed_by,
            "faults": [
                {
                    "place": fault.place,
                    "meaning": fault.meaning,
                    "uncheckable": fault.is_uncheckable,
                }
                for fault in self.faults
            ],
            "notes": list(self.notes),
            **(
                {}
                if self.replayed is None
                else {"replayed": [asdict(step) for step in self.replayed]}
            ),
        }
