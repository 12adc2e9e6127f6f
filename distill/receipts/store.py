"""The store of receipts: each lies under the digest of its bytes and is never changed.

Writing is restic's way with git's ``link``: temporary name → write → mode 0444 → fsync → link →
unlink the temporary → fsync the folder. Nothing is believed unread: a receipt's bytes must have the
digest that its name says.
"""

import os
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from distill.errors import VerificationError
from distill.receipts import durable
from distill.receipts.digest import Digest, digest_bytes
from distill.receipts.kept import Kept
from distill.receipts.locks import hold
from distill.receipts.plain_files import Unread, read_plain
from distill.receipts.reader import read_receipt
from distill.receipts.real_paths import RealPaths
from distill.receipts.receipt import MAX_RECEIPT_BYTES, Receipt
from distill.receipts.refs import (
    MAX_REF_BYTES,
    STAGES,
    Head,
    advance,
    age,
    heads_of,
    read_heads,
    read_stages,
    write_heads,
    write_stages,
)
from distill.receipts.strict import HEX_256
from distill.receipts.workspace import Workspace


class ReceiptStore:
    """The receipts of one workspace."""

    def __init__(self, workspace: Workspace) -> None:
        self.workspace = workspace
        self.objects = workspace.root / "receipts" / "objects"
        self.refs = workspace.root / "receipts" / "refs"

    def path_of(self, digest: Digest) -> Path:
        """Return where the receipt of this digest lies, or would lie."""
        return self.objects / digest.hex[:2] / digest.hex

    def put(self, receipt: Receipt, token: str) -> Digest:
        """Make a receipt durable and return its digest; one that is there stays as it is.

        ``token`` marks the temporary names, so that a later start can remove them.
        """
        partial = self.begin_put(receipt, token)
        durable.sync_file(partial)
        self.end_put(receipt, partial)
        return receipt.digest

    def begin_put(self, receipt: Receipt, token: str) -> Path:
        """Write a receipt under a temporary name, which `end_put` expects to be durable."""
        path = self.path_of(receipt.digest)
        durable.make_folder(path.parent)
        partial = durable.begin_partial(path, receipt.content, token)
        partial.chmod(durable.READ_ONLY)
        return partial

    def end_put(self, receipt: Receipt, partial: Path, beside: Iterable[Path] = ()) -> None:
        """Give a receipt its name, which is durable in the end, together with ``beside``."""
        path = self.path_of(receipt.digest)
        try:
            os.link(partial, path)
        except FileExistsError:
            self._keep_sound(path, partial, receipt.content)
        partial.unlink(missing_ok=True)
        durable.sync_all([path.parent, *beside])

    @contextmanager
    def pointing(self, receipt: Receipt, token: str) -> Iterator[Sequence[Path]]:
        """Let the stage's ref name this receipt when what is inside has ended well.

        It is given the temporary files of refs, and makes them durable. Their names hold ``token``.
        What is inside may take the lock ``ledger``; nobody who holds that takes ``refs``.
        """
        with hold(self.workspace, "refs"):
            written = self._written_refs(receipt)
            durable.make_folder(self.refs)
            partials = {
                path: durable.begin_partial(path, content, token)
                for path, content in written.items()
            }
            yield tuple(partials.values())
            for path, partial in partials.items():
                partial.replace(path)
            durable.sync_folder(self.refs)

    def _written_refs(self, receipt: Receipt) -> dict[Path, bytes]:
        """Return the refs that change with a receipt, with their bytes."""
        stage = receipt.claim.stage
        heads = dict(self.heads(stage))
        head = heads.get(receipt.slot)
        if head is None or head.newest != receipt.digest:
            heads[receipt.slot] = advance(head, receipt)
        written = {self.refs / stage: write_heads(heads)}
        stages = self.stages()
        if stage not in stages or not (self.refs / STAGES).exists():
            written[self.refs / STAGES] = write_stages({*stages, stage})
        return written

    def get(self, digest: Digest) -> Receipt:
        """Return the receipt of this digest.

        Raises:
            VerificationError: it is missing, its bytes have another digest, or they are no receipt.
        """
        return self._read(self.path_of(digest), digest)

    def heads(self, stage: str) -> dict[str, Head]:
        """Return what the stage's ref says for each slot; a bad ref is found again."""
        path = self.refs / stage
        try:
            return read_heads(_read_ref(path))
        except VerificationError:
            return heads_of(self._of_stage(stage))

    def has_sound_ref(self, stage: str) -> bool:
        """Return whether the stage's ref can be read, so that `heads` need not search."""
        try:
            read_heads(_read_ref(self.refs / stage))
        except VerificationError:
            return False
        return True

    def stages(self) -> tuple[str, ...]:
        """Return the names of the stages that have receipts, sorted; found again if need be."""
        try:
            return read_stages(_read_ref(self.refs / STAGES))
        except VerificationError:
            return tuple(sorted({receipt.claim.stage for receipt in self.all()}))

    def newest(self, stage: str, slot: str | None = None) -> Receipt | None:
        """Return the newest sound receipt of a stage (of one slot), passed or failed."""
        return self._latest(stage, slot, only_passed=False)

    def newest_passed(self, stage: str, slot: str | None = None) -> Receipt | None:
        """Return the newest sound receipt of a stage (of one slot) that passed."""
        return self._latest(stage, slot, only_passed=True)

    def current(self) -> tuple[Receipt, ...]:
        """Return the newest passing receipt of every slot of every stage."""
        pairs = ((stage, slot) for stage in self.stages() for slot in sorted(self.heads(stage)))
        found = (self.newest_passed(stage, slot) for stage, slot in pairs)
        return tuple(receipt for receipt in found if receipt is not None)

    def outputs_of(self, stage: str) -> tuple[Path, ...]:
        """Return the files that the stage's newest passing receipt names, in its order.

        A stage's children read these and never a glob, so that what a former run left behind is
        not read. Nothing is returned where no run passed.
        """
        receipt = self.newest_passed(stage)
        if receipt is None:
            return ()
        outputs, real = receipt.claim.outputs, RealPaths()
        return tuple(self.workspace.resolve(entry.path, real) for entry in outputs)

    def all(self) -> Iterator[Receipt]:
        """Yield every sound receipt, by digest; `entries` also tells of the others."""
        for _, entry in self.entries():
            if isinstance(entry, Receipt):
                yield entry

    def entries(self) -> Iterator[tuple[Path, Receipt | VerificationError]]:
        """Yield every file among the objects with its receipt, or with what is wrong with it."""
        for folder in _entries(self.objects):
            if folder.is_symlink() or not folder.is_dir():
                yield folder, VerificationError("not a folder of receipts")
                continue
            for path in _entries(folder):
                yield path, self._entry(path)

    def _entry(self, path: Path) -> Receipt | VerificationError:
        if not HEX_256.fullmatch(path.name) or path.parent.name != path.name[:2]:
            return VerificationError("the file's name or folder is not that of a receipt")
        try:
            return self._read(path, Digest(path.name))
        except VerificationError as error:
            return error

    def _latest(self, stage: str, slot: str | None, *, only_passed: bool) -> Receipt | None:
        found: list[Receipt] = []
        for name, head in self.heads(stage).items():
            digest = head.passed if only_passed else head.newest
            if digest is None or slot not in {None, name}:
                continue
            try:
                found.append(self.get(digest))
            except VerificationError:
                found += self._search(stage, name, only_passed=only_passed)
        return max(found, key=age, default=None)

    def _search(self, stage: str, slot: str, *, only_passed: bool) -> list[Receipt]:
        """Return the newest receipt of a slot whose ref leads nowhere, as a list of one or none."""
        receipts = (
            receipt
            for receipt in self._of_stage(stage)
            if receipt.slot == slot and (receipt.passed or not only_passed)
        )
        newest = max(receipts, key=age, default=None)
        return [] if newest is None else [newest]

    def _of_stage(self, stage: str) -> Iterator[Receipt]:
        return (receipt for receipt in self.all() if receipt.claim.stage == stage)

    def _read(self, path: Path, digest: Digest) -> Receipt:
        content = _read_object(path)
        found = digest_bytes(content)
        if found != digest:
            raise VerificationError(
                f"the receipt {digest.short}… holds bytes of {found.short}…",
                "take the file from a copy, or remove it and run the stage again",
            )
        return parsed(digest, content)

    def _keep_sound(self, path: Path, partial: Path, content: bytes) -> None:
        """Leave a sound receipt as it is; put a damaged one aside and the new one in its place."""
        if path.is_symlink() or not path.is_file() or path.read_bytes() != content:
            damaged = self.workspace.root / ".distill" / "damaged"
            damaged.mkdir(parents=True, exist_ok=True)
            path.rename(damaged / f"{path.name}.{durable.new_token()}")
            os.link(partial, path)


