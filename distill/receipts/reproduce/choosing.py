"""Finding the receipt that somebody means: by digest, a unique prefix of it, or a stage's name."""

import re

from distill.errors import ConfigurationError
from distill.receipts.receipt import Receipt
from distill.receipts.store import ReceiptStore
from distill.receipts.versions import find_receipts

_PREFIX = re.compile(r"(?:blake3:)?([0-9a-f]{4,64})")
_SHOWN = 4


def choose_receipt(store: ReceiptStore, name: str) -> Receipt:
    """Return the receipt that can be run again: the newest of a stage of this name, or by digest.

    Raises:
        ConfigurationError: there is none or more than one, or it is of a run that failed.
        VerificationError: the receipt of this digest is damaged.
    """
    receipt = store.newest(name) if name in store.stages() else None
    if receipt is None:
        receipt = _by_digest(store, name)
    if receipt.passed:
        return receipt
    passed = store.newest_passed(receipt.claim.stage, receipt.slot)
    raise ConfigurationError(
        f"the receipt {receipt.digest.short}… is of a run of {receipt.claim.stage} that failed: it "
        "published nothing that could be compared",
        f"the newest that passed: distill reproduce {passed.digest.short}"
        if passed is not None
        else "no run of these outputs passed yet",
    )


def _by_digest(store: ReceiptStore, name: str) -> Receipt:
    match = _PREFIX.fullmatch(name)
    found = list(find_receipts(store, match[1])) if match is not None else []
    if len(found) > 1:
        shown = ", ".join(digest.short for digest in found[:_SHOWN])
        raise ConfigurationError(
            f"{len(found)} receipts' digests begin with {name}: {shown}", "give more digits"
        )
    if not found:
        known = ", ".join(store.stages()) or "none"
        raise ConfigurationError(
            f"{name!r} is neither a stage that has receipts nor the beginning of one's digest",
            f"stages with receipts: {known}; a digest needs its first four digits",
        )
    return store.get(found[0])
