"""The strict reader of `release.json`: bytes in, a manifest out, or what is wrong with them."""

from collections.abc import Mapping
from itertools import pairwise
from typing import Any, Final

from distill.errors import VerificationError
from distill.receipts import strict
from distill.receipts.base64_text import from_base64
from distill.receipts.canonical import loads
from distill.receipts.ledger.entries import NAME, ORIGIN
from distill.receipts.paths import split_root
from distill.receipts.release_manifest import (
    FORMAT,
    MANIFEST,
    MAX_MANIFEST_BYTES,
    SIGNATURES,
    Expectation,
    LedgerHead,
    PreviousRelease,
    ReleasedFile,
    ReleaseManifest,
    WithheldClass,
    WithheldFile,
)

ROOT_BYTES: Final = 32

_FIELDS: Final = (
    *("checkpoint", "created_at", "expect", "files", "format"),
    *("name", "origin", "previous", "receipts", "withheld"),
)
_FILE_FIELDS: Final = ("blake3", "bytes", "path", "sha256")


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
