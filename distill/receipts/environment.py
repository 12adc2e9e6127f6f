"""The environment of a stage: Python's minor version and the distributions that it imports."""

import sys
from collections.abc import Iterable
from functools import lru_cache
from importlib import metadata
from pathlib import Path

from distill.receipts.receipt import Environment

_ENGINE = "distill"


def environment_of(foreign: Iterable[str]) -> Environment:
    """Return the environment that code sees which imports these top-level names.

    The engine's own distribution always counts. A name that nothing installed provides counts once
    something does.
    """
    index = _packages(_search_path())
    names = {_ENGINE} | {name for top in foreign for name in index.get(top, ())}
    versions = {name: _version(name) for name in sorted(names)}
    return Environment(
        python=f"{sys.version_info.major}.{sys.version_info.minor}",
        distributions={name: version for name, version in versions.items() if version is not None},
    )


def _version(name: str) -> str | None:
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return None


def _search_path() -> tuple[tuple[str, int], ...]:
    """Return what tells whether something was installed since: the folders and their times."""
    return tuple((entry, _mtime(Path(entry or "."))) for entry in sys.path)


def _mtime(path: Path) -> int:
    try:
        return path.stat().st_mtime_ns
    except OSError:
        return 0


@lru_cache(maxsize=4)
def _packages(_path: tuple[tuple[str, int], ...]) -> dict[str, tuple[str, ...]]:
    found = metadata.packages_distributions()
    return {top: tuple(sorted(set(names))) for top, names in found.items()}
