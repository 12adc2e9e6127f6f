"""Proofs that have the form and prove nothing: each by one lie, or by one thing left out."""

from base64 import b64decode
from collections.abc import Iterator
from typing import Any

from tests.vectors.making.keys import OLD, STRANGER, b64
from tests.vectors.making.proved import (
    ARRAY,
    EVIDENCE,
    EXPORTED,
    INDEXED,
    JUDGED,
    LOG,
    ROWS,
    SCORED,
    TREE,
    Object,
    facts_of,
    ledger_of,
    log_of,
    proof_of,
    recorded,
    shown,
)
from tests.vectors.making.sample import changed, raw
from tests.vectors.making.trees import path_of
from tests.vectors.making.vector import Vector

ENTRIES = log_of(INDEXED, JUDGED, EXPORTED)
PROOF = proof_of(ENTRIES)
OF_ARRAY = proof_of(ENTRIES, of_array=True)
FILES = tuple(sorted((SCORED, EVIDENCE, ROWS, LOG), key=lambda one: one.path))

#: Name, proof, the place that a verifier names, and why.
Unsound = Iterator[tuple[str, Any, str, str]]


def vectors() -> Iterator[Vector]:
    """Yield every proof that does not hold."""
    for makers in (_of_checkpoint, _of_lines, _of_records, _of_files, _of_receipts, _of_facts):
        for name, value, place, why in makers():
            yield Vector("proof", f"{name}.json", raw(value), why, fault=place)


def _spoiled(place: str, value: Any, proof: Object = PROOF) -> Any:
    return changed(place, value, proof)


def _of_checkpoint() -> Unsound:
    note, at = PROOF["ledger"]["checkpoint"], "ledger.checkpoint"
    text = note.partition("\n\n")[0] + "\n\n"
    other_root = note.replace(note.split("\n")[2], b64(bytes(32)))
    stranger = proof_of(ENTRIES, signers=(STRANGER,))
    for name, value, why in (
        ("no-note", "hello\n", "No checkpoint."),
        ("unsigned", text, "The signature was taken away."),
        ("of-another-root", other_root, "The signature is over another root."),
    ):
        yield f"checkpoint-{name}", _spoiled("ledger|checkpoint", value), at, why
    yield "checkpoint-signed-by-a-stranger", stranger, at, "A key that was never active."
    for name, part, value, why in (
        ("of-another-root", "root", b64(bytes(32)), "The older root is another."),
        ("from-nothing", "size", 0, "From size 0."),
        ("beyond", "size", 9, "From a larger size."),
        ("path-short", "path", "", "The hashes are missing."),
    ):
        grown = _spoiled(f"ledger|growth|{part}", value)
        yield f"growth-{name}", grown, "ledger.growth", why


def _of_lines() -> Unsound:
    at = "ledger.lines"
    for name, place, value, why in (
        ("line-changed", "lines|0|entry|origin", "distill/ffffffffffffffff", "Another origin."),
        ("line-of-another-number", "lines|2|index", 2, "Not its number."),
        ("lines-path-short", "path", "", "The hashes are missing."),
        ("lines-path-long", "path", path_of([bytes(32)] * 4), "A hash too many."),
    ):
        yield name, _spoiled(f"ledger|{place}", value), at, why
    forged = _spoiled("ledger|lines|1|entry|at", "2026-02-01T08:00:00.000Z")
    yield "key-entry-forged", forged, "ledger.lines[1]", "It was signed with another time."
    grown = [*ENTRIES, {**ENTRIES[2], "run": "f" * 16}]
    for name, entries, lines, where, why in (
        ("line-0-left-out", ENTRIES, [1, 3, 5, 7], at, "Nothing says whose ledger it is."),
        ("key-entry-left-out", ENTRIES, [0, 3, 5, 7], "ledger.checkpoint", "Whose key signs?"),
        ("last-line-left-out", grown, [0, 1, 3, 5, 7], at, "Nothing pins the size."),
        ("line-that-nothing-needs", ENTRIES, [0, 1, 2, 3, 5, 7], at, "The start of a run."),
        ("line-of-a-receipt-left-out", ENTRIES, [0, 1, 3, 7], "receipts.scored", "Not recorded."),
    ):
        yield name, {**PROOF, "ledger": ledger_of(entries, lines, (OLD,))}, where, why


def _of_records() -> Unsound:
    run, raw_place = PROOF["runs"][0], "runs[0].raw[0]"
    scored, path = run["scored"]["record"]["text"], "runs|0|raw|0|path"
    rejected, more = scored.replace("accepted", "rejected"), '{"run":"b","ok":false}\n'
    for name, place, value, at, why in (
        ("sample-changed", "sample", '{"id":"sft-1"}', "sample", "Not the file's record."),
        ("raw-changed", "runs|0|raw|0", '{"run":"b","ok":true}', raw_place, "Not what was read."),
        ("raw-record-with-newline", "runs|0|raw|0", more, raw_place, "A newline more."),
        ("evidence-changed", "runs|0|evidence", "{}", "runs[0].evidence", "Not the file's."),
        ("category-changed", "runs|0|scored", rejected, "runs[0].scored", "Another verdict."),
    ):
        yield name, _spoiled(f"{place}|record", {"text": value}), at, why
    whole = run["raw"][0]["path"]
    for name, value, why in (
        ("path-short", "", "The hashes are missing."),
        ("path-long", path_of([bytes(32)] * 3), "A hash too many."),
        ("path-of-another-file", run["evidence"]["path"], "A hash of another tree."),
        ("path-in-another-order", _turned(whole), "From the root down."),
    ):
        yield name, _spoiled(path, value), raw_place, why
    yield "index-of-the-neighbour", _spoiled("runs|0|raw|0|index", 0), raw_place, "Not its number."
    yield "index-beyond", _spoiled("runs|0|raw|0|index", 3), raw_place, "Beyond the file."
    yield "raw-left-out", _spoiled("runs|0|raw", []), "runs[0].raw", "No raw record."
    yield "raw-twice", _spoiled("runs|0|raw", run["raw"] * 2), "runs[0].raw", "One record more."
    yield "run-left-out", _spoiled("runs", []), "runs", "No run."
    yield "run-of-a-pair", _spoiled("runs|0|side", "chosen"), "runs", "The sample is of one run."


