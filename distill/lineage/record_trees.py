"""The root over a raw file's records, as an evidence receipt holds it.

The entry's own root is over lines; where the records are no lines, the claim's notes hold a tree by
source and path, and that one counts.
"""

from collections.abc import Mapping
from typing import Final

from distill.receipts.canonical import Json
from distill.receipts.merkle_proofs import TreeHead
from distill.receipts.receipt import Claim, FileEntry
from distill.receipts.strict import HEX_256

NOTE: Final = "record_trees"


def raw_head(claim: Claim, entry: FileEntry, source: str) -> TreeHead | None:
    """Return the head over a file's records as a source frames them; null where none is held."""
    trees = claim.notes.get(NOTE)
    for tree in trees if isinstance(trees, list | tuple) else ():
        found = _head(tree, source, entry.path)
        if found is not None:
            return found
    if entry.root is None or entry.records is None:
        return None
    return TreeHead(entry.records, bytes.fromhex(entry.root.hex))


def _head(tree: Json, source: str, path: str) -> TreeHead | None:
    if not isinstance(tree, Mapping):
        return None
    if (tree.get("source"), tree.get("path")) != (source, path):
        return None
    records, root = tree.get("records"), tree.get("root")
    if not isinstance(records, int) or not isinstance(root, str) or not HEX_256.fullmatch(root):
        return None
    return TreeHead(records, bytes.fromhex(root))
