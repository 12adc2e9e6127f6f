"""The refs: derived, but what they say must be so."""

from collections.abc import Iterator, Mapping
from pathlib import Path

from distill.errors import VerificationError
from distill.receipts.digest import Digest
from distill.receipts.faults import Fault
from distill.receipts.receipt import Receipt
from distill.receipts.refs import STAGES, read_heads, read_stages
from distill.receipts.store import ReceiptStore
from distill.receipts.workspace import Workspace

Receipts = Mapping[Digest, Receipt]


def ref_faults(workspace: Workspace, receipts: Receipts) -> Iterator[Fault]:
    """Yield what is wrong with the refs of a workspace; one that is missing is found again."""
    folder = ReceiptStore(workspace).refs
    for path in sorted(folder.glob("[!.]*")):
        shown = path.relative_to(workspace.root).as_posix()
        try:
            heads = read_heads(path.read_bytes())
        except (OSError, VerificationError) as error:
            message = f"the ref can't be read: {error}"
            yield Fault("ref_damaged", shown, "a ref", "other bytes", message)
            continue
        for slot, head in heads.items():
            for digest in sorted({head.newest, head.passed or head.newest}):
                yield from _ref_faults(shown, (path.name, slot), digest, receipts)
    yield from _stages_faults(workspace, folder / STAGES, receipts)


def _ref_faults(
    shown: str, place: tuple[str, str], digest: Digest, receipts: Receipts
) -> Iterator[Fault]:
    receipt = receipts.get(digest)
    if receipt is None:
        message = "the ref names a receipt that is missing or damaged"
        yield Fault("ref_dangling", shown, str(digest), "nothing sound", message)
    elif (receipt.claim.stage, receipt.slot) != place:
        found = f"one of {receipt.claim.stage}"
        message = "the ref names a receipt of another stage or other outputs"
        yield Fault("ref_damaged", shown, f"one of {place[0]}", found, message)


def _stages_faults(workspace: Workspace, path: Path, receipts: Receipts) -> Iterator[Fault]:
    """Hold the list of stages against the receipts, where there is one."""
    made = {receipt.claim.stage for receipt in receipts.values()}
    try:
        listed = set(read_stages(path.read_bytes()))
    except FileNotFoundError:
        return
    except (OSError, VerificationError):
        listed = set()
    if not made <= listed:
        expected, found = ", ".join(sorted(made)), ", ".join(sorted(listed))
        message = "the list of stages lacks some that have receipts"
        shown = path.relative_to(workspace.root).as_posix()
        yield Fault("ref_damaged", shown, expected, found, message)
