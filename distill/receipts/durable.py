"""Writes that survive a power loss: a name appears only after its bytes are on the disk.

Temporary names end in ``.partial``, hold the token of the run that made them, and lie in the folder
of the final name, so that a rename publishes them and a later start knows whose they were.
"""

import os
import secrets
from pathlib import Path

PARTIAL = ".partial"
READ_ONLY = 0o444


def new_token() -> str:
    """Return a token that no other run has."""
    return secrets.token_hex(8)


def partial_of(path: Path, token: str) -> Path:
    """Return the temporary sibling of a path: ``.<name>.<token>.partial``."""
    return path.with_name(f".{path.name}.{token}{PARTIAL}")


def sync_folder(folder: Path) -> None:
    """Make the names in a folder durable."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def sync_file(path: Path) -> None:
    """Make the bytes of a file durable."""
    descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def make_folder(folder: Path) -> None:
    """Make a folder and what is missing above it, each durable in its parent."""
    if folder.is_dir():
        return
    make_folder(folder.parent)
    folder.mkdir(exist_ok=True)
    sync_folder(folder.parent)


def write_partial(path: Path, content: bytes, token: str) -> Path:
    """Write bytes under the temporary name of a path, durable, and return that name."""
    partial = partial_of(path, token)
    with partial.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    return partial


def replace_file(path: Path, content: bytes, token: str) -> None:
    """Put bytes in the place of a file: afterwards it holds the old ones or these, in whole."""
    make_folder(path.parent)
    write_partial(path, content, token).replace(path)
    sync_folder(path.parent)


def sweep_partials(folder: Path, token: str) -> None:
    """Remove the temporary files of one run from one folder."""
    for partial in folder.glob(f".*.{token}{PARTIAL}"):
        partial.unlink(missing_ok=True)


def publish_file(path: Path, content: bytes) -> None:
    """Put bytes under a name for good: durable and read-only, by rename."""
    partial = write_partial(path, content, new_token())
    partial.chmod(READ_ONLY)
    partial.replace(path)
    sync_folder(path.parent)