#: What this process has read, sized in bytes; a digest stands for one receipt.
_kept: Final = Kept[Digest, Receipt](room=32 * 1024 * 1024)


def parsed(digest: Digest, content: bytes) -> Receipt:
    """Return the receipt that bytes of this digest hold, parsed once in a process.

    Raises:
        VerificationError: they are no receipt.
    """
    found = _kept.get(digest)
    if found is None:
        found = read_receipt(content)
        _kept.keep(digest, found, len(content))
    return found


def _entries(folder: Path) -> list[Path]:
    try:
        return sorted(folder.iterdir())
    except (FileNotFoundError, NotADirectoryError):
        return []


def _read_ref(path: Path) -> bytes:
    content = read_plain(path, MAX_REF_BYTES)
    if isinstance(content, Unread):
        raise VerificationError(f"the ref {path.name} can't be read: {content.told}")
    return content


def _read_object(path: Path) -> bytes:
    """Return the bytes of an object: a plain file, not a link, of a bearable size."""
    content = read_plain(path, MAX_RECEIPT_BYTES)
    if isinstance(content, Unread):
        trouble = f"can't be read: {content.told}"
        trouble = "is missing" if content.state == "missing" else trouble
        raise VerificationError(f"the receipt {path.name[:12]}… {trouble}")
    return content
