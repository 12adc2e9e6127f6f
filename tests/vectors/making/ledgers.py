"""Whole logs: what the lines say together. Judged without checkpoints, objects or other files."""

from collections.abc import Iterator
from typing import Any

from tests.vectors.making.keys import NEW, OLD, STRANGER, b64
from tests.vectors.making.ledger_lines import GENESIS, RECORDED, STARTED, key_change
from tests.vectors.making.sample import raw
from tests.vectors.making.vector import Vector

Lines = list[dict[str, Any]]

ADDED = key_change("add", OLD, 1, OLD)
ROTATED = key_change("rotate", NEW, 4, OLD, NEW)
UNSIGNED: Lines = [GENESIS, STARTED, RECORDED]
SIGNED: Lines = [GENESIS, ADDED, STARTED, RECORDED]
TURNED: Lines = [*SIGNED, ROTATED]


def vectors() -> Iterator[Vector]:
    """Yield every log, sound or not."""
    yield _log("empty", b"", None, "No line yet.")
    for name, lines, fault, why in (*_sound(), *_lines(), *_key_additions(), *_key_ends()):
        yield _log(name, b"".join(map(raw, lines)), fault, why)
    good = b"".join(map(raw, SIGNED))
    yield _log("torn-line", good[:-10], "ledger_unfinished", "A crash, or a cut: no newline.")
    blank = raw(GENESIS) + b"\n" + raw(STARTED)
    yield _log("blank-line", blank, "ledger_damaged", "A line without an entry.")
    crlf = good.replace(b"\n", b"\r\n")
    yield _log("crlf", crlf, "ledger_damaged", "Lines that end in CR LF.")


def _log(name: str, content: bytes, fault: str | None, why: str) -> Vector:
    return Vector("ledger", f"{name}.jsonl", content, why, fault=fault)


def _sound() -> Iterator[tuple[str, Lines, str | None, str]]:
    again = {**STARTED, "run": "fedcba9876543210"}
    revoked = key_change("revoke", OLD, 5, NEW, reason="the disk was lost")
    by_itself = key_change("revoke", OLD, 4, OLD)
    yield "unsigned", UNSIGNED, None, "A run and its receipt, without a key."
    yield "signed", SIGNED, None, "A key from the second line on."
    yield "rotated", TURNED, None, "Another key takes over; both signed."
    yield "revoked", [*TURNED, revoked], None, "The old key is revoked by the new one."
    yield "revoked-by-itself", [*SIGNED, by_itself], None, "No key is active at the end."
    yield "unfinished-run", [*UNSIGNED, again], None, "The second run never ended: no fault."
    yield "receipt-without-start", [GENESIS, RECORDED], None, "Appended by a repair."


def _lines() -> Iterator[tuple[str, Lines, str | None, str]]:
    damaged, again = "ledger_damaged", {**STARTED, "run": "fedcba9876543210"}
    future = {**GENESIS, "format": "distill.ledger/2"}
    yield "missing-genesis", UNSIGNED[1:], damaged, "The first line is no genesis."
    yield "genesis-later", [STARTED, GENESIS, RECORDED], damaged, "The genesis is the second line."
    yield "second-genesis", [*UNSIGNED, GENESIS], damaged, "Two lines say whose log it is."
    yield "unknown-entry", [*UNSIGNED, {"entry": "note"}], damaged, "No such entry."
    yield "extra-field", [GENESIS, {**STARTED, "pid": 1}], damaged, "One more field."
    yield "future-version", [future, STARTED], damaged, "A version that is not known."
    yield "receipt-twice", [*UNSIGNED, RECORDED], "receipt_listed_twice", "One line twice."
    other = {**RECORDED, "run": again["run"]}
    yield (
        "receipt-twice-otherwise",
        [*UNSIGNED, again, other],
        "receipt_listed_twice",
        ("One receipt in two lines that differ."),
    )
    yield "run-starts-twice", [GENESIS, STARTED, STARTED], damaged, "One line twice."
    yield (
        "run-starts-after-its-receipt",
        [GENESIS, RECORDED, STARTED],
        damaged,
        "Swapped lines.",
    )


