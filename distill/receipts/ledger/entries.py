"""The entries of the ledger, one canonical JSON object a line. Format ``distill.ledger/1``.

`Genesis` is the first line and says whose log it is. `Started` is written before a stage's function
runs, `Recorded` when its receipt is durable: a start without a receipt is a run that never ended.
`KeyChange` says who signs checkpoints from there on. `Released` pins a release's manifest.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from hashlib import sha256
from typing import Any, Final, Literal, TypeAlias

from distill.errors import VerificationError
from distill.receipts import strict
from distill.receipts.base64_text import from_base64, to_base64
from distill.receipts.canonical import Json, dumps, loads
from distill.receipts.digest import Digest, Sha256
from distill.receipts.facts import facts_head
from distill.receipts.ledger.key_forms import is_ed25519, is_p256
from distill.receipts.merkle_proofs import TreeHead
from distill.receipts.receipt import Receipt, Status
from distill.receipts.targets import STAGE_NAME

FORMAT: Final = "distill.ledger/1"
MAX_LINE_BYTES: Final = 16 * 1024
SIGNATURE_BYTES: Final = 64  # of Ed25519
ORIGIN: Final = strict.matching(
    re.compile(r"distill/[0-9a-f]{16}"), "origin like distill/0123456789abcdef"
)
KEY_ID: Final = strict.matching(re.compile(r"[0-9a-f]{8}"), "key id of 8 hex digits")
NAME: Final = strict.matching(STAGE_NAME, "name of a release")

KeyAction = Literal["add", "rotate", "revoke"]


@dataclass(frozen=True, slots=True)
class Genesis:
    """Line 0: the ledger's name, which its checkpoints and keys bear. It never changes."""

    origin: str


@dataclass(frozen=True, slots=True)
class Started:
    """A stage is about to run; ``key`` is the claim's key, ``run`` the receipt's ``run.id``."""

    at: str
    key: Digest
    run: str
    stage: str


@dataclass(frozen=True, slots=True)
class Recorded:
    """A receipt: both digests of its object's bytes, the head over its facts, and its status."""

    blake3: Digest
    facts: TreeHead
    run: str
    sha256: Sha256
    stage: str
    status: Status


@dataclass(frozen=True, slots=True)
class KeySignature:
    """The Ed25519 signature (64 bytes) of a key change, by the key of this id."""

    by: str
    ed25519: bytes


@dataclass(frozen=True, slots=True)
class KeyChange:
    """A pair of keys comes, takes over from the active one, or is revoked.

    ``checkpoint`` (Ed25519) and ``attestation`` (P-256) are SubjectPublicKeyInfo in DER, null in a
    revocation. ``index`` is the entry's own line number from 0, so that it fits nowhere else.
    """

    action: KeyAction
    at: str
    attestation: bytes | None
    checkpoint: bytes | None
    id: str
    index: int
    origin: str
    reason: str | None
    signatures: tuple[KeySignature, ...]

    @property
    def message(self) -> bytes:
        """The bytes that are signed: a prefix of this use, and the entry without its signatures."""
        value = {name: part for name, part in _key_json(self).items() if name != "signatures"}
        return f"{FORMAT} key\n".encode() + dumps(value)


@dataclass(frozen=True, slots=True)
class Released:
    """A release was made: both digests of its ``release.json``."""

    at: str
    blake3: Digest
    name: str
    sha256: Sha256


Entry: TypeAlias = Genesis | Started | Recorded | KeyChange | Released


def write_entry(entry: Entry) -> bytes:
    """Return the line of an entry, without a newline.

    Law: ``read_entry(write_entry(entry)) == entry``.
    """
    if isinstance(entry, Genesis):
        return dumps({"entry": "genesis", "format": FORMAT, "origin": entry.origin})
    if isinstance(entry, KeyChange):
        return dumps(_key_json(entry))
    if isinstance(entry, Started):
        value: dict[str, Json] = {"entry": "started", "at": entry.at, "key": entry.key.hex}
        return dumps({**value, "run": entry.run, "stage": entry.stage})
    digests: dict[str, Json] = {"blake3": entry.blake3.hex, "sha256": entry.sha256.hex}
    if isinstance(entry, Released):
        return dumps({"entry": "release", "at": entry.at, "name": entry.name, **digests})
    facts: Json = {"root": entry.facts.root.hex(), "size": entry.facts.size}
    value = {"entry": "receipt", "facts": facts, "run": entry.run, "stage": entry.stage}
    return dumps({**value, "status": entry.status, **digests})


def recorded(receipt: Receipt) -> Recorded:
    """Return the entry of a receipt."""
    return Recorded(
        blake3=receipt.digest,
        facts=facts_head(receipt),
        run=receipt.run.id,
        sha256=Sha256(sha256(receipt.content).hexdigest()),
        stage=receipt.claim.stage,
        status=receipt.claim.validation.status,
    )


