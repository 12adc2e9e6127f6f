"""The ledger of a workspace on the disk: reading it, and adding lines to it.

Order, under the lock ``ledger``: line appended, durable at once with the bytes of what covers it →
``.p256`` → checkpoint by rename. So a crash leaves at most one line beyond the newest checkpoint,
or a torn line that none covers; the next append covers the one and cuts the other. A ledger that is
not what was last checkpointed gets no further line: we never sign a history that does not extend
what we signed.
"""

import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Final, NamedTuple

from distill.errors import VerificationError
from distill.receipts import durable
from distill.receipts.auditors import hand_out
from distill.receipts.clock import now
from distill.receipts.digest import Digest, Sha256
from distill.receipts.ledger.checkpoint import MAX_NOTE_BYTES, Checkpoint, Note, read_note
from distill.receipts.ledger.entries import (
    Entry,
    Genesis,
    Recorded,
    Released,
    Started,
    read_entry,
    recorded,
    write_entry,
)
from distill.receipts.ledger.key_files import load_signer
from distill.receipts.ledger.keyring import Keyring
from distill.receipts.ledger.places import CHECKPOINTS, LOG, P256, SIZE, checkpoint_name
from distill.receipts.ledger.signing import KeyPair
from distill.receipts.locks import hold
from distill.receipts.merkle import MerkleRoot, leaf_hash
from distill.receipts.plain_files import Unread, open_plain, read_plain
from distill.receipts.receipt import Receipt
from distill.receipts.workspace import Workspace

_HINT: Final = "`distill verify` names what is wrong; take the ledger from a copy"


class Content(NamedTuple):
    """The bytes of a log: its complete lines without newlines, and a torn rest after them."""

    lines: tuple[bytes, ...]
    torn: bytes

    @classmethod
    def of(cls, raw: bytes) -> "Content":
        """Split the bytes of a log file."""
        *lines, torn = raw.split(b"\n")
        return cls(tuple(lines), torn)

    def root(self, size: int | None = None) -> bytes:
        """Return the RFC 6962 root (32 bytes) over the first ``size`` lines, or all."""
        return _tree(self.lines[:size]).root()