def _key_additions() -> Iterator[tuple[str, Lines, str | None, str]]:
    wrong = "signature_wrong"

    def alone(name: str, entry: dict[str, Any], why: str) -> tuple[str, Lines, str, str]:
        return name, [GENESIS, entry], wrong, why

    yield alone("key-wrong-index", key_change("add", OLD, 2, OLD), "It was made for line 2.")
    other = key_change("add", OLD, 1, OLD, origin="distill/ffffffffffffffff")
    yield alone("key-wrong-origin", other, "It was made for another log.")
    yield alone("key-wrong-id", key_change("add", OLD, 1, OLD, id="00000000"), "Not the key's id.")
    yield alone("add-unsigned", key_change("add", OLD, 1), "The new key did not sign.")
    yield alone("add-signed-by-another", key_change("add", OLD, 1, STRANGER), "Another key signed.")
    yield alone("add-signed-twice", key_change("add", OLD, 1, OLD, OLD), "One signature twice.")
    more = key_change("add", OLD, 1, OLD, STRANGER)
    yield alone("add-signed-by-one-more", more, "A key signs that has no part in it.")
    changed = {**ADDED, "at": "2026-02-01T08:00:00.000Z"}
    yield alone("add-changed-after-signing", changed, "Its time was changed.")
    bare = {name: value for name, value in ADDED.items() if name != "signatures"}
    plain = [{"by": OLD.id, "ed25519": b64(OLD.sign(raw(bare)[:-1]))}]
    yield alone("add-signed-without-prefix", {**bare, "signatures": plain}, "No prefix was signed.")
    newline = [{"by": OLD.id, "ed25519": b64(OLD.sign(b"distill.ledger/1 key\n" + raw(bare)))}]
    yield alone("add-signed-with-newline", {**bare, "signatures": newline}, "A newline was signed.")
    second = key_change("add", NEW, 4, NEW)
    yield "add-after-a-key", [*SIGNED, second], "key_unendorsed", "Nobody vouches for the new key."
    again = key_change("add", OLD, 4, OLD)
    yield "key-added-twice", [*SIGNED, again], wrong, "The key was there before."


def _key_ends() -> Iterator[tuple[str, Lines, str | None, str]]:
    wrong = "signature_wrong"

    def after(lines: Lines, name: str, entry: dict[str, Any], why: str) -> Any:
        return name, [*lines, entry], wrong, why

    rotate, revoke = "rotate", "revoke"
    first = key_change(rotate, NEW, 1, NEW)
    yield after([GENESIS], "rotate-without-a-key", first, "No key was active.")
    only_new = key_change(rotate, NEW, 4, NEW)
    yield after(SIGNED, "rotate-not-signed-by-the-old", only_new, "The old key did not sign.")
    only_old = key_change(rotate, NEW, 4, OLD)
    yield after(SIGNED, "rotate-not-signed-by-the-new", only_old, "The new key did not sign.")
    third = key_change(rotate, NEW, 4, STRANGER, NEW)
    yield after(SIGNED, "rotate-signed-by-a-stranger", third, "A stranger signs for the old key.")
    ended = [*TURNED, key_change(revoke, OLD, 5, NEW)]
    late = key_change(rotate, STRANGER, 6, OLD, STRANGER)
    yield after(ended, "rotate-by-a-revoked-key", late, "A revoked key is not the active one.")
    yield after(SIGNED, "revoke-unsigned", key_change(revoke, OLD, 4), "Nobody signed.")
    stranger = key_change(revoke, OLD, 4, STRANGER)
    yield after(SIGNED, "revoke-signed-by-a-stranger", stranger, "A stranger signed.")
    unknown = key_change(revoke, STRANGER, 4, OLD)
    yield after(SIGNED, "revoke-of-an-unknown-key", unknown, "There is no such key.")
    twice = key_change(revoke, OLD, 6, NEW)
    yield after(ended, "revoke-twice", twice, "The key was revoked before.")
    both = key_change(revoke, OLD, 5, OLD, NEW)
    yield after(TURNED, "revoke-signed-by-two", both, "One key signs a revocation.")
