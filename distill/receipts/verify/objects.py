"""The objects: every receipt in the store, read again."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from distill.errors import VerificationError
from distill.receipts.digest import Digest, digest_bytes
from distill.receipts.faults import Fault
from distill.receipts.plain_files import Unread, names_in, read_plain
from distill.receipts.reader import read_receipt
from distill.receipts.receipt import MAX_RECEIPT_BYTES, Receipt
from distill.receipts.refs import age, heads_of
from distill.receipts.strict import HEX_256

OBJECTS: Final = "receipts/objects"


@dataclass(frozen=True)
class Objects:
    """The sound receipts by digest, and what is no receipt.

    ``damaged`` has a fault for every object whose name is a digest, ``strays`` are other paths.
    """

    receipts: Mapping[Digest, Receipt]
    damaged: Mapping[Digest, Fault]
    strays: tuple[str, ...]

    def current(self) -> Iterator[Receipt]:
        """Yield the newest passing receipts, told from the receipts and not from the refs."""
        by_stage: dict[str, list[Receipt]] = {}
        for receipt in self.receipts.values():
            by_stage.setdefault(receipt.claim.stage, []).append(receipt)
        for stage in sorted(by_stage):
            heads = heads_of(by_stage[stage])
            passed = [self.receipts[head.passed] for head in heads.values() if head.passed]
            yield from sorted(passed, key=age)


def place_of(digest: Digest) -> str:
    """Return where a receipt lies, below the workspace."""
    return f"{OBJECTS}/{digest.hex[:2]}/{digest.hex}"


def read_objects(root: Path) -> Objects:
    """Read every object of a workspace or a release."""
    receipts: dict[Digest, Receipt] = {}
    damaged: dict[Digest, Fault] = {}
    strays: list[str] = []
    for shown in _object_paths(root, strays):
        digest = Digest(shown.rpartition("/")[2])
        found = _read(root, shown, digest)
        if isinstance(found, Fault):
            damaged[digest] = found
        else:
            receipts[digest] = found
    return Objects(receipts, damaged, tuple(strays))


def _object_paths(root: Path, strays: list[str]) -> Iterator[str]:
    """Yield the paths that can be a receipt's; the others are added to ``strays``."""
    folders = names_in(root / OBJECTS)
    if isinstance(folders, Unread):
        strays.append(OBJECTS)
        return
    for folder in folders:
        names = names_in(root / OBJECTS / folder)
        if isinstance(names, Unread):
            strays.append(f"{OBJECTS}/{folder}")
            continue
        for name in names:
            shown = f"{OBJECTS}/{folder}/{name}"
            if HEX_256.fullmatch(name) and name[:2] == folder:
                yield shown
            else:
                strays.append(shown)


def _read(root: Path, shown: str, digest: Digest) -> Receipt | Fault:
    content = read_plain(root / shown, MAX_RECEIPT_BYTES)
    if isinstance(content, Unread):
        message = "the receipt can't be read"
        return Fault("receipt_damaged", shown, "a plain file", content.told, message)
    found = digest_bytes(content)
    if found != digest:
        message = f"the receipt {digest.short}… holds bytes of {found.short}…"
        return Fault("receipt_damaged", shown, str(digest), str(found), message)
    try:
        return read_receipt(content)
    except VerificationError as error:
        message = f"{error.message} ({error.hint})" if error.hint else error.message
        return Fault("receipt_damaged", shown, "a receipt", "other bytes", message)
