"""The journal of a publication: what a later start needs to finish it or to undo it.

Law: at every moment, what is on the disk and the journal together lead to all of the old files or
to all of the new ones. In phase ``open`` the stage still runs and a later start removes its
temporary files; in phase ``commit`` all of them are durable and a later start goes on.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal

from distill.errors import ContractError, DistillError
from distill.receipts.canonical import Json, dumps, loads
from distill.receipts.digest import Digest
from distill.receipts.durable import PARTIAL, replace_file, sync_folder
from distill.receipts.reader import receipt_of
from distill.receipts.receipt import FORMAT, Receipt, to_json
from distill.receipts.workspace import Workspace

SUFFIX = ".json"


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


@dataclass(frozen=True)
class Journal:
    """One publication. Paths are recorded paths."""

    name: str
    token: str
    phase: Literal["open", "commit"]
    partials: tuple[str, ...]
    moves: tuple[Move, ...] = ()
    retirements: tuple[Retirement, ...] = ()
    receipt: Receipt | None = None

    def committed(
        self, moves: tuple[Move, ...], retirements: tuple[Retirement, ...], receipt: Receipt
    ) -> "Journal":
        """Return the journal of the same publication once all temporary files are durable."""
        return replace(self, phase="commit", moves=moves, retirements=retirements, receipt=receipt)

    def write(self, workspace: Workspace) -> None:
        """Make the journal durable."""
        value = {name: to_json(getattr(self, name)) for name in _PLAIN}
        value["receipt"] = _receipt_json(self.receipt)
        replace_file(path_of(workspace, self.name), dumps(value) + b"\n", self.token)

    def remove(self, workspace: Workspace) -> None:
        """End the publication."""
        path = path_of(workspace, self.name)
        path.unlink(missing_ok=True)
        sync_folder(path.parent)


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
        value = loads(path.read_bytes().removesuffix(b"\n"))
        return _journal(value)
    except (DistillError, KeyError, TypeError, AttributeError) as error:
        raise ContractError(
            f"the publish journal {path} can't be read: {error}",
            f"move it away; files ending in {PARTIAL} beside the outputs may then be removed",
        ) from error


def _receipt_json(receipt: Receipt | None) -> Json:
    if receipt is None:
        return None
    return {"format": FORMAT, "claim": to_json(receipt.claim), "run": to_json(receipt.run)}


def _journal(value: Json) -> Journal:
    if not isinstance(value, Mapping):
        message = "it is no object"
        raise TypeError(message)
    parts: dict[str, object] = dict(value)
    receipt = value["receipt"]
    return Journal(
        name=str(parts["name"]),
        token=str(parts["token"]),
        phase="commit" if parts["phase"] == "commit" else "open",
        partials=tuple(_strings(value["partials"])),
        moves=tuple(
            Move(one["partial"], one["place"], Digest(one["new"]), _maybe(one["old"]))
            for one in _objects(value["moves"])
        ),
        retirements=tuple(
            Retirement(one["place"], Digest(one["old"]), one["top"])
            for one in _objects(value["retirements"])
        ),
        receipt=None if receipt is None else receipt_of(receipt),
    )


def _maybe(digest: str | None) -> Digest | None:
    return None if digest is None else Digest(digest)


def _strings(value: Json) -> list[str]:
    return [str(item) for item in value] if isinstance(value, list) else []


def _objects(value: Json) -> list[dict[str, Any]]:
    if not isinstance(value, list):
        return []
    return [dict(item) for item in value if isinstance(item, Mapping)]
