"""A sample with everything behind it, written out by hand: records, files, receipts, a ledger."""

import hashlib
import json
from dataclasses import dataclass
from typing import Any

from distill.receipts.digest import digest_bytes
from distill.receipts.merkle import leaf_hash, node_hash
from tests.vectors.making.checkpoints import signed
from tests.vectors.making.keys import OLD, ORIGIN, TestKeys, b64
from tests.vectors.making.ledger_lines import AT, GENESIS, key_change
from tests.vectors.making.sample import RECEIPT, claim_of, file, raw

Object = dict[str, Any]


def inclusion(leaves: list[bytes], index: int) -> list[bytes]:
    """Return the path of a leaf (RFC 6962 §2.1.1)."""
    if len(leaves) == 1:
        return []
    split = 1 << ((len(leaves) - 1).bit_length() - 1)
    if index < split:
        return [*inclusion(leaves[:split], index), root(leaves[split:])]
    return [*inclusion(leaves[split:], index - split), root(leaves[:split])]


def consistency(leaves: list[bytes], size: int, *, is_whole: bool = True) -> list[bytes]:
    """Return the proof that the first leaves are those of an older tree (RFC 6962 §2.1.2)."""
    if size == len(leaves):
        return [] if is_whole else [root(leaves)]
    split = 1 << ((len(leaves) - 1).bit_length() - 1)
    if size <= split:
        return [*consistency(leaves[:split], size, is_whole=is_whole), root(leaves[split:])]
    return [*consistency(leaves[split:], size - split, is_whole=False), root(leaves[:split])]


def root(leaves: list[bytes]) -> bytes:
    """Return the tree hash over leaf hashes (RFC 6962 §2.1)."""
    if len(leaves) == 1:
        return leaves[0]
    split = 1 << ((len(leaves) - 1).bit_length() - 1)
    return node_hash(root(leaves[:split]), root(leaves[split:]))


@dataclass(frozen=True)
class Made:
    """A file of records, by the name that receipts have for it."""

    role: str
    path: str
    records: tuple[bytes, ...]

    @property
    def entry(self) -> Object:
        """What a receipt says of it."""
        return file(self.role, self.path, b"".join(one + b"\n" for one in self.records))

    def place(self, index: int, *, newline: bool) -> Object:
        """Return how another record refers to one of these."""
        start = sum(len(one) + 1 for one in self.records[:index])
        shown = self.records[index] + (b"\n" if newline else b"")
        where = {"start": start, "end": start + len(shown)}
        return {"path": self.path, "blake3": digest_bytes(shown).hex, **where}

    def hop(self, index: int, receipt: Object) -> Object:
        """Return a record as a hop of a proof."""
        leaves = [leaf_hash(one) for one in self.records]
        return {
            "file": self.path,
            "index": index,
            "path": [b64(one) for one in inclusion(leaves, index)],
            "receipt": digest_bytes(raw(receipt)).hex,
            "record": {"text": self.records[index].decode()},
            "size": len(self.records),
        }


def _line(**fields: Any) -> bytes:
    return json.dumps(fields, ensure_ascii=False).encode()


LOG = Made("logs", "logs/a.jsonl", (b'{"run":"a","ok":true}', b'{"run":"b","ok":false}', b"{}"))
_PLACE = {**LOG.place(1, newline=False), "line": 2, "source": "agents"}
EVIDENCE = Made(
    "evidence",
    "data/evidence/agents/a.jsonl",
    (_line(run_id="r-a"), _line(run_id="r-b", provenance=[_PLACE], verdicts=[])),
)
_REFERENCE = EVIDENCE.place(1, newline=True)
SCORED = Made(
    "scored",
    "data/scored/agents/a.jsonl",
    (_line(run_id="r-b", category="accepted", evidence=_REFERENCE), _line(run_id="r-a")),
)
ROWS = Made(
    "rows",
    "exports/sft/train.jsonl",
    (_line(id="sft-1", source_run_id="r-b", category="accepted", provenance=[_PLACE]),),
)


def receipt_of(number: int, claim: Object, parents: list[Object]) -> Object:
    """Return a receipt of a claim."""
    names = [digest_bytes(raw(parent)).hex for parent in parents]
    run = {**RECEIPT["run"], "id": f"{number:016x}", "parents": names}
    return {"format": RECEIPT["format"], "claim": claim, "run": run}


def _made_of(stage: str, number: int, inputs: list[Made], output: Made, *of: Object) -> Object:
    parents = [
        {"stage": one["claim"]["stage"], "claim": digest_bytes(raw(one["claim"])[:-1]).hex}
        for one in of
    ]
    entries = [one.entry for one in inputs]
    claim = claim_of(
        entries,
        [output.entry],
        stage=stage,
        target=(output.role, output.path.rpartition("/")[0]),
        parents=parents,
    )
    return receipt_of(number, claim, list(of))


INDEXED = _made_of("build_evidence_index", 1, [LOG], EVIDENCE)
JUDGED = _made_of("score_runs", 2, [EVIDENCE], SCORED, INDEXED)
EXPORTED = _made_of("export_sft", 3, [EVIDENCE, SCORED], ROWS, INDEXED, JUDGED)


def recorded(receipt: Object) -> Object:
    """Return the ledger's line of a receipt."""
    return {
        "entry": "receipt",
        "blake3": digest_bytes(raw(receipt)).hex,
        "run": receipt["run"]["id"],
        "sha256": hashlib.sha256(raw(receipt)).hexdigest(),
        "stage": receipt["claim"]["stage"],
        "status": receipt["claim"]["validation"]["status"],
    }


def started(receipt: Object) -> Object:
    """Return the ledger's line of a run's start."""
    claim = receipt["claim"]
    run = {"run": receipt["run"]["id"], "stage": claim["stage"]}
    return {"entry": "started", "at": AT, "key": claim["key"], **run}


def log_of(*receipts: Object, keys: TestKeys | None = OLD) -> list[Object]:
    """Return a ledger's entries over receipts."""
    lines = [GENESIS] if keys is None else [GENESIS, key_change("add", keys, 1, keys)]
    for receipt in receipts:
        lines += [started(receipt), recorded(receipt)]
    return lines


def proof_of(
    log: list[Object],
    receipts: tuple[Object, Object, Object] = (INDEXED, JUDGED, EXPORTED),
    *,
    signers: tuple[TestKeys, ...] = (OLD,),
) -> Object:
    """Return the proof of the sample, under the checkpoint over a whole log."""
    leaves = [leaf_hash(raw(entry)[:-1]) for entry in log]

    def line(index: int) -> Object:
        path = [b64(one) for one in inclusion(leaves, index)]
        return {"entry": log[index], "index": index, "path": path}

    text = f"{ORIGIN}\n{len(log)}\n{b64(root(leaves))}\n".encode()
    indexed, judged, exported = receipts
    return {
        "format": "distill.proof/1",
        "ledger": {
            "checkpoint": signed(text, *signers).decode(),
            "first": line(0),
            "growth": {
                "path": [b64(one) for one in consistency(leaves, 3)],
                "root": b64(root(leaves[:3])),
                "size": 3,
            },
            "keys": [line(at) for at, entry in enumerate(log) if entry["entry"] == "key"],
            "last": line(len(log) - 1),
        },
        "receipts": [{**line(log.index(recorded(one))), "receipt": one} for one in receipts],
        "runs": [
            {
                "side": "run",
                "raw": [LOG.hop(1, indexed)],
                "evidence": EVIDENCE.hop(1, indexed),
                "scored": SCORED.hop(0, judged),
            }
        ],
        "sample": ROWS.hop(0, exported),
    }
