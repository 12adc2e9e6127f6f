"""The receipts of a workspace, its releases, and every version of every output that they name."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from distill.errors import VerificationError
from distill.receipts.digest import Digest
from distill.receipts.receipt import Receipt
from distill.receipts.refs import age
from distill.receipts.release_manifest import ReleaseManifest
from distill.receipts.store import ReceiptStore
from distill.receipts.versions import Versions, read_release, release_folders
from distill.receipts.workspace import Workspace


@dataclass(frozen=True, slots=True)
class Version:
    """One version of a file of rows: its bytes are at `file`, null where they are gone.

    `receipts` are the numbers, in the history, of the receipts that name it.
    """

    path: str
    blake3: str
    stage: str
    role: str
    file: Path | None
    receipts: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Release:
    """A release that lies in ``releases/``."""

    folder: Path
    manifest: ReleaseManifest


@dataclass(frozen=True)
class History:
    """All passing receipts from old to new, which of them are current, and the releases."""

    workspace: Workspace
    receipts: Sequence[Receipt]
    current: frozenset[int]
    releases: Sequence[Release]

    @cached_property
    def versions(self) -> tuple[Version, ...]:
        """Every version of every file of rows, in the order in which they were first made.

        Raises:
            VerificationError: a file that should hold a version holds other bytes.
        """
        finder = Versions(self.workspace)
        named: dict[tuple[str, str], list[int]] = {}
        for number, receipt in enumerate(self.receipts):
            for entry in receipt.claim.outputs:
                if entry.path.endswith(".jsonl"):
                    named.setdefault((entry.path, entry.blake3.hex), []).append(number)
        return tuple(
            self._version(finder, path, blake3, numbers)
            for (path, blake3), numbers in named.items()
        )

    @property
    def gone(self) -> Iterator[Version]:
        """The versions whose bytes lie nowhere any more."""
        return (version for version in self.versions if version.file is None)

    def is_current(self, version: Version) -> bool:
        """Whether a version is what stands in place."""
        return any(number in self.current for number in version.receipts)

    def ancestors(self, receipt: Receipt) -> Iterator[Receipt]:
        """Yield a receipt and all that it was built on, as far as they are here."""
        yield receipt
        for digest in receipt.run.parents:
            parent = self.by_digest.get(digest)
            if parent is not None:
                yield from self.ancestors(parent)

    @cached_property
    def by_digest(self) -> dict[Digest, Receipt]:
        """The receipts by their digests."""
        return {receipt.digest: receipt for receipt in self.receipts}

    def _version(self, finder: Versions, path: str, blake3: str, numbers: Sequence[int]) -> Version:
        claim = self.receipts[numbers[0]].claim
        entry = next(e for e in claim.outputs if (e.path, e.blake3.hex) == (path, blake3))
        return Version(path, blake3, claim.stage, entry.role, finder.find(entry), tuple(numbers))


def read_history(workspace: Workspace) -> History:
    """Read all receipts and the manifests of all releases.

    Raises:
        VerificationError: a receipt or a manifest is not what was written.
    """
    store = ReceiptStore(workspace)
    receipts = sorted((receipt for receipt in _all(store) if receipt.passed), key=age)
    newest = {receipt.digest for receipt in store.current()}
    current = frozenset(n for n, receipt in enumerate(receipts) if receipt.digest in newest)
    releases = tuple(
        Release(folder, read_release(workspace, folder)) for folder in release_folders(workspace)
    )
    return History(workspace, receipts, current, releases)


def _all(store: ReceiptStore) -> Iterator[Receipt]:
    for path, entry in store.entries():
        if isinstance(entry, VerificationError):
            raise VerificationError(f"{path}: {entry.message}", "see `distill verify`") from entry
        yield entry
