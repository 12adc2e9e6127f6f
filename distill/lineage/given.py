"""What a reader of a proof brings along: public keys, a checkpoint, receipts."""

from pathlib import Path

from distill.errors import ConfigurationError
from distill.receipts.ledger.checkpoint import MAX_NOTE_BYTES, Note
from distill.receipts.verify.keys import PinnedKey
from distill.receipts.verify.objects import OBJECTS
from distill.receipts.verify.since import OldCheckpoint


def read_pinned(path: Path) -> bytes:
    """Return the 32 bytes of the Ed25519 public key in a PEM file or a signed-note verifier key.

    Raises:
        ConfigurationError: the file can't be read, or holds neither.
    """
    return PinnedKey.read(_content(path), str(path)).public


def read_kept(path: Path) -> Note:
    """Return the checkpoint in a file, such as one of receipts/ledger/checkpoints.

    Raises:
        ConfigurationError: the file can't be read, or holds none.
    """
    return OldCheckpoint.read(_content(path), str(path)).note


def folder_of_receipts(path: Path) -> Path:
    """Return a folder that is given as a workspace or a release.

    Raises:
        ConfigurationError: it holds no receipts.
    """
    if not (path / OBJECTS).is_dir():
        raise ConfigurationError(f"{path} holds no {OBJECTS}", "name a workspace or a release")
    return path


def _content(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(MAX_NOTE_BYTES + 1)
    except OSError as error:
        raise ConfigurationError(
            f"{path} can't be read: {error.strerror}", "name a file that you have"
        ) from error
