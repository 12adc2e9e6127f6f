"""Holding a claim against itself: its digests, its laws and its status must agree."""

from collections.abc import Iterator

from distill.receipts.canonical import dumps
from distill.receipts.digest import Digest, digest_bytes
from distill.receipts.faults import Fault
from distill.receipts.key import KeyParts
from distill.receipts.receipt import Claim, Receipt


def code_digest(claim: Claim) -> Digest:
    """Return the digest that the claim's list of code files has."""
    return digest_bytes(dumps({name: one.hex for name, one in claim.code.files.items()}))


def claim_faults(shown: str, receipt: Receipt) -> Iterator[Fault]:
    """Yield what a receipt says that can't be true, whatever the files hold."""
    claim = receipt.claim
    if code_digest(claim) != claim.code.digest:
        yield _inconsistent(shown, claim.code.digest, code_digest(claim), "the code's digest")
    key = KeyParts.of_claim(claim).digest()
    if key != claim.key:
        yield _inconsistent(shown, claim.key, key, "the key")
    broken = [law for law in claim.laws if not law.holds]
    if receipt.passed:
        for law in broken:
            yield Fault(
                "law_broken", shown, "equal sums", str(law), f"the law {law.name} is broken"
            )
        failed = [check.name for check in claim.validation.checks if not check.passed]
        if failed or receipt.run.error is not None:
            found = ", ".join(failed) or "an error"
            message = "a passing receipt names a failure"
            yield Fault("receipt_inconsistent", shown, "no failure", found, message)
    elif receipt.run.error is None:
        message = "a failed receipt names no error"
        yield Fault("receipt_inconsistent", shown, "an error", "none", message)


def _inconsistent(shown: str, expected: Digest, found: Digest, what: str) -> Fault:
    message = f"{what} does not follow from the parts that the claim records"
    return Fault("receipt_inconsistent", shown, str(expected), str(found), message)
