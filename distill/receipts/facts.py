"""The facts of a receipt: what can be shown of it one by one, without showing the rest.

A fact is a canonical JSON value. The facts stand in this order: ``{"input": FILE}`` for every input
and ``{"output": FILE}`` for every output of the claim, ``{"parent": DIGEST}`` for every parent of
the run, then the claim's notes by name: ``{"note": NAME, "value": ELEMENT}`` for every element of a
list, and one such fact for a note that is no list. FILE is the file's entry without ``role`` and
``sha256``. The ledger's line of the receipt holds the RFC 6962 head over them, each fact a leaf.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TypeAlias

from distill.receipts.canonical import Json, dumps_part
from distill.receipts.digest import Digest, Sha256
from distill.receipts.merkle import MerkleRoot, leaf_hash
from distill.receipts.merkle_proofs import TreeHead
from distill.receipts.receipt import FileEntry, Receipt


@dataclass(frozen=True, slots=True)
class NamedFile:
    """A file as a fact names it: alike where one stage wrote it and where another read it."""

    path: str
    bytes: int
    blake3: Digest
    records: int | None
    root: Sha256 | None

    @classmethod
    def of(cls, entry: FileEntry) -> "NamedFile":
        """Return what a fact says of a receipt's file."""
        return cls(entry.path, entry.bytes, entry.blake3, entry.records, entry.root)

    @property
    def head(self) -> TreeHead | None:
        """The head over the file's lines, null where the receipt holds none."""
        if self.root is None or self.records is None:
            return None
        return TreeHead(self.records, bytes.fromhex(self.root.hex))

    def as_json(self) -> dict[str, Json]:
        """Return the file as it stands in a fact."""
        return {
            "blake3": self.blake3.hex,
            "bytes": self.bytes,
            "path": self.path,
            "records": self.records,
            "root": None if self.root is None else self.root.hex,
        }


@dataclass(frozen=True, slots=True)
class InputFact:
    """The stage read this file."""

    file: NamedFile


@dataclass(frozen=True, slots=True)
class OutputFact:
    """The stage wrote this file."""

    file: NamedFile


@dataclass(frozen=True, slots=True)
class ParentFact:
    """The run names this receipt among its parents."""

    receipt: Digest


@dataclass(frozen=True, slots=True)
class NoteFact:
    """The claim notes this value under a name, alone or in a list."""

    name: str
    value: Json


Fact: TypeAlias = InputFact | OutputFact | ParentFact | NoteFact


def facts_of(receipt: Receipt) -> Iterator[Fact]:
    """Yield the facts of a receipt, in their order."""
    claim = receipt.claim
    yield from (InputFact(NamedFile.of(entry)) for entry in claim.inputs)
    yield from (OutputFact(NamedFile.of(entry)) for entry in claim.outputs)
    yield from (ParentFact(digest) for digest in receipt.run.parents)
    for name in sorted(claim.notes):
        value = claim.notes[name]
        elements = value if isinstance(value, list | tuple) else (value,)
        yield from (NoteFact(name, element) for element in elements)


def fact_content(fact: Fact) -> bytes:
    """Return the canonical bytes of a fact of a receipt that was read or written."""
    return dumps_part(_json_of(fact))


def facts_head(receipt: Receipt) -> TreeHead:
    """Return the number of a receipt's facts and the RFC 6962 root over them."""
    tree = MerkleRoot()
    for fact in facts_of(receipt):
        tree.push(leaf_hash(fact_content(fact)))
    return TreeHead(tree.size, tree.root())


def _json_of(fact: Fact) -> Json:
    if isinstance(fact, InputFact):
        return {"input": fact.file.as_json()}
    if isinstance(fact, OutputFact):
        return {"output": fact.file.as_json()}
    if isinstance(fact, ParentFact):
        return {"parent": fact.receipt.hex}
    return {"note": fact.name, "value": fact.value}
