"""Laying out again what an export reads beside its files: the key of its redactions."""

import shutil
from collections.abc import Iterator
from pathlib import Path

from distill.errors import ConfigurationError, IncompleteError
from distill.firewall.redaction import RedactionKey
from distill.receipts import Receipt, Workspace
from distill.stages.tally import REDACTED
from distill.workspace.configuration import load_configuration
from distill.workspace.redaction_key import KEY_FILE, read_key


def needed_key(receipt: Receipt) -> str | None:
    """Return the id of the key without which a receipt's rows can't be made again.

    Null where nothing was redacted, though a key was named.
    """
    named = receipt.claim.parameters.get("redaction")
    return named if isinstance(named, str) and receipt.claim.counts.get(REDACTED) else None


def find_key(name: str, home: Workspace) -> tuple[Path, RedactionKey] | None:
    """Return the key of that id with its file, from where a workspace may have it."""
    for path in _places(home):
        key = read_key(path)
        if key is not None and key.id == name:
            return path, key
    return None


def lay_out_redaction_key(receipt: Receipt, home: Workspace, scratch: Workspace) -> None:
    """Put the key that an export redacted with into the scratch workspace.

    Raises:
        IncompleteError: it redacted something, and the key is not here.
    """
    name = needed_key(receipt)
    if name is None:
        return
    found = find_key(name, home)
    if found is None:
        raise IncompleteError(
            f"its rows were redacted with the key {name}, which is not here: without it other"
            " placeholders come out",
            f"ask who keeps the key for it, and put it at {KEY_FILE}",
        )
    target = scratch.root / KEY_FILE
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copy2(found[0], target)


def _places(home: Workspace) -> Iterator[Path]:
    yield home.root / KEY_FILE
    try:
        named = load_configuration(home.root).redaction_key
    except ConfigurationError:  # a release has no distill.toml
        return
    if named is not None:
        yield home.root / named
