"""The segments of files that were read, kept so that no file is cut twice.

They can be told to another process: whoever reads a file next may be one that did not write it.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Final, TypeAlias

from distill.receipts.digest import digest_file, unreadable
from distill.receipts.incremental import segments
from distill.receipts.incremental.segments import Segments, cut
from distill.receipts.kept import Kept

_BUFFER: Final = 1 << 20

#: The BLAKE3 (hex) of a file's bytes, and the bounds of segments.
_Key: TypeAlias = tuple[str, int, int]
#: What `Cuts.told` says of each file.
ToldCuts: TypeAlias = Mapping[_Key, Segments]


class Cuts:
    """The segments of files that were read, by the BLAKE3 (hex) of their bytes.

    Law: what is told of a file is what `cut` gives of its bytes.
    """

    def __init__(self, room: int) -> None:
        self._kept = Kept[_Key, Segments](room)

    def of(self, blake3: str) -> Segments | None:
        """Return the segments of a file, null where they are not known."""
        return self._kept.get(_key(blake3))

    def keep(self, blake3: str, found: Segments) -> None:
        """Keep the segments of a file."""
        self._kept.keep(_key(blake3), found, len(found))

    def told(self) -> ToldCuts:
        """Return all that is kept, for `take_over` in another process."""
        return dict(self._kept.items())

    def take_over(self, told: ToldCuts) -> None:
        """Keep what another process told, and no more what was kept before."""
        self._kept.clear()
        for key, one in told.items():
            self._kept.keep(key, one, len(one))


cuts: Final = Cuts(room=1 << 17)


def cut_file(path: Path) -> Segments:
    """Return the segments of a file, which is read once, and only digested if it was cut before.

    Raises:
        SourceError: the file can't be read, or changed meanwhile.
    """
    found = cuts.of(digest_file(path).hex)
    if found is not None:
        return found
    try:
        with path.open("rb", buffering=_BUFFER) as lines:
            return Segments.of(cut(lines))
    except OSError as error:
        raise unreadable(path, error) from error


def _key(blake3: str) -> _Key:
    return blake3, segments.USUAL, segments.LONGEST
