"""The ledger as it lies on the disk, read once; nothing in it is believed yet."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import BinaryIO, Final

from distill.errors import VerificationError
from distill.receipts.ledger.checkpoint import MAX_NOTE_BYTES
from distill.receipts.ledger.entries import MAX_LINE_BYTES, Entry, Genesis, read_entry
from distill.receipts.ledger.keyring import Keyring
from distill.receipts.ledger.places import CHECKPOINTS, LOG, P256, SIZE
from distill.receipts.merkle import MerkleRoot, leaf_hash
from distill.receipts.plain_files import Unread, names_in, open_plain, read_plain

_MAX_SIGNATURE_BYTES: Final = 128


@dataclass(frozen=True)
class LedgerView:
    """The lines, and the files of the checkpoints by size.

    ``entries`` holds null for a line that is none, and ``damage`` says why, by line from 0.
    ``roots`` holds the RFC 6962 root over the first n lines at place n. ``torn`` counts the bytes
    after the last newline. ``unread`` says why there is no log, where there is none.
    """

    entries: tuple[Entry | None, ...] = ()
    damage: Mapping[int, str] = field(default_factory=dict)
    roots: tuple[bytes, ...] = ()
    torn: int = 0
    unread: Unread | None = None
    checkpoints: Mapping[int, bytes | Unread] = field(default_factory=dict)
    signatures: Mapping[int, bytes | Unread] = field(default_factory=dict)
    strays: tuple[str, ...] = ()

    @property
    def size(self) -> int:
        """The number of complete lines."""
        return len(self.entries)

    @property
    def origin(self) -> str:
        """The ledger's name; empty where the first line is no genesis."""
        first = self.entries[0] if self.entries else None
        return first.origin if isinstance(first, Genesis) else ""

    @property
    def covered(self) -> int:
        """The size of the newest checkpoint; 0 where there is none."""
        return max(self.checkpoints, default=0)

    @cached_property
    def keyring(self) -> Keyring:
        """The keys that the entries name."""
        return Keyring.of(self.entries)


def read_ledger(root: Path) -> LedgerView:
    """Read the ledger of a workspace or a release."""
    log = open_plain(root / LOG)
    notes, signatures, strays = _read_checkpoints(root)
    if isinstance(log, Unread):
        return LedgerView(
            unread=log, checkpoints=notes, signatures=signatures, strays=tuple(strays)
        )
    with log:
        reading = _LineReader(log)
        entries = tuple(reading.entries())
    return LedgerView(
        entries,
        reading.damage,
        tuple(reading.roots),
        reading.torn,
        None,
        notes,
        signatures,
        tuple(strays),
    )


class _LineReader:
    """One pass over a log: every line is parsed and goes into the tree."""

    def __init__(self, log: BinaryIO) -> None:
        self._log = log
        self._tree = MerkleRoot()
        self.damage: dict[int, str] = {}
        self.roots = [self._tree.root()]
        self.torn = 0

    def entries(self) -> Iterator[Entry | None]:
        """Yield the entry of every complete line, null for one that is none."""
        while line := self._log.readline(MAX_LINE_BYTES + 1):
            if line.endswith(b"\n"):
                yield self._entry(line[:-1])
            elif len(line) <= MAX_LINE_BYTES:
                self.torn = len(line)
            else:
                yield self._entry(line)
                return  # what follows can't be told apart from the rest of this line

    def _entry(self, line: bytes) -> Entry | None:
        index = self._tree.size
        self._tree.push(leaf_hash(line))
        self.roots.append(self._tree.root())
        try:
            return read_entry(line)
        except VerificationError as error:
            self.damage[index] = error.message
            return None


def _read_checkpoints(
    root: Path,
) -> tuple[dict[int, bytes | Unread], dict[int, bytes | Unread], list[str]]:
    """Return the bytes of checkpoints and of their P-256 signatures by size, and other names."""
    folder = root / CHECKPOINTS
    notes: dict[int, bytes | Unread] = {}
    signatures: dict[int, bytes | Unread] = {}
    strays: list[str] = []
    names = names_in(folder)
    if isinstance(names, Unread):
        return notes, signatures, [CHECKPOINTS]
    for name in names:
        number = name.removesuffix(P256)
        if not SIZE.fullmatch(number):
            strays.append(f"{CHECKPOINTS}/{name}")
        elif name == number:
            notes[int(number)] = read_plain(folder / name, MAX_NOTE_BYTES)
        else:
            signatures[int(number)] = read_plain(folder / name, _MAX_SIGNATURE_BYTES)
    log_folder = (root / LOG).parent
    known = {(root / LOG).name, folder.name}
    around = names_in(log_folder)
    others = [] if isinstance(around, Unread) else [name for name in around if name not in known]
    strays += [f"{Path(LOG).parent.as_posix()}/{name}" for name in others]
    return notes, signatures, strays
