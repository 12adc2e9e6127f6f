"""Laying out again what the evidence stage reads beside its files: the paths of a checkout.

Only their names count (`SourceJob.checkout_digest`), so empty files stand for them.
"""

from collections.abc import Iterator, Mapping

from distill.errors import ConfigurationError, IncompleteError, VerificationError
from distill.receipts import Receipt, Workspace
from distill.receipts.digest import digest_bytes
from distill.workspace.checkout import list_checkout

_MODULE = "distill.stages.evidence:"


def lay_out_checkouts(receipt: Receipt, home: Workspace, scratch: Workspace) -> None:
    """Make the paths of the checkouts that a receipt's sources name, if they are still the same.

    Raises:
        IncompleteError: a checkout is gone, or has other files than it had.
    """
    for recorded, digest in _checkouts(receipt):
        try:
            paths = list(list_checkout(home.resolve(recorded)))
        except (ConfigurationError, VerificationError):
            paths = []
        if digest_bytes("\n".join(paths).encode()).hex != digest:
            raise IncompleteError(
                f"the checkout {recorded} no longer has the files that it had: their list is no "
                f"more blake3:{digest}",
                "check out the commit that it was at when the stage ran",
            )
        folder = scratch.resolve(recorded)
        for path in paths:
            place = folder / path
            place.parent.mkdir(parents=True, exist_ok=True)
            place.touch()


def _checkouts(receipt: Receipt) -> Iterator[tuple[str, str]]:
    jobs = receipt.claim.parameters.get("jobs")
    if not receipt.claim.code.function.startswith(_MODULE) or not isinstance(jobs, list):
        return
    for job in jobs:
        recorded, digest = job.get("checkout"), job.get("checkout_digest")
        if isinstance(job, Mapping) and isinstance(recorded, str) and isinstance(digest, str):
            yield recorded, digest
