"""A workspace: the folder that holds `distill.toml`, and the roots that it names.

Receipts know files only as paths below the workspace or below a root, so they mean the same on
another machine, and a receipt can't make a verifier read a file outside of them.
"""

import os
import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from distill.errors import ConfigurationError, VerificationError
from distill.receipts.paths import fault_in, is_root_name, is_url, split_root
from distill.receipts.real_paths import RealPaths, is_within

CONFIGURATION = "distill.toml"
VARIABLE = "DISTILL_WORKSPACE"
_UNTIDY = re.compile(r"/\.|//|/$")  # what `normpath` might change in an absolute path


@dataclass(frozen=True)
class Workspace:
    """A folder, and named folders outside of it. Relative paths are meant below ``root``."""

    root: Path
    roots: Mapping[str, Path] = field(default_factory=dict)

    @classmethod
    def find(cls, start: Path | None = None) -> "Workspace":
        """Return the workspace of the nearest `distill.toml` at or above ``start``.

        Without ``start``, the variable DISTILL_WORKSPACE names the folder, or else the search
        begins in the current one. Only ``[roots]`` of the file is read.

        Raises:
            ConfigurationError: there is none, or its ``[roots]`` can't be understood.
        """
        named = os.environ.get(VARIABLE) if start is None else None
        first = Path(named or start or Path.cwd()).expanduser().resolve()
        for folder in (first,) if named else (first, *first.parents):
            if (folder / CONFIGURATION).is_file():
                return cls(folder, _read_roots(folder))
        raise ConfigurationError(
            f"no {CONFIGURATION} in {first}" + ("" if named else " or above it"),
            f"go to the workspace, set {VARIABLE}, or make one with `distill init`",
        )

    @classmethod
    def named(cls, folder: Path | None) -> "Workspace":
        """Return the workspace in ``folder`` itself; without one, that of `find`.

        Raises:
            ConfigurationError: there is none, or its ``[roots]`` can't be understood.
        """
        if folder is not None and not (folder / CONFIGURATION).is_file():
            raise ConfigurationError(
                f"no {CONFIGURATION} in {folder}",
                "name the workspace's own folder, or init it there",
            )
        return cls.find(folder)

    def place(self, path: Path | str) -> Path:
        """Return the absolute place of a path as a caller gives it, links kept as they are.

        Raises:
            ConfigurationError: the path is a URL.
        """
        place = self._place(path)
        return path if isinstance(path, Path) and os.fspath(path) == place else Path(place)

    def _place(self, path: Path | str) -> str:
        """Return the place as a text, which costs a tenth of a Path."""
        text = os.fspath(path)
        if text.startswith("/") and not _UNTIDY.search(text):
            return text
        if is_url(text):
            raise ConfigurationError(
                f"{text} is a URL", "copy it to a local folder first; object stores come later"
            )
        if text.startswith("~"):
            text = os.fspath(Path(text).expanduser())
        return os.path.normpath(os.path.join(self._root, text))  # noqa: PTH118 - a text

    def record_path(self, path: Path | str, real: RealPaths | None = None) -> str:
        """Return how a receipt names a file: ``relative/path`` or ``root:relative/path``.

        Who asks for many paths gives the same ``real`` for all.

        Law: ``resolve(record_path(path))`` is the same file.

        Raises:
            ConfigurationError: the file lies outside of workspace and roots, or its name can't be
                recorded.
        """
        place, real = self._place(path), real or RealPaths()
        folder, _, last = place.rpartition("/")
        before = real.recorded.get((self._root, folder))
        is_plain = not real.is_link(place)
        if before is not None and is_plain and last not in self._names:
            recorded = before + last
            if fault_in(recorded) is None:
                return recorded
        recorded = self._recorded(place, real)
        if is_plain and recorded.endswith(f"/{last}"):
            real.recorded[self._root, folder] = recorded.removesuffix(last)
        return recorded

    def _recorded(self, place: str, real: RealPaths) -> str:
        for name, root in self._bases:
            below = _below(place, root, real)
            if below is None:
                continue
            recorded = below if name is None else f"{name}:{below}"
            fault = fault_in(recorded)
            if fault is None and name is None and split_root(recorded)[0] is not None:
                fault = "a colon in its first part reads as a root"
            if fault is not None:
                raise ConfigurationError(f"{recorded!r} can't be recorded: {fault}", "rename it")
            return recorded
        raise ConfigurationError(
            f"{place} lies outside of the workspace {self.root} and its roots",
            f"name its folder under [roots] in {CONFIGURATION}",
        )

    def resolve(self, recorded: str, real: RealPaths | None = None, *, follow: bool = True) -> Path:
        """Return the file that a receipt names; ``real`` as for `record_path`.

        Without ``follow`` the last part may be a link to anywhere: the caller means the link.

        Raises:
            VerificationError: the path is absolute, holds "..", names an unknown root, or leaves
                workspace or root through a link.
        """
        return Path(self.resolve_text(recorded, real, follow=follow))

    def resolve_text(
        self, recorded: str, real: RealPaths | None = None, *, follow: bool = True
    ) -> str:
        """Return what `resolve` does, as a text: many paths take more time than all checks.

        Raises:
            VerificationError: as `resolve`.
        """
        fault = fault_in(recorded)
        if fault is not None:
            raise VerificationError(f"the recorded path {recorded[:200]!r} is refused: {fault}")
        name, below = split_root(recorded)
        if name is not None and name not in self.roots:
            raise VerificationError(
                f"the recorded path {recorded!r} names the unknown root {name!r}",
                f"name the folder under [roots] in {CONFIGURATION}",
            )
        root = self._root if name is None else os.fspath(self.roots[name])
        path, real = os.path.join(root, below), real or RealPaths()  # noqa: PTH118 - a text
        place = real.of(path) if follow else real.of_folder(os.path.dirname(path))  # noqa: PTH120
        if not is_within(place, real.of_folder(root)):
            raise VerificationError(
                f"the recorded path {recorded!r} leaves its root through a link",
                "put the file itself there, or name its folder under [roots]",
            )
        return path

    @cached_property
    def _root(self) -> str:
        return os.fspath(self.root)

    @cached_property
    def _names(self) -> frozenset[str]:
        """The names that workspace and roots have in their folders: such a path may be one."""
        places = [place for _, place in self._bases]
        names = [*places, *map(os.path.realpath, places)]
        return frozenset(name.rpartition("/")[2] for name in names)

    @cached_property
    def _bases(self) -> Sequence[tuple[str | None, str]]:
        roots = sorted(self.roots.items(), key=lambda item: (-len(item[1].parts), item[0]))
        return [(None, self._root), *((name, os.fspath(place)) for name, place in roots)]


