"""Reading files again: each once, the large ones by all threads, the small ones side by side."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from distill.errors import SourceError
from distill.receipts.digest import Digest, Sha256, fingerprint_file, watch_file
from distill.receipts.plain_files import Unread, look_at


@dataclass(frozen=True, slots=True)
class Seen:
    """What a file holds. All but size and BLAKE3 are null where they were not looked for."""

    bytes: int
    blake3: Digest
    sha256: Sha256 | None = None
    records: int | None = None
    root: Sha256 | None = None


Reading = Mapping[str, Seen | Unread]


def read_files(places: Mapping[str, Path], *, is_deep: bool) -> dict[str, Seen | Unread]:
    """Read files, given by the names that receipts have for them, and return what each holds."""
    return {shown: _read(place, is_deep=is_deep) for shown, place in places.items()}


def _read(place: Path, *, is_deep: bool) -> Seen | Unread:
    found = look_at(place)
    if isinstance(found, Unread):
        return found
    try:
        if is_deep:
            held, _ = fingerprint_file(place)
            return Seen(held.bytes, held.blake3, held.sha256, held.records, held.root)
        digest, identity = watch_file(place)
    except SourceError as error:
        return Unread("unreadable", error.message.removeprefix(f"{place} "))
    return Seen(identity.size, digest)
