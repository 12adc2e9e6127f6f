"""Checkpoints: what the ledger was at one size, as a C2SP signed note.

Source: c2sp.org/tlog-checkpoint and c2sp.org/signed-note. The note's text is three lines (origin,
size in decimal, root in base64) and a blank line; then comes one line a signature:
``— <key name> <base64 of key id ‖ signature>``. Here the key name is the origin, and a note has at
most one signature (Ed25519, 4 + 64 bytes). Without a key it has none.
"""

import re
from dataclasses import dataclass
from hashlib import sha256
from typing import Final

from distill.errors import VerificationError
from distill.receipts.base64_text import from_base64, to_base64
from distill.receipts.canonical import MAX_INTEGER
from distill.receipts.ledger.entries import ORIGIN

MAX_NOTE_BYTES: Final = 4096
ED25519_TYPE: Final = b"\x01"  # signed-note's signature type
_SIZE = re.compile(r"[1-9][0-9]{0,15}")
_DASH = "— "


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """The ledger's first ``size`` lines have this RFC 6962 root (32 bytes)."""

    origin: str
    size: int
    root: bytes

    @property
    def body(self) -> bytes:
        """The note's text: what is signed, blank line not included."""
        return f"{self.origin}\n{self.size}\n{to_base64(self.root)}\n".encode()


@dataclass(frozen=True, slots=True)
class NoteSignature:
    """A signature line: the key's id (8 hexadecimal digits) and 64 bytes of Ed25519."""

    key_id: str
    signature: bytes


@dataclass(frozen=True, slots=True)
class Note:
    """A checkpoint and its signature; null where the ledger had no key."""

    checkpoint: Checkpoint
    signature: NoteSignature | None

    @property
    def content(self) -> bytes:
        """The bytes of the checkpoint's file."""
        text = self.checkpoint.body + b"\n"
        if self.signature is None:
            return text
        signed = to_base64(bytes.fromhex(self.signature.key_id) + self.signature.signature)
        return text + f"{_DASH}{self.checkpoint.origin} {signed}\n".encode()


def key_id(origin: str, public: bytes) -> str:
    """Return the id of an Ed25519 key (32 bytes), as 8 hexadecimal digits.

    SHA-256(name ‖ 0x0A ‖ 0x01 ‖ key)[:4] (signed-note, "Signatures").
    """
    return sha256(origin.encode() + b"\n" + ED25519_TYPE + public).hexdigest()[:8]


def verifier_key(origin: str, public: bytes) -> str:
    """Return the key as signed-note tools take it: ``name+id+base64(0x01 ‖ key)``."""
    return f"{origin}+{key_id(origin, public)}+{to_base64(ED25519_TYPE + public)}"


def read_note(content: bytes) -> Note:
    """Return the note whose file holds these bytes.

    Law: ``read_note(content).content == content``: no other spelling is read.

    Raises:
        VerificationError: the bytes are no checkpoint of a Distill ledger.
    """
    if len(content) > MAX_NOTE_BYTES:
        raise VerificationError(f"the checkpoint is longer than {MAX_NOTE_BYTES} bytes")
    try:
        lines = content.decode("utf-8").split("\n")
    except UnicodeDecodeError as error:
        raise VerificationError("the checkpoint is no UTF-8") from error
    if len(lines) not in {5, 6} or lines[3] or lines[-1]:
        raise VerificationError(
            "the checkpoint is not an origin, a size, a root, a blank line and at most one"
            " signature"
        )
    origin = ORIGIN(lines[0], "the checkpoint's first line")
    if not _SIZE.fullmatch(lines[1]) or int(lines[1]) > MAX_INTEGER:
        raise VerificationError("the checkpoint's second line is no size")
    root = from_base64(lines[2], "the checkpoint's third line")
    if len(root) != sha256().digest_size:
        raise VerificationError("the checkpoint's root has not 32 bytes")
    checkpoint = Checkpoint(origin, int(lines[1]), root)
    return Note(checkpoint, _signature(lines[4], origin) if len(lines) == 6 else None)


def _signature(line: str, origin: str) -> NoteSignature:
    before = f"{_DASH}{origin} "
    if not line.startswith(before):
        raise VerificationError("the checkpoint's signature line does not name its origin")
    data = from_base64(line.removeprefix(before), "the checkpoint's signature")
    if len(data) != 4 + 64:
        raise VerificationError("the checkpoint's signature has not 4 + 64 bytes")
    return NoteSignature(data[:4].hex(), data[4:])
