"""`release.json`: what a release holds, as frozen values, with its strict reader and its writer.

Format ``distill.release/1``. The manifest names every file of the folder except itself and its own
signatures, so what is not named does not belong there. What was left out on purpose stands in
`withheld`: the signature covers that list too.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from hashlib import sha256
from itertools import pairwise
from typing import Any, Final, Literal

from distill.errors import VerificationError
from distill.receipts import strict
from distill.receipts.base64_text import from_base64, to_base64
from distill.receipts.canonical import Json, dumps, loads
from distill.receipts.digest import Digest, Sha256, digest_bytes
from distill.receipts.ledger.entries import NAME, ORIGIN
from distill.receipts.paths import split_root

FORMAT: Final = "distill.release/1"
RELEASES: Final = "releases"  # the folder of a workspace's releases
ROOTS: Final = "roots"  # where a release holds the files of named roots
B3SUMS: Final = "B3SUMS"
SHA256SUMS: Final = "SHA256SUMS"
MANIFEST: Final = "release.json"
SIGNATURES: Final = (f"{MANIFEST}.ed25519", f"{MANIFEST}.p256", f"{MANIFEST}.sig")
MAX_MANIFEST_BYTES: Final = 64 * 1024 * 1024
ROOT_BYTES: Final = 32
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


def read_manifest(content: bytes) -> ReleaseManifest:
    """Return the manifest whose ``release.json`` holds these bytes.

    Law: ``read_manifest(manifest.content) == manifest``.

    Raises:
        VerificationError: too large, not canonical, of a future version, or not of the format.
    """
    if len(content) > MAX_MANIFEST_BYTES:
        raise VerificationError(f"{MANIFEST} is larger than {MAX_MANIFEST_BYTES} bytes")
    if not content.endswith(b"\n"):
        raise VerificationError(f"{MANIFEST} does not end in a newline")
    value = loads(content[:-1])
    if isinstance(value, Mapping) and value.get("format") != FORMAT:
        raise VerificationError(
            f"{MANIFEST}: its format is {str(value.get('format'))[:60]!r}, not {FORMAT!r}",
            "a newer version of Distill may have written it",
        )
    parts = strict.object_of(value, f"{MANIFEST}", _FIELDS)
    manifest = ReleaseManifest(
        checkpoint=_head(parts["checkpoint"], f"{MANIFEST}: checkpoint"),
        created_at=strict.instant(parts["created_at"], f"{MANIFEST}: created_at"),
        expect=strict.list_of(parts["expect"], f"{MANIFEST}: expect", _expectation),
        files=strict.list_of(parts["files"], f"{MANIFEST}: files", _file),
        name=NAME(parts["name"], f"{MANIFEST}: name"),
        origin=ORIGIN(parts["origin"], f"{MANIFEST}: origin"),
        previous=strict.optional(parts["previous"], f"{MANIFEST}: previous", _previous),
        receipts=strict.list_of(parts["receipts"], f"{MANIFEST}: receipts", strict.digest),
        withheld=strict.list_of(parts["withheld"], f"{MANIFEST}: withheld", _withheld),
    )
    _demand_order(manifest)
    return manifest


_FIELDS: Final = (
    *("checkpoint", "created_at", "expect", "files", "format"),
    *("name", "origin", "previous", "receipts", "withheld"),
)
_FILE_FIELDS: Final = ("blake3", "bytes", "path", "sha256")


def _demand_order(manifest: ReleaseManifest) -> None:
    """Refuse lists that are not sorted, or that name one thing twice."""
    files = [file.path for file in manifest.files]
    withheld = [file.path for file in manifest.withheld]
    receipts = [digest.hex for digest in manifest.receipts]
    for where, found in (("files", files), ("withheld", withheld), ("receipts", receipts)):
        if not _is_ascending(found):
            strict.refuse(f"{MANIFEST}: {where}", "is not sorted, or names something twice")
    if not set(files).isdisjoint(withheld):
        strict.refuse(f"{MANIFEST}: withheld", "names a file of the release")


def _is_ascending(texts: list[str]) -> bool:
    return all(first < second for first, second in pairwise(texts))


def _head(value: Any, where: str) -> LedgerHead:
    parts = strict.object_of(value, where, ("root", "size"))
    root = from_base64(strict.text(parts["root"], f"{where}.root"), f"{where}.root")
    if len(root) != ROOT_BYTES:
        strict.refuse(f"{where}.root", f"has not {ROOT_BYTES} bytes")
    size = strict.count(parts["size"], f"{where}.size")
    if size == 0:
        strict.refuse(f"{where}.size", "is 0, and no ledger is empty")
    return LedgerHead(root, size)


def _file(value: Any, where: str) -> ReleasedFile:
    return _file_of(strict.object_of(value, where, _FILE_FIELDS), where)


def _file_of(parts: Mapping[str, Any], where: str) -> ReleasedFile:
    return ReleasedFile(
        blake3=strict.digest(parts["blake3"], f"{where}.blake3"),
        bytes=strict.count(parts["bytes"], f"{where}.bytes"),
        path=_path(parts["path"], f"{where}.path"),
        sha256=strict.sha256(parts["sha256"], f"{where}.sha256"),
    )


def _withheld(value: Any, where: str) -> WithheldFile:
    parts = strict.object_of(value, where, (*_FILE_FIELDS, "class"))
    file = _file_of(parts, where)
    kind: WithheldClass = strict.member_of(WithheldClass)(parts["class"], f"{where}.class")
    return WithheldFile(file.blake3, file.bytes, kind, file.path, file.sha256)


def _path(value: Any, where: str) -> str:
    path = strict.path(value, where)
    if split_root(path)[0] is not None:
        strict.refuse(where, f"{path[:200]!r} names a root, and a release has none")
    if path == MANIFEST or path in SIGNATURES:
        strict.refuse(where, f"{path!r} is the manifest or one of its signatures")
    return path


def _expectation(value: Any, where: str) -> Expectation:
    parts = strict.object_of(value, where, ("detail", "found", "limit", "name", "passed"))
    return Expectation(
        detail=strict.text(parts["detail"], f"{where}.detail"),
        found=_pair(parts["found"], f"{where}.found"),
        limit=_pair(parts["limit"], f"{where}.limit"),
        name=strict.text(parts["name"], f"{where}.name"),
        passed=strict.truth(parts["passed"], f"{where}.passed"),
    )


def _pair(value: Any, where: str) -> tuple[int, int]:
    pair = strict.list_of(value, where, strict.count)
    if len(pair) != 2:
        strict.refuse(where, "is no pair of numbers")
    return pair[0], pair[1]


def _previous(value: Any, where: str) -> PreviousRelease:
    parts = strict.object_of(value, where, ("blake3", "name"))
    return PreviousRelease(
        strict.digest(parts["blake3"], f"{where}.blake3"),
        NAME(parts["name"], f"{where}.name"),
    )


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
