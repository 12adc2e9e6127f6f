"""A proof as values, and the one JSON file that holds it. Format ``distill.proof/1``.

A proof leads from one sample back to the raw records that it was made of, over its scored run and
its evidence: a pair over two of each. Every record stands in it in full, with its place in the
Merkle tree of its file. Of the three receipts it holds the ledger's lines, and those facts that
name the files and lead from one receipt to the next. `distill.lineage.proof_reader` reads the file;
`receipts/releases-and-proofs.md` specifies it.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final, Literal

from distill.receipts.base64_text import to_base64
from distill.receipts.canonical import Json, dumps, loads
from distill.receipts.facts import Fact, InputFact, NamedFile, OutputFact, ParentFact
from distill.receipts.ledger.entries import Entry, KeyChange, Recorded, write_entry

FORMAT: Final = "distill.proof/1"

Side = Literal["run", "chosen", "rejected"]


@dataclass(frozen=True, slots=True)
class Hop:
    """A record (no newline) of a file, and its inclusion in the tree over that file's records."""

    file: NamedFile
    index: int
    path: tuple[bytes, ...]
    record: bytes


@dataclass(frozen=True, slots=True)
class Line:
    """An entry of the ledger, and its line's number from 0."""

    index: int
    entry: Entry


@dataclass(frozen=True, slots=True)
class ShownFact:
    """A fact of a receipt, and its number from 0 among the receipt's facts."""

    index: int
    fact: Fact


@dataclass(frozen=True, slots=True)
class ShownReceipt:
    """Some facts of a receipt in their order, shown by one path under the head in its entry.

    ``line`` is the number of the ledger's line that records the receipt.
    """

    facts: tuple[ShownFact, ...]
    line: int
    path: tuple[bytes, ...]


@dataclass(frozen=True, slots=True)
class ShownReceipts:
    """The receipts of the three stages behind a sample."""

    evidence: ShownReceipt
    scored: ShownReceipt
    export: ShownReceipt

    @property
    def by_name(self) -> Mapping[str, ShownReceipt]:
        """The receipts by the names that they have in the file."""
        return {"evidence": self.evidence, "scored": self.scored, "export": self.export}


@dataclass(frozen=True, slots=True)
class RunHops:
    """What the sample says of one run: its raw records (in the evidence's order), and so on."""

    side: Side
    raw: tuple[Hop, ...]
    evidence: Hop
    scored: Hop


@dataclass(frozen=True, slots=True)
class Growth:
    """That the ledger only grew since it had this size and this root (32 bytes)."""

    size: int
    root: bytes
    path: tuple[bytes, ...]


@dataclass(frozen=True, slots=True)
class LedgerHead:
    """The ledger at the proof's checkpoint, which is kept as the text of its file.

    ``lines``, in their order, are the genesis line, which holds the origin, all lines that concern
    keys, those of the receipts, and the last line, which pins the size; one path shows them all.
    ``growth`` is there where the proof was asked for under an older checkpoint that somebody keeps.
    """

    checkpoint: str
    lines: tuple[Line, ...]
    path: tuple[bytes, ...]
    growth: Growth | None

    @property
    def keys(self) -> tuple[int, ...]:
        """The numbers of the lines that concern keys."""
        return tuple(line.index for line in self.lines if isinstance(line.entry, KeyChange))

    def recorded(self, line: int) -> Recorded | None:
        """Return the receipt's entry in a line, null where the proof has none there."""
        found = (one.entry for one in self.lines if one.index == line)
        return next((entry for entry in found if isinstance(entry, Recorded)), None)


@dataclass(frozen=True, slots=True)
class Proof:
    """Everything from one sample back to its raw records, and from the receipts to a checkpoint.

    ``files`` are those of all hops, by path.
    """

    files: tuple[NamedFile, ...]
    ledger: LedgerHead
    receipts: ShownReceipts
    runs: tuple[RunHops, ...]
    sample: Hop

    @property
    def content(self) -> bytes:
        """The bytes of the proof's file: canonical JSON and a newline.

        Raises:
            ContractError: a part was read leniently, and canonical JSON can't hold it.
        """
        return dumps(_proof_json(self)) + b"\n"

    @property
    def hops(self) -> tuple[tuple[str, Hop], ...]:
        """Every hop with the name of its place in the file."""
        hops = [("sample", self.sample)]
        for number, run in enumerate(self.runs):
            where = f"runs[{number}]"
            hops += [(f"{where}.scored", run.scored), (f"{where}.evidence", run.evidence)]
            hops += [(f"{where}.raw[{i}]", raw) for i, raw in enumerate(run.raw)]
        return tuple(hops)


def files_of(runs: Iterable[RunHops], sample: Hop) -> tuple[NamedFile, ...]:
    """Return the files of a proof's records, each once, by path."""
    hops = [hop for run in runs for hop in (*run.raw, run.evidence, run.scored)]
    return tuple(sorted({hop.file for hop in (*hops, sample)}, key=lambda file: file.path))


def record_json(record: bytes) -> Json:
    """Return a record as text where canonical JSON can hold it, else as base64."""
    try:
        text = record.decode("utf-8")
    except UnicodeDecodeError:
        text = "\x7f"
    return {"base64": to_base64(record)} if "\x7f" in text else {"text": text}


def _proof_json(proof: Proof) -> Json:
    numbers = {file: number for number, file in enumerate(proof.files)}
    return {
        "files": [file.as_json() for file in numbers],
        "format": FORMAT,
        "ledger": _ledger_json(proof.ledger),
        "receipts": {
            name: _receipt_json(one, numbers) for name, one in proof.receipts.by_name.items()
        },
        "runs": [
            {
                "side": run.side,
                "raw": [_hop_json(hop, numbers) for hop in run.raw],
                "evidence": _hop_json(run.evidence, numbers),
                "scored": _hop_json(run.scored, numbers),
            }
            for run in proof.runs
        ],
        "sample": _hop_json(proof.sample, numbers),
    }


def _ledger_json(ledger: LedgerHead) -> Json:
    return {
        "checkpoint": ledger.checkpoint,
        "growth": None if ledger.growth is None else _growth_json(ledger.growth),
        "lines": [
            {"entry": loads(write_entry(line.entry)), "index": line.index} for line in ledger.lines
        ],
        "path": _path_json(ledger.path),
    }


def _growth_json(growth: Growth) -> Json:
    return {"path": _path_json(growth.path), "root": to_base64(growth.root), "size": growth.size}


def _receipt_json(shown: ShownReceipt, numbers: Mapping[NamedFile, int]) -> Json:
    facts = [{"index": one.index, **_fact_json(one.fact, numbers)} for one in shown.facts]
    return {"facts": facts, "line": shown.line, "path": _path_json(shown.path)}


def _fact_json(fact: Fact, numbers: Mapping[NamedFile, int]) -> dict[str, Json]:
    if isinstance(fact, InputFact):
        return {"input": numbers[fact.file]}
    if isinstance(fact, OutputFact):
        return {"output": numbers[fact.file]}
    if isinstance(fact, ParentFact):
        return {"parent": fact.receipt.hex}
    return {"note": fact.name, "value": fact.value}


def _hop_json(hop: Hop, numbers: Mapping[NamedFile, int]) -> Json:
    return {
        "file": numbers[hop.file],
        "index": hop.index,
        "path": _path_json(hop.path),
        "record": record_json(hop.record),
    }


def _path_json(path: tuple[bytes, ...]) -> Json:
    return to_base64(b"".join(path))
