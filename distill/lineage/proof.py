"""A proof as values, and the one JSON file that holds it. Format ``distill.proof/1``.

A proof leads from one sample back to the raw records that it was made of, over its scored run and
its evidence: a pair over two of each. Every record stands in it in full, with its place in the
Merkle tree of its file, and every receipt that names such a file, with its place in the ledger.
`distill.lineage.proof_reader` reads the file; `docs/lineage.md` documents it.
"""

import json
from dataclasses import dataclass
from typing import Final, Literal

from distill.receipts.base64_text import to_base64
from distill.receipts.canonical import Json, dumps
from distill.receipts.digest import Digest
from distill.receipts.receipt import Receipt

FORMAT: Final = "distill.proof/1"

Side = Literal["run", "chosen", "rejected"]


@dataclass(frozen=True, slots=True)
class Hop:
    """A record of a file, and its inclusion in the tree over that file's records.

    ``file`` is the recorded path and ``receipt`` the receipt that names the file: among its inputs
    where the record is raw, else among its outputs. ``record`` has no newline. ``path`` leads from
    the record's leaf to the root that the receipt holds for the file.
    """

    file: str
    index: int
    path: tuple[bytes, ...]
    receipt: Digest
    record: bytes
    size: int


@dataclass(frozen=True, slots=True)
class Line:
    """A line of the ledger (no newline) and its inclusion under the proof's checkpoint."""

    index: int
    line: bytes
    path: tuple[bytes, ...]


@dataclass(frozen=True, slots=True)
class LedgeredReceipt:
    """A receipt in full, and the ledger's line that records it."""

    line: Line
    receipt: Receipt


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

    ``first`` is the genesis line, which holds the origin, and ``last`` the line that pins the
    size; ``keys`` are all lines that concern keys. ``growth`` is there where the proof was asked
    for under an older checkpoint that somebody keeps.
    """

    checkpoint: str
    first: Line
    last: Line
    keys: tuple[Line, ...]
    growth: Growth | None


@dataclass(frozen=True, slots=True)
class Proof:
    """Everything from one sample back to its raw records, and from the receipts to a checkpoint."""

    ledger: LedgerHead
    receipts: tuple[LedgeredReceipt, ...]
    runs: tuple[RunHops, ...]
    sample: Hop

    @property
    def content(self) -> bytes:
        """The bytes of the proof's file: canonical JSON and a newline.

        Receipts and lines are parsed leniently: `dumps` looks at all of it again.
        """
        return dumps(_proof_json(self)) + b"\n"

    def receipt(self, digest: Digest) -> Receipt | None:
        """Return the receipt of this digest, null where the proof holds none."""
        found = (one.receipt for one in self.receipts if one.receipt.digest == digest)
        return next(found, None)

    @property
    def hops(self) -> tuple[tuple[str, Hop], ...]:
        """Every hop with the name of its place in the file."""
        hops = [("sample", self.sample)]
        for number, run in enumerate(self.runs):
            where = f"runs[{number}]"
            hops += [(f"{where}.scored", run.scored), (f"{where}.evidence", run.evidence)]
            hops += [(f"{where}.raw[{i}]", raw) for i, raw in enumerate(run.raw)]
        return tuple(hops)


def record_json(record: bytes) -> Json:
    """Return a record as text where canonical JSON can hold it, else as base64."""
    try:
        text = record.decode("utf-8")
    except UnicodeDecodeError:
        text = "\x7f"
    return {"base64": to_base64(record)} if "\x7f" in text else {"text": text}


def _proof_json(proof: Proof) -> Json:
    return {
        "format": FORMAT,
        "ledger": _ledger_json(proof.ledger),
        "receipts": [
            {**_line_json(one.line), "receipt": json.loads(one.receipt.content)}
            for one in proof.receipts
        ],
        "runs": [
            {
                "side": run.side,
                "raw": [_hop_json(hop) for hop in run.raw],
                "evidence": _hop_json(run.evidence),
                "scored": _hop_json(run.scored),
            }
            for run in proof.runs
        ],
        "sample": _hop_json(proof.sample),
    }


def _ledger_json(ledger: LedgerHead) -> Json:
    return {
        "checkpoint": ledger.checkpoint,
        "first": _line_json(ledger.first),
        "growth": None if ledger.growth is None else _growth_json(ledger.growth),
        "keys": [_line_json(line) for line in ledger.keys],
        "last": _line_json(ledger.last),
    }


def _growth_json(growth: Growth) -> Json:
    return {"path": _hashes(growth.path), "root": to_base64(growth.root), "size": growth.size}


def _line_json(line: Line) -> dict[str, Json]:
    return {"entry": json.loads(line.line), "index": line.index, "path": _hashes(line.path)}


def _hop_json(hop: Hop) -> Json:
    return {
        "file": hop.file,
        "index": hop.index,
        "path": _hashes(hop.path),
        "receipt": hop.receipt.hex,
        "record": record_json(hop.record),
        "size": hop.size,
    }


def _hashes(path: tuple[bytes, ...]) -> Json:
    return [to_base64(one) for one in path]
