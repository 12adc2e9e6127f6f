"""The facts of a receipt, and the head over them that the ledger's line has."""

import copy
import hashlib
import json
from collections.abc import Callable
from typing import Any

import pytest

from distill.receipts.canonical import dumps
from distill.receipts.facts import NamedFile, NoteFact, ParentFact, facts_head, facts_of
from distill.receipts.ledger.entries import read_entry, recorded, write_entry
from distill.receipts.reader import read_receipt
from distill.receipts.receipt import Receipt
from tests.receipts.samples import HEX, RECEIPT, file

NOTES = {"trees": [{"of": "a"}, {"of": "b"}], "seed": 7, "empty": [], "any": {"b": [1], "a": None}}


def receipt_with(change: Callable[[Any], None] = lambda _: None) -> Receipt:
    """A receipt with two inputs and notes of every form, changed before it is read."""
    value = copy.deepcopy(RECEIPT)
    value["claim"]["inputs"] = [file(), file(path="logs/b.jsonl")]
    value["claim"]["notes"] = copy.deepcopy(NOTES)
    change(value)
    return read_receipt(dumps(value) + b"\n")


def by_hand(receipt: Receipt) -> tuple[int, str]:
    """The number of facts and the root over them, worked out from the receipt's JSON alone."""
    value = json.loads(receipt.content)
    claim, facts = value["claim"], []
    for kind, entries in (("input", claim["inputs"]), ("output", claim["outputs"])):
        for entry in entries:
            kept = ("blake3", "bytes", "path", "records", "root")
            facts.append({kind: {name: entry[name] for name in kept}})
    facts += [{"parent": digest} for digest in value["run"]["parents"]]
    for name, note in sorted(claim["notes"].items()):
        facts += [{"note": name, "value": one} for one in (note if type(note) is list else [note])]
    leaves = [hashlib.sha256(b"\x00" + dumps(fact)).digest() for fact in facts]
    return len(facts), _root(leaves).hex()


def _root(leaves: list[bytes]) -> bytes:
    if not leaves:
        return hashlib.sha256(b"").digest()
    if len(leaves) == 1:
        return leaves[0]
    split = 1
    while 2 * split < len(leaves):
        split *= 2
    return hashlib.sha256(b"\x01" + _root(leaves[:split]) + _root(leaves[split:])).digest()


def test_the_facts_stand_in_their_order() -> None:
    """Inputs, outputs, parents, and the notes by name; a list has an element a fact."""
    facts = list(facts_of(receipt_with()))
    assert [type(fact).__name__ for fact in facts] == [
        *["InputFact"] * 2,
        "OutputFact",
        *["ParentFact"] * len(RECEIPT["run"]["parents"]),
        *["NoteFact"] * 4,
    ]
    notes = [fact for fact in facts if isinstance(fact, NoteFact)]
    assert [note.name for note in notes] == ["any", "seed", "trees", "trees"]
    assert [note.value for note in notes[1:]] == [7, {"of": "a"}, {"of": "b"}]
    assert [f.receipt.hex for f in facts if isinstance(f, ParentFact)] == RECEIPT["run"]["parents"]


def test_a_file_is_named_alike_where_it_was_made_and_where_it_was_read() -> None:
    """The role and SHA-256 are no part of a fact."""
    receipt = receipt_with(lambda value: value["claim"]["inputs"][1].update(role="other"))
    first, second = (NamedFile.of(entry) for entry in receipt.claim.inputs)
    assert first.as_json() | {"path": second.path} == second.as_json()


def test_the_head_is_that_of_the_page() -> None:
    """Worked out from the JSON by hand: with notes of every form, and where there is no fact."""

    def nothing(value: Any) -> None:
        value["claim"].update(inputs=[], outputs=[], notes={})
        value["run"]["parents"] = []

    for receipt in (receipt_with(), receipt_with(nothing)):
        head = facts_head(receipt)
        assert (head.size, head.root.hex()) == by_hand(receipt)
        entry = recorded(receipt)
        assert entry.facts == head
        assert read_entry(write_entry(entry)) == entry


@pytest.mark.parametrize(
    "change",
    [
        lambda v: v["claim"]["inputs"][0].update(path="logs/c.jsonl"),
        lambda v: v["claim"]["inputs"][0].update(bytes=4),
        lambda v: v["claim"]["inputs"][0].update(blake3="cd" * 32),
        lambda v: v["claim"]["outputs"][0].update(records=2, root=HEX),
        lambda v: v["claim"]["inputs"].reverse(),
        lambda v: v["claim"]["inputs"].pop(),
        lambda v: v["claim"]["outputs"].append(file(path="out/b.jsonl")),
        lambda v: v["run"]["parents"].append("cd" * 32),
        lambda v: v["claim"]["notes"].update(seed=8),
        lambda v: v["claim"]["notes"]["trees"].reverse(),
        lambda v: v["claim"]["notes"].pop("seed"),
    ],
)
def test_every_fact_is_bound(change: Callable[[Any], None]) -> None:
    """Another file, parent or note, or another order, gives another head."""
    assert facts_head(receipt_with(change)) != facts_head(receipt_with())
