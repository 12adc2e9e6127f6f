"""Proofs of a sample: valid ones, those that leave the format, and those that prove nothing."""

from collections.abc import Iterator
from typing import Any

from tests.vectors.making.keys import STRANGER, b64
from tests.vectors.making.proved import EXPORTED, INDEXED, JUDGED, log_of, proof_of, recorded
from tests.vectors.making.sample import changed, raw, without
from tests.vectors.making.spoiling import Spoiling
from tests.vectors.making.vector import Vector

LOG = log_of(INDEXED, JUDGED, EXPORTED)
PROOF = proof_of(LOG)
_FORMAT = "the proof's format is"
# Places that repeat others: later hashes, the other hops and lines, what an entry or receipt holds.
_REPEATED = (
    *("ledger|last|", "ledger|keys|0|", "ledger|first|entry|", "ledger|first|path|1"),
    *("ledger|first|path|2", "ledger|growth|path|1", "ledger|growth|path|2"),
    *("ledger|growth|path|3", "receipts|0|entry|", "receipts|0|receipt", "receipts|0|path|1"),
    *("receipts|0|path|2", "runs|0|raw|0|path|1"),
    *("runs|0|raw|0|record", "runs|0|evidence|", "runs|0|scored|", "sample|"),
)
_SPOILING = Spoiling(
    {**PROOF, "receipts": PROOF["receipts"][:1]},  # the form alone is at stake
    free=("ledger|first|entry|", "ledger|last|entry|", "ledger|keys|0|entry|", "receipts|0|entry|"),
    nullable={"ledger|growth": dict},
    chosen=("side",),
    skipped=_REPEATED,
    whole={"format": _FORMAT},
)


def vectors() -> Iterator[Vector]:
    """Yield every proof."""
    yield Vector("proof", "signed.json", raw(PROOF), "Of a sample with one run, signed.")
    unsigned = proof_of(log_of(INDEXED, JUDGED, EXPORTED, keys=None), signers=())
    yield Vector("proof", "unsigned.json", raw(unsigned), "The ledger has no key.")
    alone = changed("ledger|growth", None, PROOF)
    yield Vector("proof", "without-growth.json", raw(alone), "Under no older checkpoint.")
    for name, content, refusal, why in _SPOILING.files(raw):
        yield Vector("proof", f"{name}.json", content, why, refusal)
    for name, (content, refusal, why) in _invalid().items():
        yield Vector("proof", f"{name}.json", content, why, refusal)
    for name, (value, place, why) in {**_of_ledger(), **_of_records(), **_of_receipts()}.items():
        yield Vector("proof", f"{name}.json", raw(value), why, fault=place)


def _spoiled(place: str, value: Any, told: str, why: str) -> tuple[bytes, str, str]:
    return raw(changed(place, value, PROOF)), told, why


