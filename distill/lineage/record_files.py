"""The record files that receipts name, opened through their sidecars, which are made as needed.

Nothing is believed: a record that is handed out has an inclusion path that ends in the root that
the receipt holds. A sidecar that is missing, or that leads elsewhere, is made again from the file;
a file that no longer gives the receipt's root is named as changed.
"""

from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Final, Self

from distill.errors import SourceError, VerificationError
from distill.lineage.leaves import framed_leaves, line_leaves, read_member, read_range
from distill.lineage.proof import Hop
from distill.receipts.digest import Digest, digest_bytes
from distill.receipts.facts import NamedFile
from distill.receipts.merkle import leaf_hash
from distill.receipts.merkle_proofs import TreeHead, inclusion_path, verify_inclusion
from distill.receipts.publish import objects_folder
from distill.receipts.receipt import FileEntry, Receipt
from distill.receipts.store import ReceiptStore
from distill.receipts.tree_file import TREES_DIR, Leaf, TreeFile, write_tree
from distill.receipts.versions import Versions
from distill.receipts.workspace import Workspace
from distill.sources.framing import framing_label
from distill.sources.protocol import Source
from distill.workspace.reading import is_archive, is_gzip

MOST_IDS: Final = 1000
_LABEL_DIGITS: Final = 16
_MOST: Final = 2**30  # a damaged sidecar must not make us read for ever


@dataclass(frozen=True)
class RecordFile:
    """A file of records as a receipt names it, with the head over its records.

    ``id_field``: where a record has the id that it is looked up by. ``source`` frames the records
    of a file whose entry has no root over them; null for lines.
    """

    receipt: Digest
    entry: FileEntry
    head: TreeHead
    id_field: str | None = None
    source: Source | None = None

    @property
    def sidecar(self) -> str:
        """The sidecar's file name: by the file's digest and by what its records are."""
        parts = (self.id_field or "", *self._framing)
        if not any(parts):
            return self.entry.blake3.hex
        label = digest_bytes("\n".join(parts).encode()).hex[:_LABEL_DIGITS]
        return f"{self.entry.blake3.hex}.{label}"

    @property
    def _framing(self) -> tuple[str, ...]:
        return () if self.source is None else (framing_label(self.source),)

    def leaves(self, place: Path) -> Iterator[Leaf]:
        """Yield the leaves of the file's records, read from its place."""
        if self.source is not None:
            return framed_leaves(place, self.source)
        return line_leaves(place, self.entry.bytes, self.id_field)


def file_of_lines(receipt: Receipt, entry: FileEntry, id_field: str | None = None) -> RecordFile:
    """Return a file whose lines are the records.

    Raises:
        VerificationError: the entry has no root.
    """
    head = NamedFile.of(entry).head
    if head is None:
        raise VerificationError(f"{entry.path} has no root over its lines in its receipt")
    return RecordFile(receipt.digest, entry, head, id_field)


class RecordFiles:
    """Opens the record files of one workspace; a sidecar is opened once."""

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace
        self._folder = workspace.root / TREES_DIR
        self._open: dict[str, TreeFile] = {}
        self._stack = ExitStack()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    def find(self, file: RecordFile, prefix: str, most: int = MOST_IDS) -> list[tuple[str, int]]:
        """Return the first ids that begin with a text, in order, with their records' numbers.

        Raises:
            VerificationError: the file is not what its receipt names.
            SourceError: it can't be read.
        """
        try:
            return list(islice(self._tree(file).find(prefix), most))
        except VerificationError:
            return list(islice(self._remade(file).find(prefix), most))

    def recheck(self, files: Iterable[RecordFile]) -> bool:
        """Read the sidecars whole and make the damaged ones again; say whether one was."""
        damaged = [file for file in files if not self._tree(file).is_whole()]
        for file in damaged:
            self._remade(file)
        return bool(damaged)

    def hop_at(self, file: RecordFile, start: int) -> Hop:
        """Return the hop of the record that starts at this byte.

        Raises:
            VerificationError, SourceError: as `find`, or no record starts there.
        """
        for tree in (self._tree(file), None):
            index = (tree or self._remade(file)).index_at(start)
            if index is not None:
                return self.hop(file, index)
        raise VerificationError(f"no record of {file.entry.path} begins at byte {start}")

    def hop(self, file: RecordFile, index: int) -> Hop:
        """Return the hop of a record, held against the root that the receipt names.

        Raises:
            VerificationError, SourceError: as `find`.
        """
        try:
            return self._hop(file, self._tree(file), index)
        except VerificationError:
            return self._hop(file, self._remade(file), index)

    def _hop(self, file: RecordFile, tree: TreeFile, index: int) -> Hop:
        start, end = tree.extent(index)
        place = record_place(self._workspace, file.entry)
        source = file.source
        if source is not None and is_archive(place):
            record = read_member(place, start, source)
        else:
            is_plain = source is None or not is_gzip(place)
            record = read_range(place, start, min(end, start + _MOST), is_plain=is_plain)
        path = inclusion_path(tree, index)
        verify_inclusion(leaf_hash(record), file.head, index, path)
        return Hop(NamedFile.of(file.entry), index, path, record)

    def _tree(self, file: RecordFile) -> TreeFile:
        if file.sidecar not in self._open:
            try:
                tree = TreeFile(self._folder / file.sidecar)
            except VerificationError:
                return self._remade(file)
            if tree.size != file.head.size:
                tree.close()
                return self._remade(file)
            self._open[file.sidecar] = self._stack.enter_context(tree)
        return self._open[file.sidecar]

    def _remade(self, file: RecordFile) -> TreeFile:
        """Make the sidecar from the file, if the file is what the receipt names."""
        path = self._folder / file.sidecar
        head = write_tree(path, file.leaves(record_place(self._workspace, file.entry)))
        if head != file.head:
            path.unlink(missing_ok=True)
            raise VerificationError(
                f"{file.entry.path} was changed: its records are not those that the receipt"
                f" {file.receipt.short}… names",
                "`distill verify` tells more",
            )
        tree = self._open[file.sidecar] = self._stack.enter_context(TreeFile(path))
        self._sweep()
        return tree

    def _sweep(self) -> None:
        """Remove the sidecars of files that neither a current receipt nor this proof names."""
        kept = {
            entry.blake3.hex
            for receipt in ReceiptStore(self._workspace).current()
            for entry in (*receipt.claim.inputs, *receipt.claim.outputs)
        }
        kept |= {name.partition(".")[0] for name in self._open}
        for path in self._folder.iterdir():
            name = path.name.partition(".")[0]  # "" for what another process is writing
            if name and name not in kept:
                path.unlink(missing_ok=True)


def _has_size(place: Path, size: int) -> bool:
    return place.is_file() and place.stat().st_size == size


def record_place(workspace: Workspace, entry: FileEntry) -> Path:
    """Return where the bytes of a file may be: a replaced output lies among the objects.

    One that was only given another name lies where a current output has its digest.

    Raises:
        SourceError: nothing is there. Whether it is the right file is for the caller to tell.
    """
    kept = objects_folder(workspace) / entry.blake3.hex
    place = kept if kept.is_file() else workspace.resolve(entry.path)
    if place != kept and not _has_size(place, entry.bytes):
        place = Versions(workspace).renamed(entry) or place
    if not place.is_file():
        raise SourceError(
            f"{entry.path} is not here, so nothing can be proved of its records",
            "put the file back as its receipt names it",
        )
    return place