def _below(place: str, root: str, real: RealPaths) -> str | None:
    """Return the path below a root by name, if it also lies there once links are followed."""
    real_root = real.of_folder(root)
    if not is_within(real.of(place), real_root):
        return None
    folder, name = os.path.split(place)
    by_folder = real.of_folder(folder).rstrip("/") + f"/{name}"
    for base, found in ((root, place), (real_root, place), (real_root, by_folder)):
        if is_within(found, base):
            return found[len(base) :].lstrip("/") or "."
    return None


def _read_roots(folder: Path) -> dict[str, Path]:
    place = folder / CONFIGURATION
    try:
        table = tomllib.loads(place.read_text(encoding="utf-8")).get("roots", {})
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigurationError(f"{place} is no TOML: {error}", "mend the line named") from error
    if not isinstance(table, dict):
        raise ConfigurationError(f"[roots] in {place} is no table", 'write: name = "/folder"')
    return {name: _root(folder, name, value) for name, value in table.items()}


def _root(folder: Path, name: str, value: object) -> Path:
    if not is_root_name(name):
        raise ConfigurationError(
            f"the root name {name!r} can't be used", "use letters, digits, '_' and '-'"
        )
    if not isinstance(value, str) or not value:
        raise ConfigurationError(f"the root {name!r} names no folder", 'write: name = "/folder"')
    if is_url(value):
        raise ConfigurationError(
            f"the root {name!r} is a URL: {value}", "name a local folder; object stores come later"
        )
    return Path(os.path.normpath(folder / Path(value).expanduser()))
