"""From the paths and globs of `distill.toml` to files, in a fixed order."""

import os
import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from distill.errors import ConfigurationError, SourceError

_URL = re.compile(r"[a-z][a-z0-9+.-]*://", re.IGNORECASE)
_MAGIC = re.compile(r"[*?\[]")


def find_logs(
    patterns: Sequence[str], *, root: Path, roots: Mapping[str, Path], place: str, optional: bool
) -> list[Path]:
    """Return the files that the patterns name, each once, sorted by path.

    A pattern is relative to the workspace, or ``name:pattern`` under a root of `[roots]`; ``**``
    descends. A folder is no file and is passed over.

    Raises:
        ConfigurationError: a pattern is a URL, absolute, or leaves the workspace or its root.
        SourceError: a pattern matches nothing and the source is not `optional`.
    """
    found: set[Path] = set()
    for pattern in patterns:
        base, relative = _base(pattern, root=root, roots=roots, place=place)
        matches = _matches(base, relative)
        if not matches and not optional:
            raise SourceError(
                f"{place}: {pattern!r} matches no file",
                "mend the path, or set optional = true if the logs may be absent",
            )
        found.update(matches)
    return sorted(found, key=lambda path: path.parts)  # paths compare theirs one by one


def walked(patterns: Sequence[str], *, root: Path, roots: Mapping[str, Path]) -> Iterator[Path]:
    """Yield every folder that `find_logs` lists for these patterns, and files that it looks for.

    Law: while all of them are as they were, and what is missing stays so, it finds the same.
    """
    for pattern in patterns:
        base, relative = _base(pattern, root=root, roots=roots, place="")
        parts = Path(relative).parts
        fixed = next((i for i, part in enumerate(parts) if _MAGIC.search(part)), len(parts))
        start = base.joinpath(*parts[:fixed])
        depth = None if "**" in parts else len(parts) - fixed
        yield start
        if fixed < len(parts):
            yield from _folders_below(start, depth, frozenset())


def _folders_below(folder: Path, depth: int | None, above: frozenset[str]) -> Iterator[Path]:
    """Yield the folders below one, links followed, but never round in a circle."""
    real = os.path.realpath(folder)
    if depth == 1 or real in above or not folder.is_dir():
        return
    for entry in folder.iterdir():
        if entry.is_dir():
            yield entry
            left = None if depth is None else depth - 1
            yield from _folders_below(entry, left, above | {real})


def _matches(base: Path, relative: str) -> list[Path]:
    if _MAGIC.search(relative):
        return [path for path in base.glob(relative) if path.is_file()]
    path = base / relative
    return [path] if path.is_file() else []


def _base(pattern: str, *, root: Path, roots: Mapping[str, Path], place: str) -> tuple[Path, str]:
    if _URL.match(pattern):
        raise ConfigurationError(
            f"{place}: {pattern!r} is a URL",
            "object stores are not read yet: copy or mount the logs, name the folder in [roots]",
        )
    name, colon, rest = pattern.partition(":")
    base, relative = (roots.get(name), rest) if colon else (root, pattern)
    if base is None:
        raise ConfigurationError(
            f"{place}: {pattern!r} names a root {name!r} that is not in [roots]",
            f'add {name} = "/absolute/folder" to [roots]',
        )
    if Path(relative).is_absolute() or ".." in Path(relative).parts:
        raise ConfigurationError(
            f"{place}: {pattern!r} leaves the workspace",
            "name the folder in [roots] and write the path as root:relative/path",
        )
    return base, relative
