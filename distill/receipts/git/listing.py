"""Reading what git lists: changed files, marked files, a tree. Bytes in, values out."""

import os
from collections.abc import Iterator
from typing import NamedTuple

# `git status --porcelain=v2 -z`: how many fields stand before the path.
_FIELDS_BEFORE_PATH = {b"1": 8, b"2": 9, b"u": 10, b"?": 1, b"!": 1}


class TreeEntry(NamedTuple):
    """A file of a commit: its mode as six octal digits, its object, its path below the top."""

    mode: str
    object: str
    path: str

    @property
    def is_file(self) -> bool:
        """Whether it is a plain file, executable or not: no link and no other repository."""
        return self.mode in {"100644", "100755"}


def changed_paths(status: bytes) -> Iterator[str]:
    """Yield the paths that ``status --porcelain=v2 -z --no-renames`` lists."""
    for record in status.split(b"\0"):
        fields = _FIELDS_BEFORE_PATH.get(record[:1])
        if fields is not None:
            yield os.fsdecode(record.split(b" ", fields)[fields])


def marked_paths(listing: bytes) -> Iterator[tuple[str, str]]:
    """Yield tag and path of each line of ``ls-files -v -z``.

    A small letter is a file assumed unchanged, S one that is skipped in the checkout.
    """
    for record in listing.split(b"\0"):
        if record:
            yield record[:1].decode("ascii", "replace"), os.fsdecode(record[2:])


def tree_entries(listing: bytes) -> Iterator[TreeEntry]:
    """Yield the entries of ``ls-tree -r -z --full-tree``."""
    for record in listing.split(b"\0"):
        if record:
            told, _, path = record.partition(b"\t")
            mode, _, object_id = told.decode("ascii").split(" ")
            yield TreeEntry(mode, object_id, os.fsdecode(path))
