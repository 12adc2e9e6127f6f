"""A stage's name, where it is told to write, and the slot that its targets make together."""

import re
from dataclasses import dataclass
from typing import Final, Literal

from distill.receipts.canonical import dumps
from distill.receipts.digest import digest_bytes

TargetKind = Literal["file", "tree"]

#: Where the engine keeps its own files: no stage writes there.
RESERVED: Final = (".distill", "receipts", "data/objects")

STAGE_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,99}")


@dataclass(frozen=True, slots=True)
class Target:
    """Where a stage was told to write: a file, or a folder for any number of files."""

    role: str
    path: str
    kind: TargetKind


def slot_of(targets: tuple[Target, ...]) -> str:
    """Return the name of a set of targets: calls with one slot write to the same places."""
    named = [{"role": one.role, "path": one.path, "kind": one.kind} for one in targets]
    return digest_bytes(dumps(named)).hex