class Ledger:
    """The ledger of one workspace; nothing is written before the first append."""

    def __init__(self, workspace: Workspace) -> None:
        self.workspace = workspace
        self.path = workspace.root / LOG
        self.folder = self.path.parent
        self.checkpoints = workspace.root / CHECKPOINTS

    def content(self) -> Content:
        """Return what the log holds; a missing one holds nothing.

        Raises:
            VerificationError: it can't be read.
        """
        file = open_plain(self.path)
        if isinstance(file, Unread):
            if file.state == "missing":
                return Content((), b"")
            raise VerificationError(f"{self.path} can't be read: it is {file.told}")
        with file:
            return Content.of(file.read())

    def lines(self) -> list[bytes]:
        """Return the complete lines, without newlines."""
        return list(self.content().lines)

    def entries(self) -> Iterator[Entry]:
        """Yield the entry of every complete line.

        Raises:
            VerificationError: a line is none.
        """
        return (read_entry(line) for line in self.lines())

    def holds(self, digest: Digest) -> bool:
        """Whether a line records the receipt of this digest."""
        wanted = f'"blake3":"{digest.hex}"'.encode()
        return any(_is_record(line, digest) for line in self.lines() if wanted in line)

    def checkpoint_files(self) -> list[tuple[int, Path]]:
        """Return the checkpoints' files with their sizes, from old to new."""
        try:
            names = sorted(path.name for path in self.checkpoints.iterdir())
        except (FileNotFoundError, NotADirectoryError):
            return []
        return [(int(name), self.checkpoints / name) for name in names if SIZE.fullmatch(name)]

    def newest_checkpoint(self) -> Note | None:
        """Return the newest checkpoint, null where there is none.

        Raises:
            VerificationError: its file holds no checkpoint.
        """
        files = self.checkpoint_files()
        return read_checkpoint(files[-1][1]) if files else None

    def begin(self, run: str, stage: str, key: Digest, beside: Sequence[Path] = ()) -> None:
        """Add the line of a run that is about to start; ``beside`` as for `append`."""
        self.append(lambda _: Started(at=now(), key=key, run=run, stage=stage), beside)

    def record(self, receipt: Receipt, beside: Sequence[Path] = ()) -> None:
        """Add the line of a durable receipt; one that is there is not added again.

        ``beside`` as for `append`.
        """

        def entry(lines: Sequence[bytes]) -> Entry | None:
            if any(_is_record(line, receipt.digest) for line in lines):
                return None
            return recorded(receipt)

        self.append(entry, beside)

    def release(self, name: str, blake3: Digest, digest: Sha256) -> None:
        """Add the line of a release, by the digests of its ``release.json``."""
        self.append(lambda _: Released(at=now(), blake3=blake3, name=name, sha256=digest))

    def append(
        self, make: Callable[[Sequence[bytes]], Entry | None], beside: Sequence[Path] = ()
    ) -> None:
        """Add the line that ``make`` returns for the present lines, and a checkpoint.

        ``make`` is called under the lock; where it returns null nothing is added, but what a crash
        left open is covered. A ledger that has no line yet gets its genesis first, and the
        workspace the files that its auditors need. ``beside`` are files and folders that are made
        durable with the line.

        Raises:
            VerificationError: the log is not what its newest checkpoint says; nothing was added.
            ConfigurationError: the key that signs is not here, or can't be read.
        """
        with hold(self.workspace, "ledger"):
            open_log = self._settled()
            if not open_log.lines:
                hand_out(self.workspace.root)
                self._add(open_log, Genesis(f"distill/{durable.new_token()}"))
            entry = make(open_log.lines)
            if entry is not None:
                self._add(open_log, entry, beside)
            else:
                durable.sync_all(beside)

    def settle(self) -> None:
        """Cut a torn line, cover an uncovered one, remove what was half written.

        Raises:
            VerificationError: the log is not what its newest checkpoint says.
        """
        with hold(self.workspace, "ledger"):
            self._settled()

    def _settled(self) -> "_OpenLog":
        """Return the log after mending what a crash may have left."""
        content = self.content()
        note = self.newest_checkpoint()
        size = 0 if note is None else note.checkpoint.size
        if size > len(content.lines):
            raise VerificationError(
                f"the ledger has {len(content.lines)} lines, and a checkpoint covers {size}", _HINT
            )
        tree = _tree(content.lines[:size])
        if note is not None and tree.root() != note.checkpoint.root:
            raise VerificationError(
                f"the ledger's first {size} lines are not those of its newest checkpoint", _HINT
            )
        uncovered = content.lines[size:]
        if len(uncovered) > 1:
            raise VerificationError(
                f"{len(uncovered)} lines of the ledger are covered by no checkpoint", _HINT
            )
        for partial in self.checkpoints.glob(f".*{durable.PARTIAL}"):
            partial.unlink(missing_ok=True)
        if content.torn:
            self._cut(len(content.torn))
        open_log = _OpenLog(list(content.lines), tree)
        for line in uncovered:
            tree.push(leaf_hash(line))
            self._cover(open_log, self._signer(open_log.lines), [self.path])
        return open_log

    def _cut(self, surplus: int) -> None:
        with self.path.open("rb+") as file:
            file.truncate(file.seek(0, os.SEEK_END) - surplus)
            os.fsync(file.fileno())

    def _add(self, open_log: "_OpenLog", entry: Entry, beside: Sequence[Path] = ()) -> None:
        line = write_entry(entry)
        signer = self._signer([*open_log.lines, line])  # a key that is not here stops it here
        durable.make_folder(self.folder)
        is_new = not self.path.exists()
        with self.path.open("ab") as file:
            file.write(line + b"\n")
        open_log.lines.append(line)
        open_log.tree.push(leaf_hash(line))
        self._cover(open_log, signer, [self.path, *([self.folder] if is_new else []), *beside])

    def _signer(self, lines: Sequence[bytes]) -> KeyPair | None:
        return load_signer(self.workspace, Keyring.of_lines(lines))

    def _cover(
        self, open_log: "_OpenLog", signer: KeyPair | None, beside: Sequence[Path] = ()
    ) -> None:
        """Write the checkpoint over all lines, signed where there is a key.

        ``beside`` is durable before it, or before its signature, has its name.
        """
        first = read_entry(open_log.lines[0])
        if not isinstance(first, Genesis):
            raise VerificationError("the ledger's first line is no genesis entry", _HINT)
        checkpoint = Checkpoint(first.origin, open_log.tree.size, open_log.tree.root())
        note = Note(checkpoint, None) if signer is None else signer.sign_note(checkpoint)
        durable.make_folder(self.checkpoints)
        place = self.checkpoints / checkpoint_name(checkpoint.size)
        if signer is not None:
            signature = signer.sign_p256(note.content)
            durable.publish_file(place.with_name(place.name + P256), signature, beside)
            beside = ()
        durable.publish_file(place, note.content, beside)


class _OpenLog(NamedTuple):
    """A log while it is held: its lines, and the tree over those of them that are covered."""

    lines: list[bytes]
    tree: MerkleRoot


def read_checkpoint(path: Path) -> Note:
    """Return the checkpoint that a file holds.

    Raises:
        VerificationError: the file can't be read or holds none.
    """
    content = read_plain(path, MAX_NOTE_BYTES)
    if isinstance(content, Unread):
        raise VerificationError(f"{path} can't be read: it is {content.told}")
    try:
        return read_note(content)
    except VerificationError as error:
        raise VerificationError(f"{path}: {error.message}", error.hint) from error


def _tree(lines: Iterable[bytes]) -> MerkleRoot:
    tree = MerkleRoot()
    for line in lines:
        tree.push(leaf_hash(line))
    return tree


def _is_record(line: bytes, digest: Digest) -> bool:
    if digest.hex.encode() not in line:
        return False
    entry = read_entry(line)
    return isinstance(entry, Recorded) and entry.blake3 == digest
