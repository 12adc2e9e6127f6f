"""What a crash may leave of a release, and how the next one ends it.

1. The folder is built under a temporary name; a crash leaves that, and it is removed.
2. The intent is written: name and digests, durable. From here on the release is ready.
3. The folder gets its name, and its ledger entry; then the intent is removed. A crash in between
   leaves the intent, and the next call adds what is missing.
"""

import json
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from distill.receipts import durable
from distill.receipts.canonical import dumps
from distill.receipts.digest import Digest, Sha256, digest_bytes
from distill.receipts.ledger.entries import Released
from distill.receipts.ledger.log import Ledger
from distill.receipts.manifest_file import manifest_content
from distill.receipts.release_manifest import RELEASES
from distill.receipts.workspace import Workspace
from distill.release.folder import remove_folder

_INTENT: Final = "releasing.json"


@dataclass(frozen=True)
class Intent:
    """A release that is ready: its name and the digests of its ``release.json``."""

    name: str
    blake3: Digest
    sha256: Sha256


def publish(workspace: Workspace, partial: Path, intent: Intent) -> None:
    """Give a built folder its name, and enter it in the ledger."""
    value = {"name": intent.name, "blake3": intent.blake3.hex, "sha256": intent.sha256.hex}
    durable.replace_file(_place(workspace), dumps(value) + b"\n", durable.new_token())
    final = workspace.root / RELEASES / intent.name
    partial.rename(final)
    durable.sync_folder(final.parent)
    _finish(workspace, intent)


def settle(workspace: Workspace) -> str | None:
    """End what a crash left, and return the name of the release that this finished, if any."""
    intent = _read(workspace)
    finished = None
    if intent is not None:
        content = manifest_content(workspace.root / RELEASES / intent.name)
        if content is not None and digest_bytes(content) == intent.blake3:
            _finish(workspace, intent)
            finished = intent.name
        _place(workspace).unlink(missing_ok=True)
    for partial in _partials(workspace):
        remove_folder(partial)
    return finished


def _finish(workspace: Workspace, intent: Intent) -> None:
    ledger = Ledger(workspace)
    if not any(isinstance(e, Released) and e.name == intent.name for e in ledger.entries()):
        ledger.release(intent.name, intent.blake3, intent.sha256)
    _place(workspace).unlink(missing_ok=True)


def _place(workspace: Workspace) -> Path:
    return workspace.root / ".distill" / _INTENT


def _read(workspace: Workspace) -> Intent | None:
    """Return the intent that was left; one that can't be read is none."""
    with suppress(OSError, ValueError, KeyError, TypeError):
        value = json.loads(_place(workspace).read_bytes())
        return Intent(value["name"], Digest(value["blake3"]), Sha256(value["sha256"]))
    return None


def _partials(workspace: Workspace) -> Iterator[Path]:
    return (workspace.root / RELEASES).glob(f".*{durable.PARTIAL}")