def _invalid() -> dict[str, tuple[bytes, str, str]]:
    good, other = raw(PROOF), "the same value has other canonical bytes"
    first, record = "runs|0|raw|0|path|0", "sample|record"
    text = PROOF["sample"]["record"]["text"]
    return {
        "no-newline": (good[:-1], "does not end in a newline", "The last byte is not 0x0A."),
        "white-space": (good.replace(b":", b": ", 1), other, "White space."),
        "cut-short": (good[: len(good) // 2] + b"\n", "not canonical JSON", "Half of a proof."),
        "list": (b"[]\n", "is no object", "A list."),
        "version-of-the-future": _spoiled("format", "distill.proof/2", _FORMAT, "Not known."),
        "hash-short": _spoiled(first, b64(bytes(31)), "has not 32 bytes", "31 bytes."),
        "hash-hexadecimal": _spoiled(first, "ab" * 32, "has not 32 bytes", "Base 16."),
        "hash-without-padding": _spoiled(first, b64(bytes(32))[:-1], "is no base64", "No `=`."),
        "hash-stray-bits": _spoiled(
            first, b64(bytes(32)).replace("A=", "B="), "base64 that is not", "Stray bits."
        ),
        "index-negative": _spoiled("sample|index", -1, "is not between 0", "Before the file."),
        "file-absolute": _spoiled("sample|file", "/etc/passwd", "absolute", "An absolute path."),
        "receipt-short-digest": _spoiled("sample|receipt", "ab", "is no digest", "Two digits."),
        "side-unknown": _spoiled("runs|0|side", "best", "is none of", "No such side."),
        "record-both": _spoiled(
            record, {"text": text, "base64": ""}, "is neither {text} nor {base64}", "Both forms."
        ),
        "record-neither": _spoiled(record, {}, "is neither {text} nor {base64}", "No form."),
        "record-text-alone": _spoiled(record, text, "is neither {text} nor {base64}", "A string."),
        "record-base64-of-text": _spoiled(
            record,
            {"base64": b64(text.encode())},
            "is base64 where text holds it",
            "Two spellings.",
        ),
        "receipt-with-unknown-field": _spoiled(
            "receipts|0|receipt|colour", "red", "unknown field 'colour'", "No receipt."
        ),
        "receipt-of-the-future": _spoiled(
            "receipts|0|receipt|format",
            "distill.receipt/2",
            "the receipt's format is",
            "Not known.",
        ),
    }


Unsound = dict[str, tuple[Any, str, str]]


def _of_ledger() -> Unsound:
    def spoiled(place: str, value: Any, at: str, why: str) -> tuple[Any, str, str]:
        return changed(place, value, PROOF), at, why

    note, ledger, checkpoint = PROOF["ledger"]["checkpoint"], PROOF["ledger"], "ledger.checkpoint"
    text = note.partition("\n\n")[0] + "\n\n"
    other_root = note.replace(note.split("\n")[2], b64(bytes(32)))
    stranger = proof_of(LOG, signers=(STRANGER,))
    taken_out = {**PROOF, "ledger": {**ledger, "keys": []}}
    return {
        "checkpoint-no-note": spoiled("ledger|checkpoint", "hello\n", checkpoint, "No checkpoint."),
        "checkpoint-unsigned": spoiled(
            "ledger|checkpoint", text, checkpoint, "The signature was taken away."
        ),
        "checkpoint-of-another-root": spoiled(
            "ledger|checkpoint", other_root, checkpoint, "The signature is over another root."
        ),
        "checkpoint-signed-by-a-stranger": (stranger, checkpoint, "A key that was never active."),
        "key-entry-left-out": (taken_out, checkpoint, "No entry makes the signer's key active."),
        "key-entry-forged": spoiled(
            "ledger|keys|0|entry|at", "2026-02-01T08:00:00.000Z", "ledger.keys[0]", "Another time."
        ),
        "first-is-no-genesis": (
            {**PROOF, "ledger": {**ledger, "first": ledger["last"]}},
            "ledger.first",
            "Another line stands for line 0.",
        ),
        "first-of-another-log": spoiled(
            "ledger|first|entry|origin", "distill/ffffffffffffffff", "ledger.first", "Its origin."
        ),
        "last-is-not-the-last": (
            {**PROOF, "ledger": {**ledger, "last": ledger["first"]}},
            "ledger.last",
            "Another line stands for the last one.",
        ),
        "growth-of-another-root": spoiled(
            "ledger|growth|root", b64(bytes(32)), "ledger.growth", "The older root is another."
        ),
        "growth-from-nothing": spoiled("ledger|growth|size", 0, "ledger.growth", "From size 0."),
        "growth-beyond": spoiled("ledger|growth|size", 9, "ledger.growth", "From a larger size."),
        "growth-path-short": (
            without("ledger|growth|path|0", PROOF),
            "ledger.growth",
            "A hash is missing.",
        ),
    }


def _of_records() -> Unsound:
    def spoiled(place: str, value: Any, at: str, why: str) -> tuple[Any, str, str]:
        return changed(place, value, PROOF), at, why

    run = PROOF["runs"][0]
    raw_place, scored = "runs[0].raw[0]", run["scored"]["record"]["text"]
    longer = [*run["raw"][0]["path"], b64(bytes(32))]
    category = scored.replace("accepted", "rejected")
    return {
        "sample-changed": spoiled(
            "sample|record", {"text": '{"id":"sft-1"}'}, "sample", "Not the record of the file."
        ),
        "raw-changed": spoiled(
            "runs|0|raw|0|record",
            {"text": '{"run":"b","ok":true}'},
            raw_place,
            "Not what was read.",
        ),
        "raw-record-with-newline": spoiled(
            "runs|0|raw|0|record",
            {"text": '{"run":"b","ok":false}\n'},
            raw_place,
            "A newline more.",
        ),
        "evidence-changed": spoiled(
            "runs|0|evidence|record", {"text": "{}"}, "runs[0].evidence", "Not the file's record."
        ),
        "category-changed": spoiled(
            "runs|0|scored|record", {"text": category}, "runs[0].scored", "Another verdict."
        ),
        "index-of-the-neighbour": spoiled("runs|0|raw|0|index", 0, raw_place, "Another number."),
        "index-beyond": spoiled("runs|0|raw|0|index", 3, raw_place, "Beyond the file."),
        "size-of-another-file": spoiled("runs|0|raw|0|size", 4, raw_place, "One record more."),
        "path-short": (without("runs|0|raw|0|path|0", PROOF), raw_place, "A hash is missing."),
        "path-long": spoiled("runs|0|raw|0|path", longer, raw_place, "A hash too many."),
        "path-in-another-order": spoiled(
            "runs|0|raw|0|path", run["raw"][0]["path"][::-1], raw_place, "From the root down."
        ),
        "file-of-another-name": spoiled(
            "runs|0|raw|0|file", "logs/b.jsonl", raw_place, "No receipt names it."
        ),
        "raw-left-out": spoiled("runs|0|raw", [], "runs[0].raw", "No raw record."),
        "raw-twice": spoiled("runs|0|raw", run["raw"] * 2, "runs[0].raw", "One record more."),
        "run-left-out": spoiled("runs", [], "runs", "No run."),
        "run-of-a-pair": spoiled("runs|0|side", "chosen", "runs", "The sample is of one run."),
    }


def _of_receipts() -> Unsound:
    receipts = PROOF["receipts"]
    failed = changed("run|error", {"type": "E", "message": "m"}, EXPORTED)
    failed["claim"]["validation"]["status"] = "failed"
    foreign = changed("claim|stage", "export_rag", EXPORTED)
    edited = changed("claim|laws|0|left|read", 3, EXPORTED)
    orphan = changed("run|parents", EXPORTED["run"]["parents"][:1], EXPORTED)
    others = changed("claim|inputs|0|blake3", "ab" * 32, EXPORTED)

    def with_export(receipt: Any, at: str, why: str) -> tuple[Any, str, str]:
        log = log_of(INDEXED, JUDGED, receipt)
        return proof_of(log, (INDEXED, JUDGED, receipt)), at, why

    swapped = [{**receipts[0], "receipt": receipts[1]["receipt"]}, *receipts[1:]]
    entry = {**recorded(EXPORTED), "status": "failed"}
    return {
        "receipt-left-out": ({**PROOF, "receipts": receipts[:2]}, "receipts", "The export's."),
        "receipt-twice": ({**PROOF, "receipts": [*receipts, receipts[2]]}, "receipts", "Twice."),
        "receipt-of-another-line": (
            {**PROOF, "receipts": swapped},
            "receipts[0]",
            "The line records another receipt.",
        ),
        "receipt-entry-changed": (
            changed("receipts|2|entry", entry, PROOF),
            "receipts[2]",
            "The ledger has no such line.",
        ),
        "receipt-edited": (
            changed("receipts|2|receipt|run|duration_ms", 1, PROOF),
            "receipts[2]",
            "Its bytes have another digest.",
        ),
        "receipt-failed": with_export(failed, "receipts[2]", "A run that failed."),
        "receipt-breaks-a-law": with_export(edited, "receipts[2]", "It contradicts itself."),
        "receipt-of-another-stage": with_export(foreign, "sample", "Another stage's receipt."),
        "receipt-without-its-parent": with_export(orphan, "runs[0]", "It names another parent."),
        "receipt-read-other-bytes": with_export(others, "runs[0]", "It read another file."),
    }
