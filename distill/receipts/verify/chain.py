"""The chain: every parent that a receipt names exists, and made what the receipt says it read."""

from collections.abc import Iterator, Mapping

from distill.receipts.digest import Digest
from distill.receipts.faults import Fault
from distill.receipts.receipt import Receipt


def chain_faults(
    shown: str, receipt: Receipt, receipts: Mapping[Digest, Receipt]
) -> Iterator[Fault]:
    """Yield what is wrong between a receipt, which lies at ``shown``, and its parents."""
    claimed = {(parent.stage, parent.claim) for parent in receipt.claim.parents}
    found: set[tuple[str, Digest]] = set()
    for digest in receipt.run.parents:
        parent = receipts.get(digest)
        if parent is None:
            message = "a parent receipt is missing or damaged"
            yield Fault("chain_broken", shown, str(digest), "nothing sound", message)
            continue
        found.add((parent.claim.stage, parent.claim_digest))
        yield from _link_faults(shown, receipt, parent)
    if len(found) == len(receipt.run.parents) and claimed != found:
        message = "the claim names other parents than the run"
        yield Fault("chain_broken", shown, _named(claimed), _named(found), message)


def _link_faults(shown: str, receipt: Receipt, parent: Receipt) -> Iterator[Fault]:
    made = {entry.path: entry.blake3 for entry in parent.claim.outputs}
    read = [entry for entry in receipt.claim.inputs if entry.path in made]
    if not parent.passed:
        yield Fault("chain_broken", shown, "a parent that passed", "one that failed", "bad parent")
    if not any(entry.blake3 == made[entry.path] for entry in read):
        message = "no input is what the parent made"
        yield Fault("chain_broken", shown, str(parent.digest), "other inputs", message)


def _named(parents: set[tuple[str, Digest]]) -> str:
    return ", ".join(sorted(f"{stage} {claim}" for stage, claim in parents)) or "none"
