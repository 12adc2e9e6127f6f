"""Writing what a commit holds into a folder, without git's own checkout.

Blobs are written as they are: no filter, no attribute, no hook, no index; the checkout stays as it
is. What a hostile commit could name is refused: a way out of the folder, or a link that leads out.
"""

import os
from collections.abc import Iterable
from pathlib import Path
from typing import BinaryIO

from distill.errors import IncompleteError
from distill.receipts.blocks import BLOCK
from distill.receipts.git.checkout import Checkout
from distill.receipts.git.listing import TreeEntry

_LINK = "120000"


def export_tree(checkout: Checkout, tree: str, folder: Path) -> None:
    """Write the files of a commit or tree into an empty folder; submodules stay empty.

    Raises:
        IncompleteError: an object is missing, or the tree names what may not be written.
        NoCheckoutError: git fails.
    """
    entries = checkout.entries(tree)
    for entry in entries:
        if not _is_inside(entry.path):
            raise IncompleteError(
                f"the commit {tree[:12]} holds the path {entry.path!r}, which is not written",
                "the repository is damaged or hostile: have a look at it",
            )
    written = [entry for entry in entries if entry.is_file or entry.mode == _LINK]
    with checkout.blobs(entry.object for entry in written) as content:
        links = _write(written, content, folder)
    # Last, so that no file is written through one.
    for place, target in links:
        if _stays_inside(folder, place, target):
            place.symlink_to(target)


def _write(entries: Iterable[TreeEntry], content: BinaryIO, folder: Path) -> list[tuple[Path, str]]:
    """Write files, and return the links that are still to be made."""
    links: list[tuple[Path, str]] = []
    for entry in entries:
        size = _size_of(content.readline(), entry)
        place = folder / entry.path
        place.parent.mkdir(parents=True, exist_ok=True)
        if entry.mode == _LINK:
            links.append((place, os.fsdecode(content.read(size))))
        else:
            with place.open("xb") as file:
                _copy(content, file, size)
            place.chmod(0o755 if entry.mode == "100755" else 0o644)
        content.read(1)
    return links


def _size_of(head: bytes, entry: TreeEntry) -> int:
    words = head.split()
    if len(words) != 3:
        raise IncompleteError(
            f"the repository lacks the content of {entry.path} ({entry.object[:12]})",
            "fetch it: `git fetch --refetch` in a partial clone, or take a full clone",
        )
    return int(words[2])


def _copy(source: BinaryIO, target: BinaryIO, size: int) -> None:
    while size:
        block = source.read(min(size, BLOCK))
        if not block:
            raise IncompleteError("git's answer ended early", "run it again")
        target.write(block)
        size -= len(block)


def _is_inside(path: str) -> bool:
    parts = path.split("/")
    return not any(part.lower() in {"", ".", "..", ".git"} for part in parts)


def _stays_inside(folder: Path, place: Path, target: str) -> bool:
    real = os.path.realpath(place.parent / target)
    return not target.startswith("/") and Path(real).is_relative_to(os.path.realpath(folder))
