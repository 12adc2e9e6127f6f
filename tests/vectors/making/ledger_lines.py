"""Single lines of a ledger, with their newlines: the form of each entry."""

from collections.abc import Iterator
from typing import Any

from tests.vectors.making.keys import NEW, OLD, ORIGIN, TestKeys, b64
from tests.vectors.making.sample import RECEIPT, changed, raw
from tests.vectors.making.spoiling import Spoiling
from tests.vectors.making.vector import Vector

AT = "2026-01-31T08:00:00.000Z"
RUN = RECEIPT["run"]["id"]
GENESIS = {"entry": "genesis", "format": "distill.ledger/1", "origin": ORIGIN}
STARTED = {
    "entry": "started",
    "at": AT,
    "key": RECEIPT["claim"]["key"],
    "run": RUN,
    "stage": "keep",
}
RECORDED = {
    "entry": "receipt",
    "blake3": "ab" * 32,
    "facts": {"root": "ef" * 32, "size": 3},
    "run": RUN,
    "sha256": "cd" * 32,
    "stage": "keep",
    "status": "passed",
}
RELEASED = {
    "entry": "release",
    "at": AT,
    "blake3": "ab" * 32,
    "name": "2026-01",
    "sha256": "cd" * 32,
}


def key_change(
    action: str, keys: TestKeys, index: int, *signers: TestKeys, **changes: Any
) -> dict[str, Any]:
    """Return a key entry that the given keys have signed; ``changes`` come before the signing."""
    is_gone = action == "revoke"
    entry = {
        "entry": "key",
        "action": action,
        "at": AT,
        "attestation": None if is_gone else b64(keys.attestation),
        "checkpoint": None if is_gone else b64(keys.checkpoint),
        "id": keys.id,
        "index": index,
        "origin": ORIGIN,
        "reason": None,
        **changes,
    }
    message = b"distill.ledger/1 key\n" + raw(entry)[:-1]
    signed = [{"by": one.id, "ed25519": b64(one.sign(message))} for one in signers]
    return {**entry, "signatures": signed}


KEY = key_change("add", OLD, 1, OLD)
ROTATION = key_change("rotate", NEW, 2, OLD, NEW)
REVOCATION = key_change("revoke", OLD, 3, NEW, reason="the disk was lost")

_ENTRIES: dict[str, dict[str, Any]] = {
    "genesis": GENESIS,
    "started": STARTED,
    "receipt": RECORDED,
    "release": RELEASED,
    "key": KEY,
}
_UNKNOWN_ENTRY = "unknown entry"


def vectors() -> Iterator[Vector]:
    """Yield every line."""
    failed = {**RECORDED, "status": "failed"}
    more = {"receipt-failed": failed, "key-rotate": ROTATION, "key-revoke": REVOCATION}
    for name, entry in {**_ENTRIES, **more}.items():
        yield Vector("ledger-line", f"{name}.json", raw(entry), "A line of this kind.")
    for kind, entry in _ENTRIES.items():
        whole = {"entry": _UNKNOWN_ENTRY} | ({"format": _FORMAT} if kind == "genesis" else {})
        nullable = {"reason": str, "attestation": str, "checkpoint": str} if kind == "key" else {}
        spoiling = Spoiling(entry, (), nullable, ("status", "action"), (), whole)
        for name, content, refusal, why in spoiling.files(raw):
            if (name, kind) != ("missing-format", "genesis"):
                yield Vector("ledger-line", f"{kind}-{name}.json", content, why, refusal)
    for name, (value, refusal, why) in {**_of_all(), **_of_texts(), **_of_keys()}.items():
        yield Vector("ledger-line", f"{name}.json", value, why, refusal)


_FORMAT = "the ledger's format is"


def _of_all() -> dict[str, tuple[bytes, str, str]]:
    good = raw(STARTED)
    other = "the same value has other canonical bytes"
    long = {**REVOCATION, "reason": "x" * 16 * 1024}
    return {
        "not-canonical-space": (good.replace(b",", b", "), other, "White space."),
        "not-canonical-order": (
            b'{"origin":"%s","entry":"genesis","format":"distill.ledger/1"}\n' % ORIGIN.encode(),
            other,
            "Keys that are not sorted.",
        ),
        "duplicate-key": (
            good.replace(b'"stage":', b'"stage":"index","stage":'),
            "a key appears twice",
            "A stage beside the stage.",
        ),
        "carriage-return": (good[:-1] + b"\r\n", other, "A line that ends in CR LF."),
        "blank": (b"\n", "not canonical JSON", "No entry."),
        "list": (b"[]\n", "is no object", "A list."),
        "unknown-entry": (raw({**STARTED, "entry": "note"}), _UNKNOWN_ENTRY, "No such entry."),
        "entry-upper-case": (raw({**STARTED, "entry": "Started"}), _UNKNOWN_ENTRY, "Case counts."),
        "too-long": (raw(long), "longer than 16384 bytes", "More than 16 KiB."),
        "genesis-of-the-future": (
            raw({**GENESIS, "format": "distill.ledger/2"}),
            _FORMAT,
            "A version that is not known.",
        ),
    }


