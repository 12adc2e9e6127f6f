"""A sample with everything behind it, written out by hand: records, files, receipts, a ledger."""

import hashlib
import json
from dataclasses import dataclass
from typing import Any

from distill.receipts.digest import digest_bytes
from distill.receipts.merkle import leaf_hash
from tests.vectors.making.checkpoints import signed
from tests.vectors.making.keys import OLD, ORIGIN, TestKeys, b64
from tests.vectors.making.ledger_lines import AT, GENESIS, key_change
from tests.vectors.making.sample import RECEIPT, claim_of, file, raw
from tests.vectors.making.trees import consistency, inclusion, path_of, root, subset

Object = dict[str, Any]


@dataclass(frozen=True)
class Made:
    """A file of records, by the name that receipts have for it."""

    role: str
    path: str
    records: tuple[bytes, ...]

    @property
    def entry(self) -> Object:
        """What a receipt says of it."""
        is_array = self.path.endswith(".json")
        content = (
            b"[%s]" % b",".join(self.records) if is_array else b"\n".join((*self.records, b""))
        )
        return file(self.role, self.path, content)

    def place(self, index: int, *, newline: bool) -> Object:
        """Return how another record refers to one of these."""
        start = self.path.endswith(".json") + sum(len(one) + 1 for one in self.records[:index])
        shown = self.records[index] + (b"\n" if newline else b"")
        where = {"start": start, "end": start + len(shown)}
        return {"path": self.path, "blake3": digest_bytes(shown).hex, **where}

    @property
    def file(self) -> Object:
        """What a fact says of it."""
        names = ("blake3", "bytes", "path", "records", "root")
        return {name: self.entry[name] for name in names}

    def hop(self, index: int, files: "tuple[Made, ...]") -> Object:
        """Return a record as a hop of a proof of these files, which are in order."""
        leaves = [leaf_hash(one) for one in self.records]
        return {
            "file": files.index(self),
            "index": index,
            "path": path_of(inclusion(leaves, index)),
            "record": {"text": self.records[index].decode()},
        }


def _line(**fields: Any) -> bytes:
    return json.dumps(fields, ensure_ascii=False).encode()


