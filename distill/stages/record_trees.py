"""RFC 6962 over the raw records of files whose receipt entry has no root over them.

A receipt's entry has a root over the lines of a file named ``….jsonl``. The records of any other
file (the elements of a JSON array, a document, the lines inside gzip) get theirs here, as the
source frames them: leaf = the record's bytes, in the order of the file. What can't be cut into a
record is no leaf: its bytes may not fit in memory.
"""

from collections.abc import Sequence
from pathlib import Path

from distill.receipts.canonical import Json
from distill.receipts.digest import RECORD_SUFFIX
from distill.receipts.merkle import MerkleRoot
from distill.workspace.reading import is_gzip

#: Where the evidence receipt's notes hold the trees, as a list sorted by source and path.
RECORD_TREES = "record_trees"


def lines_have_a_root(path: str, place: Path) -> bool:
    """Say whether the receipt's own entry of a file has a root over its lines.

    Raises:
        SourceError: the file can't be read.
    """
    return path.endswith(RECORD_SUFFIX) and not is_gzip(place)


class RecordTree:
    """The tree of one file as one source frames it."""

    def __init__(self, *, lines_have_a_root: bool) -> None:
        self._tree = MerkleRoot()
        self._is_lines = lines_have_a_root

    @property
    def is_needed(self) -> bool:
        """False where the receipt's own entry has a root over these very records."""
        return not self._is_lines

    def extend(self, leaves: Sequence[bytes]) -> None:
        """Take the leaf hashes of the next records, of which the receipt's entry has no root."""
        if leaves:
            self._is_lines = False
        for leaf in leaves:
            self._tree.push(leaf)

    def as_json(self, source: str, path: str) -> Json:
        """Return the tree as the receipt's notes hold it."""
        root = self._tree.root().hex()
        return {"path": path, "records": self._tree.size, "root": root, "source": source}


class RecordTrees:
    """The trees of all files that a run of the evidence stage reads."""

    def __init__(self) -> None:
        self._trees: dict[tuple[str, str], RecordTree] = {}

    def begin(self, source: str, path: str, place: Path) -> RecordTree:
        """Return an empty tree for a file, given its recorded path and its place."""
        return self.put(source, path, lines_have_a_root=lines_have_a_root(path, place))

    def put(self, source: str, path: str, *, lines_have_a_root: bool) -> RecordTree:
        """Return an empty tree for a file of which this is known."""
        tree = self._trees[source, path] = RecordTree(lines_have_a_root=lines_have_a_root)
        return tree

    def notes(self) -> dict[str, Json]:
        """Return what the receipt notes: a tree for each file that needs one."""
        found = [
            tree.as_json(source, path)
            for (source, path), tree in sorted(self._trees.items())
            if tree.is_needed
        ]
        return {RECORD_TREES: found} if found else {}
