"""The commit that an installed wheel was built from, and whether its files are still the wheel's.

The build writes one line into ``distill/_commit.txt``: the commit, ``clean`` or ``dirty``, and the
digest of the sources (``setup.py``). A wheel's RECORD names the SHA-256 of every file, so that code
that was edited after the install does not pass for the commit's.
"""

import base64
import csv
import re
from collections.abc import Sequence
from hashlib import sha256
from pathlib import Path
from typing import NamedTuple

_PACKAGE = Path(__file__).resolve().parents[2]
_COMMIT = "_commit.txt"
_LINE = re.compile(r"([0-9a-f]{40}(?:[0-9a-f]{24})?) (clean|dirty) [0-9a-f]{64}\n")


class Wheel(NamedTuple):
    """What an installed wheel says of its origin; not clean: built from, or edited to, other."""

    commit: str
    is_clean: bool


def built_from(file: Path, names: Sequence[str]) -> Wheel | None:
    """Return the origin of the installed wheel that holds a file, null where it is no such file.

    ``names`` are the files that count, below the folder that the wheel lies in.
    """
    if not file.is_relative_to(_PACKAGE):
        return None
    home = _PACKAGE.parent
    recorded = _record_of(home)
    line = _recorded_text(home, f"{_PACKAGE.name}/{_COMMIT}", recorded)
    told = _LINE.fullmatch(line) if line is not None else None
    if told is None:
        return None
    ours = (name for name in names if name.startswith(f"{_PACKAGE.name}/"))
    files = (one for name in ours for one in _files(home, name))
    is_whole = all(recorded.get(one) == _digest_of(home / one) for one in files)
    return Wheel(told[1], is_clean=told[2] == "clean" and is_whole)


def _files(home: Path, name: str) -> list[str]:
    """Return a file's name, or those of all modules in a folder: its name ends in ``/``."""
    if not name.endswith("/"):
        return [name]
    return [path.relative_to(home).as_posix() for path in sorted((home / name).glob("*.py"))]


def _record_of(home: Path) -> dict[str, str]:
    """Return what the wheel's RECORD says of each file; nothing where no wheel lies there."""
    for record in sorted(home.glob(f"{_PACKAGE.name}-*.dist-info/RECORD")):
        rows = csv.reader(record.read_text(encoding="utf-8").splitlines())
        return {row[0]: row[1] for row in rows if len(row) == 3}
    return {}


def _recorded_text(home: Path, name: str, recorded: dict[str, str]) -> str | None:
    """Return the text of a file if RECORD names it: one left in a checkout tells nothing."""
    place = home / name
    if name not in recorded or recorded[name] != _digest_of(place):
        return None
    return place.read_text(encoding="utf-8")


def _digest_of(file: Path) -> str | None:
    """Return a file's digest as RECORD writes it."""
    try:
        content = file.read_bytes()
    except OSError:
        return None
    return f"sha256={base64.urlsafe_b64encode(sha256(content).digest()).decode().rstrip('=')}"