LOG = Made("logs", "logs/a.jsonl", (b'{"run":"a","ok":true}', b'{"run":"b","ok":false}', b"{}"))
ARRAY = Made("logs", "logs/c.json", (b'{"run":"c"}', b'{"run":"d"}'))  # elements of a JSON array
TREE = {
    "source": "desk",
    "path": ARRAY.path,
    "records": 2,
    "root": root([leaf_hash(one) for one in ARRAY.records]).hex(),
}
_PLACE = {**LOG.place(1, newline=False), "line": 2, "source": "agents"}
_ELEMENT = {**ARRAY.place(0, newline=False), "line": None, "source": "desk"}
EVIDENCE = Made(
    "evidence",
    "data/evidence/agents/a.jsonl",
    (
        _line(run_id="r-c", provenance=[_ELEMENT], verdicts=[]),
        _line(run_id="r-b", provenance=[_PLACE], verdicts=[]),
    ),
)
SCORED = Made(
    "scored",
    "data/scored/agents/a.jsonl",
    (
        _line(run_id="r-b", category="accepted", evidence=EVIDENCE.place(1, newline=True)),
        _line(run_id="r-c", category="accepted", evidence=EVIDENCE.place(0, newline=True)),
    ),
)
ROWS = Made(
    "rows",
    "exports/sft/train.jsonl",
    (
        _line(id="sft-1", source_run_id="r-b", category="accepted", provenance=[_PLACE]),
        _line(id="sft-2", source_run_id="r-c", category="accepted", provenance=[_ELEMENT]),
    ),
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
    claim["notes"] = {"record_trees": [TREE], "seed": 7} if ARRAY in inputs else {}
    return receipt_of(number, claim, list(of))


INDEXED = _made_of("build_evidence_index", 1, [LOG, ARRAY], EVIDENCE)
JUDGED = _made_of("score_runs", 2, [EVIDENCE], SCORED, INDEXED)
EXPORTED = _made_of("export_sft", 3, [EVIDENCE, SCORED], ROWS, INDEXED, JUDGED)


def facts_of(receipt: Object) -> list[Object]:
    """Return the facts of a receipt, in their order."""

    def file_of(entry: Object) -> Object:
        return {name: entry[name] for name in entry if name not in ("role", "sha256")}

    claim = receipt["claim"]
    notes = [
        {"note": name, "value": one}
        for name, value in sorted(claim["notes"].items())
        for one in (value if isinstance(value, list) else [value])
    ]
    return [
        *({"input": file_of(one)} for one in claim["inputs"]),
        *({"output": file_of(one)} for one in claim["outputs"]),
        *({"parent": one} for one in receipt["run"]["parents"]),
        *notes,
    ]


def fact_leaves(receipt: Object) -> list[bytes]:
    """Return the leaf hashes of a receipt's facts."""
    return [leaf_hash(raw(fact)[:-1]) for fact in facts_of(receipt)]


def recorded(receipt: Object) -> Object:
    """Return the ledger's line of a receipt."""
    leaves = fact_leaves(receipt)
    return {
        "entry": "receipt",
        "blake3": digest_bytes(raw(receipt)).hex,
        "facts": {"root": root(leaves).hex(), "size": len(leaves)},
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


def shown(receipt: Object, line: int, wanted: list[Object], files: tuple[Made, ...]) -> Object:
    """Return a receipt as a proof shows it, by those facts of it that are wanted."""
    facts = facts_of(receipt)
    numbers = sorted(facts.index(fact) for fact in wanted if fact in facts)
    paths = [one.path for one in files]

    def in_short(fact: Object) -> Object:
        names = fact.keys() & {"input", "output"}
        return {name: paths.index(fact[name]["path"]) for name in names} or fact

    return {
        "facts": [{"index": number, **in_short(facts[number])} for number in numbers],
        "line": line,
        "path": path_of(subset(fact_leaves(receipt), numbers)),
    }


def proof_of(
    log: list[Object],
    receipts: tuple[Object, Object, Object] = (INDEXED, JUDGED, EXPORTED),
    *,
    signers: tuple[TestKeys, ...] = (OLD,),
    of_array: bool = False,
) -> Object:
    """Return the proof of a sample, under the checkpoint over a whole log.

    The sample is that of the run of a line, or that of an element of an array.
    """
    raw_file = ARRAY if of_array else LOG
    files = tuple(sorted((SCORED, EVIDENCE, ROWS, raw_file), key=lambda one: one.path))
    parents = [{"parent": digest_bytes(raw(one)).hex} for one in receipts[:2]]
    read, judged = {"input": EVIDENCE.file}, {"input": SCORED.file}
    trees = [{"note": "record_trees", "value": TREE}] if of_array else []
    wanted: tuple[list[Object], ...] = (
        [{"input": raw_file.file}, {"output": EVIDENCE.file}, *trees],
        [read, {"output": SCORED.file}, parents[0]],
        [read, judged, {"output": ROWS.file}, *parents],
    )
    at = [log.index(recorded(one)) for one in receipts]
    keys = [number for number, entry in enumerate(log) if entry["entry"] == "key"]
    found = [
        shown(receipt, line, facts, files)
        for receipt, line, facts in zip(receipts, at, wanted, strict=True)
    ]
    return {
        "files": [one.file for one in files],
        "format": "distill.proof/1",
        "ledger": ledger_of(log, sorted({0, *keys, *at, len(log) - 1}), signers),
        "receipts": dict(zip(("evidence", "scored", "export"), found, strict=True)),
        "runs": [
            {
                "side": "run",
                "raw": [ARRAY.hop(0, files) if of_array else LOG.hop(1, files)],
                "evidence": EVIDENCE.hop(0 if of_array else 1, files),
                "scored": SCORED.hop(1 if of_array else 0, files),
            }
        ],
        "sample": ROWS.hop(1 if of_array else 0, files),
    }


def ledger_of(log: list[Object], lines: list[int], signers: tuple[TestKeys, ...]) -> Object:
    """Return what a proof says of a ledger, which shows these lines."""
    leaves = [leaf_hash(raw(entry)[:-1]) for entry in log]
    text = f"{ORIGIN}\n{len(log)}\n{b64(root(leaves))}\n".encode()
    return {
        "checkpoint": signed(text, *signers).decode(),
        "growth": {
            "path": path_of(consistency(leaves, 3)),
            "root": b64(root(leaves[:3])),
            "size": 3,
        },
        "lines": [{"entry": log[number], "index": number} for number in lines],
        "path": path_of(subset(leaves, lines)),
    }
