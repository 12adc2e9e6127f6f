"""Refs: for each stage, a small file that names the newest receipts of each slot.

Refs are derived. What is missing or can't be read is found again by reading all receipts.
"""

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from distill.errors import VerificationError
from distill.receipts.canonical import Json, dumps, loads
from distill.receipts.digest import Digest
from distill.receipts.receipt import Receipt
from distill.receipts.strict import HEX_256
from distill.receipts.targets import STAGE_NAME

FORMAT = "distill.refs/1"
STAGES = ".stages"  # no stage can have this name
MAX_REF_BYTES = 16 * 1024 * 1024


class Head(NamedTuple):
    """The newest receipt of a slot, and the newest one that passed (null: none did)."""

    newest: Digest
    passed: Digest | None


Heads = Mapping[str, Head]


def heads_of(receipts: Iterable[Receipt]) -> dict[str, Head]:
    """Return the heads of one stage's receipts, whatever their order."""
    heads: dict[str, Head] = {}
    for receipt in sorted(receipts, key=age):
        heads[receipt.slot] = advance(heads.get(receipt.slot), receipt)
    return heads


def advance(head: Head | None, receipt: Receipt) -> Head:
    """Return the head of a slot after one more receipt."""
    before = head.passed if head is not None else None
    return Head(receipt.digest, receipt.digest if receipt.passed else before)


def age(receipt: Receipt) -> tuple[str, str, str]:
    """Return what orders receipts from old to new."""
    return receipt.run.started_at, receipt.run.ended_at, receipt.digest.hex


def write_heads(heads: Heads) -> bytes:
    """Return the bytes of a ref file."""
    slots: dict[str, Json] = {
        slot: {"newest": head.newest.hex, "passed": head.passed.hex if head.passed else None}
        for slot, head in heads.items()
    }
    return dumps({"format": FORMAT, "slots": slots}) + b"\n"


def read_heads(content: bytes) -> dict[str, Head]:
    """Return the heads that a ref file holds.

    Raises:
        VerificationError: the bytes are no ref file.
    """
    value = loads(content.removesuffix(b"\n"))
    if not isinstance(value, dict) or set(value) != {"format", "slots"}:
        raise VerificationError("a ref holds a format and slots")
    slots = value["slots"]
    if value["format"] != FORMAT or not isinstance(slots, dict):
        raise VerificationError(f"the ref's format is not {FORMAT}")
    if not all(HEX_256.fullmatch(slot) for slot in slots):
        raise VerificationError("a slot of a ref is named by 64 hexadecimal digits")
    return {slot: _head(entry) for slot, entry in slots.items()}


def write_stages(stages: Iterable[str]) -> bytes:
    """Return the bytes of the file that lists all stages, so that a missing ref is missed."""
    return dumps({"format": FORMAT, "stages": sorted(stages)}) + b"\n"


def read_stages(content: bytes) -> tuple[str, ...]:
    """Return the stages that the list holds.

    Raises:
        VerificationError: the bytes are no such list.
    """
    value = loads(content.removesuffix(b"\n"))
    if not isinstance(value, dict) or set(value) != {"format", "stages"}:
        raise VerificationError("the list of stages can't be read")
    stages = value["stages"]
    if value["format"] != FORMAT or not isinstance(stages, list):
        raise VerificationError("the list of stages can't be read")
    if not all(isinstance(name, str) and STAGE_NAME.fullmatch(name) for name in stages):
        raise VerificationError("the list of stages holds what is no stage's name")
    return tuple(str(name) for name in stages)


def _head(entry: Json) -> Head:
    if not isinstance(entry, dict) or set(entry) != {"newest", "passed"}:
        raise VerificationError("a slot of a ref holds newest and passed")
    newest = _digest(entry["newest"])
    return Head(newest, None if entry["passed"] is None else _digest(entry["passed"]))


def _digest(value: Json) -> Digest:
    if not isinstance(value, str) or not HEX_256.fullmatch(value):
        raise VerificationError("a ref names no digest")
    return Digest(value)