def read_entry(line: bytes) -> Entry:
    """Return the entry of a line (without its newline).

    Raises:
        VerificationError: too long, not canonical, of an unknown kind, or not of the format.
    """
    if len(line) > MAX_LINE_BYTES:
        raise VerificationError(f"a line of the ledger is longer than {MAX_LINE_BYTES} bytes")
    value = loads(line)
    if not isinstance(value, Mapping):
        raise VerificationError("a line of the ledger is no object")
    kind = value.get("entry")
    if not isinstance(kind, str) or kind not in _READERS:
        raise VerificationError(
            f"a line of the ledger has the unknown entry {str(kind)[:60]!r}",
            "a newer version of Distill may have written it",
        )
    names, read = _READERS[kind]
    parts = strict.object_of(value, f"the ledger's {kind} entry", ("entry", *names))
    return read(parts, f"the ledger's {kind} entry:")


def _genesis(parts: dict[str, Any], where: str) -> Genesis:
    if parts["format"] != FORMAT:
        raise VerificationError(
            f"the ledger's format is {str(parts['format'])[:60]!r}, not {FORMAT!r}",
            "a newer version of Distill may have written it",
        )
    return Genesis(ORIGIN(parts["origin"], f"{where} origin"))


def _started(parts: dict[str, Any], where: str) -> Started:
    return Started(
        at=strict.instant(parts["at"], f"{where} at"),
        key=strict.digest(parts["key"], f"{where} key"),
        run=strict.run_id(parts["run"], f"{where} run"),
        stage=strict.stage(parts["stage"], f"{where} stage"),
    )


def _recorded(parts: dict[str, Any], where: str) -> Recorded:
    return Recorded(
        blake3=strict.digest(parts["blake3"], f"{where} blake3"),
        facts=_head(parts["facts"], f"{where} facts"),
        run=strict.run_id(parts["run"], f"{where} run"),
        sha256=strict.sha256(parts["sha256"], f"{where} sha256"),
        stage=strict.stage(parts["stage"], f"{where} stage"),
        status=strict.member_of(Status)(parts["status"], f"{where} status"),
    )


def _head(value: Any, where: str) -> TreeHead:
    parts = strict.object_of(value, where, ("root", "size"))
    root = strict.sha256(parts["root"], f"{where}.root")
    return TreeHead(strict.count(parts["size"], f"{where}.size"), bytes.fromhex(root.hex))


def _released(parts: dict[str, Any], where: str) -> Released:
    return Released(
        at=strict.instant(parts["at"], f"{where} at"),
        blake3=strict.digest(parts["blake3"], f"{where} blake3"),
        name=NAME(parts["name"], f"{where} name"),
        sha256=strict.sha256(parts["sha256"], f"{where} sha256"),
    )


def _key_change(parts: dict[str, Any], where: str) -> KeyChange:
    action: KeyAction = strict.member_of(KeyAction)(parts["action"], f"{where} action")
    change = KeyChange(
        action=action,
        at=strict.instant(parts["at"], f"{where} at"),
        attestation=strict.optional(parts["attestation"], f"{where} attestation", _bytes),
        checkpoint=strict.optional(parts["checkpoint"], f"{where} checkpoint", _bytes),
        id=KEY_ID(parts["id"], f"{where} id"),
        index=strict.count(parts["index"], f"{where} index"),
        origin=ORIGIN(parts["origin"], f"{where} origin"),
        reason=strict.optional(parts["reason"], f"{where} reason", strict.text),
        signatures=strict.list_of(parts["signatures"], f"{where} signatures", _signature),
    )
    bears = [part is not None for part in (change.attestation, change.checkpoint)]
    if any(bears) if action == "revoke" else not all(bears):
        strict.refuse(where, "has keys just where it is no revocation")
    if change.checkpoint is not None and not is_ed25519(change.checkpoint):
        strict.refuse(f"{where} checkpoint", "is no Ed25519 public key")
    if change.attestation is not None and not is_p256(change.attestation):
        strict.refuse(f"{where} attestation", "is no P-256 public key")
    return change


def _signature(value: Any, where: str) -> KeySignature:
    parts = strict.object_of(value, where, ("by", "ed25519"))
    signature = _bytes(parts["ed25519"], f"{where}.ed25519")
    if len(signature) != SIGNATURE_BYTES:
        strict.refuse(f"{where}.ed25519", f"has not {SIGNATURE_BYTES} bytes")
    return KeySignature(KEY_ID(parts["by"], f"{where}.by"), signature)


def _bytes(value: Any, where: str) -> bytes:
    return from_base64(strict.text(value, where), where)


def _key_json(change: KeyChange) -> dict[str, Json]:
    return {
        "entry": "key",
        "action": change.action,
        "at": change.at,
        "attestation": None if change.attestation is None else to_base64(change.attestation),
        "checkpoint": None if change.checkpoint is None else to_base64(change.checkpoint),
        "id": change.id,
        "index": change.index,
        "origin": change.origin,
        "reason": change.reason,
        "signatures": [
            {"by": one.by, "ed25519": to_base64(one.ed25519)} for one in change.signatures
        ],
    }


_Reader: TypeAlias = Callable[[dict[str, Any], str], Entry]
_READERS: Final[Mapping[str, tuple[tuple[str, ...], _Reader]]] = {
    "genesis": (("format", "origin"), _genesis),
    "started": (tuple(Started.__dataclass_fields__), _started),
    "receipt": (tuple(Recorded.__dataclass_fields__), _recorded),
    "release": (tuple(Released.__dataclass_fields__), _released),
    "key": (tuple(KeyChange.__dataclass_fields__), _key_change),
}
