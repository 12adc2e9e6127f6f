"""`release.json` as it lies in a folder that somebody sent: a plain file of bearable size, or none.

A pipe in its place would make a reader wait for ever, a link lead elsewhere, and a huge file fill
the memory before its size is looked at.
"""

from pathlib import Path
from typing import Final

from distill.errors import VerificationError
from distill.receipts.plain_files import Unread, read_plain
from distill.receipts.release_manifest import MANIFEST, MAX_MANIFEST_BYTES, ReleaseManifest
from distill.receipts.release_reader import read_manifest

_HINT: Final = "take the release from a copy"


def manifest_content(folder: Path) -> bytes | None:
    """Return the bytes of a folder's ``release.json``; null where nothing is called so.

    Raises:
        VerificationError: it is no plain file, too large, or can't be read; the message names it.
    """
    content = read_plain(folder / MANIFEST, MAX_MANIFEST_BYTES)
    if not isinstance(content, Unread):
        return content
    if content.state == "missing":
        return None
    raise VerificationError(f"{folder / MANIFEST} can't be read: it is {content.told}", _HINT)


def manifest_in(folder: Path) -> ReleaseManifest:
    """Return the manifest of a folder.

    Raises:
        VerificationError: there is none, it can't be read, or it is none; the message names it.
    """
    content = manifest_content(folder)
    if content is None:
        raise VerificationError(f"{folder / MANIFEST} is missing", _HINT)
    try:
        return read_manifest(content)
    except VerificationError as error:
        raise VerificationError(
            f"{folder / MANIFEST} is no manifest: {error.message}", error.hint or _HINT
        ) from error
