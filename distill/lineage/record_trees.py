"""The root over a raw file's records, as an evidence receipt holds it.

The file's own root is over lines; where the records are no lines, the claim's notes hold a tree by
source and path, and that one counts.
"""

from collections.abc import Iterable, Mapping
from typing import Final

from distill.receipts.canonical import Json
from distill.receipts.facts import NamedFile, NoteFact, facts_of
from distill.receipts.merkle_proofs import TreeHead
from distill.receipts.receipt import Receipt
from distill.receipts.strict import HEX_256

NOTE: Final = "record_trees"


def tree_notes(receipt: Receipt) -> tuple[NoteFact, ...]:
    """Return the trees over raw records that a receipt notes."""
    notes = (fact for fact in facts_of(receipt) if isinstance(fact, NoteFact))
    return tuple(fact for fact in notes if fact.name == NOTE)


def tree_note(notes: Iterable[NoteFact], source: str, path: str) -> NoteFact | None:
    """Return the note on a file's records as a source frames them; null where there is none."""
    found = (note for note in notes if note.name == NOTE and _is_of(note.value, source, path))
    return next((note for note in found if _head(note.value) is not None), None)


def raw_head(notes: Iterable[NoteFact], file: NamedFile, source: str) -> TreeHead | None:
    """Return the head over a file's records as a source frames them; null where none is held."""
    note = tree_note(notes, source, file.path)
    return file.head if note is None else _head(note.value)


def _is_of(tree: Json, source: str, path: str) -> bool:
    return isinstance(tree, Mapping) and (tree.get("source"), tree.get("path")) == (source, path)


def _head(tree: Json) -> TreeHead | None:
    if not isinstance(tree, Mapping):
        return None
    records, root = tree.get("records"), tree.get("root")
    if not isinstance(records, int) or not isinstance(root, str) or not HEX_256.fullmatch(root):
        return None
    return TreeHead(records, bytes.fromhex(root))
