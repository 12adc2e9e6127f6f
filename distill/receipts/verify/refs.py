"""The refs: derived, but what they say must be so."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final

from distill.errors import VerificationError
from distill.receipts.digest import Digest
from distill.receipts.faults import Fault
from distill.receipts.plain_files import Unread, names_in, read_plain
from distill.receipts.receipt import Receipt
from distill.receipts.refs import STAGES, read_heads, read_stages
from distill.receipts.verify.file_set import stray_fault

REFS: Final = "receipts/refs"
_MAX_BYTES: Final = 16 * 1024 * 1024

Receipts = Mapping[Digest, Receipt]


def ref_faults(root: Path, receipts: Receipts) -> Iterator[Fault]:
    """Yield what is wrong with the refs; one that is missing is found again."""
    names = names_in(root / REFS)
    if isinstance(names, Unread):
        yield _damaged(REFS, "a folder", names.told, "the refs can't be read")
        return
    for name in names:
        shown = f"{REFS}/{name}"
        content = read_plain(root / shown, _MAX_BYTES)
        if isinstance(content, Unread):
            yield _damaged(shown, "a plain file", content.told, "the ref can't be read")
        elif name == STAGES:
            yield from _stages_faults(shown, content, receipts)
        elif name.startswith("."):
            yield stray_fault(shown, "no ref has this name")
        else:
            yield from _heads_faults(shown, content, receipts)


def _heads_faults(shown: str, content: bytes, receipts: Receipts) -> Iterator[Fault]:
    try:
        heads = read_heads(_line(content))
    except VerificationError as error:
        yield _damaged(shown, "a ref", "other bytes", f"the ref can't be read: {error.message}")
        return
    for slot, head in heads.items():
        for digest in sorted({head.newest, head.passed or head.newest}):
            yield from _head_faults(shown, slot, digest, receipts)


def _head_faults(shown: str, slot: str, digest: Digest, receipts: Receipts) -> Iterator[Fault]:
    receipt, stage = receipts.get(digest), shown.rpartition("/")[2]
    if receipt is None:
        message = "the ref names a receipt that is missing or damaged"
        yield Fault("ref_dangling", shown, str(digest), "nothing sound", message)
    elif (receipt.claim.stage, receipt.slot) != (stage, slot):
        message = "the ref names a receipt of another stage or other outputs"
        yield _damaged(shown, f"one of {stage}", f"one of {receipt.claim.stage}", message)


def _stages_faults(shown: str, content: bytes, receipts: Receipts) -> Iterator[Fault]:
    """Hold the list of stages against the receipts."""
    made = {receipt.claim.stage for receipt in receipts.values()}
    try:
        listed = set(read_stages(_line(content)))
    except VerificationError:
        listed = set()
    if not made <= listed:
        expected, found = ", ".join(sorted(made)), ", ".join(sorted(listed)) or "none"
        message = "the list of stages lacks some that have receipts"
        yield _damaged(shown, expected, found, message)


def _line(content: bytes) -> bytes:
    if not content.endswith(b"\n"):
        raise VerificationError("it does not end in a newline")
    return content


def _damaged(shown: str, expected: str, found: str, meaning: str) -> Fault:
    return Fault("ref_damaged", shown, expected, found, meaning)
