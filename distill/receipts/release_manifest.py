"""`release.json`: what a release holds, as frozen values, with their writer.

Format ``distill.release/1``. The manifest names every file of the folder except itself and its own
signatures, so what is not named does not belong there. What was left out on purpose stands in
`withheld`: the signature covers that list too.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from hashlib import sha256
from typing import Final, Literal

from distill.receipts.base64_text import to_base64
from distill.receipts.canonical import Json, dumps
from distill.receipts.digest import Digest, Sha256, digest_bytes
from distill.receipts.paths import split_root

FORMAT: Final = "distill.release/1"
RELEASES: Final = "releases"  # the folder of a workspace's releases
ROOTS: Final = "roots"  # where a release holds the files of named roots
B3SUMS: Final = "B3SUMS"
SHA256SUMS: Final = "SHA256SUMS"
MANIFEST: Final = "release.json"
SIGNATURES: Final = (f"{MANIFEST}.ed25519", f"{MANIFEST}.p256", f"{MANIFEST}.sig")
MAX_MANIFEST_BYTES: Final = 64 * 1024 * 1024
_ALWAYS: Final = ("exports/", "quarantine/")

WithheldClass = Literal["raw", "evidence"]


@dataclass(frozen=True, slots=True)
class ReleasedFile:
    """A file of the release; ``path`` is below its folder."""

    blake3: Digest
    bytes: int
    path: str
    sha256: Sha256


@dataclass(frozen=True, slots=True)
class WithheldFile:
    """A file that receipts name and the release leaves out; ``path`` is where it would lie."""

    blake3: Digest
    bytes: int
    kind: WithheldClass
    path: str
    sha256: Sha256


@dataclass(frozen=True, slots=True)
class Expectation:
    """One line of `[expect]`, held against what was released.

    ``found`` and ``limit`` are pairs (numerator, denominator) in the unit that ``detail`` tells.
    """

    detail: str
    found: tuple[int, int]
    limit: tuple[int, int]
    name: str
    passed: bool


@dataclass(frozen=True, slots=True)
class LedgerHead:
    """The newest checkpoint in the folder: the ledger's size and its RFC 6962 root (32 bytes)."""

    root: bytes
    size: int


@dataclass(frozen=True, slots=True)
class PreviousRelease:
    """The release that this one follows, by the digest of its ``release.json``."""

    blake3: Digest
    name: str


@dataclass(frozen=True)
class ReleaseManifest:
    """The whole of ``release.json``.

    ``receipts`` are the current ones, whose outputs the release is; ``previous`` is null for the
    first release of a ledger. Lists are sorted: files and withheld by path, receipts by digest.
    """

    checkpoint: LedgerHead
    created_at: str
    expect: tuple[Expectation, ...]
    files: tuple[ReleasedFile, ...]
    name: str
    origin: str
    previous: PreviousRelease | None
    receipts: tuple[Digest, ...]
    withheld: tuple[WithheldFile, ...]

    @cached_property
    def content(self) -> bytes:
        """The bytes of ``release.json``: canonical JSON and a newline."""
        previous: Json = None
        if self.previous is not None:
            previous = {"blake3": self.previous.blake3.hex, "name": self.previous.name}
        value: dict[str, Json] = {
            "checkpoint": {
                "root": to_base64(self.checkpoint.root),
                "size": self.checkpoint.size,
            },
            "created_at": self.created_at,
            "expect": [_expectation_json(one) for one in self.expect],
            "files": [_file_json(file) for file in self.files],
            "format": FORMAT,
            "name": self.name,
            "origin": self.origin,
            "previous": previous,
            "receipts": [digest.hex for digest in self.receipts],
            "withheld": [{**_file_json(file), "class": file.kind} for file in self.withheld],
        }
        return dumps(value) + b"\n"

    @cached_property
    def digest(self) -> Digest:
        """The digest of ``release.json``: what the ledger pins."""
        return digest_bytes(self.content)

    @cached_property
    def sha256(self) -> Sha256:
        """The SHA-256 of ``release.json``: what an attestation is about."""
        return Sha256(sha256(self.content).hexdigest())


def _file_json(file: ReleasedFile | WithheldFile) -> dict[str, Json]:
    return {
        "blake3": file.blake3.hex,
        "bytes": file.bytes,
        "path": file.path,
        "sha256": file.sha256.hex,
    }


def _expectation_json(one: Expectation) -> dict[str, Json]:
    return {
        "detail": one.detail,
        "found": list(one.found),
        "limit": list(one.limit),
        "name": one.name,
        "passed": one.passed,
    }


def place_in_release(recorded: str) -> str:
    """Return where a release holds the file that a receipt names: ``roots/NAME/…`` for a root's."""
    root, below = split_root(recorded)
    return below if root is None else f"{ROOTS}/{root}/{below}"


def class_of(recorded: str, *, is_made: bool) -> WithheldClass | None:
    """Return how a file that receipts name may be withheld; null for what is in every release.

    ``raw``: no current receipt made it. ``evidence``: one did, and it is neither a set nor the
    quarantine.
    """
    if not is_made:
        return "raw"
    return None if recorded.startswith(_ALWAYS) else "evidence"


def sums_of(files: Iterable[ReleasedFile]) -> dict[str, bytes]:
    """Return the lists of digests, by name, as ``b3sum`` and ``sha256sum`` write and check them.

    They are over every file but themselves.
    """
    listed = [file for file in files if file.path not in (B3SUMS, SHA256SUMS)]
    return {
        B3SUMS: "".join(f"{file.blake3.hex}  {file.path}\n" for file in listed).encode(),
        SHA256SUMS: "".join(f"{file.sha256.hex}  {file.path}\n" for file in listed).encode(),
    }
