"""Holding a claim against itself: digests, laws, status, and where it wrote must agree."""

from collections.abc import Iterator

from distill.receipts.canonical import dumps
from distill.receipts.digest import Digest, digest_bytes
from distill.receipts.faults import Fault
from distill.receipts.key import KeyParts
from distill.receipts.paths import is_at_or_below
from distill.receipts.receipt import Claim, FileEntry, Receipt
from distill.receipts.targets import RESERVED, Target


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
    yield from _place_faults(shown, receipt)
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


def _place_faults(shown: str, receipt: Receipt) -> Iterator[Fault]:
    """Yield outputs that lie where the stage was not told to write, or where no stage may."""
    claim = receipt.claim
    for entry in claim.outputs:
        if not any(_is_under(entry, target) for target in claim.targets):
            message = "an output lies under no target of its role"
            yield _misplaced(shown, f"a target that holds {entry.path}", "none", message)
    paths = [*(one.path for one in claim.targets), *(one.path for one in claim.outputs)]
    for path in dict.fromkeys(paths):
        own = next((own for own in RESERVED if is_at_or_below(path, own)), None)
        if own is not None:
            message = f"a stage was told to write in {own}/, which is the engine's own"
            yield _misplaced(shown, "a place of the workspace's", path, message)
    made = {(entry.role, entry.path) for entry in claim.outputs}
    for target in claim.targets:
        if receipt.passed and target.kind == "file" and (target.role, target.path) not in made:
            message = "a passing receipt lacks an output that the stage was told to write"
            yield _misplaced(shown, target.path, "no such output", message)


def _is_under(entry: FileEntry, target: Target) -> bool:
    if entry.role != target.role:
        return False
    if target.kind == "file":
        return entry.path == target.path
    return entry.path.startswith(f"{target.path}/")


def _misplaced(shown: str, expected: str, found: str, meaning: str) -> Fault:
    return Fault("receipt_inconsistent", shown, expected, found, meaning)


def _inconsistent(shown: str, expected: Digest, found: Digest, what: str) -> Fault:
    message = f"{what} does not follow from the parts that the claim records"
    return Fault("receipt_inconsistent", shown, str(expected), str(found), message)
