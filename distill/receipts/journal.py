"""The journal of a publication: what a later start needs to finish it or to undo it.

Law: at every moment, what is on the disk and the journal together lead to all of the old files or
to all of the new ones. In phase ``open`` the stage still runs and a later start removes its
temporary files; in phase ``commit`` all of them are durable and a later start goes on.
"""

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, NamedTuple

from distill.errors import ContractError, VerificationError
from distill.receipts import strict
from distill.receipts.canonical import Json, dumps, loads
from distill.receipts.digest import Digest
from distill.receipts.durable import (
    PARTIAL,
    begin_partial,
    make_folder,
    sync_file,
    sync_folder,
)
from distill.receipts.plain_files import Unread, read_plain
from distill.receipts.reader import receipt_of
from distill.receipts.receipt import Receipt, to_json
from distill.receipts.workspace import Workspace

Phase = Literal["open", "commit"]

SUFFIX = ".json"
_MAX_BYTES = 256 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Move:
    """A temporary file that takes a place; ``old`` is the digest of what lies there (or null)."""

    partial: str
    place: str
    new: Digest
    old: Digest | None


@dataclass(frozen=True, slots=True)
class Retirement:
    """A file of the previous run that is produced no more, with its recorded bytes."""

    place: str
    old: Digest
    top: str


class Journal(NamedTuple):
    """One publication. Paths are recorded paths."""

    name: str
    token: str
    phase: Phase
    partials: tuple[str, ...]
    moves: tuple[Move, ...] = ()
    retirements: tuple[Retirement, ...] = ()
    receipt: Receipt | None = None

    def committed(
        self, moves: tuple[Move, ...], retirements: tuple[Retirement, ...], receipt: Receipt
    ) -> "Journal":
        """Return the journal of the same publication once all temporary files are durable."""
        return self._replace(phase="commit", moves=moves, retirements=retirements, receipt=receipt)

    def write(self, workspace: Workspace) -> None:
        """Make the journal durable."""
        partial = self.begin(workspace)
        sync_file(partial)
        sync_folder(self.place(workspace, partial))

    def begin(self, workspace: Workspace) -> Path:
        """Write the journal under a temporary name, which `place` expects to be durable."""
        path = path_of(workspace, self.name)
        make_folder(path.parent)
        return begin_partial(path, self._content() + b"\n", self.token)

    def place(self, workspace: Workspace, partial: Path) -> Path:
        """Let what `begin` wrote be the journal; return the folder that is to be durable."""
        return partial.replace(path_of(workspace, self.name)).parent

    def _content(self) -> bytes:
        """Return the canonical bytes, in which those of the receipt stand as they are."""
        plain = {name: to_json(getattr(self, name)) for name in _PLAIN}
        content = dumps({**plain, "receipt": None})
        if self.receipt is None:
            return content
        before, nothing, behind = content.partition(_NO_RECEIPT)  # in a text its quotes are escaped
        receipt = self.receipt.content.removesuffix(b"\n")
        return before + nothing.removesuffix(b"null") + receipt + behind

    def remove(self, workspace: Workspace) -> None:
        """End the publication."""
        path = path_of(workspace, self.name)
        path.unlink(missing_ok=True)
        sync_folder(path.parent)


_NO_RECEIPT = b'"receipt":null'
_PLAIN = ("name", "token", "phase", "partials", "moves", "retirements")


def folder_of(workspace: Workspace) -> Path:
    """Return the folder of the journals."""
    return workspace.root / ".distill" / "publish"


def path_of(workspace: Workspace, name: str) -> Path:
    """Return the file of one journal."""
    return folder_of(workspace) / f"{name}{SUFFIX}"


def names(workspace: Workspace) -> tuple[str, ...]:
    """Return the names of the publications that have begun and not ended."""
    return tuple(sorted(path.name[: -len(SUFFIX)] for path in folder_of(workspace).glob("*.json")))


def read(workspace: Workspace, name: str) -> Journal:
    """Return the journal of this name.

    Raises:
        ContractError: its bytes are no journal.
    """
    path = path_of(workspace, name)
    try:
        return _read(path, name)
    except VerificationError as error:
        raise ContractError(
            f"the publish journal {path} can't be read: {error}",
            f"move it away; files ending in {PARTIAL} beside the outputs may then be removed",
        ) from error


def _read(path: Path, name: str) -> Journal:
    content = read_plain(path, _MAX_BYTES)
    if isinstance(content, Unread):
        raise VerificationError(content.told)
    found = _journal(loads(content.removesuffix(b"\n")))
    if found.name != name:
        raise VerificationError("it bears another name")
    return found


def _journal(value: Json) -> Journal:
    parts = strict.object_of(value, "the journal", (*_PLAIN, "receipt"))
    receipt = parts["receipt"]
    journal = Journal(
        name=strict.text(parts["name"], "the journal's name"),
        token=_token(parts["token"], "the journal's token"),
        phase=strict.member_of(Phase)(parts["phase"], "the journal's phase"),
        partials=strict.list_of(parts["partials"], "the journal's partials", strict.path),
        moves=strict.list_of(parts["moves"], "the journal's moves", _move),
        retirements=strict.list_of(parts["retirements"], "the journal's retirements", _retirement),
        receipt=None if receipt is None else receipt_of(receipt),
    )
    for partial in (*journal.partials, *(move.partial for move in journal.moves)):
        if f".{journal.token}{PARTIAL}" not in partial:
            raise VerificationError(f"it calls {partial} a temporary file of its run")
    return journal


_token = strict.matching(re.compile(r"[0-9a-f]{16}"), "token of 16 hexadecimal digits")


def _move(value: Any, where: str) -> Move:
    parts = strict.object_of(value, where, ("partial", "place", "new", "old"))
    return Move(
        strict.path(parts["partial"], f"{where}.partial"),
        strict.path(parts["place"], f"{where}.place"),
        strict.digest(parts["new"], f"{where}.new"),
        strict.optional(parts["old"], f"{where}.old", strict.digest),
    )


def _retirement(value: Any, where: str) -> Retirement:
    parts = strict.object_of(value, where, ("place", "old", "top"))
    return Retirement(
        strict.path(parts["place"], f"{where}.place"),
        strict.digest(parts["old"], f"{where}.old"),
        strict.path(parts["top"], f"{where}.top"),
    )
