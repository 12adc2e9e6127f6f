"""Filling a release: files of the workspace, receipts, ledger, keys, pages and lists."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from distill.errors import VerificationError
from distill.receipts.ledger.key_forms import raw_ed25519
from distill.receipts.ledger.log import Ledger
from distill.receipts.ledger.places import CHECKPOINTS, LOG, P256, PUBLIC_KEYS
from distill.receipts.ledger.public_keys import public_files
from distill.receipts.ledger.signing import KeyPair
from distill.receipts.release_manifest import (
    MANIFEST,
    Expectation,
    LedgerHead,
    PreviousRelease,
    ReleasedFile,
    ReleaseManifest,
    WithheldFile,
    sums_of,
)
from distill.receipts.sshsig import signed_bytes, write_sshsig
from distill.receipts.store import ReceiptStore
from distill.receipts.verify.release import verify_release
from distill.release.folder import ReleaseFolder
from distill.release.selection import Chosen
from distill.release.snapshot import Snapshot


@dataclass(frozen=True)
class Contents:
    """What a release is made of. ``pages`` are the files of its own, by path."""

    name: str
    created_at: str
    snapshot: Snapshot
    shipped: Sequence[Chosen]
    withheld: Sequence[WithheldFile]
    pages: Mapping[str, bytes]
    expect: tuple[Expectation, ...]
    previous: PreviousRelease | None


def assemble(folder: ReleaseFolder, contents: Contents, signer: KeyPair | None) -> ReleaseManifest:
    """Fill the folder, seal it, and return its manifest; without a signer it stays unsigned.

    Raises:
        VerificationError: a file is missing, or the folder is not sound as its receiver sees it.
    """
    workspace = contents.snapshot.workspace
    for one in contents.shipped:
        entry = one.entry
        file = ReleasedFile(entry.blake3, entry.bytes, one.path, entry.sha256)
        folder.copy(workspace.resolve(entry.path), file)
    _copy_receipts(folder, contents.snapshot)
    _write_ledger(folder, contents.snapshot)
    for path, content in contents.pages.items():
        folder.write(path, content)
    for name, content in sums_of(folder.files).items():
        folder.write(name, content)
    manifest = _manifest(folder, contents)
    folder.sign_off(MANIFEST, manifest.content)
    if signer is not None:
        for name, content in signatures(manifest.content, signer).items():
            folder.sign_off(name, content)
    folder.seal()
    _demand_sound(folder)
    return manifest


def _demand_sound(folder: ReleaseFolder) -> None:
    """Verify the folder as its receiver will: a release that was never sound can't be mended."""
    report = verify_release(folder.root)
    if report.faults:
        raise VerificationError(
            f"what was copied is not what the receipts say: {report.faults[0]}",
            "if a run went on meanwhile, wait for it, and release again",
        )


def signatures(content: bytes, signer: KeyPair) -> dict[str, bytes]:
    """Return the signatures of a manifest's bytes, by the name of the file that holds each."""
    public = raw_ed25519(signer.checkpoint_public)
    return {
        f"{MANIFEST}.ed25519": signer.sign(content),
        f"{MANIFEST}.p256": signer.sign_p256(content),
        f"{MANIFEST}.sig": write_sshsig(public, signer.sign(signed_bytes(content))),
    }


def _manifest(folder: ReleaseFolder, contents: Contents) -> ReleaseManifest:
    checkpoint = contents.snapshot.note.checkpoint
    return ReleaseManifest(
        checkpoint=LedgerHead(checkpoint.root, checkpoint.size),
        created_at=contents.created_at,
        expect=contents.expect,
        files=folder.files,
        name=contents.name,
        origin=checkpoint.origin,
        previous=contents.previous,
        receipts=tuple(receipt.digest for receipt in contents.snapshot.current),
        withheld=tuple(contents.withheld),
    )


def _copy_receipts(folder: ReleaseFolder, snapshot: Snapshot) -> None:
    """Copy every receipt that the ledger records: without all of them it can't be checked."""
    store = ReceiptStore(snapshot.workspace)
    for entry in snapshot.recorded:
        source = store.path_of(entry.blake3)
        path = source.relative_to(snapshot.workspace.root).as_posix()
        size = source.stat().st_size
        folder.copy(source, ReleasedFile(entry.blake3, size, path, entry.sha256))


def _write_ledger(folder: ReleaseFolder, snapshot: Snapshot) -> None:
    """Write the ledger as far as its newest checkpoint reaches, with the keys that it names."""
    ledger = Ledger(snapshot.workspace)
    folder.write(LOG, b"".join(line + b"\n" for line in snapshot.lines))
    for size, place in ledger.checkpoint_files():
        if size > snapshot.size:
            continue
        for path in (place, place.with_name(place.name + P256)):
            if path.exists():
                folder.write(f"{CHECKPOINTS}/{path.name}", path.read_bytes())
    for name, content in public_files(snapshot.origin, snapshot.ring).items():
        folder.write(f"{PUBLIC_KEYS}/{name}", content)
