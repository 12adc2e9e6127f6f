"""Proofs of a sample: valid ones, those that leave the format, and those that prove nothing."""

from collections.abc import Iterator
from typing import Any

from tests.vectors.making import unsound_proofs
from tests.vectors.making.keys import b64
from tests.vectors.making.proved import EXPORTED, INDEXED, JUDGED, log_of, proof_of
from tests.vectors.making.sample import changed, raw
from tests.vectors.making.spoiling import Spoiling
from tests.vectors.making.unsound_proofs import PROOF
from tests.vectors.making.vector import Vector

_FORMAT = "the proof's format is"
# Places that repeat others: the other files, lines, facts, receipts and hops; what an entry holds.
_REPEATED = (
    *("files|1", "files|2", "files|3", "ledger|lines|1", "ledger|lines|2", "ledger|lines|3"),
    *("ledger|lines|4", "ledger|lines|0|entry|", "receipts|evidence", "receipts|scored|facts|2"),
    *("receipts|scored|facts|0|input", "receipts|scored|facts|1|output", "receipts|export"),
    *("runs|0|raw|0|record", "runs|0|evidence|", "runs|0|scored|", "sample|"),
)
_SPOILING = Spoiling(
    PROOF,
    free=("ledger|lines|0|entry|",),
    nullable={"ledger|growth": dict, "files|0|records": int, "files|0|root": str},
    chosen=("side",),
    skipped=_REPEATED,
    whole={"format": _FORMAT},
)


def vectors() -> Iterator[Vector]:
    """Yield every proof."""
    yield Vector("proof", "signed.json", raw(PROOF), "Of a sample with one run, signed.")
    unsigned = proof_of(log_of(INDEXED, JUDGED, EXPORTED, keys=None), signers=())
    yield Vector("proof", "unsigned.json", raw(unsigned), "The ledger has no key.")
    array = unsound_proofs.OF_ARRAY
    yield Vector("proof", "of-an-array.json", raw(array), "The raw record is no line.")
    alone = changed("ledger|growth", None, PROOF)
    yield Vector("proof", "without-growth.json", raw(alone), "Under no older checkpoint.")
    for name, content, refusal, why in _SPOILING.files(raw):
        yield Vector("proof", f"{name}.json", content, why, refusal)
    for name, (content, refusal, why) in _invalid().items():
        yield Vector("proof", f"{name}.json", content, why, refusal)
    yield from unsound_proofs.vectors()


def _spoiled(place: str, value: Any, told: str, why: str) -> tuple[bytes, str, str]:
    return raw(changed(place, value, PROOF)), told, why


def _invalid() -> dict[str, tuple[bytes, str, str]]:
    good, other = raw(PROOF), "the same value has other canonical bytes"
    path, record, fact = "runs|0|raw|0|path", "sample|record", "receipts|scored|facts|0"
    text, files, hashes = PROOF["sample"]["record"]["text"], PROOF["files"], "a hash"
    order, kinds = "are not in the order of", "is none of input, output, parent, note"
    facts = PROOF["receipts"]["scored"]["facts"]
    return {
        "no-newline": (good[:-1], "does not end in a newline", "The last byte is not 0x0A."),
        "white-space": (good.replace(b":", b": ", 1), other, "White space."),
        "cut-short": (good[: len(good) // 2] + b"\n", "not canonical JSON", "Half of a proof."),
        "list": (b"[]\n", "is no object", "A list."),
        "version-of-the-future": _spoiled("format", "distill.proof/2", _FORMAT, "Not known."),
        "path-of-63-bytes": _spoiled(path, b64(bytes(63)), hashes, "A byte is missing."),
        "path-hexadecimal": _spoiled(path, "ab" * 30, hashes, "Base 16."),
        "path-without-padding": _spoiled(path, b64(bytes(32))[:-1], "is no base64", "No `=`."),
        "path-stray-bits": _spoiled(
            path, b64(bytes(32)).replace("A=", "B="), "base64 that is not", "Stray bits."
        ),
        "path-a-list": _spoiled(path, [b64(bytes(32))], "is no string", "A hash an item."),
        "root-of-two-hashes": _spoiled(
            "ledger|growth|root", b64(bytes(64)), "has not 32 bytes", "64 bytes."
        ),
        "index-negative": _spoiled("sample|index", -1, "is not between 0", "Before the file."),
        "file-absolute": _spoiled("files|0|path", "/etc/passwd", "absolute", "An absolute path."),
        "file-that-is-not-there": _spoiled("sample|file", 4, "is no number of one", "Files: 4."),
        "files-in-another-order": _spoiled("files", files[::-1], order, "Not by path."),
        "file-twice": _spoiled("files", [files[0], *files], order, "One file two times."),
        "file-with-records-and-no-root": _spoiled(
            "files|0|root", None, "only one of records and root", "They come together."
        ),
        "lines-in-another-order": _spoiled(
            "ledger|lines", PROOF["ledger"]["lines"][::-1], order, "Not by number."
        ),
        "facts-in-another-order": _spoiled(
            "receipts|scored|facts", facts[::-1], order, "Not by number."
        ),
        "fact-without-a-kind": _spoiled(fact, {"index": 0}, kinds, "It says nothing."),
        "fact-of-two-kinds": _spoiled(f"{fact}|output", 0, kinds, "Input and output."),
        "fact-note-without-value": _spoiled(
            fact, {"index": 0, "note": "seed"}, "lacks the field 'value'", "No value."
        ),
        "fact-parent-short-digest": _spoiled(
            "receipts|scored|facts|2|parent", "ab", "is no digest", "Two digits."
        ),
        "entry-unknown": _spoiled(
            "ledger|lines|2|entry|entry", "note", "the unknown entry", "No such entry."
        ),
        "entry-with-unknown-field": _spoiled(
            "ledger|lines|2|entry|colour", "red", "unknown field 'colour'", "No entry."
        ),
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
    }