def _of_texts() -> dict[str, tuple[bytes, str, str]]:
    origin, key_id, name = "is no origin", "is no key id", "is no name of a release"

    def spoiled(sample: Any, place: str, value: Any, refusal: str, why: str) -> Any:
        return raw(changed(place, value, sample)), refusal, why

    return {
        "origin-upper-case": spoiled(
            GENESIS, "origin", ORIGIN.upper().replace("DISTILL", "distill"), origin, "Upper case."
        ),
        "origin-short": spoiled(GENESIS, "origin", ORIGIN[:-1], origin, "15 digits."),
        "origin-of-another": spoiled(GENESIS, "origin", "example.org/log", origin, "No such form."),
        "origin-newline": spoiled(GENESIS, "origin", f"{ORIGIN}\n", origin, "A newline."),
        "started-bad-time": spoiled(STARTED, "at", "2026-01-31", "is no UTC time", "No time."),
        "started-short-key": spoiled(STARTED, "key", "ab", "is no digest", "No digest."),
        "started-bad-run": spoiled(STARTED, "run", "a run", "is no name of a run", "A space."),
        "started-bad-stage": spoiled(STARTED, "stage", "../x", "no name of a stage", "A path."),
        "receipt-upper-case-digest": spoiled(
            RECORDED, "blake3", "AB" * 32, "is no digest", "Upper-case digits."
        ),
        "receipt-facts-upper-case": spoiled(
            RECORDED, "facts|root", "EF" * 32, "is no digest", "Upper-case digits."
        ),
        "receipt-facts-fewer-than-none": spoiled(
            RECORDED, "facts|size", -1, "is not between 0", "A negative number of facts."
        ),
        "receipt-unknown-status": spoiled(RECORDED, "status", "fine", "is none of", "No status."),
        "release-bad-name": spoiled(RELEASED, "name", "a/b", name, "A path."),
        "release-empty-name": spoiled(RELEASED, "name", "", name, "No name."),
        "key-unknown-action": spoiled(KEY, "action", "replace", "is none of", "No such action."),
        "key-id-upper-case": spoiled(KEY, "id", "ABCDEF01", key_id, "Upper-case digits."),
        "key-id-short": spoiled(KEY, "id", KEY["id"][:-1], key_id, "7 digits."),
        "key-signed-by-no-id": spoiled(KEY, "signatures|0|by", "old", key_id, "A name."),
        "key-negative-index": spoiled(KEY, "index", -1, "is not between 0", "Before the log."),
    }


def _of_keys() -> dict[str, tuple[bytes, str, str]]:
    def spoiled(place: str, value: Any, refusal: str, why: str) -> tuple[bytes, str, str]:
        return raw(changed(place, value, KEY)), refusal, why

    signature = KEY["signatures"][0]["ed25519"]
    at = "signatures|0|ed25519"
    bent = "base64 that is not written that way"
    just = "has keys just where it is no revocation"
    short = b64(b"\x00" * 63)
    return {
        "base64-without-padding": spoiled(at, signature.rstrip("="), "is no base64", "No `=`."),
        "base64-stray-bits": spoiled(
            at, _with_stray_bits(signature), bent, "Bits that no byte has."
        ),
        "base64-with-newline": spoiled(at, f"{signature}\n", "is no base64", "A newline."),
        "base64-with-space": spoiled(at, f" {signature}", "is no base64", "A space."),
        "base64-more-padding": spoiled(at, f"{signature}==", "is no base64", "More `=`."),
        "base64-url": spoiled(
            at, b64(b"\xfb" * 64).translate(_URL), "is no base64", "The alphabet of URLs."
        ),
        "key-signature-short": spoiled(at, short, "has not 64 bytes", "63 bytes."),
        "key-signature-empty": spoiled(at, "", "has not 64 bytes", "No byte."),
        "key-raw-ed25519": spoiled(
            "checkpoint", b64(OLD.checkpoint[-32:]), "is no Ed25519 public key", "32 bytes, no DER."
        ),
        "key-checkpoint-is-p256": spoiled(
            "checkpoint", b64(OLD.attestation), "is no Ed25519 public key", "The other kind."
        ),
        "key-attestation-is-ed25519": spoiled(
            "attestation", b64(OLD.checkpoint), "is no P-256 public key", "The other kind."
        ),
        "key-attestation-trailing": spoiled(
            "attestation", b64(OLD.attestation + b"\0"), "is no P-256 public key", "A byte more."
        ),
        "key-add-without-checkpoint": spoiled("checkpoint", None, just, "One of the two lacks."),
        "key-add-without-attestation": spoiled("attestation", None, just, "One of the two lacks."),
        "key-revoke-with-keys": spoiled("action", "revoke", just, "A revocation only names a key."),
    }


_URL = str.maketrans("+/", "-_")


def _with_stray_bits(text: str) -> str:
    """Return base64 of 64 bytes (two `=` at the end) with another last digit for the same bytes."""
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
    return text[:-3] + alphabet[alphabet.index(text[-3]) + 1] + text[-2:]
