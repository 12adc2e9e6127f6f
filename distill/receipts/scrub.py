"""The rolling scrub: every call that is skipped rereads a part of what the stat cache says.

So a byte that changed without a trace in the times (a bad disk, a clock that was set back, a file
system without ctime) is found after some runs. What was read longest ago comes first. A call
rereads `SHARE` bytes; a larger file waits until enough calls have saved up for it, so that on
average no call costs more.
"""

import os
from collections.abc import Mapping
from typing import Final

from distill.errors import SourceError
from distill.receipts.digest import FileIdentity
from distill.receipts.rereading import read
from distill.receipts.stat_cache import StatCache

SHARE: Final = 4 * 2**20
_LEAST: Final = 16 * 1024  # what a file costs that has no bytes
_SAVED: Final = "scrub:saved"


def scrub(cache: StatCache, places: Mapping[str, str], share: int = SHARE) -> bool:
    """Reread the files that were read longest ago; return whether all is as the cache says.

    ``places`` are the files of one call, by their recorded paths. What holds other bytes is learnt;
    a file that the cache does not know is for the caller to read.
    """
    saved = cache.value_of(_SAVED, "") or ""
    left = share + (int(saved) if saved.isdecimal() else 0)
    is_sound = all(cache.entry_of(name) for name in places)
    for name in [name for name in cache.names() if name in places]:
        size = max(_LEAST, _size(places[name]))
        if size > left:
            break
        left -= size
        is_sound = _holds(cache, name, places[name]) and is_sound
    else:
        left = 0  # there is nothing to save for
    cache.keep(_SAVED, "", str(left))
    return is_sound


def _holds(cache: StatCache, name: str, place: str) -> bool:
    try:
        digest, identity = read(place)
    except SourceError:
        cache.keep(name, "unreadable", "")
        return False
    known = cache.digest_of(name, identity)
    is_settled = known is not None or cache.is_settled(max(identity.mtime_ns, identity.ctime_ns))
    cache.keep(name, identity.text if is_settled else "", digest.hex)
    return known == digest


def _size(place: str) -> int:
    try:
        return FileIdentity.of(os.stat(place)).size  # noqa: PTH116 - for every file
    except OSError:
        return 0
