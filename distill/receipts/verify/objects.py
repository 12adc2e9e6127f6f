"""The objects: every receipt in the store, read again."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from distill.receipts.digest import Digest
from distill.receipts.faults import Fault
from distill.receipts.receipt import Receipt
from distill.receipts.refs import age, heads_of
from distill.receipts.store import ReceiptStore
from distill.receipts.workspace import Workspace


@dataclass(frozen=True)
class Objects:
    """The sound receipts by digest, and a fault for every object that is none."""

    receipts: Mapping[Digest, Receipt]
    faults: tuple[Fault, ...]

    @staticmethod
    def shown(receipt: Receipt) -> str:
        """Return where a receipt lies, below the workspace."""
        name = receipt.digest.hex
        return f"receipts/objects/{name[:2]}/{name}"

    def current(self) -> Iterator[Receipt]:
        """Yield the newest passing receipts, told from the receipts and not from the refs."""
        by_stage: dict[str, list[Receipt]] = {}
        for receipt in self.receipts.values():
            by_stage.setdefault(receipt.claim.stage, []).append(receipt)
        for stage in sorted(by_stage):
            heads = heads_of(by_stage[stage])
            passed = [self.receipts[head.passed] for head in heads.values() if head.passed]
            yield from sorted(passed, key=age)


def read_objects(workspace: Workspace) -> Objects:
    """Read every object of the workspace's store."""
    receipts: dict[Digest, Receipt] = {}
    faults: list[Fault] = []
    for path, entry in ReceiptStore(workspace).entries():
        if isinstance(entry, Receipt):
            receipts[entry.digest] = entry
        else:
            shown = path.relative_to(workspace.root).as_posix()
            faults.append(Fault("receipt_damaged", shown, path.name, "other bytes", entry.message))
    return Objects(receipts, tuple(faults))
