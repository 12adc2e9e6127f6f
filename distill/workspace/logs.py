"""From the paths and globs of `distill.toml` to files, in a fixed order."""

import os
import re
from collections.abc import Iterator, Mapping, Sequence
from fnmatch import translate
from pathlib import Path

from distill.errors import ConfigurationError, SourceError
from distill.receipts.real_paths import RealPaths

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
    found = find_places(
        patterns, root=root, roots=roots, place=place, optional=optional, real=RealPaths()
    )
    return [Path(one) for one in found]


def find_places(
    patterns: Sequence[str],
    *,
    root: Path,
    roots: Mapping[str, Path],
    place: str,
    optional: bool,
    real: RealPaths,
) -> list[str]:
    """Return what `find_logs` does, as texts, each a tenth of a path; ``real`` learns of them."""
    found: set[str] = set()
    for pattern in patterns:
        base, relative = _base(pattern, root=root, roots=roots, place=place)
        matches = list(_matches(base, relative, real))
        if not matches and not optional:
            raise SourceError(
                f"{place}: {pattern!r} matches no file",
                "mend the path, or set optional = true if the logs may be absent",
            )
        found.update(matches)
    return sorted(found, key=lambda path: path.split("/"))  # as paths compare, part by part


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


def _matches(base: Path, relative: str, real: RealPaths) -> Iterator[str]:
    """Yield the files that a pattern names below a folder."""
    if not _MAGIC.search(relative):
        if (base / relative).is_file():
            yield os.fspath(base / relative)
    elif "**" in relative:
        yield from (os.fspath(path) for path in base.glob(relative) if path.is_file())
    elif base.is_dir():
        yield from _below(os.fspath(base), Path(relative).parts, real)


def _below(folder: str, parts: Sequence[str], real: RealPaths) -> Iterator[str]:
    """Yield the files whose path below a folder fits the parts of a pattern.

    Law: those are the files of ``Path(folder).glob("/".join(parts))``. A listing tells of most
    entries what they are, so that they need not be asked one by one.
    """
    part, *rest = parts
    if not _MAGIC.search(part):
        path = f"{folder.rstrip('/')}/{part}"
        if rest and os.path.isdir(path):  # noqa: PTH112 - a text
            yield from _below(path, rest, real)
        elif not rest and os.path.isfile(path):  # noqa: PTH113 - unlike Path, not asked: no file
            yield path
        return
    fits = re.compile(translate(part)).fullmatch
    for entry in _entries(folder):
        if not fits(entry.name):
            continue
        is_link = entry.is_symlink()  # the system is asked for links alone, which may lead nowhere
        if rest:
            if Path(entry.path).is_dir() if is_link else entry.is_dir():
                yield from _below(entry.path, rest, real)
        elif Path(entry.path).is_file() if is_link else entry.is_file():
            if not is_link:
                real.plain.add(entry.path)
            yield entry.path


def _entries(folder: str) -> list[os.DirEntry[str]]:
    try:
        with os.scandir(folder) as entries:
            return list(entries)
    except PermissionError:  # as a glob does
        return []


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
