"""What is installed on the import path: which distribution brings which name, in which version.

``importlib.metadata`` lists them, and all are read. The answer is remembered in the stat
cache, under the identity of every file on the import path that says what is installed.
"""

import json
import os
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from inspect import getmodulename
from typing import TYPE_CHECKING, Final, NamedTuple

from distill.receipts.digest import digest_bytes
from distill.receipts.identities import Sight
from distill.receipts.stat_cache import StatCache

if TYPE_CHECKING:
    from importlib.metadata import Distribution

ENGINE: Final = "distill"
_HEADERS: Final = ("Name: ", "Version: ")
_SAY_WHAT_IS_INSTALLED: Final = {
    ".dist-info": ("METADATA", "RECORD", "top_level.txt"),
    ".egg-info": ("", "PKG-INFO", "SOURCES.txt", "top_level.txt"),
}


class Installed(NamedTuple):
    """Which distributions bring which top-level name, and their versions."""

    names: Mapping[str, Sequence[str]]
    versions: Mapping[str, str]


def installed_token(cache: StatCache) -> str | None:
    """Return what stands for all that is installed, null where the cache does not know.

    Law: while the token is the same, so is what `installed` returns.
    """
    seen = list(_seen())
    known = cache.entry_of(_entry_name(seen))
    return known[0] if known is not None and known[0] == _identity(seen)[0] else None


def installed(cache: StatCache) -> Installed:
    """Return what is installed, from the cache where that still holds; the cache keeps it."""
    seen = list(_seen())
    identity, newest_ns = _identity(seen)
    known = _parsed(cache.value_of(_entry_name(seen), identity))
    if known is not None:
        return known
    is_settled = cache.is_settled(newest_ns)
    found = _asked(identity) if is_settled else _ask()
    if is_settled:
        cache.keep(_entry_name(seen), identity, json.dumps(found._asdict()))
    return found


@lru_cache(maxsize=1)
def _asked(identity: str) -> Installed:
    """Return what is installed, asked once in a process for what bears this identity."""
    del identity
    return _ask()


def _parsed(value: str | None) -> Installed | None:
    """Return what the cache holds; null where another version of Distill wrote it."""
    try:
        return None if value is None else Installed(**json.loads(value))
    except (TypeError, ValueError):
        return None


def _ask() -> Installed:
    """Read what all distributions say; of two with one name, the first on the path counts."""
    from importlib.metadata import distributions  # noqa: PLC0415 - email and zipfile, for what is new

    names: dict[str, set[str]] = {}
    versions: dict[str, str] = {}
    for one in distributions():
        name, version = _name_and_version(one)
        if name is None or version is None:
            continue
        versions.setdefault(name, version)
        for top in _tops(one):
            names.setdefault(top, set()).add(name)
    return Installed({top: sorted(found) for top, found in names.items()}, versions)


def _name_and_version(one: "Distribution") -> tuple[str | None, str | None]:
    """Return two of the headers that a distribution begins with; `email` reads all, and slowly."""
    text = one.read_text("METADATA") or one.read_text("PKG-INFO") or ""
    head = text.partition("\n\n")[0]
    found = dict(line.split(": ", 1) for line in head.splitlines() if line.startswith(_HEADERS))
    return found.get("Name"), found.get("Version")


def _tops(one: "Distribution") -> set[str]:
    """Return the top-level names that a distribution says, or has files of.

    As `importlib.metadata.packages_distributions` from Python 3.12 on.
    """
    import csv  # noqa: PLC0415 - for what is new

    declared = (one.read_text("top_level.txt") or "").split()
    if declared:
        return set(declared)
    record = one.read_text("RECORD")
    if record is None:
        files = [file.as_posix() for file in one.files or ()]
    else:
        files = [row[0] for row in csv.reader(record.splitlines()) if row]
    tops = (file.partition("/")[0] if "/" in file else getmodulename(file) for file in files)
    return {top for top in tops if top and "." not in top}


def _entry_name(seen: Sequence[str]) -> str:
    """Return a name that two import paths share on which the same is installed."""
    return f"installed:{digest_bytes(os.fsencode(os.pathsep.join(seen))).hex}"


def _import_path() -> list[str]:
    return [os.path.abspath(entry) for entry in sys.path]  # noqa: PTH100 - "" is the current folder


def _seen() -> Iterator[str]:
    """Yield what says what is installed in the folders of the import path; an archive is itself.

    The folders are listed each time: whatever else lies in them may come and go.
    """
    for folder in _import_path():
        try:
            names = sorted(os.listdir(folder))  # noqa: PTH208 - names are enough
        except OSError:
            yield folder
            continue
        for name in names:
            for file in _SAY_WHAT_IS_INSTALLED.get(name[name.rfind(".") :], ()):
                yield f"{folder}/{name}/{file}"


def _identity(seen: Iterable[str]) -> tuple[str, int]:
    """Return one identity for files and folders, some of which may be missing."""
    places, sight = list(seen), Sight()
    sight.whatever(places)
    text = "\n".join([*places, *sight.lines])
    return digest_bytes(text.encode("utf-8", "surrogateescape")).hex, sight.newest_ns