def _turned(path: str) -> str:
    """Return a path of two hashes with the second one first."""
    data = b64decode(path)
    return path_of([data[32:], data[:32]])


def _of_files() -> Unsound:
    log = FILES.index(LOG)
    other = {**PROOF["files"][log], "path": "logs/d.jsonl"}
    surplus = _spoiled("files", [*PROOF["files"], other])
    yield "file-that-no-record-is-of", surplus, "files", "One file more."
    yield (
        "file-of-another-name",
        _spoiled(f"files|{log}|path", "logs/b.jsonl"),
        "receipts.evidence",
        "No fact names it.",
    )
    for part, value in (("blake3", "ab" * 32), ("bytes", 1)):
        spoiled = _spoiled(f"files|{log}|{part}", value)
        yield f"file-of-other-{part}", spoiled, "receipts.evidence", "No fact names it."
    records = _spoiled(f"files|{log}|records", 4)
    yield "file-of-more-records", records, "receipts.evidence", "No fact names it."
    root = _spoiled(f"files|{log}|root", "ab" * 32)
    yield "file-of-another-root", root, "runs[0].raw[0]", "No fact names it."


def _of_receipts() -> Unsound:
    failed = changed("run|error", {"type": "E", "message": "m"}, EXPORTED)
    failed["claim"]["validation"]["status"] = "failed"
    foreign = changed("claim|stage", "export_rag", EXPORTED)
    orphan = changed("run|parents", EXPORTED["run"]["parents"][:1], EXPORTED)
    others = changed("claim|inputs|0|blake3", "ab" * 32, EXPORTED)
    at = "receipts.export"
    for name, receipt, why in (
        ("failed", failed, "A run that failed."),
        ("of-another-stage", foreign, "Another stage's receipt."),
        ("without-its-parent", orphan, "It names another parent."),
        ("read-other-bytes", others, "It read another file."),
    ):
        chain = (INDEXED, JUDGED, receipt)
        yield f"receipt-{name}", proof_of(log_of(*chain), chain), at, why
    receipts = PROOF["receipts"]
    swapped = {**receipts, "evidence": receipts["scored"], "scored": receipts["evidence"]}
    yield "receipts-swapped", {**PROOF, "receipts": swapped}, "receipts.scored", "Of other stages."
    started = _spoiled("receipts|scored|line", 4)
    yield "receipt-line-of-a-start", started, "receipts.scored", "That line records no receipt."
    line = {"entry": {**recorded(EXPORTED), "status": "failed"}, "index": 7}
    yield "receipt-entry-changed", _spoiled("ledger|lines|4", line), at, "Another status."


def _of_facts() -> Unsound:
    facts = facts_of(INDEXED)
    needed = [facts[0], facts[2]]
    at = "receipts.evidence"

    def showing(wanted: list[Object]) -> Any:
        found = shown(INDEXED, 3, wanted, FILES)
        return _spoiled("receipts|evidence", found)

    yield "fact-left-out-input", showing(needed[1:]), at, "It does not say that it read the log."
    yield "fact-left-out-output", showing(needed[:1]), at, "It does not say what it made."
    surplus = showing([*needed, {"note": "seed", "value": 7}])
    yield "fact-that-nothing-needs", surplus, at, "A true one, that leads nowhere."
    tree = showing([*needed, {"note": "record_trees", "value": TREE}])
    yield "fact-tree-that-nothing-needs", tree, at, "The tree over another file's records."
    for name, place, value, why in (
        ("of-another-number", "facts|0|index", 1, "Not its number."),
        ("beyond", "facts|1|index", 9, "The receipt has not so many."),
        ("of-another-kind", "facts|0", {"index": 0, "output": 3}, "Read, and not written."),
        ("path-short", "path", "", "The hashes are missing."),
        ("path-long", "path", path_of([bytes(32)] * 4), "A hash too many."),
    ):
        yield f"fact-{name}", _spoiled(f"receipts|evidence|{place}", value), at, why
    parent = _spoiled("receipts|scored|facts|2|parent", "ab" * 32)
    yield "fact-parent-of-another", parent, "receipts.scored", "Another parent."
    for name, part, value in (
        ("other-records", "records", 3),
        ("another-root", "root", "ab" * 32),
        ("another-source", "source", "agents"),
        ("another-file", "path", LOG.path),
    ):
        spoiled = _spoiled(f"receipts|evidence|facts|2|value|{part}", value, OF_ARRAY)
        yield f"fact-tree-of-{name}", spoiled, at, "Not the tree that the receipt notes."
    found = shown(INDEXED, 3, [facts[1], facts[2]], _of_array_files())
    treeless = _spoiled("receipts|evidence", found, OF_ARRAY)
    yield "fact-tree-left-out", treeless, "runs[0].raw[0]", "No root over the array's elements."


def _of_array_files() -> tuple[Any, ...]:
    return tuple(sorted((SCORED, EVIDENCE, ROWS, ARRAY), key=lambda one: one.path))
